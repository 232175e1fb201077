"""How much is sent at once, and to which endpoints. Pure.

An endpoint has few places, so that a slow one fills only its own; while it answers quickly it has more, so that
thousands of pages to one person do not take minutes. A server through which everything of its kind goes, such as the
mail server, has more, and they come first, since behind that one endpoint stand as many people as behind all the
others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The limits of a Sender (the loop that sends due deliveries), such as how many messages are sent at once."""

    at_once: int = 64
    """How many messages are sent at the same time, to all endpoints together."""
    per_endpoint: int = 4
    """How many messages are sent to one webhook at the same time."""
    per_quick_endpoint: int = 16
    """The same while the webhook answers quickly."""
    quick_seconds: float = 0.5
    """What a quick answer takes at most."""
    per_server: int = 16
    """How many messages are sent at the same time to a server for everybody, such as the mail server. With a lower
    number, urgent messages would wait behind many others."""
    poll_seconds: float = 0.25
    """The longest pause between two checks for due deliveries."""
    lease_seconds: float = 60.0
    """How long a claim on deliveries holds."""
    drain_seconds: float = 20.0
    """How long a cancelled sender may finish its messages."""
    pause_seconds: float = 1.0
    """The pause after a failure of the database."""


class Quickness:
    """Records how many messages may be sent to each webhook at the same time. Call `note` after each attempt.

    The number starts at `Pace.per_endpoint`. Each message that the webhook accepts quickly raises the number by one, up
    to `Pace.per_quick_endpoint`. A slow or failed message resets the number to `Pace.per_endpoint`.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._more: dict[str, int] = {}  # places beyond the usual ones, of those who have any

    def note(self, endpoint: str, seconds: float, *, sent: bool) -> None:
        """Record an attempt to send a message to a webhook.

        Args:
            endpoint: The webhook.
            seconds: How long the attempt took.
            sent: Whether the webhook accepted the message.
        """
        if sent and seconds <= self._pace.quick_seconds:
            most = self._pace.per_quick_endpoint - self._pace.per_endpoint
            self._more[endpoint] = min(self._more.get(endpoint, 0) + 1, max(most, 0))
        else:
            self._more.pop(endpoint, None)

    def places(self, endpoint: str) -> int:
        """Return how many messages may be sent to a webhook at the same time."""
        return self._pace.per_endpoint + self._more.get(endpoint, 0)

    def forget(self, busy: Collection[str]) -> None:
        """Reset the number of every webhook to which nothing is being sent to `Pace.per_endpoint`.

        Args:
            busy: The webhooks to which messages are being sent; these keep their numbers.
        """
        self._more = {endpoint: more for endpoint, more in self._more.items() if endpoint in busy}


def places_by_endpoint(
    endpoints: Sequence[str],
    busy: Mapping[str, int],
    pace: Pace,
    servers: Mapping[str, int | None],
    quickness: Quickness | None = None,
) -> dict[str, int]:
    """Return how many messages of each endpoint to claim now: endpoint -> number.

    An endpoint is the mail server or one webhook. Endpoints that can accept no more messages now are left out.

    The endpoints in `servers` come first. The number for each is that in `servers`, at most `per_server`. The number
    for each other endpoint is at most `per_endpoint`, and at most an equal part of the free room. It may be higher for
    a quick endpoint, but only once at least half of its room is free, because claiming messages together costs less.

    Args:
        endpoints: The endpoints with due messages, the longest waiting first.
        busy: Maps an endpoint to the number of messages that are being sent to it now. These use up room.
        pace: The limits. `at_once` is the limit for all endpoints together.
        servers: Maps an endpoint that serves everybody, such as `email`, to the number of messages that it can accept.
            None means that the number is unknown.
        quickness: How many messages each quick endpoint may be sent at once. None means that no endpoint is quick.
    """
    quick = quickness or Quickness(pace)
    free = pace.at_once - sum(busy.values())
    share = max(free // max(len(endpoints), 1), 1)
    found: dict[str, int] = {}
    for endpoint in sorted(endpoints, key=lambda each: each not in servers):
        if endpoint in servers:
            room = servers[endpoint]
            most = pace.per_server if room is None else min(room, pace.per_server)
        else:
            most = min(quick.places(endpoint), share)
            if most > pace.per_endpoint and busy.get(endpoint, 0) > most // 2:
                continue
        taken = min(most - busy.get(endpoint, 0), free)
        if taken > 0:
            found[endpoint] = taken
            free -= taken
    return found
