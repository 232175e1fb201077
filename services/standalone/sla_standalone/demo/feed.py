"""The events of the demo: posts each scripted event to the ingest API over HTTP when its time has come."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2
import structlog

from sla_platform.runtime import Part
from sla_platform.timesource import TimeSource
from sla_standalone.demo.script import Plot, ScriptedEvent, plots

_log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=6)  # of demo time between two new incidents
HEADERS = {"Authorization": "Bearer demo-ingest-key", "Content-Type": "application/cloudevents+json"}


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    incident: str = field(compare=False)
    happening: ScriptedEvent = field(compare=False)


class DemoFeed:
    """Posts the events of the demo's incidents to the service at `url`, as a ticketing system would.

    Await `run`, or run the task that `part` returns.

    Args:
        time_source: The demo's clock, which decides when an event is posted.
        most: The largest number of incidents to open in all.
    """

    def __init__(self, url: str, time_source: TimeSource, most: int = 60) -> None:
        self._url = f"{url}/v1/events"
        self._time_source = time_source
        self._most = most
        self._due: list[_Due] = []
        self._numbers = itertools.count(1)

    def part(self) -> Part:
        """Return a long-running task named `feed`, which calls `run`."""
        return Part("feed", self.run)

    async def run(self) -> None:
        """Post each event when the demo's clock reaches the event's time; end only when cancelled.

        An event that cannot be posted is logged, and is not posted again.
        """
        async with httpx2.AsyncClient(timeout=10, headers=HEADERS, trust_env=False) as client:
            self._plan()
            while True:
                now = self._time_source.now()
                while self._due and self._due[0].at <= now:
                    due = heapq.heappop(self._due)
                    await self._post(client, due, now)
                await asyncio.sleep(0.05)

    def _plan(self) -> None:
        begin = self._time_source.now()
        for number, plot in enumerate(itertools.islice(plots(), self._most)):
            opened = begin + EVERY * number
            incident = f"DEMO-{number + 1}"
            self._add(opened, incident, ScriptedEvent(0, "opened", _attributes(plot)))
            for happening in plot.happenings:
                self._add(opened + timedelta(minutes=happening.after), incident, happening)

    def _add(self, at: datetime, incident: str, happening: ScriptedEvent) -> None:
        heapq.heappush(self._due, _Due(at, next(self._numbers), incident, happening))

    async def _post(self, client: httpx2.AsyncClient, due: _Due, now: datetime) -> None:
        event = {
            "specversion": "1.0",
            "id": f"{due.incident}-{due.number}",
            "source": "/demo",
            "type": f"io.slad.incident.{due.happening.kind}.v1",
            "subject": due.incident,
            "time": now.isoformat(),
            "data": due.happening.data,
        }
        try:
            answer = await client.post(self._url, json=event)
            if answer.status_code != httpx2.codes.ACCEPTED:
                _log.warning("demo.refused", status=answer.status_code, incident=due.incident)
        except httpx2.HTTPError as error:
            _log.warning("demo.unreachable", error=type(error).__name__)


def _attributes(plot: Plot) -> dict[str, str]:
    return {
        "customer": plot.customer,
        "priority": plot.priority,
        "title": plot.title,
        "description": f"{plot.title}. Reported by telephone.",
    }
