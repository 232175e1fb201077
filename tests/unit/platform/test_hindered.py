"""What its surroundings do to a request is answered 503 with a time to try again; what is a bug stays 500."""

from __future__ import annotations

import errno
import sqlite3

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import exc
from starlette.types import ASGIApp, Receive, Scope, Send

from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.http import problem
from sla_platform.outage import as_store_busy


def of_sqlite(code: int) -> exc.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return exc.OperationalError("SELECT 1", {}, error)


PASSING = [
    StoreBusy("the database is away"),
    MemoryError(),
    OSError(errno.EMFILE, "Too many open files"),
    OSError(errno.ENOSPC, "No space left on device"),
    RuntimeError("can't start new thread"),
    of_sqlite(sqlite3.SQLITE_CANTOPEN),
]
BUGS = [ValueError("a bug"), BadSettings("not a setting"), OSError(errno.ENAMETOOLONG, "File name too long")]


class _Raising:
    """A layer outside the routes."""

    def __init__(self, app: ASGIApp, error: Exception) -> None:
        self.app, self.error = app, error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/layer":
            raise self.error
        await self.app(scope, receive, send)


async def asked(error: Exception, path: str) -> httpx2.Response:
    app = FastAPI()
    problem.install(app)
    app.add_middleware(_Raising, error=error)

    @app.get("/route")
    async def route() -> None:
        raise error

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://slad") as client:
        return await client.get(path)


@pytest.mark.parametrize("path", ["/route", "/layer"])
@pytest.mark.parametrize("error", PASSING, ids=repr)
async def test_trouble_around_is_503(error: Exception, path: str) -> None:
    answer = await asked(error, path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"].endswith("/try-again")


@pytest.mark.parametrize("path", ["/route", "/layer"])
@pytest.mark.parametrize("error", BUGS, ids=repr)
async def test_a_bug_is_500(error: Exception, path: str) -> None:
    assert (await asked(error, path)).status_code == 500


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_READONLY_DBMOVED]
)
def test_what_sqlite_lacks_is_a_busy_store(code: int) -> None:
    assert isinstance(as_store_busy(of_sqlite(code)), StoreBusy)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")], ids=repr)
def test_what_a_connection_needs_is_a_busy_store_and_what_others_need_is_not(error: Exception) -> None:
    assert isinstance(as_store_busy(error, connecting=True), StoreBusy)
    assert as_store_busy(error) is None
