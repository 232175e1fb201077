"""Watching the clocks a process goes by: reads the machine's every second, and reports a leap.

A clock that is not believed makes nobody wait for the process: it works on by the time before. So it is a remark at
`/readyz`, a gauge and a line in the log, and no reason to take the process out of service.
"""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge

from sla_platform.clockguard import ClockReading
from sla_platform.clockmemory import ClockMemory
from sla_platform.timesource import GuardedClock, SystemTime, TimeSource

EVERY_SECONDS = 1.0


class ClockWatch:
    """Reads the machine's clock every second (await `run`), and shows leaps of the clock in metrics and at `/readyz`.

    Leaps of the database's clock are shown too. With a time source other than SystemTime no leaps are shown.

    Args:
        registry: The registry of the metrics.
        memory: Where the accepted readings are stored each second. None means that they are not stored.
    """

    def __init__(self, time_source: TimeSource, registry: CollectorRegistry, memory: ClockMemory | None = None) -> None:
        self._time_source = time_source
        self._memory = memory
        self._leaps = Counter(
            "slad_clock_leaps_total",
            "How often a clock (machine: of this host, store: of the database) leapt, went back or was confirmed.",
            ["clock", "reading"],
            registry=registry,
        )
        self._held = Gauge(
            "slad_clock_held", "1 while a clock is not believed because it leapt.", ["clock"], registry=registry
        )
        for clock in GuardedClock:
            self._held.labels(clock.value).set(0)
        if isinstance(time_source, SystemTime):
            time_source.watch = self._note_reading

    async def run(self) -> None:
        """Read the clock every second until cancelled, so that every leap is noticed."""
        while True:
            self._time_source.read()
            if self._memory is not None and isinstance(self._time_source, SystemTime):
                await asyncio.to_thread(self._memory.note, self._time_source)
            await self._time_source.sleep(EVERY_SECONDS)

    async def remark(self) -> str | None:
        """Return a line for `/readyz` that lists the clocks whose time is not accepted after a leap, and why.

        The result is None when the time of every clock is accepted.
        """
        held = self._time_source.held() if isinstance(self._time_source, SystemTime) else {}
        return "; ".join(f"{clock.value}: {reading.value}" for clock, reading in held.items()) or None

    def _note_reading(self, clock: GuardedClock, reading: ClockReading) -> None:
        self._held.labels(clock.value).set(1 if reading.held else 0)
        if reading is not ClockReading.STEADY:
            self._leaps.labels(clock.value, reading.name.lower()).inc()
