"""The board's HTTP routes: pages for people, their JSON forms, and the event streams that update open pages."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import StringConstraints

from sla_board.answer import BoardClocks, IncidentAnswer, clocks_answer, incident_answer
from sla_board.due.feed import MEDIA_TYPE, MOST, due_ics, due_tag
from sla_board.due.words import due_words
from sla_board.live import BoardReader, OneIncident, View
from sla_board.metrics import BoardMetrics
from sla_board.page.render import browser_instant
from sla_board.page.security import PAGE_HEADERS
from sla_board.page.static import PREFIX
from sla_board.plan.words import accepted_words
from sla_board.projection.projector import Projector
from sla_board.shown.filter import MOST_ROWS, ROWS, BoardFilter, parse_buckets, parse_conditions, parse_order
from sla_board.shown.place import LONGEST, BadPlace, parse_place
from sla_board.stream.hub import Hub, NotRendered
from sla_board.stream.places import CallerLimitReached, PlacesFull, Visitor
from sla_board.stream.response import RETRY_MILLISECONDS, EventStream, sse
from sla_domain.language_table import LANGUAGES_LISTED
from sla_platform.bus import EventSource
from sla_platform.http.evidence import RESPONSES, evidence_response
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem

BEAT_SECONDS = 1.0  # also how the browser learns how fast the server's clock runs
KEY_SECONDS = 0.4  # an open stream asks, with a page or heartbeat, whether its key still opens what it shows
_Name = Annotated[str, StringConstraints(max_length=200)]
_Names = Annotated[list[_Name], Query(default_factory=list, max_length=50)]


class Board:
    """The dependencies of the board's HTTP routes, with methods that several routes share.

    Args:
        shown: Reads the board's tables and renders pages.
        hub: Sends HTML pages to browsers when the pages change.
        projector: Writes events to the board's tables, and knows when it last did so.
        event_source: Reads the events from the bus, and knows how many are still unread.
        authorizer: Checks API keys.
        metrics: The board's Prometheus metrics.
        public_url: The board's public address, for links in calendar files. "" for no links.
    """

    def __init__(
        self,
        shown: BoardReader,
        hub: Hub[View],
        projector: Projector,
        event_source: EventSource,
        authorizer: Authorizer,
        metrics: BoardMetrics,
        public_url: str = "",
    ) -> None:
        self.public_url = public_url
        self.shown = shown
        self.hub = hub
        self._projector = projector
        self._event_source = event_source
        self._authorizer = authorizer
        self._metrics = metrics

    def only_contract(self, request: Request) -> str | None:
        """Return the only contract that the caller's API key may see; None for all contracts.

        Raises:
            Problem: HTTP error 401 or 403 if the key may not read.
        """
        return self._authorizer(request, READ).contract

    def visitor(self, request: Request) -> Visitor:
        """Return the caller as a `Visitor` (API key, contract, address), by whom open streams are counted and limited.

        Raises:
            Problem: HTTP error 401 or 403 if the key may not read.
        """
        access = self._authorizer(request, READ)
        return Visitor(access.key, access.contract, request.client.host if request.client is not None else "")

    def still_allowed(self, request: Request, visitor: Visitor) -> bool:
        """Return whether the request's API key is still valid and still identifies the caller as `visitor`.

        The result is False once the key is revoked, has expired, or belongs to another contract.
        """
        try:
            return self.visitor(request) == visitor
        except Problem:
            return False

    def stream(self, view: View, known: str, visitor: Visitor, allowed: Callable[[], bool]) -> Response:
        """Return a response that keeps the browser's page `view` up to date by server-sent events.

        - Event `page`: the page; sent at once and after each change.
        - Event `beat`: a heartbeat; sent first, and after each second without a change.
        - Event `trouble`: replaces `beat` while the page cannot be rendered.

        Args:
            known: The id of the page version that the browser shows already. "" for none. The first `page` event is not
                sent if the page still has this id.
            visitor: The caller, for the limits on streams.
            allowed: Called before events, at most every 0.4 s. False ends the stream.

        Raises:
            Problem: HTTP error 429 if the caller follows too many pages, 503 if the limit on streams is reached.
        """
        try:
            frames = self.hub.follow(view, known, BEAT_SECONDS, visitor)
        except CallerLimitReached as own:
            self._metrics.refused.labels("share").inc()
            raise Problem(
                429,
                "too-many-streams",
                "You follow too much at once",
                f"{own}. The page itself still loads.",
                headers={"Retry-After": "30"},
            ) from None
        except PlacesFull:
            self._metrics.refused.labels("full").inc()
            raise Problem(
                503,
                "too-many-viewers",
                "Too many follow the board",
                "The page itself still loads; its stream may be tried again later.",
                headers={"Retry-After": "10"},
            ) from None

        async def chunks() -> AsyncGenerator[bytes]:
            async with aclosing(frames):
                yield f"retry: {RETRY_MILLISECONDS}\n\n".encode() + self._beat()
                asked = time.monotonic()
                async for frame in frames:
                    if time.monotonic() - asked >= KEY_SECONDS:
                        if not allowed():
                            return
                        asked = time.monotonic()
                    match frame:
                        case None:
                            yield self._beat()
                        case NotRendered():
                            yield self._beat("trouble")
                        case _:
                            yield frame.body

        return EventStream(chunks(), self._metrics.dropped.inc)

    def _beat(self, event: str = "beat") -> bytes:
        """A heartbeat; the event `trouble` means that the page shown is old because it cannot be rendered."""
        applied = self._projector.applied_at
        return sse(
            event,
            orjson.dumps(
                {
                    "now": browser_instant(self.shown.now()),
                    "applied_at": browser_instant(applied) if applied else None,
                    "lag": self._event_source.lag,
                }
            ),
        )


def asked_filter(
    contract: _Names,
    priority: _Names,
    state: _Names,
    bucket: _Names,
    metric: _Names,
    q: Annotated[str, Query(max_length=200, description="in incident, title, customer, contract")] = "",
    sort: Annotated[str, Query(max_length=20, description="urgency, due, priority …; a leading - turns it round")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = ROWS,
    cursor: Annotated[str, Query(max_length=LONGEST, description="`next` of the page before")] = "",
) -> BoardFilter:
    """Return the board's filter from the query of a request's URL (a FastAPI dependency).

    The lists `contract`, `priority`, `state`, `bucket` (how soon due) and `metric` each limit the result to clocks with
    one of the listed values. An empty list sets no limit. Empty names are ignored. Unknown states, buckets and orders
    are ignored too, so that links of older releases still work.

    Args:
        q: Text to look for.
        sort: The order, such as `-due`.
        limit: The highest number of rows.
        cursor: `next` of the previous page. "" for the first page.

    Raises:
        Problem: HTTP error 422 if the cursor does not fit the order.
    """
    order, descending = parse_order(sort)
    try:
        if cursor:
            parse_place(cursor, order, descending)
    except BadPlace as bad:
        errors = [{"pointer": "/cursor", "detail": str(bad)}]
        raise Problem(422, "no-such-page", "No such page", f"cursor: {bad}", errors=errors) from None
    return BoardFilter(
        contracts=_plain(contract),
        priorities=_plain(priority),
        conditions=parse_conditions(tuple(state)),
        buckets=parse_buckets(tuple(bucket)),
        metrics=_plain(metric),
        text=q.replace("\0", "").strip(),
        order=order,
        descending=descending,
        limit=limit,
        cursor=cursor,
    )


def _plain(names: list[str]) -> tuple[str, ...]:
    """Without the empty choices of a form; sorted, so that equal filters are equal."""
    return tuple(sorted({name.replace("\0", "") for name in names} - {""}))


Asked = Annotated[BoardFilter, Depends(asked_filter)]
Known = Annotated[str, Query(max_length=64, description="the frame the browser shows already")]
LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=64)]


def router(board: Board) -> APIRouter:
    """Return the board's FastAPI routes.

    The routes are the HTML pages, their content as JSON, and the streams of server-sent events. The JSON is under
    `/v1/board/`, because the paths `/v1/clocks` and `/v1/incidents/{id}` belong to the timer service.
    """
    routes = APIRouter(tags=["board"])
    _pages(routes, board)
    _twins(routes, board)
    _due(routes, board)
    _evidence(routes, board)
    _streams(routes, board)
    return routes


def _pages(routes: APIRouter, board: Board) -> None:
    pages = board.shown.pages

    @routes.get("/", response_class=HTMLResponse, summary="Show the live board")
    async def show_board(request: Request, asked: Asked, wall: bool = False) -> Response:
        only = board.only_contract(request)
        shown = replace(asked, only_contract=only)
        queue = await board.shown.queue(shown)
        notices = await board.shown.notices(only)
        return _page(pages.board(shown, queue, wall=wall, notices=len(notices)))

    @routes.get("/incidents/{incident:path}", response_class=HTMLResponse, summary="Show the page of an incident")
    async def show_incident(request: Request, incident: str) -> Response:
        file = await board.shown.incident(OneIncident(incident.replace("\0", ""), board.only_contract(request)))
        if file is None:
            return _page(pages.not_found(incident, board.shown.now()), 404)
        return _page(pages.incident(file, board.shown.now(), board.shown.reasons))

    @routes.get("/notices", response_class=HTMLResponse, summary="Show critical fixes")
    async def show_notices(request: Request) -> Response:
        notices = await board.shown.notices(board.only_contract(request))
        return _page(pages.notices(notices, board.shown.now()))

    @routes.get(PREFIX + "{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        found = pages.static.get(name)
        if found is None:
            raise Problem(404, "not-found", "Not found", f"The board has no file {name!r}.")
        headers = PAGE_HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(found.content, media_type=found.media_type, headers=headers)


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=PAGE_HEADERS)


def _twins(routes: APIRouter, board: Board) -> None:
    @routes.get("/v1/board/clocks", summary="List open clocks as the board shows them")
    async def clocks(request: Request, asked: Asked) -> BoardClocks:
        shown = replace(asked, only_contract=board.only_contract(request))
        return clocks_answer(await board.shown.queue(shown), board.shown.pages.attempts)

    @routes.get("/v1/board/incidents/{incident:path}", summary="Read an incident as its page shows it")
    async def one_incident(request: Request, incident: str) -> IncidentAnswer:
        file = await board.shown.incident(OneIncident(incident.replace("\0", ""), board.only_contract(request)))
        if file is None:
            detail = f"The board does not know {incident}, or your key does not cover it."
            raise Problem(404, "unknown-incident", "No such incident", detail)
        return incident_answer(file, board.shown.now())


def _due(routes: APIRouter, board: Board) -> None:
    @routes.get(
        "/v1/due.ics",
        summary="Download what falls due as iCalendar",
        response_class=Response,
        responses={200: {"content": {"text/calendar": {}}, "description": "an entry at the due instant of each clock"}},
    )
    async def due(
        request: Request,
        contract: _Names,
        priority: _Names,
        metric: _Names,
        lang: Annotated[str, Query(max_length=20, description=f"{LANGUAGES_LISTED}; else as Accept-Language")] = "",
        accept_language: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """The open clocks with their due instants, the earliest 500; paused ones have none.

        Calendar programs send the key as the password of HTTP Basic.
        """
        only = board.only_contract(request)
        filtered = BoardFilter(
            contracts=_plain(contract),
            priorities=_plain(priority),
            metrics=_plain(metric),
            limit=MOST,
            only_contract=only,
        )
        found, now = await board.shown.due(filtered), board.shown.now()
        words = due_words(lang or accepted_words(accept_language).language)
        one = only or (filtered.contracts[0] if len(filtered.contracts) == 1 else "")
        tag = due_tag(found.rows, words, one, found.more, found.paused, now)
        headers = {"ETag": tag, "Cache-Control": "private, max-age=60", "Vary": "Accept-Language, Authorization"}
        if tag in [each.strip().removeprefix("W/") for each in if_none_match.split(",")]:
            return Response(status_code=304, headers=headers)
        body = due_ics(
            found.rows, words, now=now, contract=one, more=found.more, paused=found.paused, board=board.public_url
        )
        return Response(body, media_type=MEDIA_TYPE, headers=headers | {"X-Content-Type-Options": "nosniff"})


def _evidence(routes: APIRouter, board: Board) -> None:
    @routes.get(
        "/v1/evidence/board/{incident:path}",
        summary="Download what was published about an incident, as evidence",
        response_class=Response,
        responses={200: RESPONSES[200]},
    )
    async def evidence(request: Request, incident: str) -> Response:
        """The board's part of `slad evidence`: every fact about the incident and its clocks, as they arrived."""
        return evidence_response(board.shown.facts(incident.replace("\0", ""), board.only_contract(request)))


def _streams(routes: APIRouter, board: Board) -> None:
    events: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/event-stream": {}}, "description": "Events `page`, `beat` and `trouble`"},
        429: {"description": "The key, its contract or the address follows as much already as one may"},
        503: {"description": "Too many follow the board"},
    }

    # The status is explicit: the OpenAPI document cannot learn it from EventStream's constructor.
    @routes.get(
        "/v1/stream", status_code=200, response_class=EventStream, responses=events, summary="Follow the board live"
    )
    async def follow_board(request: Request, asked: Asked, known: Known = "", last: LastEventId = "") -> Response:
        visitor = board.visitor(request)
        shown = replace(asked, only_contract=visitor.contract)
        return board.stream(shown, last or known, visitor, partial(board.still_allowed, request, visitor))

    @routes.get(
        "/v1/stream/incidents/{incident:path}",
        status_code=200,
        response_class=EventStream,
        responses=events,
        summary="Follow an incident live",
    )
    async def follow_incident(request: Request, incident: str, known: Known = "", last: LastEventId = "") -> Response:
        visitor = board.visitor(request)
        view = OneIncident(incident.replace("\0", ""), visitor.contract)
        if await board.shown.incident(view) is None:
            raise Problem(404, "unknown-incident", "No such incident", f"The board does not know {incident}.")
        return board.stream(view, last or known, visitor, partial(board.still_allowed, request, visitor))
