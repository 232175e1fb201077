"""`/v1/quarantine/<service>`: what a service could not process, for people who run slad; listed, shown, replayed.

What lies there may be of every customer and holds strangers' words, so the key is an admin's and for all contracts.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from sla_platform.bus.quarantine import NoEntry, NotWaiting, Quarantine
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.keys import ADMIN, Authorizer, KeyAccess, for_all_contracts
from sla_platform.http.problem import Problem
from sla_platform.store.quarantine import QuarantineEntry, QuarantineState

MOST = 500
_LARGEST = 2**53 - 1
_Id = Annotated[int, Path(ge=1, le=_LARGEST)]
_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    403: {"description": "Not with this key: it lacks the scope admin, or is for one contract"},
}
_ONE: dict[int | str, dict[str, Any]] = _DENIED | {404: {"description": "Nothing is in quarantine under this id"}}


class Quarantined(BaseModel):
    """A row (event, timer or delivery) that a service could not process, as the API returns it.

    Texts are "" if they do not apply.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: int
    service: str
    part: str = Field(description="which loop could not process it: consume, relay, tick, …")
    position: str
    """Where the row was, as text."""
    topic: str
    """The event's topic on the bus."""
    key: str
    """The event's partition key on the bus."""
    event: str
    """The event's id."""
    type: str
    """The event's type."""
    error: str
    """Why the row failed."""
    count: int = Field(description="how often it came or was replayed in vain")
    first_at: str
    """When the row first failed."""
    last_at: str
    """When the row last failed."""
    state: Literal["quarantined", "replayed"]
    bytes: int
    """The size of the row's data."""


class QuarantinedWhole(Quarantined):
    """A quarantined row (one that a service could not process) with its raw bytes and the attributes of its event."""

    headers: dict[str, str]
    """The attributes of the event."""
    data: str = Field(description="the raw bytes as text; what is no UTF-8 is replaced, see data_base64")
    data_base64: str


class QuarantinePage(BaseModel):
    """A page of quarantined rows (those that a service could not process), the oldest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    quarantined: list[Quarantined]
    next: int | None
    """The value to pass as `after` for the next page. Null at the end."""


def router(quarantine: Quarantine, authorize: Authorizer) -> APIRouter:
    """Return the routes that list, show and replay the rows that one service could not process (its quarantine).

    The key needs the scope `admin`, and must be for all contracts.

    Args:
        authorize: Function that checks a request's API key.
    """

    async def admin(request: Request) -> KeyAccess:
        return for_all_contracts(authorize(request, ADMIN))

    # As a dependency of every route: the key is asked for before anything of the request is judged.
    routes = APIRouter(
        prefix=f"/v1/quarantine/{quarantine.service}",
        tags=["quarantine"],
        responses=_DENIED,
        dependencies=[Depends(admin)],
    )
    service = quarantine.service

    async def one(id_: int) -> QuarantineEntry:
        try:
            return await quarantine.find(id_)
        except NoEntry:
            raise _none() from None

    @routes.get("", summary="List quarantined rows, the oldest first")
    async def page(
        state: Annotated[Literal["quarantined", "replayed", "any"], Query()] = "quarantined",
        after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> QuarantinePage:
        """List the rows that could not be processed, the oldest first."""
        found = await quarantine.page("" if state == "any" else state, after, limit + 1)
        shown = found[:limit]
        more = shown[-1].id if len(found) > limit else None
        return QuarantinePage(quarantined=[Quarantined(**_shape(service, each)) for each in shown], next=more)

    @routes.get("/{id_}", summary="Read a quarantined row", responses=_ONE)
    async def whole(id_: _Id) -> QuarantinedWhole:
        """Return one row with its attributes and raw bytes."""
        return _whole(service, await one(id_))

    @routes.get(
        "/{id_}/body", summary="Download the raw bytes of a quarantined row", responses=_ONE, response_class=Response
    )
    async def body(id_: _Id) -> Response:
        """Return the raw bytes of one row, unchanged."""
        entry = await one(id_)
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'attachment; filename="{service}-{entry.id}.bin"',
            "Cache-Control": "no-store",
        }
        return Response(entry.data, media_type="application/octet-stream", headers=headers)

    @routes.post(
        "/{id_}/replay",
        summary="Process a quarantined row again",
        responses=_ONE | {409: {"description": "It was replayed, or fails still"}},
    )
    async def replay(id_: _Id, access: KeyAccess = Depends(admin), reason: Reason = "") -> Quarantined:
        """Process the row again, after the cause of the error was removed."""
        try:
            entry = await quarantine.replay(id_, command_of(access, reason))
        except NoEntry:
            raise _none() from None
        except NotWaiting:
            raise Problem(409, "replayed", "Nothing to replay", "The row was replayed before.") from None
        if entry.state is QuarantineState.QUARANTINED:
            detail = f"It stays in quarantine: {entry.error[:500]}"
            raise Problem(409, "still-unfit", "The row cannot be processed still", detail)
        return Quarantined(**_shape(service, entry))

    return routes


def _none() -> Problem:
    return Problem(404, "not-found", "No such row", "Nothing is in quarantine under this id.")


def _whole(service: str, entry: QuarantineEntry) -> QuarantinedWhole:
    return QuarantinedWhole(
        **_shape(service, entry),
        headers=dict(entry.headers),
        data=entry.data.decode("utf-8", "replace"),
        data_base64=b64encode(entry.data).decode(),
    )


def _shape(service: str, entry: QuarantineEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "service": service,
        "part": entry.part,
        "position": entry.position,
        "topic": entry.topic,
        "key": entry.key,
        "event": entry.event,
        "type": entry.type,
        "error": entry.error,
        "count": entry.count,
        "first_at": entry.first_at.isoformat(),
        "last_at": entry.last_at.isoformat(),
        "state": entry.state.value,
        "bytes": entry.size,
    }
