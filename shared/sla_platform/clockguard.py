"""Whether a reading of a clock is to be believed: it is compared with steady seconds, which nobody can set.

A clock that leaps (a wrong step of NTP, a hypervisor, a fail-over to a standby with another clock) would make promises
broken, leases run out and records grow old that are none of these. So a leap beyond the tolerance, in either direction,
is not believed until the new time has stayed for a while; until then time goes on as it did before.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOLERANCE = timedelta(seconds=5)
CONFIRM_SECONDS = 30.0
SLEW = 0.1  # seconds in a second by which a clock may be set right gradually; chrony's fastest is just below


class ClockReading(StrEnum):
    """The verdict of a `ClockGuard` on the time that a clock shows: whether to accept (believe) this time, and why."""

    STEADY = "the clock moved as the seconds did that nobody can set"
    """The clock moved as steadily as the counter. The reading is believed."""
    LEAPT_FORWARD = "the clock leapt forward; the time before goes on until the new one has stayed"
    """The clock leapt forward. The reading is not believed."""
    WENT_BACK = "the clock went back; the time before goes on until the new one has stayed"
    """The clock went back. The reading is not believed."""
    CONFIRMED = "the new time has been stable for long enough and is accepted"
    """The new time has lasted for long enough. The reading is believed."""

    @property
    def held(self) -> bool:
        """Return whether the time is rejected (not believed) because the clock leapt.

        slad's time then continues as if there had been no leap.
        """
        return self in (ClockReading.LEAPT_FORWARD, ClockReading.WENT_BACK)


@dataclass(slots=True)
class ClockGuard:
    """Protects slad from sudden leaps of one clock: call `read` each time the clock is read.

    A reading that the guard believes becomes the present time. After a leap the guard does not believe the clock until
    the new time has lasted for a while. To find leaps, readings are compared with `steady_seconds`, a counter that
    nobody can set. A clock has leapt if it moved differently from this counter by more than `tolerance`, at once or in
    quick small steps. The first reading is believed, unless `resume` was called before.
    """

    tolerance: timedelta = TOLERANCE
    """The greatest difference that is no leap."""
    confirm_seconds: float = CONFIRM_SECONDS
    """For how long the new time must last until it is believed."""
    _believed: datetime | None = None
    _at: float = 0.0
    _leapt: tuple[datetime, float] | None = None
    _moved: timedelta = timedelta()  # by how much small steps have moved the clock lately

    def read(self, now: datetime, steady: float) -> tuple[datetime, ClockReading]:
        """Judge a reading of a clock; return (the instant to use as the present, the verdict on the reading).

        If the reading is believed (accepted), the instant is `now`. Otherwise the instant is the last believed reading
        plus the seconds that have passed since, by the steady counter.

        Args:
            now: The reading.
            steady: The value of `steady_seconds()` just before the clock was read.
        """
        if self._believed is None:
            return self._accept(now, steady, ClockReading.STEADY)
        expected = self._believed + timedelta(seconds=steady - self._at)
        moved = _less(self._moved, max(steady - self._at, 0.0) * SLEW) + (now - expected)
        if abs(moved) <= self.tolerance:  # many small steps are a leap too
            self._moved = moved
            return self._accept(now, steady, ClockReading.STEADY)
        if self._stayed(now, steady):
            self._moved = timedelta()
            return self._accept(now, steady, ClockReading.CONFIRMED)
        return expected, ClockReading.LEAPT_FORWARD if now > expected else ClockReading.WENT_BACK

    @property
    def base(self) -> tuple[datetime, float] | None:
        """Return the last reading that the guard accepted, and the value of `steady_seconds` at that reading.

        The result is None before the first reading.
        """
        return None if self._believed is None else (self._believed, self._at)

    def resume(self, believed: datetime, steady: float) -> None:
        """Continue after a restart: compare the next reading with the last one that an earlier process accepted.

        Args:
            believed: The instant of that accepted reading.
            steady: The value of `steady_seconds` at that reading.
        """
        self._believed, self._at, self._leapt, self._moved = believed, steady, None, timedelta()

    def _stayed(self, now: datetime, steady: float) -> bool:
        """Whether the clock has gone on steadily since it leapt, for long enough; else this is where that begins."""
        if self._leapt is not None:
            first, since = self._leapt
            if abs(now - first - timedelta(seconds=steady - since)) <= self.tolerance:
                return steady - since >= self.confirm_seconds
        self._leapt = (now, steady)
        return False

    def _accept(self, now: datetime, steady: float, reading: ClockReading) -> tuple[datetime, ClockReading]:
        self._believed, self._at, self._leapt = now, steady, None
        return now, reading


def _less(moved: timedelta, seconds: float) -> timedelta:
    """What is left of a deviation, towards none, after it could be set right by so many seconds."""
    left = max(abs(moved) - timedelta(seconds=seconds), timedelta())
    return left if moved > timedelta() else -left


def steady_seconds() -> float:
    """Return the seconds since an arbitrary start, by a counter that nobody can set.

    On Linux the counter also counts while the machine sleeps. So a clock that has moved on during the sleep is not
    mistaken for one that leapt.
    """
    if _BOOTTIME is not None:
        return time.clock_gettime(_BOOTTIME)
    return time.monotonic()


_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)
