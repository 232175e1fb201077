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
    """The limits of a Sender."""

    at_once: int = 64
    """How many messages are sent at the same time, to all endpoints together."""
    per_endpoint: int = 4
    """How many messages are sent to one webhook at the same time."""
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


def places_by_endpoint(
    endpoints: Sequence[str], busy: Mapping[str, int], pace: Pace, servers: Mapping[str, int | None]
) -> dict[str, int]:
    """Return how many messages of each endpoint to claim now.

    An endpoint is the mail server or one webhook. Endpoints that can take no more are left out.

    Servers come first. Each gets the number in `servers`, at most `per_server`. Then each other endpoint gets at most
    `per_endpoint`, and at most an equal part of the free room.

    Args:
        endpoints: The endpoints with due messages, the longest waiting first.
        busy: Maps an endpoint to the number of messages that are being sent to it now. They use up room.
        pace: The limits. `at_once` is the limit for all endpoints together.
        servers: Maps an endpoint that serves everybody, such as `email`, to the number of messages that it can take.
            None means that the number is unknown.
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
