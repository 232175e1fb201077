"""`/v1/audit/<service>`: who did what. The whole log for admins; a key of one contract sees the acts on its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from sla_domain import bounds
from sla_platform.audit.act import ActorKind, AuditActor, Command
from sla_platform.audit.chain import AuditRow, row_json
from sla_platform.audit.store import AuditFilter, head_of, newest, oldest_first
from sla_platform.audit.tables import ACT, ACTOR, OBJECT, AuditTables
from sla_platform.http.keys import ADMIN, READ, Authorizer, KeyAccess, for_all_contracts
from sla_platform.inbound import LINE, InstantIn
from sla_platform.store.engine import Store

MOST = 500
JSON_LINES = "application/x-ndjson"
_LARGEST = 2**53 - 1
_Actor = Annotated[str, Query(max_length=ACTOR, description="such as key:ops or person:anna"), LINE]
_Act = Annotated[str, Query(max_length=ACT, description="such as alert.acknowledged"), LINE]
_Object = Annotated[str, Query(max_length=OBJECT, description="the id of what it was done to"), LINE]
Reason = Annotated[str, Query(max_length=bounds.VALUE, description="why, for the audit log"), LINE]
_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    403: {"description": "Not with this key: it lacks the scope admin"},
}


class AuditedAct(BaseModel):
    """Something that a person or key has done, as recorded in a service's audit log and returned by the API."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    service: str
    seq: int = Field(description="its place in the log of this service, from 1 on")
    at: str
    """When the act was done, RFC 3339 in UTC."""
    actor: str
    """The actor's kind and id, such as `key:ops`."""
    act: str
    """The kind of act, such as `key.made`."""
    object: str
    """The id of the object that was changed."""
    contract: str
    """Id of the contract. Empty for none."""
    reason: str
    """The reason. Empty for none."""
    before: str = Field(description="SHA-256 of the object's state before, empty where there was none")
    after: str = Field(description="SHA-256 of the object's state after, empty where there is none")
    details: dict[str, Any]
    """More about the act."""
    previous: str = Field(description="the hash of the row before")
    hash: str
    """The hash computed from this row and the row before, so that a change of the log is noticed."""


class AuditPage(BaseModel):
    """A page of acts in an audit log, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    acts: list[AuditedAct]
    next: int | None
    """The value to pass as `after` for the next page. Null at the end."""


class AuditHeadAnswer(BaseModel):
    """The end of an audit log: the number and hash of its last row.

    For an empty log they are 0 and 64 zeros.
    """

    service: str
    seq: int
    hash: str


def command_of(access: KeyAccess, reason: str = "") -> Command:
    """Return who requests an act and why, in the form that the audit log records.

    Args:
        access: What the API key of the request may do.
        reason: The reason in the caller's own words. "" if none was given.
    """
    return Command(AuditActor(ActorKind.KEY, access.key), reason)


def asked_filter(
    actor: _Actor = "",
    act: _Act = "",
    object: _Object = "",
    since: Annotated[InstantIn | None, Query(description="from this instant on")] = None,
    until: Annotated[InstantIn | None, Query(description="before this instant")] = None,
) -> AuditFilter:
    """Return the filter of an audit log from the query of a URL (a FastAPI dependency).

    Args:
        actor, act, object: Exact texts that the acts must have. "" means any.
        since: The instant from which acts are returned, included. None means no bound.
        until: The instant up to which acts are returned, excluded. None means no bound.
    """
    return AuditFilter(actor=actor, act=act, object=object, since=since, until=until)


def router(store: Store, tables: AuditTables, authorize: Authorizer) -> APIRouter:
    """Return the routes that list and export the audit log of one service.

    A key for all contracts needs the scope `admin`. A key of one contract needs the scope `read`; it lists only the
    acts on this contract, and cannot export.

    Args:
        tables: The log.
        authorize: Function that returns what the API key of a request may do.
    """
    seen = _seen(authorize)
    routes = APIRouter(
        prefix=f"/v1/audit/{tables.service}", tags=["audit"], responses=_DENIED, dependencies=[Depends(seen)]
    )

    @routes.get("", summary="List acts of people and keys, the newest first")
    async def page(
        asked: Annotated[AuditFilter, Depends(asked_filter)],
        only: str | None = Depends(seen),
        after: Annotated[int, Query(ge=0, le=_LARGEST, description="`next` of the page before")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> AuditPage:
        """List who did what, the newest first."""
        async with store.reading() as connection:
            found = await newest(connection, tables, _confined(asked, only), after, limit + 1)
        shown = found[:limit]
        more = shown[-1].seq if len(found) > limit else None
        return AuditPage(acts=[_act(row) for row in shown], next=more)

    @routes.get(
        "/export",
        summary="Download the audit log as JSON lines, the oldest first",
        response_class=Response,
        responses={200: {"content": {JSON_LINES: {}}, "description": "A row a line; the head in the last line"}},
    )
    async def export(request: Request, asked: Annotated[AuditFilter, Depends(asked_filter)]) -> Response:
        """Return every row in the form that is hashed; the last line is the head of the log.

        If a filter leaves rows out, there is no head.
        """
        for_all_contracts(authorize(request, ADMIN))
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        async with store.reading() as connection:
            await head_of(connection, tables)  # a store that is away is a 503 before the first line
        return StreamingResponse(_lines(store, tables, asked), media_type=JSON_LINES, headers=headers)

    @routes.get("/head", summary="Read the head of the audit log")
    async def head(request: Request) -> AuditHeadAnswer:
        """Place and hash of the last row: kept elsewhere, it shows later that the rows up to here are as they were."""
        for_all_contracts(authorize(request, ADMIN))
        async with store.reading() as connection:
            found = await head_of(connection, tables)
        return AuditHeadAnswer(service=found.service, seq=found.seq, hash=found.hash)

    return routes


def _seen(authorize: Authorizer) -> Any:
    def seen(request: Request) -> str | None:
        access = authorize(request, READ)
        return access.contract if access.contract is not None else authorize(request, ADMIN).contract

    return seen


def _confined(asked: AuditFilter, only: str | None) -> AuditFilter:
    return replace(asked, contract=only)


async def _lines(store: Store, tables: AuditTables, asked: AuditFilter) -> AsyncIterator[bytes]:
    """The head is read first: what is appended meanwhile is of the next export."""
    async with store.reading() as connection:
        head = await head_of(connection, tables)
    async for row in oldest_first(store, tables, asked):
        if row.seq > head.seq and asked.whole:
            async with store.reading() as connection:
                now = await head_of(connection, tables)
            if now.seq > head.seq:
                break  # appended since
        yield orjson.dumps(row_json(row)) + b"\n"
    if asked.whole:
        yield orjson.dumps({"head": {"service": head.service, "seq": head.seq, "hash": head.hash}}) + b"\n"


def _act(row: AuditRow) -> AuditedAct:
    try:
        details = orjson.loads(row.details)
    except ValueError:
        details = None
    told = row_json(row) | {"details": details if isinstance(details, dict) else {"unreadable": row.details}}
    return AuditedAct(**told)
