"""`/v1/links`: tickets of several systems that are one incident ([0103](docs/decisions/0103-linked-tickets.md))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from sla_catalogue.api_key import KeyScope
from sla_domain.bounds import INCIDENT, VALUE
from sla_domain.event import EventKind
from sla_ingest.link import TicketLinker
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import demand_model, describes
from sla_platform.http.keys import Authorizer, KeyAccess
from sla_platform.inbound import LINE

_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed.", "content": _PROBLEM},
    403: {"description": "The key lacks the scope ingest.", "content": _PROBLEM},
    404: {"description": "No such incident, or it or a linked one is not of the key's contract.", "content": _PROBLEM},
    409: {"description": "They are not linked, or too many would be.", "content": _PROBLEM},
    422: {"description": "The body does not fit, or both are one ticket.", "content": _PROBLEM},
    429: {"description": "The key's budget is used up; Retry-After says until when.", "content": _PROBLEM},
}
_Name = Annotated[str, Field(min_length=3, max_length=INCIDENT), LINE]
_NameIn = Annotated[str, Query(min_length=3, max_length=INCIDENT), LINE]


class LinkRequest(BaseModel):
    """The body of a request to link two tickets, which are the same incident."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    incident: _Name
    """One of the two tickets, such as `jira:SUP-77`."""
    same_as: _Name
    """The other ticket, such as `pager:P12`."""
    reason: Annotated[str, Field(max_length=VALUE), LINE] = ""
    """Why the tickets are linked, for the incident's page and the audit log."""


class LinkResponse(BaseModel):
    """The ids of the tickets that are one incident now."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    incident: str
    """The incident's id, under which events of all its tickets count."""
    also_known_as: list[str]
    """The other tickets; with a key of one contract, only the tickets of that contract."""
    changed: bool
    """False if nothing was changed, because the tickets were linked, or not linked, already."""


def link_routes(links: TicketLinker, authorize: Authorizer, spend: Callable[[KeyAccess], None]) -> APIRouter:
    """Return the routes that link and unlink tickets.

    Args:
        authorize: Called with a request and the scope (kind of permission) it needs. Returns what the API key
            allows, or raises HTTP error 401 or 403.
        spend: Counts a request against the rate limit of its key, or raises HTTP error 429.
    """
    routes = APIRouter(tags=["links"])

    def linking(request: Request) -> KeyAccess:
        access = authorize(request, KeyScope.INGEST)
        spend(access)
        return access

    @routes.post(
        "/links",
        summary="Link two tickets that are the same incident",
        responses=_REFUSED,
        openapi_extra=describes(LinkRequest, required=True),
    )
    async def link(request: Request) -> LinkResponse:
        """Let the events of both count for one incident, from the first on: one set of clocks, one alert.

        Needs the scope `ingest`; with a key of one contract, both must be under that contract, and so must
        all tickets that are linked with them.
        """
        access = linking(request)
        said = await demand_model(request, LinkRequest)
        command = command_of(access, said.reason)
        told = await links.change(EventKind.LINKED, said.incident, said.same_as, access.contract, command)
        return LinkResponse(**told)

    @routes.delete("/links", summary="Unlink two tickets", responses=_REFUSED)
    async def unlink(
        incident: _NameIn,
        same_as: _NameIn,
        access: KeyAccess = Depends(linking),  # before the query is looked at: strangers learn nothing of it
        reason: Reason = "",
    ) -> LinkResponse:
        """Let each have its own events again, as if they had never been linked.

        What a ticket says of the other in a field links them no more, until somebody links them again.
        """
        command = command_of(access, reason)
        told = await links.change(EventKind.UNLINKED, incident, same_as, access.contract, command)
        return LinkResponse(**told)

    return routes
