"""HTTP: breaches and their reasons: listed, explained, and those that lack a reason before a period can be frozen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from sla_board.asked import cursor_in, period_in
from sla_board.live import BoardReader
from sla_board.page.security import PAGE_HEADERS
from sla_board.reason.reason import SaidReason, name_and_key
from sla_board.reason.store import NoSuchBreach, NotBreached, ReasonKeeper, ReasonRefused, WantedReason
from sla_board.shown.breaches import MOST_ROWS, ROWS, BreachFilter, ShownBreach
from sla_board.shown.clock_cursor import ClockCursor
from sla_domain import bounds
from sla_domain.breach_reason import LONGEST_CODE, BreachReasons, ReasonRefusal
from sla_domain.contract import ContractId
from sla_domain.language_table import LANGUAGES_LISTED
from sla_domain.rulebook import Rulebook
from sla_platform.http.audit import command_of
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.keys import ACK, READ, Authorizer
from sla_platform.http.problem import Problem
from sla_platform.inbound import LINE, PROSE, ContractIn, InstantIn, MetricIn, PageIn, WhoIn

_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    403: {"description": "The key lacks the scope"},
}
_ONE: dict[int | str, dict[str, Any]] = {**_DENIED, 404: {"description": "No such breach, or not for this key"}}
_Language = Annotated[str, Query(max_length=20, description=f"of the titles of codes: {LANGUAGES_LISTED}"), LINE]


class BreachReasonIn(BaseModel):
    """The body of a request to state the reason of a breach."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"code": "late_handover", "text": "nobody owned it at 18:00", "by": "Anna"}]},
    )
    code: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE), LINE] = Field(
        description="one of those that the clock's plan offers"
    )
    text: Annotated[str, Field(max_length=bounds.VALUE), PROSE] = Field("", description="in your own words")
    by: WhoIn = Field("", description="who says so; the key that it came by is kept beside")


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class ReasonAnswer(_Answer):
    """A reason that somebody stated for a breach."""

    code: str
    title: str
    """Title of the code, in the requested language."""
    text: str
    by: str
    at: datetime


class ReasonCodeAnswer(_Answer):
    """A code that a plan offers for the reason of a breach."""

    id: str
    title: str
    needs_text: bool
    """Whether a person who chooses the code must also write a text."""


class ListedBreach(_Answer):
    """A breach: a clock that ran past its due instant, with the reason that was stated last."""

    clock: str
    """Id of the clock."""
    incident: str
    page: str = Field(description="path of the incident's page")
    title: str
    """Title of the incident."""
    contract: str
    plan: str
    metric: str
    cycle: int
    """The clock's number among the incident's clocks of this metric, from 0."""
    priority: str
    state: str
    """The present state of the clock."""
    breached_at: datetime = Field(description="the due instant that was passed")
    stopped_at: datetime | None
    """When the clock stopped. Null while the clock is open."""
    late_counted_seconds: float | None
    """How late the clock stopped, in the hours in which it counts. Null while it is open, and for unknown hours."""
    late_wall_seconds: float | None
    """How late the clock stopped, by the wall clock. Null while it is open."""
    exempt: bool
    """Whether the clock is left out of the attainment. Such a breach needs no reason."""
    reason_required: bool = Field(description="its plan wants a reason before a period is frozen")
    reason: ReasonAnswer | None
    """The newest reason. Null if nobody has stated one."""


class BreachAnswer(ListedBreach):
    """A breach with all reasons stated for it, and the reason codes that the clock's plan offers."""

    history: tuple[ReasonAnswer, ...]
    """All stated reasons, the oldest first."""
    codes: tuple[ReasonCodeAnswer, ...]
    """The codes that the clock's plan offers."""


class ExplainedAnswer(BreachAnswer):
    """The answer to a stated reason: the breach with the reason, and whether the reason was new."""

    changed: bool
    """False if the same reason was already present."""


class BreachListAnswer(_Answer):
    """A page of breaches, the newest first."""

    breaches: tuple[ListedBreach, ...]
    next: str | None
    """Pass it as `after` to get the next page. Null on the last page."""


def breach_routes(
    shown: BoardReader,
    keeper: ReasonKeeper,
    rulebook: Callable[[], Rulebook],
    authorize: Authorizer,
    changed: Callable[[], None],
) -> APIRouter:
    """Return the routes of breaches and their reasons.

    An API key needs the scope `read` to read breaches, and the scope `ack` to state a reason. A key of one contract is
    limited to the breaches of that contract.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars).
        changed: Called after a reason was stated, to update open pages.
    """
    routes = APIRouter(tags=["board"])

    def asked_breaches(
        request: Request,
        contract: Annotated[ContractIn, Query()] = "",
        metric: Annotated[MetricIn, Query()] = "",
        start: Annotated[InstantIn | None, Query(alias="from", description="due from this instant on")] = None,
        end: Annotated[InstantIn | None, Query(alias="to", description="due before this instant")] = None,
        period: Annotated[
            str, Query(max_length=20, description="2026-11, 2026-Q4 or 2026, in the contract's zone, else UTC"), LINE
        ] = "",
        unexplained: Annotated[bool, Query(description="that have no reason, and count")] = False,
        lacking: Annotated[bool, Query(description="that lack one which their plan requires")] = False,
    ) -> BreachFilter:
        known = rulebook().contracts.get(ContractId(contract))
        named = period_in(period, "UTC" if known is None else known.zone)
        if named is not None and (start is not None or end is not None):
            errors = [{"pointer": "/period", "detail": "give either a period, or from and to"}]
            raise Problem(422, "two-spans", "Two spans of time", "Give either a period, or from and to.", errors=errors)
        return BreachFilter(
            contract=contract,
            metric=metric,
            start=start if named is None else named.start,
            end=end if named is None else named.end,
            unexplained=unexplained,
            lacking=lacking,
            only_contract=authorize(request, READ).contract,
        )

    _routes_of_list(routes, shown, asked_breaches)
    _routes_of_one(routes, shown, keeper, authorize, changed)
    return routes


def _routes_of_list(routes: APIRouter, shown: BoardReader, asked: Callable[..., BreachFilter]) -> None:
    @routes.get("/v1/breaches", summary="List breaches with their reasons, the newest first", responses=_DENIED)
    async def breaches(
        wanted: BreachFilter = Depends(asked),
        after: Annotated[PageIn, Query(description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = ROWS,
        lang: _Language = "en",
    ) -> BreachListAnswer:
        """Breaches by contract, metric and period; with `lacking` those that keep a period from being frozen."""
        page = await shown.breaches(wanted, cursor_in(after, ClockCursor.of), limit)
        return BreachListAnswer(
            breaches=tuple(ListedBreach(**_fields(one, shown.reasons(one.plan), lang)) for one in page.breaches),
            next=None if page.next is None else str(page.next),
        )

    @routes.get("/breaches", response_class=HTMLResponse, summary="Show breaches and their reasons")
    async def page(
        request: Request,
        wanted: BreachFilter = Depends(asked),
        after: Annotated[PageIn, Query(description="`next` of the page before")] = "",
    ) -> Response:
        listed = await shown.breaches(wanted, cursor_in(after, ClockCursor.of), ROWS)
        query = {name: value for name, value in request.query_params.items() if value and name != "after"}
        return HTMLResponse(
            shown.pages.breaches(wanted, listed, shown.reasons, query, shown.now()), headers=PAGE_HEADERS
        )


def _routes_of_one(
    routes: APIRouter, shown: BoardReader, keeper: ReasonKeeper, authorize: Authorizer, said: Callable[[], None]
) -> None:
    async def found(clock: str, only: str | None) -> ShownBreach:
        known = await shown.breach(_clock_id(clock), only)
        if known is None:
            raise _no_such_breach(clock)
        return known

    @routes.get("/v1/breaches/{clock}", summary="Read a breach and what was said of it", responses=_ONE)
    async def one_breach(request: Request, clock: str, lang: _Language = "en") -> BreachAnswer:
        """A breach, by the id of its clock, with every reason that was said and the codes to choose from."""
        known = await found(clock, authorize(request, READ).contract)
        return BreachAnswer(**_whole(known, shown.reasons(known.plan), lang))

    @routes.put(
        "/v1/breaches/{clock}/reason",
        summary="Explain a breach",
        responses={**_ONE, **BAD_BODY, 409: {"description": "The clock was not breached"}},
        openapi_extra=describes(BreachReasonIn),
    )
    async def explain(request: Request, clock: str, lang: _Language = "en") -> ExplainedAnswer:
        """State the reason of a breach. Earlier reasons stay on record; the same reason again changes nothing."""
        access = authorize(request, ACK)
        body = await demand_model(request, BreachReasonIn)
        by = name_and_key(body.by.strip(), access.key)
        wanted = WantedReason(clock=_clock_id(clock), code=body.code, text=body.text.strip(), by=by)
        try:
            rules = shown.reasons(await keeper.plan_of(wanted.clock, access.contract))
            _, changed = await keeper.say(wanted, rules, command_of(access, body.text.strip()), access.contract)
        except NoSuchBreach:
            raise _no_such_breach(clock) from None
        except NotBreached:
            detail = "This clock has not run past its due instant: there is nothing to explain."
            raise Problem(409, "not-breached", "It was not breached", detail) from None
        except ReasonRefused as refused:
            place = "/text" if refused.refusal is ReasonRefusal.NEEDS_TEXT else "/code"
            errors = [{"pointer": place, "detail": str(refused)}]
            raise Problem(422, "invalid-input", "The input does not fit", str(refused), errors=errors) from None
        if changed:
            said()
        known = await found(clock, access.contract)
        return ExplainedAnswer(**_whole(known, rules, lang), changed=changed)


def _clock_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _no_such_breach(text) from None


def _no_such_breach(clock: str) -> Problem:
    detail = f"No breach of a clock {clock[:60]!r} is known here; `GET /v1/breaches` lists those that are."
    return Problem(404, "no-such-breach", "No such breach", detail)


def _fields(one: ShownBreach, rules: BreachReasons, language: str) -> dict[str, Any]:
    return {
        "clock": str(one.clock),
        "incident": one.incident,
        "page": one.page,
        "title": one.title,
        "contract": one.contract,
        "plan": one.plan,
        "metric": one.metric,
        "cycle": one.cycle,
        "priority": one.priority,
        "state": one.state,
        "breached_at": one.breached_at,
        "stopped_at": one.stopped_at,
        "late_counted_seconds": _seconds(one.late.counted if one.late is not None else None),
        "late_wall_seconds": _seconds(one.late.wall if one.late is not None else None),
        "exempt": one.exempt,
        "reason_required": one.required,
        "reason": None if one.reason is None else _said(one.reason, rules, language),
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _whole(one: ShownBreach, rules: BreachReasons, language: str) -> dict[str, Any]:
    codes = tuple(
        ReasonCodeAnswer(id=code.id, title=code.title(language), needs_text=code.needs_text) for code in rules.codes
    )
    history = tuple(_said(said, rules, language) for said in one.reasons)
    return _fields(one, rules, language) | {"history": history, "codes": codes}


def _said(said: SaidReason, rules: BreachReasons, language: str) -> ReasonAnswer:
    code = rules.code(said.code)
    title = said.code if code is None else code.title(language)
    return ReasonAnswer(code=said.code, title=title, text=said.text, by=said.by, at=said.at)
