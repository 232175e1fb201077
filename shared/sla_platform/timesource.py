"""Where "now" comes from: the only caller of the system clock.

Production uses `SystemTime`, the clock of the machine, of which a leap is not believed at once. The demo runs on
`ScaledTime`; tests and drills on `SteeredTime`, whose instant lies in a file that several processes may share, or on
`shifted`, the clock of the machine plus what a file says. Sleeping is always in the source's own seconds, so a loop
that sleeps "50 ms" keeps pace with an accelerated clock.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from sla_platform.clockguard import CONFIRM_SECONDS, ClockGuard, ClockReading, steady_seconds
from sla_platform.errors import BadSettings

_log = structlog.get_logger(__name__)
Believed = tuple[datetime, ClockReading]


class GuardedClock(StrEnum):
    """The clocks that slad guards against leaps (see `ClockGuard`): those of the machine and of the database."""

    MACHINE = "machine"
    """The clock of this machine."""
    STORE = "store"
    """The clock of the database."""


Bases = Mapping[GuardedClock, tuple[datetime, float]]


class TimeSource(Protocol):
    """The clock of a process: returns the present instant, and sleeps in its own time.

    This time may be faster or slower than real time, as in the demo.
    """

    authoritative: bool
    """Whether this time is used even if the database has a clock (demo, tests)."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""

    def read(self) -> Believed:
        """Return the present instant (aware, in UTC), and the verdict on the clock (`ClockReading`).

        The verdict says whether the clock's time is accepted as true, and why.
        """

    def judge_store_clock(self, now: datetime, asked: float) -> Believed:
        """Judge a reading of the database's clock; return (the instant to use as the present, the verdict).

        The verdict is a `ClockReading`. If this source is `authoritative` (an artificial time, as in tests), the
        database's clock is ignored, and the result is that of `read`.

        Args:
            now: The time that the database's clock shows.
            asked: The value of `steady()` just before the database was asked.
        """

    def steady(self) -> float:
        """Return the seconds since an arbitrary start, by a counter that nobody can set."""

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` in the time of this source, which may run faster or slower than real time."""


class SystemTime:
    """The time source of a real process: the clocks of the machine and of the database, guarded against leaps.

    After a leap of a clock, time at first continues as if there had been no leap. The new time is accepted after it has
    lasted for `confirm_seconds`. `authoritative` is False: if the database has a clock, that clock is used. The object
    may be used by several threads.

    Set the attribute `watch` to a function that is to be called whenever the verdict on a clock changes. Its arguments
    are the clock and the new verdict (`ClockReading`).

    Args:
        wall: Function to read in place of the system's clock.
        steady: Function to read in place of the system's counter.
        confirm_seconds: For how long a new time must last until it is accepted.
    """

    authoritative = False

    def __init__(
        self,
        wall: Callable[[], datetime] | None = None,
        steady: Callable[[], float] = steady_seconds,
        *,
        confirm_seconds: float = CONFIRM_SECONDS,
    ) -> None:
        self._wall = wall or _wall
        self._steady = steady
        self._guards = {clock: ClockGuard(confirm_seconds=confirm_seconds) for clock in GuardedClock}
        self._readings = dict.fromkeys(GuardedClock, ClockReading.STEADY)
        self._lock = threading.Lock()
        self.watch: Callable[[GuardedClock, ClockReading], None] = _unwatched

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC.

        After a leap of the clock, time continues as before until the new time is accepted.
        """
        return self.read()[0]

    def read(self) -> Believed:
        """Return the present instant (aware, in UTC), and the verdict on the machine's clock (`ClockReading`).

        After a leap of the clock, time continues as before until the new time is accepted.
        """
        asked = self._steady()
        return self._judge(GuardedClock.MACHINE, self._wall(), asked)

    def judge_store_clock(self, now: datetime, asked: float) -> Believed:
        """Judge a reading of the database's clock; return (the instant to use as the present, the verdict).

        The verdict is a `ClockReading`. If it accepts the reading, the instant is `now`. After a leap of the clock,
        time continues as before until the new time is accepted.

        Args:
            now: The time that the database's clock shows.
            asked: The value of `steady()` just before the database was asked.
        """
        return self._judge(GuardedClock.STORE, now, asked)

    def steady(self) -> float:
        """Return the seconds since an arbitrary start, by a counter that nobody can set."""
        return self._steady()

    def bases(self) -> Bases:
        """Return the last accepted reading of each clock: clock -> (instant, value of `steady` at that reading).

        A later process passes this mapping to `resume`. Clocks that were never read are left out.
        """
        with self._lock:
            return {clock: base for clock, guard in self._guards.items() if (base := guard.base) is not None}

    def resume(self, bases: Bases) -> None:
        """Continue after a restart: compare the next readings with the last ones that an earlier process accepted.

        A clock is skipped if its counter in `bases` is greater than the present value of `steady`: that value is then
        from another boot.

        Args:
            bases: The mapping that the method `bases` returned in the earlier process. That process must have run on
                this machine since the same boot.
        """
        steady = self._steady()
        with self._lock:
            for clock, (believed, at) in bases.items():
                if at <= steady:
                    self._guards[clock].resume(believed, at)

    def held(self) -> dict[GuardedClock, ClockReading]:
        """Return the clocks whose time is rejected now because they leapt, as clock -> verdict on its last reading."""
        return {clock: reading for clock, reading in self._readings.items() if reading.held}

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` of real time."""
        await asyncio.sleep(seconds)

    def _judge(self, clock: GuardedClock, shown: datetime, asked: float) -> Believed:
        with self._lock:
            believed, reading = self._guards[clock].read(shown, asked)
            before, self._readings[clock] = self._readings[clock], reading
        if reading is not before:
            self._report(clock, reading, shown, believed)
        return believed, reading

    def _report(self, clock: GuardedClock, reading: ClockReading, shown: datetime, believed: datetime) -> None:
        self.watch(clock, reading)
        level = _log.error if reading.held else _log.warning
        level("clock.reading", clock=clock.value, reading=reading.value, said=shown.isoformat(),
              believed=believed.isoformat())  # fmt: skip


def _wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place that may ask the system


def _unwatched(_clock: GuardedClock, _reading: ClockReading) -> None:
    """Do nothing: the clock is not watched."""


class _Authority:
    """A source that nothing overrules: its own word is all there is to believe."""

    authoritative = True

    def now(self) -> datetime:
        raise NotImplementedError

    def read(self) -> Believed:
        return self.now(), ClockReading.STEADY

    def judge_store_clock(self, now: datetime, asked: float) -> Believed:
        return self.read()

    def steady(self) -> float:
        return steady_seconds()


class ScaledTime(_Authority):
    """A time source that runs faster than real time, for the demo.

    Args:
        speed: How many times as fast as real time it runs.
        start: The first instant. None means now.
    """

    def __init__(self, speed: float, start: datetime | None = None) -> None:
        self._speed = speed
        self._origin = start or _wall()
        self._zero = time.monotonic()

    def now(self) -> datetime:
        """Return the present instant of the scaled time, aware and in UTC."""
        return self._origin + timedelta(seconds=(time.monotonic() - self._zero) * self._speed)

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` of scaled time, but for at least 2 ms of real time."""
        # Never slower than the event loop can follow: an accelerated tick is still a tick of some milliseconds.
        await asyncio.sleep(max(seconds / self._speed, 0.002))


class SteeredTime(_Authority):
    """A time source for tests and drills that always returns the instant written in a file.

    Args:
        path: The file. It holds an ISO 8601 instant, such as `2026-11-22T10:00:00+00:00`.
    """

    _PACE_SECONDS = 0.01
    _LONGEST_SECONDS = 0.25

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._now = datetime.fromtimestamp(0, UTC)
        self.now()

    def now(self) -> datetime:
        """Return the instant in the file, in UTC."""
        if (mark := self._mark()) != self._seen:
            self._now = datetime.fromisoformat(self._path.read_text().strip()).astimezone(UTC)
            self._seen = mark
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` of real time, but for at most 250 ms.

        If the file changes, the sleep ends at once. The caller must then check the time again.
        """
        before, ends = self._mark(), time.monotonic() + min(max(seconds, 0.0), self._LONGEST_SECONDS)
        while True:
            await asyncio.sleep(min(max(ends - time.monotonic(), 0.0), self._PACE_SECONDS))
            if time.monotonic() >= ends or self._mark() != before:
                return

    def _mark(self) -> tuple[int, int]:
        found = os.stat(self._path)
        return found.st_mtime_ns, found.st_ino

    @staticmethod
    def steer(path: Path, to: datetime) -> None:
        """Write an instant to a file, so that every `SteeredTime` that reads this file shows it from now on.

        The file is replaced atomically, so that no process reads half of it.

        Args:
            path: The file.
            to: The instant.
        """
        _write(path, to.astimezone(UTC).isoformat())


class ShiftedWallClock:
    """A clock for drills: the machine's time plus the seconds in a file.

    Call the object to get its time. `shift` writes the seconds, which may be negative. If the file cannot be opened,
    the seconds of the last reading are used, or 0 if there was none.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._by = timedelta()

    def __call__(self) -> datetime:
        with suppress(OSError):  # where no file can be opened for the moment, what was read last holds
            found = os.stat(self._path)
            if (found.st_mtime_ns, found.st_ino) != self._seen:
                self._by = timedelta(seconds=float(self._path.read_text()))
                self._seen = (found.st_mtime_ns, found.st_ino)
        return _wall() + self._by

    @staticmethod
    def shift(path: Path, seconds: float) -> None:
        """Write to a file by how many seconds every `ShiftedWallClock` that reads this file is ahead of real time.

        The file is replaced atomically, so that no process reads half of it.

        Args:
            path: The file.
            seconds: Seconds ahead of real time. Negative seconds set the clock behind real time.
        """
        _write(path, str(seconds))


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)


def parse_time_source(spec: str) -> TimeSource:
    """Return the time source that the setting `SLAD_TIME` names.

    The setting has one of these forms:

    - `system`: real time
    - `scaled:60`: 60 times as fast
    - `steered:/path/to/file`: stands still at the instant in the file
    - `shifted:/path/to/file`: the machine's time plus the seconds in the file

    Raises:
        BadSettings: The text has any other form.
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
    if kind == "shifted" and rest:
        return SystemTime(ShiftedWallClock(Path(rest)))
    raise BadSettings(f"SLAD_TIME={spec}: use system, scaled:<speed>, steered:<file> or shifted:<file>")
