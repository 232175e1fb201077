"""HTTP: the audit of pauses, as JSON and as a page: which clocks were paused for how long, by whom and on whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from sla_board.asked import SpanIn, cursor_in
from sla_board.live import BoardReader
from sla_board.page.security import PAGE_HEADERS
from sla_board.shown.clock_cursor import ClockCursor
from sla_board.shown.pauses import (
    MOST_ROWS,
    ROWS,
    PauseFilter,
    PauseMeasure,
    PauseSums,
    ShownPause,
)
from sla_platform.http.keys import READ, Authorizer
from sla_platform.inbound import ContractIn, InstantIn, PageIn

_DENIED: dict[int | str, dict[str, Any]] = {401: {"description": "An API key is needed"}}
_Party = Literal["", "customer", "vendor", "other"]


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class PauseAnswer(_Answer):
    """A pause of a clock: a period in which no time counted, for example because the customer was asked for logs."""

    incident: str
    page: str = Field(description="path of the incident's page")
    title: str
    """Title of the incident."""
    clock: str
    """Id of the clock."""
    metric: str
    cycle: int
    """The clock's number among the incident's clocks of this metric, from 0."""
    contract: str = Field(description="whose it was when the pause began")
    priority: str
    waiting_on: str
    """customer, vendor or other. Empty for nobody."""
    defect: str = Field(description="the defect for which it waited on the vendor; empty for none")
    why: str
    """The reason in the ticket's words."""
    set_by: str = Field(description="who set the pause, a name or a side; empty where that is not stated")
    holders: tuple[str, ...] = Field(description="who had the incident meanwhile, the first one first")
    started_at: datetime
    ended_at: datetime | None
    """Null while the pause lasts."""
    wall_seconds: float
    counted_seconds: float | None = Field(description="within the clock's hours; null where they are not known")
    verdict: str = Field(description="met, missed or cancelled where the clock ended in this pause; else empty")
    customer_words: int = Field(description="how often the customer spoke while it waited on the customer")


class PauseListAnswer(_Answer):
    """A page of pauses, the newest first."""

    pauses: tuple[PauseAnswer, ...]
    next: str | None
    """Pass it as `after` to get the next page. Null on the last page."""
    behind: int = Field(description="incidents with something new, whose pauses are being computed anew")


class PauseShareAnswer(_Answer):
    """The paused time of one holder, one setter (who set the pause) or one party, and its share of all paused time.

    The party is the one for whom the clock waited, such as the customer.
    """

    name: str = Field(description="empty where nobody is stated")
    wall_seconds: float
    share: float = Field(description="of the whole, from 0 to 1")


class PauseSharesAnswer(_Answer):
    """The paused time of all pauses that match a filter: in total, by holder, by who set the pause, and by party.

    The holder is the one who had the incident during the pause. The party is the one for whom the clock waited, such as
    the customer. The longest shares come first. If several clocks of an incident are paused at once, the time counts
    once for each.
    """

    pauses: int
    """How many pauses are in the sums."""
    wall_seconds: float
    by_holder: tuple[PauseShareAnswer, ...] = Field(description="who had the incident in the pause")
    by_setter: tuple[PauseShareAnswer, ...] = Field(description="who set the pause")
    by_party: tuple[PauseShareAnswer, ...] = Field(description="on whom it waited")
    complete: bool = Field(description="false: there are more pauses than one sum takes; the newest are in it")


def asked_pauses(
    contract: Annotated[ContractIn, Query()] = "",
    start: Annotated[InstantIn | None, Query(alias="from", description="those that began from this instant on")] = None,
    end: Annotated[InstantIn | None, Query(alias="to", description="those that began before this instant")] = None,
    longer_than: Annotated[SpanIn, Query(description="such as 4h, 90m or 2d")] = timedelta(),
    measure: Annotated[PauseMeasure, Query(description="by which `longer_than` is measured")] = PauseMeasure.WALL,
    waiting_on: Annotated[_Party, Query()] = "",
    open: Annotated[bool, Query(description="those that last")] = False,
    met: Annotated[bool, Query(description="those in which the clock was met")] = False,
    spoken: Annotated[bool, Query(description="on the customer, who has spoken since")] = False,
) -> PauseFilter:
    """Return the filter of pauses from the query of a request's URL (a FastAPI dependency).

    Args:
        contract: Id of the contract. "" for all contracts.
        start: Only pauses that began at this instant or later.
        end: Only pauses that began before this instant.
        longer_than: Only pauses of at least this length.
        measure: Whether `longer_than` is in wall-clock time, or in time within the clock's hours.
        waiting_on: Only pauses in which the clock waited for this party. "" for all pauses.
        open: Only pauses that still last.
        met: Only pauses in which the clock was met.
        spoken: Only pauses that wait for the customer although the customer has written since.
    """
    return PauseFilter(
        contract=contract,
        start=start,
        end=end,
        longer_than=longer_than,
        measure=measure,
        waiting_on=waiting_on,
        open=open,
        met=met,
        spoken=spoken,
    )


_Asked = Annotated[PauseFilter, Depends(asked_pauses)]
_After = Annotated[PageIn, Query(description="`next` of the page before")]
_Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]


def pause_routes(shown: BoardReader, authorize: Authorizer) -> APIRouter:
    """Return the routes of the audit of pauses: the list of pauses and the sums over them.

    The routes need the scope `read`. A key of one contract is limited to that contract.
    """
    routes = APIRouter(tags=["board"])

    def confined(request: Request, asked: PauseFilter) -> PauseFilter:
        return replace(asked, only_contract=authorize(request, READ).contract)

    @routes.get("/v1/pauses", summary="List pauses of clocks, the newest first", responses=_DENIED)
    async def pauses(request: Request, asked: _Asked, after: _After = "", limit: _Limit = ROWS) -> PauseListAnswer:
        """Pauses by contract, instant, length and what is odd about them; each leads to its incident."""
        wanted = confined(request, asked)
        page = await shown.pauses(wanted, cursor_in(after, ClockCursor.of), limit)
        return PauseListAnswer(
            pauses=tuple(map(_pause, page.pauses)),
            next=None if page.next is None else str(page.next),
            behind=page.behind,
        )

    @routes.get("/v1/pauses/shares", summary="List whose paused time it was, by person", responses=_DENIED)
    async def shares(request: Request, asked: _Asked) -> PauseSharesAnswer:
        """Paused time by who had the incident, who set the pause, and on whom it waited; of the pauses asked for."""
        return _shares(await shown.pause_sums(confined(request, asked)))

    @routes.get("/pauses", response_class=HTMLResponse, summary="Show the audit of pauses")
    async def page(request: Request, asked: _Asked, after: _After = "") -> Response:
        wanted = confined(request, asked)
        listed = await shown.pauses(wanted, cursor_in(after, ClockCursor.of), ROWS)
        sums = await shown.pause_sums(wanted)
        query = _plain_query(request)
        return HTMLResponse(shown.pages.pauses(wanted, listed, sums, query, shown.now()), headers=PAGE_HEADERS)

    return routes


def _plain_query(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if value and name != "after"}


def _pause(one: ShownPause) -> PauseAnswer:
    return PauseAnswer(
        incident=one.incident,
        page=one.page,
        title=one.title,
        clock=str(one.clock),
        metric=one.metric,
        cycle=one.cycle,
        contract=one.contract,
        priority=one.priority,
        waiting_on=one.waiting_on,
        defect=one.defect,
        why=one.why,
        set_by=one.set_by,
        holders=one.holders,
        started_at=one.started_at,
        ended_at=one.ended_at,
        wall_seconds=one.wall.total_seconds(),
        counted_seconds=None if one.counted is None else one.counted.total_seconds(),
        verdict=one.verdict,
        customer_words=one.words,
    )


def _shares(sums: PauseSums) -> PauseSharesAnswer:
    def share(by: Mapping[str, timedelta]) -> tuple[PauseShareAnswer, ...]:
        return tuple(
            PauseShareAnswer(
                name=name, wall_seconds=span.total_seconds(), share=round(span / sums.wall, 6) if sums.wall else 0.0
            )
            for name, span in by.items()
        )

    return PauseSharesAnswer(
        pauses=sums.pauses,
        wall_seconds=sums.wall.total_seconds(),
        by_holder=share(sums.by_holder),
        by_setter=share(sums.by_setter),
        by_party=share(sums.by_party),
        complete=sums.complete,
    )
