"""`/v1/unheld-hours`: recorded contracts that promise hours which nobody holds (clause H5, docs/clauses.md)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from sla_catalogue.api_key import KeyScope
from sla_ingest.contract.deps import WRITING
from sla_ingest.contract.duty_watch import DutyWatch
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.http.keys import Authorizer
from sla_platform.inbound import ContractIn as ContractName


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class UnheldShape(_Shape):
    """Part of an API response: hours in which a contract promises service and nobody is on duty."""

    contract: str
    """The contract's id."""
    pointer: str
    """JSON pointer to the place in the contract's text, such as `/contract/roles`."""
    detail: str
    """Which hours, in which level of the escalation."""
    hint: str
    """What to do."""


class UnheldResponse(_Shape):
    """API response: the contracts that promise hours in which nobody of the first escalation level is on duty.

    Only recorded contracts (those kept in the database) are listed.
    """

    day: date | None
    """The first day for which contracts were checked; null before the first check."""
    checked: int = Field(description="how many contracts this process has looked at for that day so far")
    contracts: int
    """How many recorded contracts there are for this key."""
    unheld: list[UnheldShape]
    next: str | None = Field(description="the `after` of the next page; null on the last")


def router(watch: DutyWatch, shelf: RecordShelf, authorize: Authorizer) -> APIRouter:
    """Return a router with `GET /unheld-hours`: the contracts that promise hours in which nobody is on duty.

    Args:
        watch: Has found these contracts.
        shelf: The records of contracts in memory.
        authorize: Checks the API key of a request.
    """
    routes = APIRouter(tags=["contracts"])

    @routes.get(
        "/unheld-hours",
        summary="List contracts with hours that nobody holds",
        responses={code: WRITING[code] for code in (401, 403)},
    )
    async def unheld(
        request: Request,
        after: Annotated[ContractName, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> UnheldResponse:
        """List recorded contracts that promise hours in which nobody of the first escalation level is on duty.

        They are looked for in the 92 days (levels with rotas) or 366 days from `day` on, again when a record, the
        catalogue or the day changes. Contracts of files are checked by `slad check`.
        """
        only = authorize(request, KeyScope.READ).contract
        named = [one for one in watch.contracts() if one > after and only in (None, one)]
        checked = watch.checked if only is None else int(watch.looked_at(only))
        return UnheldResponse(
            day=watch.day,
            checked=checked,
            contracts=len(shelf) if only is None else int(only in shelf),
            unheld=[
                UnheldShape(contract=one, pointer=f"/contract{each.pointer}", detail=each.message, hint=each.hint)
                for one in named[:limit]
                for each in watch.unheld(one)
            ],
            next=named[limit - 1] if len(named) > limit else None,
        )

    return routes
