"""Routes of the pages behind links in messages: GET shows a page and POST acts. No logic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sla_notifier.acknowledge.page import HEADERS, AckPage, render_page
from sla_notifier.context import NotifierContext
from sla_notifier.link import LinkPurpose


def add_link_page(
    routes: APIRouter,
    context: NotifierContext,
    path: str,
    looked: Callable[[str], Awaitable[AckPage]],
    acted: Callable[[str, Request], Awaitable[AckPage]],
) -> None:
    """Add the GET and POST routes of a page behind a link in a message.

    Args:
        routes: The router of the notifier.
        context: The texts of all languages.
        path: The path of the route, with `{token}` where the link has its token.
        looked: Called with the token when the page is opened. Returns the page, and changes nothing.
        acted: Called with the token and the request when the form on the page is sent. Carries out what the form asks
            for, and returns the page with the result.
    """

    def shown(page: AckPage, request: Request) -> HTMLResponse:
        html = render_page(context.render_config.texts, page, request.headers.get("accept-language", ""))
        return HTMLResponse(html, page.shown.status, headers=HEADERS)

    # HEAD too: mail scanners ask so whether a link leads anywhere.
    @routes.api_route(path, methods=["GET", "HEAD"], response_class=HTMLResponse, include_in_schema=False)
    async def look(request: Request, token: str) -> HTMLResponse:
        return shown(await looked(token), request)

    @routes.post(path, response_class=HTMLResponse, include_in_schema=False)
    async def act(request: Request, token: str) -> HTMLResponse:
        return shown(await acted(token, request), request)


def add_purpose_page(
    routes: APIRouter,
    context: NotifierContext,
    path: str,
    purpose: LinkPurpose,
    looked: Callable[[LinkPurpose, str], Awaitable[AckPage]],
    acted: Callable[[LinkPurpose, str], Awaitable[AckPage]],
) -> None:
    """Add the GET and POST routes of a page behind a link whose purpose is fixed, such as to unsubscribe.

    Args:
        routes: The router of the notifier.
        context: The texts of all languages.
        path: The path of the route, with `{token}` where the link has its token.
        purpose: The purpose of the link.
        looked: Called with the purpose and the token when the page is opened. Returns the page, and changes nothing.
        acted: Called with the purpose and the token when the form is sent. Returns the page with the result.
    """

    async def look(token: str) -> AckPage:
        return await looked(purpose, token)

    async def act(token: str, _request: Request) -> AckPage:
        return await acted(purpose, token)

    add_link_page(routes, context, path, look, act)
