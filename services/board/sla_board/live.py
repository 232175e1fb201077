"""The views that pages and streams show: the filtered board, or one incident; read and rendered as frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sla_board.page.render import Pages, frame_id, iso
from sla_board.shown.filter import BoardFilter
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_board.shown.incident import IncidentFile, read_incident
from sla_board.shown.not_shown import NotShown
from sla_board.shown.notice import ShownNotice, read_notices
from sla_board.shown.queue import Queue, read_queue
from sla_board.stream.hub import Frame
from sla_board.stream.response import sse
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True)
class OneIncident:
    """The page of one incident, as a view that `BoardReader` renders and browsers follow."""

    incident: str
    only_contract: str | None
    """The only contract that the viewer's key may see. None means all contracts."""


View = BoardFilter | OneIncident


class BoardReader:
    """Reads the board's tables, and renders views for their streams.

    `queue`, `incident` and `notices` read; `frame` renders.

    Args:
        time_source: Slad's clock, the source of "now".
        calendars: Where the hours of clocks are looked up. None means that time left is wall time.
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
        """Return the open clocks that match the filter `shown`, as of now."""
        async with self._store.reading() as connection:
            return await read_queue(connection, shown, self._hours())

    async def incident(self, view: OneIncident) -> IncidentFile | None:
        """Return the content of one incident's page.

        The result is None if the incident is unknown, or if the viewer may not see it.
        """
        async with self._store.reading() as connection:
            attempts = self.pages.attempts
            return await read_incident(connection, view.incident, view.only_contract, self._hours(), attempts)

    async def notices(self, only_contract: str | None) -> list[ShownNotice | NotShown]:
        """Return the critical-fix notices that the viewer may see, newest first.

        A notice that cannot be shown is replaced by a NotShown.

        Args:
            only_contract: The only contract that the viewer's key may see. None means all contracts.
        """
        async with self._store.reading() as connection:
            return await read_notices(connection, only_contract, self.pages.attempts)

    async def frame(self, view: View) -> Frame:
        """Return a view as a Frame: the rendered page in the form in which browsers receive it.

        If an incident is unknown, or the viewer may not see it, the page has no content.

        Args:
            view: The filtered board, or one incident.
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
