"""How much is sent at once, and who gets the next places. Pure.

A webhook endpoint has few places, so that a slow one fills only its own. All mail goes through one server: it has more,
and they are set aside for it, since behind that one endpoint stand as many people as behind all the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sla_notifier.delivery.row import MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Bounds of a sender. Seconds are real seconds but for the lease, which is the time source's."""

    at_once: int = 64
    per_endpoint: int = 4
    per_mail_server: int = 16  # one endpoint for everybody's mail: with fewer, a herd's pages would queue behind it
    poll_seconds: float = 0.25
    lease_seconds: float = 60.0
    drain_seconds: float = 20.0
    pause_seconds: float = 1.0  # after the database refused


def places(endpoints: Sequence[str], busy: Mapping[str, int], pace: Pace, mail: int | None = None) -> dict[str, int]:
    """How many messages to take up for each endpoint, the one that has waited longest first in `endpoints`.

    `busy`: how many are being sent now; `mail`: how many the mail server has use for, if that is known. Webhooks get
    equal shares of what is free, at most their own places.
    """
    free = pace.at_once - sum(busy.values())
    share = max(free // max(len(endpoints), 1), 1)
    found: dict[str, int] = {}
    for endpoint in sorted(endpoints, key=lambda each: each != MAIL):
        of_mail = pace.per_mail_server if mail is None else min(mail, pace.per_mail_server)
        most = of_mail if endpoint == MAIL else min(pace.per_endpoint, share)
        taken = min(most - busy.get(endpoint, 0), free)
        if taken > 0:
            found[endpoint] = taken
            free -= taken
    return found
