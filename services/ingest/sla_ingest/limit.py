"""Rate limits: a budget of events per sender and minute, spent after the sender's proof has been checked."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sla_platform.http.problem import Problem

_MINUTE_SECONDS = 60.0
_EXACT = 1e-6  # events: sums of parts of them are not exact


@dataclass(frozen=True, slots=True)
class _Spent:
    events: float
    """How many events have been spent and not regained at the instant `at`."""
    at: float


class Budget:
    """A rate limit: each sender may send `per_minute` events at once, and regains as many a minute.

    Call `spend` for each request. What is spent is regained evenly, so a sender that is at its limit may go on slowly.

    Args:
        per_minute: The number of events.
        clock: Returns a monotonic time in seconds. Do not pass slad's own clock, which may be simulated.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._spent: OrderedDict[str, _Spent] = OrderedDict()  # the sender that spent longest ago first

    def spend(self, sender: str, events: int = 1, *, counted: int = 0) -> None:
        """Count the events of one request of a sender, if they are within the sender's limit.

        A request with more events than a minute allows counts as a whole minute.

        Args:
            sender: A source, or an API key.
            events: How many events the request has.
            counted: How many of these events an earlier call has counted.

        Raises:
            Problem: HTTP error 429 if the sender is over its limit. This call then counts nothing. The error's header
                `Retry-After` says in how many seconds the same request will be within the limit.
        """
        now = self._clock()
        more = max(min(events, self._per_minute) - counted, 0)
        spent = self._left(sender, now) + more
        over = spent - self._per_minute
        if over > _EXACT:
            raise self._refusal(over + counted)
        self._spent[sender] = _Spent(spent, now)
        self._spent.move_to_end(sender)
        self._forget(now)

    def _left(self, sender: str, now: float) -> float:
        """How many events the sender has spent and not regained."""
        spent = self._spent.get(sender)
        if spent is None:
            return 0.0
        return max(spent.events - (now - spent.at) * self._per_minute / _MINUTE_SECONDS, 0.0)

    def _forget(self, now: float) -> None:
        """Whoever has spent nothing for a minute has regained everything."""
        while now - next(iter(self._spent.values())).at > _MINUTE_SECONDS:
            self._spent.popitem(last=False)

    def _refusal(self, over: float) -> Problem:
        wait = max(1, math.ceil(over * _MINUTE_SECONDS / self._per_minute - _EXACT))
        return Problem(
            429,
            "too-many",
            "Too many events",
            f"This sender may send {self._per_minute} events a minute; each event of a batch counts.",
            headers={"Retry-After": str(wait)},
        )


class RecentBodies:
    """Remembers the last `most` different bodies of deliveries, to recognise repeated ones: call `seen`.

    The limit applies to all sources together. The memory is only of this process.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._most = most

    def seen(self, source: str, body: bytes) -> bool:
        """Return whether the source has sent the same body before, and remember the body.

        The result is False also for a body that was sent before, but is no longer among the last `most` bodies.
        """
        digest = hashlib.blake2b(body, key=source.encode()[:64], digest_size=16).digest()
        known = digest in self._digests
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > self._most:
            self._digests.popitem(last=False)
        return known
