"""Rate limits: a budget of requests per source and minute, spent after the sender's proof has been checked."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from sla_platform.http.problem import Problem

_MINUTE_SECONDS = 60


class Budget:
    """A rate limit: each source may send `per_minute` requests a minute. Call `spend` for each request.

    Minutes are measured in real time, even if slad's own clock is simulated.
    """

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._per_minute = per_minute

    async def spend(self, source: str) -> None:
        """Count one request of a source, within the limit of this minute.

        Raises:
            Problem: HTTP error 429 if the source has used up this minute's requests. The error's header `Retry-After`
                says in how many seconds the next minute begins.
        """
        if await self._limiter.hit(self._item, source):
            return
        window = await self._limiter.get_window_stats(self._item, source)
        wait = max(1, math.ceil(window.reset_time - time.time()))  # noqa: TID251 - the limiter counts in real time
        if wait > _MINUTE_SECONDS + 1:
            await self._limiter.clear(self._item, source)
            if await self._limiter.hit(self._item, source):
                return
            wait = _MINUTE_SECONDS
        raise Problem(
            429,
            "too-many",
            "Too many requests",
            f"This source may send {self._per_minute} requests a minute.",
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

        The result is False if the body was sent so long ago that it is forgotten.
        """
        digest = hashlib.blake2b(body, key=source.encode()[:64], digest_size=16).digest()
        known = digest in self._digests
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > self._most:
            self._digests.popitem(last=False)
        return known
