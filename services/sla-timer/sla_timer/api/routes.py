"""The timer's routes: an incident with its clocks, the open clocks by urgency, and what a deadline would be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import PlainTextResponse, Response

from sla_domain.errors import CalendarError
from sla_domain.language_table import LANGUAGES_LISTED
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.evidence import RESPONSES as EVIDENCE
from sla_platform.http.evidence import evidence_response
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem
from sla_platform.inbound import ContractIn, LocalOrInstantIn, MetricIn, PageIn
from sla_timer.answer import explained_json
from sla_timer.api.accept import preferred_format
from sla_timer.api.clocks import open_clocks
from sla_timer.api.deadlines import DeadlineQuestion, beyond_the_calendar, deadlines
from sla_timer.api.evidence import evidence_lines, read_evidence
from sla_timer.api.explanation import ExplanationResponse
from sla_timer.api.incident import find_incident, incident_answer, incident_as_of
from sla_timer.api.model import DeadlinesResponse, IncidentResponse, OpenClocksResponse
from sla_timer.service import TimerService

PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No key, or an unknown one"},
    403: {"description": "The key lacks the scope"},
    503: {"description": "The store does not answer; try again"},
}
AS_TEXT_TOO: dict[str, Any] = {
    "description": "Each clock with its steps, rows and versions, as data and in words",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such incident, as far as this key sees"}}


def router(timer: TimerService, authorize: Authorizer) -> APIRouter:
    """Return a FastAPI router with the timer's routes under `/v1`.

    The routes return incidents, their evidence and explanations, the open clocks, and the due instants of an incident
    that might be opened.

    Args:
        authorize: Called with each request and the required scope. Returns what the API key allows, or raises HTTP
            error 401 or 403.
    """
    routes = APIRouter(prefix="/v1", tags=["timer"], responses=PROBLEMS)
    _evidence(routes, timer, authorize)
    _explain(routes, timer, authorize)
    _incident(routes, timer, authorize)
    _clocks(routes, timer, authorize)
    _deadlines(routes, timer, authorize)
    return routes


def _evidence(routes: APIRouter, timer: TimerService, authorize: Authorizer) -> None:
    @routes.get(
        "/evidence/timer/{incident:path}",
        summary="Download how an incident was judged, as evidence",
        response_class=Response,
        responses=EVIDENCE,
    )
    async def evidence(
        request: Request,
        incident: str,
        lang: Annotated[str, Query(max_length=20, description=f"of the words: {LANGUAGES_LISTED}")] = "en",
    ) -> Response:
        """The timer's part of `slad evidence`: events, contract and catalogue, clocks, calendars, arithmetic.

        A key of one contract gets what belonged to its contract then.
        """
        source = await read_evidence(timer, incident, authorize(request, READ))
        return evidence_response(evidence_lines(source, lang))


def _explain(routes: APIRouter, timer: TimerService, authorize: Authorizer) -> None:
    @routes.get(
        "/incidents/{incident:path}/explain",
        summary="Explain why an incident's clocks are due when they are",
        response_model=ExplanationResponse,
        response_model_exclude_unset=True,
        responses=MISSING | {200: AS_TEXT_TOO},
    )
    async def explained(
        request: Request,
        incident: str,
        lang: Annotated[str, Query(max_length=20, description=LANGUAGES_LISTED)] = "en",
        metric: Annotated[MetricIn, Query()] = "",
        at: Annotated[LocalOrInstantIn | None, Query(description="as of this instant; now when absent")] = None,
        form: Annotated[
            Literal["json", "text"] | None, Query(alias="format", description="as Accept says when absent")
        ] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Any:
        """Every stretch of each clock's life with its reason, down to the due instant: as data and in words."""
        found = await find_incident(timer, incident, authorize(request, READ))
        if at is not None and at.tzinfo is None:
            raise Problem(422, "no-offset", "A time needs an offset", "Write `at` like 2026-11-22T10:00:00+01:00.")
        try:
            then, moment = await incident_as_of(timer, found, at)
            whole, rulebooks = (None, {}) if then is None else (then.incident, then.rulebooks)
            answer = explained_json(found.row.id, whole, found.rulebook, moment, lang, metric, rulebooks)
        except CalendarError as error:
            # Either the question or the opening lies in years that no calendar is compiled for.
            raise beyond_the_calendar(str(error)) from error
        return _text(answer) if (form or preferred_format(accept)) == "text" else answer


def _incident(routes: APIRouter, timer: TimerService, authorize: Authorizer) -> None:
    @routes.get(
        "/incidents/{incident:path}",
        summary="Read an incident with its clocks and events",
        response_model=IncidentResponse,
        response_model_exclude_unset=True,
        responses=MISSING,
    )
    async def one(
        request: Request,
        incident: str,
        limit: Annotated[int, Query(ge=0, le=1000, description="events in the answer")] = 500,
        after: Annotated[PageIn, Query(description="`next` of the answer before: the events behind")] = "",
    ) -> Any:
        """The incident with its clocks, and its events page by page in the order in which they occurred."""
        return await incident_answer(timer, incident, authorize(request, READ), limit, after)


def _clocks(routes: APIRouter, timer: TimerService, authorize: Authorizer) -> None:
    @routes.get(
        "/clocks",
        summary="List the open clocks, the most urgent first",
        response_model=OpenClocksResponse,
        response_model_exclude_unset=True,
    )
    async def clocks(
        request: Request,
        contract: Annotated[ContractIn, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        after: Annotated[PageIn, Query(description="`next` of the answer before: the less urgent ones behind")] = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="skip so many; rather use `after`")] = 0,
    ) -> Any:
        """The open clocks, the most urgent first. The order of the first page holds for the pages behind it."""
        access = authorize(request, READ)
        return await open_clocks(timer, access.contract, contract, limit, after, offset)


def _deadlines(routes: APIRouter, timer: TimerService, authorize: Authorizer) -> None:
    @routes.post(
        "/deadlines",
        summary="Preview when an incident would be due",
        response_model=DeadlinesResponse,
        response_model_exclude_unset=True,
        responses={404: {"description": "No such contract"}, **BAD_BODY},
        openapi_extra=describes(DeadlineQuestion),
    )
    async def preview(request: Request) -> Any:
        """What would be due, metric by metric, if such an incident were opened. Nothing is stored."""
        access = authorize(request, READ)
        return deadlines(timer, await demand_model(request, DeadlineQuestion), access)


def _text(answer: dict[str, Any]) -> PlainTextResponse:
    # Reasons and names in it were written by others: no browser shall take it for anything but text.
    headers = {"Content-Language": answer["spoken"], "X-Content-Type-Options": "nosniff", "Vary": "Accept"}
    return PlainTextResponse(answer["text"], headers=headers)
