"""The views that pages and streams show: the filtered board, or one incident; read and rendered as frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sla_board.page.render import Pages, frame_id, iso
from sla_board.shown.due import DueClocks, read_due
from sla_board.shown.evidence import fact_lines
from sla_board.shown.filter import BoardFilter
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_board.shown.incident import IncidentFile, read_incident
from sla_board.shown.not_shown import NotShown
from sla_board.shown.notice import ShownNotice, read_notices
from sla_board.shown.queue import Queue, read_queue
from sla_board.stream.hub import Frame
from sla_board.stream.response import sse
from sla_platform.http.evidence import EvidenceLine
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True)
class OneIncident:
    """The page of one incident, as a view that `BoardReader` renders and browsers follow.

    `only_contract`: the one contract that the viewer's key may see; None for all.
    """

    incident: str
    only_contract: str | None


View = BoardFilter | OneIncident


class BoardReader:
    """Reads the board's tables (`queue`, `incident`, `notices`), and renders views for their streams (`frame`).

    `time_source`: slad's clock, the source of "now". `calendars`: where the hours of clocks are looked up; without it
    time left is wall time.
    """

    def __init__(
        self, store: Store, time_source: TimeSource, pages: Pages, calendars: CalendarsByName | None = None
    ) -> None:
        self._store = store
        self._time_source = time_source
        self._calendars = calendars or CalendarsByName()
        self.pages = pages

    def now(self) -> datetime:
        """Return the present instant by slad's clock."""
        return self._time_source.now()

    def _hours(self) -> HoursAt:
        return HoursAt(self._time_source.now(), self._calendars)

    async def queue(self, shown: BoardFilter) -> Queue:
        """Return the open clocks that the filter `shown` shows, as of now."""
        async with self._store.reading() as connection:
            return await read_queue(connection, shown, self._hours())

    async def incident(self, view: OneIncident) -> IncidentFile | None:
        """Return the content of one incident's page; None when the incident is unknown or the viewer may not see it."""
        async with self._store.reading() as connection:
            attempts = self.pages.attempts
            return await read_incident(connection, view.incident, view.only_contract, self._hours(), attempts)

    async def due(self, shown: BoardFilter) -> DueClocks:
        """Return the open clocks that the filter `shown` shows, those due first at the head."""
        async with self._store.reading() as connection:
            return await read_due(connection, shown, self._hours(), self.pages.attempts)

    def facts(self, incident: str, only_contract: str | None) -> AsyncIterator[EvidenceLine]:
        """Return the facts that slad published about an incident, one by one, as evidence.

        `only_contract`: the one contract that the caller may see; None for all.
        """
        return fact_lines(self._store, incident, only_contract)

    async def notices(self, only_contract: str | None) -> list[ShownNotice | NotShown]:
        """Return the critical-fix notices that the viewer may see, newest first.

        `only_contract`: the one contract that the viewer's key may see; None for all. A notice that cannot be shown is
        a NotShown in its place.
        """
        async with self._store.reading() as connection:
            return await read_notices(connection, only_contract, self.pages.attempts)

    async def frame(self, view: View) -> Frame:
        """Return a view as a Frame: the rendered page as it is sent to browsers.

        `view`: the filtered board, or one incident. If an incident is unknown, or the viewer may not see it, the page
        has no content.
        """
        match view:
            case BoardFilter():
                return self._board_frame(self.pages.board_fragment(await self.queue(view)))
            case OneIncident():
                file = await self.incident(view)
                fragment = {"html": "", "title": "slad"} if file is None else self.pages.incident_fragment(file)
                id_ = frame_id(fragment)
                return Frame(id_, self._event(id_, fragment))

    def _board_frame(self, fragment: dict[str, Any]) -> Frame:
        """Return the whole page with a function for the difference to an earlier frame: only rows that differ."""
        id_ = frame_id(fragment)
        rows: dict[str, str] = fragment["rows"]

        def since(before: Frame) -> bytes:
            changed = {name: html for name, html in rows.items() if before.parts.get(name) != html}
            return self._event(id_, fragment | {"rows": changed, "order": list(rows), "before": before.id})

        return Frame(id_, self._event(id_, fragment | {"order": list(rows)}), since, rows)

    def _event(self, id_: str, fragment: dict[str, Any]) -> bytes:
        return sse("page", orjson.dumps({"now": iso(self._time_source.now()), **fragment}), id_)
