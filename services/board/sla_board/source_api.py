"""HTTP: the pages about the sources. What they show, the browser asks of ingest, as the board has no deliveries."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from sla_board.live import BoardReader
from sla_board.page.security import PAGE_HEADERS
from sla_catalogue.system import SOURCE_ID, UnknownSystem, system_of
from sla_platform.http.keys import ADMIN, READ, Authorizer, for_all_contracts

SourceIdQuery = Annotated[str | None, Query(pattern=f"^{SOURCE_ID}$", description="The id of the new source.")]
_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    403: {"description": "The key lacks the scope"},
}


def source_routes(shown: BoardReader, authorize: Authorizer, public_url: str) -> APIRouter:
    """Return the routes of three pages about the sources (ticketing systems).

    One page lists the sources with when slad last received something from each. One shows the parked (not understood)
    deliveries of one source. One says how to connect a ticketing system.

    Args:
        shown: Renders the pages.
        authorize: Checks API keys.
        public_url: The URL at which slad is reached from outside.
    """
    routes = APIRouter(tags=["board"])

    @routes.get(
        "/sources", response_class=HTMLResponse, summary="Show the sources, and when each was heard", responses=_DENIED
    )
    async def page(request: Request) -> Response:
        """The page asks `GET /v1/sources` with the reader's own key, which decides what there is to see."""
        authorize(request, READ)
        return HTMLResponse(shown.pages.sources(shown.now()), headers=PAGE_HEADERS)

    @routes.get(
        "/sources/{source}/parked",
        response_class=HTMLResponse,
        summary="Show the parked deliveries of a source, and try a draft of it",
        responses=_DENIED,
    )
    async def parked(request: Request, source: str) -> Response:
        """The page asks ingest with the reader's key: an admin's for all contracts, as bodies are anybody's tickets."""
        for_all_contracts(authorize(request, ADMIN))
        return HTMLResponse(shown.pages.parked(source, shown.now()), headers=PAGE_HEADERS)

    @routes.get(
        "/sources/connect/{system}",
        response_class=HTMLResponse,
        summary="Show how to connect a ticketing system",
        responses={**_DENIED, 404: {"description": "No such system"}, 422: {"description": "No such id of a source"}},
    )
    async def connect(request: Request, system: str, source: SourceIdQuery = None) -> Response:
        """The same steps, YAML and traps as `slad connect` prints, which also makes the secret and tests."""
        authorize(request, READ)
        try:
            found = system_of(system)
        except UnknownSystem:
            return HTMLResponse(shown.pages.not_found(system, shown.now()), 404, headers=PAGE_HEADERS)
        return HTMLResponse(
            shown.pages.connect(found, source or found.name, public_url, shown.now()), headers=PAGE_HEADERS
        )

    return routes
