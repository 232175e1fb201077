"""The HTTP routes of the list of incidents: the page, its JSON form, and what can be downloaded of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from sla_board.history.answer import IncidentList, list_answer
from sla_board.history.cursor import BadCursor, read_cursor
from sla_board.history.events import event_lines
from sla_board.history.export import csv_lines, json_lines
from sla_board.history.filter import IncidentFilter
from sla_board.history.parse import NAMES, SEVERAL, Asked, AskedError, BadFilter, CalendarOf, ZoneOf, parse_asked
from sla_board.history.query import IncidentPage, is_filling, read_page
from sla_board.page.render import Pages
from sla_board.page.security import PAGE_HEADERS
from sla_domain.objective import CountedUnit
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem, pointer
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

CSV = "text/csv; charset=utf-8"
JSON_LINES = "application/x-ndjson"
_SAID = {
    "contract": "such as `acme`; several may be given, as of the next four",
    "customer": "the whole name, as the ticket has it",
    "product": "the whole name, as the ticket has it",
    "priority": "such as P1; none, with `counted`: without any",
    "state": "open, waiting, resolved, closed, cancelled, merged or unknown; live: the first two; ended: the others",
    "verdict": "met, missed, open, exempt or none",
    "metric": "such as `resolution`: the list then has a row for each clock of it; with `counted` several may be given",
    "counted": "requests or clocks: what the attainment of one contract counts in a period, with the verdict, "
    "entitlement and priority by which it counts; requests of some metrics are judged by their clocks of these alone",
    "entitlement": "of what is counted, as `priority`; none: without any",
    "reason": "of counted clocks that were missed: the code of the reason in force; none: without any",
    "date": "by which instant a period chooses: counted (what decided the verdict), due, opened, ended, or present "
    "(open at any time of it)",
    "from": "what is dated from this day or instant on: 2026-11-01, or 2026-11-01T08:00:00+01:00",
    "to": "what is dated before this day or instant",
    "period": "a month, quarter or year, such as 2026-11, 2026-Q4 or 2026",
    "zone": "in which the three above are read; without it that of the one contract chosen, or UTC",
    "q": "a ticket's name such as SUP-77 or acme/shop#12, or a part of the title, customer or contract",
    "limit": "rows of a page, at most 500",
    "cursor": "`next` of the page before",
}
_UNFIT = 422
_BAD: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    422: {"description": "A parameter does not fit; `errors` says which and why"},
}


def _parameters(*left_out: str) -> dict[str, Any]:
    """The parameters for the OpenAPI document: the routes read the query themselves, to name every error."""

    def shape(name: str) -> dict[str, Any]:
        return (
            {"type": "array", "items": {"type": "string"}}
            if name in SEVERAL or name == "metric"
            else {"type": "string"}
        )

    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": shape(name), "description": _SAID[name]}
            for name in NAMES
            if name not in left_out
        ]
    }


@dataclass(frozen=True, slots=True)
class IncidentDeps:
    """The dependencies of the routes of the list of incidents."""

    store: Store
    """The board's tables."""
    pages: Pages
    """Renders HTML."""
    authorize: Authorizer
    """Checks API keys."""
    time_source: TimeSource
    zone_of: ZoneOf
    """Returns the time zone of a contract."""
    calendar_of: CalendarOf
    """Returns the data by which a contract's periods are counted."""

    def asked(self, request: Request) -> Asked:
        """Return the filter and cursor that a request's URL states.

        Raises:
            Problem: 401 or 403 without a suitable key, 422 with all errors in the query.
        """
        only = self.authorize(request, READ).contract
        try:
            return parse_asked(request.query_params.multi_items(), only, self.zone_of, self.calendar_of)
        except BadFilter as bad:
            raise _unfit(bad.errors) from None

    async def filling(self) -> bool:
        """Return whether incidents stored by an earlier release are still being added to the list of incidents.

        Raises:
            StoreBusy: The store is busy.
        """
        async with self.store.reading() as connection:
            return await is_filling(connection)

    async def page(self, asked: Asked) -> IncidentPage:
        """Return the requested page of the list.

        Raises:
            Problem: 422 if the cursor is not of this list.
        """
        try:
            after = read_cursor(asked.cursor, asked.shown) if asked.cursor else None
        except BadCursor as bad:
            raise _unfit((AskedError("cursor", str(bad)),)) from None
        async with self.store.reading() as connection:
            return await read_page(connection, asked.shown, after)


def add_incident_list(routes: APIRouter, deps: IncidentDeps) -> None:
    """Add the routes of the list of incidents: the page, its JSON form and its downloads.

    `/v1/incidents/{id}` belongs to the timer, and `/incidents/{id}` is the page of one incident.
    """
    _lists(routes, deps)
    _downloads(routes, deps)


def _lists(routes: APIRouter, deps: IncidentDeps) -> None:
    @routes.get(
        "/incidents", response_class=HTMLResponse, responses=_BAD, openapi_extra=_parameters(),
        summary="Show the list of incidents",
    )  # fmt: skip
    async def show_incidents(request: Request) -> Response:
        now = deps.time_source.now()
        try:
            asked = deps.asked(request)
            page = await deps.page(asked)
        except Problem as problem:
            if problem.status != _UNFIT:
                raise
            return HTMLResponse(deps.pages.unfit_list(problem.errors, now), _UNFIT, headers=PAGE_HEADERS)
        return HTMLResponse(deps.pages.incidents(page, asked.cursor, now), headers=PAGE_HEADERS)

    @routes.get("/v1/incidents", responses=_BAD, openapi_extra=_parameters(), summary="List incidents, open and ended")
    async def list_incidents(request: Request) -> IncidentList:
        """List incidents, the newest first, with how many there are by state and verdict.

        A key of one contract sees each incident as it stood when it left that contract. With chosen contracts the same
        holds for every key.
        """
        return list_answer(await deps.page(deps.asked(request)))


def _downloads(routes: APIRouter, deps: IncidentDeps) -> None:
    downloads = _parameters("limit", "cursor")

    @routes.get(
        "/v1/incidents.csv", response_class=Response, openapi_extra=downloads, summary="Download incidents as CSV",
        responses={200: {"content": {"text/csv": {}}, "description": "The whole list"}, **_BAD},
    )  # fmt: skip
    async def download_csv(request: Request) -> Response:
        """Return the whole list that the filter shows, with a header line; cells never begin a formula."""
        return await _download(deps, request, csv_lines, CSV, "incidents.csv")

    @routes.get(
        "/v1/incidents.jsonl", response_class=Response, openapi_extra=downloads,
        summary="Download incidents as JSON lines",
        responses={200: {"content": {JSON_LINES: {}}, "description": "The whole list, an incident a line"}, **_BAD},
    )  # fmt: skip
    async def download_json_lines(request: Request) -> Response:
        """Return the whole list that the filter shows; each line is as in the JSON list."""
        return await _download(deps, request, json_lines, JSON_LINES, "incidents.jsonl")

    @routes.get(
        "/v1/incidents.events.jsonl", response_class=Response,
        openapi_extra=_parameters("limit", "cursor", "metric"),
        summary="Download the events of incidents, for slad replay",
        responses={200: {"content": {JSON_LINES: {}}, "description": "A CloudEvent a line"}, **_BAD},
    )  # fmt: skip
    async def download_events(request: Request) -> Response:
        """Return the events of the incidents that the filter shows, as `slad replay` reads them."""
        return await _download(deps, request, event_lines, JSON_LINES, "incidents.events.jsonl", without=("metric",))


_Lines = Callable[[Store, IncidentFilter], AsyncIterator[bytes]]


async def _download(
    deps: IncidentDeps, request: Request, lines: _Lines, media_type: str, name: str, without: tuple[str, ...] = ()
) -> Response:
    asked = deps.asked(request)
    unused = [AskedError(one, "leave it out: this is the whole list") for one in ("limit", "cursor")]
    unused += [AskedError(one, "leave it out: events are those of whole incidents") for one in without]
    errors = [one for one in unused if one.parameter in request.query_params]
    if without and asked.shown.counted is CountedUnit.CLOCKS:
        errors.append(AskedError("counted", "write requests: events are those of whole incidents"))
    if errors:
        raise _unfit(tuple(errors))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if await deps.filling():  # a store that is away is a 503 before the first line
        headers["Slad-Filling"] = "true"
    return StreamingResponse(lines(deps.store, asked.shown), media_type=media_type, headers=headers)


def _unfit(errors: tuple[AskedError, ...]) -> Problem:
    places = [{"pointer": pointer((one.parameter,)), "detail": one.detail} for one in errors]
    said = "; ".join(f"{one.parameter}: {one.detail}" for one in errors[:5])
    return Problem(_UNFIT, "invalid-input", "The filter cannot be read", said, errors=places)
