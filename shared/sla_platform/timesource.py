"""Where "now" comes from: the only caller of the system clock.

Production uses `SystemTime`, which cannot be steered. The demo runs on `ScaledTime`; tests and drills on
`SteeredTime`, whose instant lies in a file that several processes may share. Sleeping is always in the source's own
seconds, so a loop that sleeps "50 ms" keeps pace with an accelerated clock.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sla_platform.errors import BadSettings


class TimeSource(Protocol):
    """`now` is an aware UTC instant; `authoritative`: no database clock overrules it (demo, tests)."""

    authoritative: bool

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemTime:
    """The clock of this machine. For timers on PostgreSQL the database's clock decides (`authoritative` is False)."""

    authoritative = False

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that may ask the system

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ScaledTime:
    """Runs `speed` times as fast as the wall clock from `start` on (the demo)."""

    authoritative = True

    def __init__(self, speed: float, start: datetime | None = None) -> None:
        self._speed = speed
        self._origin = start or datetime.now(UTC)  # noqa: TID251 - as above
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=(time.monotonic() - self._zero) * self._speed)

    async def sleep(self, seconds: float) -> None:
        # Never slower than the event loop can follow: an accelerated tick is still a tick of some milliseconds.
        await asyncio.sleep(max(seconds / self._speed, 0.002))


class SteeredTime:
    """Reads the instant from a file (ISO 8601); the file's writer decides when time passes. For tests and drills."""

    authoritative = True
    _PACE_SECONDS = 0.01

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._now = datetime.fromtimestamp(0, UTC)
        self.now()

    def now(self) -> datetime:
        found = os.stat(self._path)
        if (found.st_mtime_ns, found.st_ino) != self._seen:
            self._now = datetime.fromisoformat(self._path.read_text().strip()).astimezone(UTC)
            self._seen = (found.st_mtime_ns, found.st_ino)
        return self._now

    async def sleep(self, seconds: float) -> None:
        # Real pacing: the file may move by hours between two looks, and every loop must look again soon.
        await asyncio.sleep(min(max(seconds, 0.0), self._PACE_SECONDS))

    @staticmethod
    def steer(path: Path, to: datetime) -> None:
        """Move time to `to`, atomically for every process that reads `path`."""
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(to.astimezone(UTC).isoformat())
        fresh.replace(path)


def time_source(spec: str) -> TimeSource:
    """`system`, `scaled:60`, or `steered:/path/to/file`.

    Raises BadSettings for anything else.
    """
    kind, _, rest = spec.partition(":")
    if kind == "system" and not rest:
        return SystemTime()
    if kind == "scaled":
        try:
            return ScaledTime(float(rest))
        except ValueError:
            raise BadSettings(f"SLAD_TIME={spec}: the speed must be a number, e.g. scaled:60") from None
    if kind == "steered" and rest:
        return SteeredTime(Path(rest))
    raise BadSettings(f"SLAD_TIME={spec}: use system, scaled:<speed> or steered:<file>")
