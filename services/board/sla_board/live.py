"""The views that pages and streams show: the filtered board, or one incident; read and rendered as frames."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from sla_board.page.render import Pages, browser_instant, frame_id
from sla_board.shown.breaches import BreachFilter, BreachPage, ShownBreach, read_breach, read_breaches
from sla_board.shown.breakdown import count_behind
from sla_board.shown.breakdown_sums import BreakdownSums, read_breakdown_sums
from sla_board.shown.clock_cursor import ClockCursor
from sla_board.shown.due import DueClocks, read_due
from sla_board.shown.evidence import fact_lines
from sla_board.shown.filter import BoardFilter
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_board.shown.incident import IncidentFile, read_incident
from sla_board.shown.not_shown import NotShown
from sla_board.shown.notice import ShownNotice, read_notices
from sla_board.shown.pauses import PauseFilter, PausePage, PauseSums, read_pause_sums, read_pauses
from sla_board.shown.queue import Queue, read_queue
from sla_board.stream.hub import Frame
from sla_board.stream.response import sse
from sla_domain.breach_reason import NO_RULES, BreachReasons
from sla_domain.plan import PlanId
from sla_domain.rulebook import Rulebook
from sla_platform.http.evidence import EvidenceLine
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True)
class OneIncident:
    """Which page of an incident a viewer sees: the incident, and the only contract whose data the viewer may see.

    The page is rendered once for all browsers for which both values are equal.
    """

    incident: str
    only_contract: str | None
    """The only contract that the viewer's key may see. None means all contracts."""


View = BoardFilter | OneIncident


class BoardReader:
    """Reads the board's tables for its pages and API, and renders the pages that browsers keep open.

    Args:
        time_source: Gives the present instant.
        pages: Renders HTML.
        rulebook: Returns the rulebook in force (plans, contracts, calendars), which gives the hours of clocks. None if
            there is none: remaining time is then wall-clock time.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        pages: Pages,
        rulebook: Callable[[], Rulebook] | None = None,
    ) -> None:
        self._store = store
        self._rulebook = rulebook
        self._time_source = time_source
        self._calendars = CalendarsByName(rulebook)
        self.pages = pages

    def now(self) -> datetime:
        """Return the present instant, as slad's time source gives it."""
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
            hours = self._hours()
            return await read_incident(connection, view.incident, view.only_contract, hours, attempts, self.reasons)

    def reasons(self, plan: str) -> BreachReasons:
        """Return the rules of a plan on the reasons of breaches. An unknown plan has no rules."""
        known = None if self._rulebook is None else self._rulebook().plans.get(PlanId(plan))
        return NO_RULES if known is None else known.breach_reasons

    async def pauses(self, asked: PauseFilter, after: ClockCursor | None, limit: int) -> PausePage:
        """Return a page of pauses as of now (see `read_pauses`)."""
        async with self._store.reading() as connection:
            return await read_pauses(connection, asked, after, limit, self._hours())

    async def breakdown_sums(self, contract: str, start: datetime, end: datetime) -> tuple[BreakdownSums, int]:
        """Return the summed breakdowns of a contract, and the number of incidents whose breakdowns are out of date.

        A breakdown divides the time of an incident or clock by holder (assignee, group, support line) and party (who
        had to act). Only incidents and clocks that ended in `[start, end)` are included.
        """
        async with self._store.reading() as connection:
            sums = await read_breakdown_sums(connection, contract, start, end)
            return sums, await count_behind(connection)

    async def pause_sums(self, asked: PauseFilter) -> PauseSums:
        """Return the total paused time of the pauses that match a filter, as of now."""
        async with self._store.reading() as connection:
            return await read_pause_sums(connection, asked, self._hours())

    async def breaches(self, asked: BreachFilter, after: ClockCursor | None, limit: int) -> BreachPage:
        """Return a page of breaches (see `read_breaches`)."""
        async with self._store.reading() as connection:
            return await read_breaches(connection, asked, after, limit, self.reasons, self._hours())

    async def breach(self, clock: UUID, only_contract: str | None) -> ShownBreach | None:
        """Return the breach of a clock. None if there is none, or if it is hidden from the viewer's key.

        Args:
            only_contract: The one contract that the viewer's key may see. None for all.
        """
        async with self._store.reading() as connection:
            return await read_breach(connection, clock, self.reasons, only_contract, self._hours())

    async def due(self, shown: BoardFilter) -> DueClocks:
        """Return the open clocks that match a filter, for the calendar of due instants.

        The clock due first comes first.
        """
        async with self._store.reading() as connection:
            return await read_due(connection, shown, self._hours(), self.pages.attempts)

    def facts(self, incident: str, only_contract: str | None) -> AsyncIterator[EvidenceLine]:
        """Yield the published facts about an incident, as records for the incident's evidence.

        The evidence is a zip file that proves the verdicts on the incident.

        Args:
            only_contract: The one contract that the caller's key may see. None for all.
        """
        return fact_lines(self._store, incident, only_contract)

    async def notices(self, only_contract: str | None) -> list[ShownNotice | NotShown]:
        """Return the critical-fix notices that the viewer may see, newest first.

        A notice that cannot be shown is replaced by a NotShown.

        Args:
            only_contract: The only contract that the viewer's key may see. None means all contracts.
        """
        async with self._store.reading() as connection:
            return await read_notices(connection, only_contract, self.pages.attempts)

    async def frame(self, view: View) -> Frame:
        """Render a page, and return it as a Frame: the form in which browsers receive it.

        The page of an incident has no content if the incident is unknown, or if the viewer may not see it.

        Args:
            view: What the page shows: the board with a filter, or one incident.
        """
        match view:
            case BoardFilter():
                return self._board_frame(self.pages.board_fragment(await self.queue(view)))
            case OneIncident():
                file = await self.incident(view)
                fragment = (
                    {"html": "", "title": "slad"} if file is None else self.pages.incident_fragment(file, self.reasons)
                )
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
        return sse("page", orjson.dumps({"now": browser_instant(self._time_source.now()), **fragment}), id_)
