"""How much is sent at once, and to which endpoints. Pure.

An endpoint has few places, so that a slow one fills only its own. A server through which everything of its kind goes,
such as the mail server, has more, and they come first, since behind that one endpoint stand as many people as behind
all the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The limits of a Sender.

    - `at_once`: how many messages are sent at the same time: at most `per_endpoint` of them to one webhook, and
      `per_server` to the mail server.
    - `poll_seconds`: the longest pause between two checks for due deliveries.
    - `lease_seconds`: how long a claim on deliveries holds.
    - `drain_seconds`: how long a cancelled sender may finish its messages.
    - `pause_seconds`: the pause after a failure of the database.
    """

    at_once: int = 64
    per_endpoint: int = 4
    per_server: int = 16  # one endpoint for everybody, such as mail: with fewer, a herd's pages would queue behind it
    poll_seconds: float = 0.25
    lease_seconds: float = 60.0
    drain_seconds: float = 20.0
    pause_seconds: float = 1.0  # after the database refused


def places_by_endpoint(
    endpoints: Sequence[str], busy: Mapping[str, int], pace: Pace, servers: Mapping[str, int | None]
) -> dict[str, int]:
    """Return endpoint -> how many of its messages to claim now.

    An endpoint is the mail server or one webhook. Endpoints without room are left out.

    - `endpoints`: the endpoints with due messages, the longest waiting first.
    - `busy`: endpoint -> how many messages are being sent to it now; they use up room.
    - `pace`: the limits; `at_once` is the limit for all endpoints together.
    - `servers`: endpoints that serve everybody, such as `email` -> how many messages they can take, None: unknown.

    Servers come first; each gets the number in `servers`, at most `per_server`. Then each other endpoint gets at
    most `per_endpoint`, and at most an equal part of the free room.
    """
    free = pace.at_once - sum(busy.values())
    share = max(free // max(len(endpoints), 1), 1)
    found: dict[str, int] = {}
    for endpoint in sorted(endpoints, key=lambda each: each not in servers):
        if endpoint in servers:
            room = servers[endpoint]
            most = pace.per_server if room is None else min(room, pace.per_server)
        else:
            most = min(pace.per_endpoint, share)
        taken = min(most - busy.get(endpoint, 0), free)
        if taken > 0:
            found[endpoint] = taken
            free -= taken
    return found
