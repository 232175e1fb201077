"""Time as the driver counts it, by a clock that no fault of a run moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.oracle.tenth_walker import TENTHS

_SHIFT = time.time() - time.monotonic()  # noqa: TID251 - the driver shares nothing with slad, its clock included


def wall() -> float:
    """Seconds since 1970; it goes on evenly from the start of the driver."""
    return time.monotonic() + _SHIFT


class Watch:
    """Tenths of a second since a zero on the grid."""

    def __init__(self) -> None:
        self.zero = float(int(wall()))

    def tenth(self) -> int:
        return int((wall() - self.zero) * TENTHS)

    def wall(self, tenth: float) -> float:
        return self.zero + tenth / TENTHS

    def instant(self, tenth: int) -> datetime:
        return datetime.fromtimestamp(self.zero, UTC) + timedelta(seconds=tenth / TENTHS)

    def tenths(self, written: str) -> int:
        """Of an instant as it is written in a message."""
        return round((datetime.fromisoformat(written).timestamp() - self.zero) * TENTHS)
