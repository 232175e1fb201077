"""The last step of the canary: each one that arrives is timed, and an outside watchdog is called."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx2
import structlog

from sla_notifier.metrics import NotifierMetrics
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)
TIMEOUT_SECONDS = 10.0


class Heartbeat:
    """Calls an outside watchdog after each canary. The watchdog raises an alarm when calls stop.

    A canary is a breach that slad's own test clock causes each minute. `note_canary` reports a canary, `run` makes the
    calls.

    Args:
        url: The address to call. "" means no address.
        source: The clock that measures the delay of a canary.
    """

    def __init__(self, url: str, source: TimeSource, metrics: NotifierMetrics) -> None:
        self._url = url
        self._time = source
        self._metrics = metrics
        self._arrived = asyncio.Event()

    def note_canary(self, due_at: datetime) -> None:
        """Measure how late a canary arrives, and let `run` call the watchdog.

        A canary is a breach of slad's own test clock.

        Args:
            due_at: When the canary was due. The delay starts there.
        """
        now = self._time.now()
        self._metrics.canary.set(now.timestamp())
        self._metrics.canary_lateness.observe(max((now - due_at).total_seconds(), 0.0))
        self._arrived.set()

    async def run(self) -> None:
        """Call the watchdog's URL for each canary that `note_canary` reports, until cancelled.

        Canaries that arrive during a call share the next call. A failed call is counted and logged, not repeated.
        Without a URL there are no calls.
        """
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                if self._url:
                    await self._beat(client)

    async def _beat(self, client: httpx2.AsyncClient) -> None:
        try:
            async with client.stream("GET", self._url) as answer:  # the status decides, nobody reads the body
                outcome = "sent" if answer.is_success else "refused"
        except httpx2.HTTPError:
            outcome = "unreachable"
        self._metrics.heartbeats.labels(outcome).inc()
        if outcome != "sent":
            _log.warning("heartbeat.failed", outcome=outcome)  # the address may hold a secret: it is not logged
