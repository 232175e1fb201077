"""One clock for all instances, guarded: what time a tick may believe.

On PostgreSQL the database's clock decides, so skewed application clocks can fire nothing early. A database clock that
leaps forward (a wrong NTP step, a fail-over to a standby with another clock) would fire promises early for good, so a
leap beyond the tolerance holds firing until the new time has been confirmed for a while; a clock that goes back only
makes firing late, and is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOLERANCE = timedelta(seconds=5)
CONFIRM_SECONDS = 30.0


class Reading(StrEnum):
    """What the guard makes of a reading of the clock."""

    STEADY = "the clock moved as the monotonic clock did"
    LEAPT_FORWARD = "the clock leapt forward; firing is held until the new time is confirmed"
    CONFIRMED = "the new time has been stable for long enough and is accepted"
    WENT_BACK = "the clock went back; nothing fires twice, only late"


@dataclass(slots=True)
class ClockGuard:
    """Compares each reading with the monotonic clock. `monotonic` is in seconds."""

    tolerance: timedelta = TOLERANCE
    confirm_seconds: float = CONFIRM_SECONDS
    _believed: datetime | None = None
    _at: float = 0.0
    _leapt: tuple[datetime, float] | None = None

    def read(self, now: datetime, monotonic: float) -> tuple[datetime, Reading]:
        """The instant a tick may fire up to, and why."""
        if self._believed is None:
            return self._accept(now, monotonic, Reading.STEADY)
        expected = self._believed + timedelta(seconds=monotonic - self._at)
        if now < expected - self.tolerance:
            self._leapt = None
            return self._accept(now, monotonic, Reading.WENT_BACK)
        if now <= expected + self.tolerance:
            self._leapt = None
            return self._accept(now, monotonic, Reading.STEADY)
        return self._held(now, expected, monotonic)

    def _held(self, now: datetime, expected: datetime, monotonic: float) -> tuple[datetime, Reading]:
        if self._leapt is not None:
            first, since = self._leapt
            steady = abs(now - first - timedelta(seconds=monotonic - since)) <= self.tolerance
            if steady and monotonic - since >= self.confirm_seconds:
                self._leapt = None
                return self._accept(now, monotonic, Reading.CONFIRMED)
            if steady:
                return expected, Reading.LEAPT_FORWARD
        self._leapt = (now, monotonic)
        return expected, Reading.LEAPT_FORWARD

    def _accept(self, now: datetime, monotonic: float, reading: Reading) -> tuple[datetime, Reading]:
        self._believed, self._at = now, monotonic
        return now, reading
