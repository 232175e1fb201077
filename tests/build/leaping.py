"""A machine and a database whose clocks leap together, beside seconds that do not: time passes as the story says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from sla_platform.store import instant
from sla_platform.timesource import SystemTime

HOUR = timedelta(hours=1)
LEAPS = [HOUR, -HOUR, timedelta(days=400)]
LEAP_SECONDS = 6


class LeapingTime(SystemTime):
    """`true` is what the story means by now; `off` is how wrong every clock is."""

    def __init__(self, start: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(lambda: self.true + self.off, lambda: (self.true - start).total_seconds())
        self.true = start
        self.off = timedelta()
        self._monkeypatch = monkeypatch
        self.go(start)

    def go(self, to: datetime) -> None:
        """So much time goes by, which every look at a clock between would have confirmed."""
        self.true = to
        said = (self.true + self.off).isoformat()
        self._monkeypatch.setattr(instant, "_NOW", text(f"SELECT CAST('{said}' AS timestamptz)"))
        self.read()

    def leap(self, off: timedelta) -> None:
        self.off = off
        self.go(self.true)

    async def sleep(self, seconds: float) -> None:
        self.go(self.true + timedelta(seconds=seconds))
