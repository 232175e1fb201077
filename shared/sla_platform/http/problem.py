"""Errors over HTTP as RFC 9457 `application/problem+json`: what is wrong, where, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from sla_domain.bounds import shorten
from sla_platform.errors import Retryable
from sla_platform.fault import error_text, passes_by_itself, raised_at
from sla_platform.http.address import address_error

_log = structlog.get_logger(__name__)
DOCS = "https://slad.io/problems/"
_HINDERED = "The server lacks something it needs just now, such as memory, open files or its disk. Try again shortly."


class Problem(Exception):
    """An error that becomes an HTTP response of type `application/problem+json` (RFC 9457).

    Args:
        status: The HTTP status.
        slug: The last part of the URL in the member `type`.
        title: The kind of problem.
        detail: What happened this time, and what to do.
        errors: The wrong places in the input, each with `pointer` and `detail`.
        headers: Headers of the response.
        extra: Further members of the body.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = errors or []
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def response(self, instance: str) -> Response:
        """Return the problem as an HTTP response.

        Args:
            instance: The request's path, which the body states.
        """
        body: dict[str, Any] = {
            "type": DOCS + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.extra,
        }
        if self.errors:
            body["errors"] = self.errors
        return Response(_written(body), self.status, headers=self.headers, media_type="application/problem+json")


def not_known(what: str, id_: str) -> Problem:
    """Return the problem 404 for an object that is unknown, or that the caller's key may not see.

    Args:
        what: The kind of object as text, such as `rota`.
        id_: The id in the request.
    """
    return Problem(404, "not-found", f"No such {what}", f"No {what} with the id {id_[:120]!r} is known here.")


def _written(body: dict[str, Any]) -> bytes:
    """As JSON; an answer may quote what a stranger wrote, and lone surrogates of it are no UTF-8."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def pointer(location: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a place in the input, such as `/events/0/title`.

    Each name is cut to 100 characters.

    Args:
        location: The names and indexes on the way to the place. Without any, the pointer is `/`.
    """
    return "".join("/" + shorten(str(step), 100).replace("~", "~0").replace("/", "~1") for step in location) or "/"


class _CheckedAddress:
    """ASGI middleware: answers 400 for an address that cannot be read, and passes every other request on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bad = address_error(scope) if scope["type"] == "http" else None
        if bad is None:
            await self._app(scope, receive, send)
            return
        errors = [{"pointer": pointer((bad.parameter,)), "detail": bad.detail}] if bad.parameter else []
        problem = Problem(400, "bad-address", "The address cannot be read", bad.detail, errors=errors)
        await problem.response(scope["path"])(scope, receive, send)


def _path(request: Request) -> str:
    """The path as it came; `request.url` would read the Host header too, which may be anything."""
    path: str = request.scope["path"]
    return path


def _not_now(request: Request, detail: str) -> Response:
    return Problem(503, "try-again", "Not now", detail, headers={"Retry-After": "2"}).response(_path(request))


def install(app: FastAPI) -> None:
    """Make the app return every error as `application/problem+json` (RFC 9457).

    A `Problem` keeps its status. Invalid input gets 422. An error of the surroundings (`passes_by_itself`), such as a
    Retryable error or a lack of memory, gets 503, any other exception 500. A request whose address (path or query)
    cannot be read gets 400.
    """
    app.add_middleware(_CheckedAddress)

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> Response:
        return problem.response(_path(request))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [{"pointer": pointer(item["loc"][1:]), "detail": item["msg"]} for item in error.errors()]
        return Problem(
            422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors
        ).response(_path(request))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return Problem(error.status_code, "http", str(error.detail), str(error.detail), headers=error.headers).response(
            _path(request)
        )

    @app.exception_handler(Retryable)
    async def _retry(request: Request, error: Retryable) -> Response:
        return _not_now(request, str(error))

    @app.exception_handler(OSError)
    @app.exception_handler(MemoryError)
    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        if passes_by_itself(error):
            if not isinstance(error, Retryable):  # which says enough by itself
                _log.warning("http.hindered", path=_path(request), error=error_text(error)[:500], at=raised_at(error))
            return _not_now(request, _HINDERED)
        _log.exception("http.unexpected", path=_path(request))
        return Problem(500, "unexpected", "Unexpected error", "The error was logged; nothing was changed.").response(
            _path(request)
        )
