"""Errors over HTTP as RFC 9457 `application/problem+json`: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from sla_platform.errors import Retryable

_log = structlog.get_logger(__name__)
DOCS = "https://slad.io/problems/"


class Problem(Exception):
    """An answer that is not a success. `slug` names the documentation page; `errors` point into the input."""

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
        return Response(orjson.dumps(body), self.status, headers=self.headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Turn every error of the app into a problem."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> Response:
        return problem.response(request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"pointer": "/" + "/".join(str(part) for part in item["loc"][1:]), "detail": item["msg"]}
            for item in error.errors()
        ]
        return Problem(
            422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors
        ).response(request.url.path)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return Problem(error.status_code, "http", str(error.detail), str(error.detail), headers=error.headers).response(
            request.url.path
        )

    @app.exception_handler(Retryable)
    async def _retry(request: Request, error: Retryable) -> Response:
        return Problem(503, "try-again", "Not now", str(error), headers={"Retry-After": "2"}).response(request.url.path)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        _log.exception("http.unexpected", path=request.url.path)
        return Problem(500, "unexpected", "Unexpected error", "The error was logged; nothing was changed.").response(
            request.url.path
        )
