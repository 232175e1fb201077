"""The outermost layer of every service's app: allowed hosts and origins, and headers of every response."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sla_platform.http.origin import HostNames, RequestRefusal, refusal
from sla_platform.http.problem import Problem

_log = structlog.get_logger(__name__)
# Defaults for every answer, unless its route sets them; pages have a policy of their own.
DEFAULT_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_ASKED = {name.encode(): name for name in ("host", "origin", "sec-fetch-site", "authorization")}


class Boundary:
    """ASGI middleware that checks the Host and Origin headers of requests, and adds headers to responses.

    A refused request gets a problem 400 (no host), 421 (a host name that is not in `names`) or 403 (sent by another
    site's page). Default headers, such as `Cache-Control: no-store`, are added to responses that lack them.

    Args:
        app: The ASGI app inside.
    """

    def __init__(self, app: ASGIApp, names: HostNames) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers.extend(each for each in DEFAULT_HEADERS if each[0] not in there)
                message["headers"] = headers
            await send(message)

        why = refusal(scope["method"], scope["path"], _headers(scope), self._names)
        if why is None:
            await self._app(scope, receive, sent)
            return
        _log.info("http.refused", reason=why.name.lower(), method=scope["method"])
        await _problem(why).response(scope["path"])(scope, receive, sent)


def _headers(scope: Scope) -> dict[str, list[str]]:
    """Those that the rules ask for; reading all of them would cost each request more than the rules do."""
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        asked = _ASKED.get(name.lower())
        if asked is not None:
            found.setdefault(asked, []).append(value.decode("latin-1"))
    return found


def _problem(why: RequestRefusal) -> Problem:
    match why:
        case RequestRefusal.NO_HOST:
            return Problem(400, "no-host", "The host is missing", why.value)
        case RequestRefusal.FOREIGN_HOST:
            return Problem(421, "foreign-host", "Not by this name", why.value)
        case RequestRefusal.FOREIGN_ORIGIN:
            return Problem(403, "cross-site", "Not from another site", why.value)
