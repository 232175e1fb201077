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
    """Calls an outside watchdog each time a canary arrives. The watchdog raises an alarm when the calls stop.

    A canary is an event that shows that slad works: the breach of slad's own test clock, each minute. Call
    `note_canary` for each canary; `run` makes the calls to the watchdog.

    Args:
        url: The URL of the watchdog. "" means that no calls are made.
        time_source: The time source with which the delay of a canary is measured.
    """

    def __init__(self, url: str, time_source: TimeSource, metrics: NotifierMetrics) -> None:
        self._url = url
        self._time_source = time_source
        self._metrics = metrics
        self._arrived = asyncio.Event()

    def note_canary(self, due_at: datetime) -> None:
        """Record the arrival of a canary (a breach of slad's own test clock), and let `run` call the watchdog.

        The delay of the canary is recorded as a metric.

        Args:
            due_at: When the canary was due. The delay is counted from here.
        """
        now = self._time_source.now()
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
