"""`/v1/contracts/{contract}/profile`: what the customer runs (clause H7, docs/clauses.md)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from sla_catalogue.api_key import KeyScope
from sla_domain import bounds
from sla_ingest.contract import answer
from sla_ingest.contract import store as records
from sla_ingest.contract.deps import WITHOUT_REVISION, ContractDeps, Name, may_see, may_write
from sla_ingest.contract.profile import CSV_TYPE, JSON_TYPE, MAX_PROFILE, SBOM_TYPE, read_profile
from sla_platform.http.audit import command_of
from sla_platform.http.body import read_body
from sla_platform.http.problem import Problem
from sla_platform.inbound import PROSE

_KINDS: dict[str, Any] = {kind: {"schema": {}} for kind in (JSON_TYPE, CSV_TYPE, SBOM_TYPE)}
_BODY = {"requestBody": {"required": True, "content": _KINDS}}

MOST_STATED = 100


def add_routes(routes: APIRouter, deps: ContractDeps) -> None:
    """Add the routes `/{contract}/profile` to a router.

    They read and store what the customer runs (products and versions).
    """

    @routes.get("/{contract}/profile", summary="Read what the customer runs, and what was stated before")
    async def profile(
        contract: Name, request: Request, revision: Annotated[int | None, Query(ge=1, le=1_000_000_000)] = None
    ) -> dict[str, Any]:
        """Return products, versions and facts: as stated last, or from the contract's text if nobody has stated any.

        `stated` lists when they were stated, the latest first. With `revision`, the result is what was stated in that
        revision.
        """
        may_see(deps.authorize(request, KeyScope.READ), contract)
        await deps.owner.load()
        return await _told(deps, contract, revision)

    @routes.put(
        "/{contract}/profile", summary="State what the customer runs", responses=WITHOUT_REVISION, openapi_extra=_BODY
    )
    async def state(
        contract: Name,
        request: Request,
        reason: Annotated[str, Query(min_length=1, max_length=bounds.VALUE), PROSE] = "stated anew",
    ) -> Response:
        """Store the whole profile, in place of the former one.

        The body is JSON, CSV (`product`, `version`, further columns) or a CycloneDX SBOM. If one place of the body does
        not fit, nothing is stored. Contracts in catalogue files can have a profile, too.
        """
        access = may_write(deps, request)
        body = await read_body(request, MAX_PROFILE)
        environment = await asyncio.to_thread(read_profile, body, request.headers.get("content-type", ""))
        await deps.owner.state_profile(contract, environment, command_of(access, reason))
        return Response(orjson.dumps(await _told(deps, contract, None)), 200, media_type="application/json")


async def _told(deps: ContractDeps, contract: str, revision: int | None) -> dict[str, Any]:
    found = deps.owner.profile(contract)
    async with deps.store.reading() as connection:
        rows = await records.changes_of_kind(connection, contract, "profile_changed", MOST_STATED)
    if revision is None:
        return answer.profile_json(found.environment, rows)
    row = next((one for one in rows if one.revision == revision), None)
    if row is None:
        detail = f"No profile of {contract} was stated in revision {revision}; `stated` lists those that were."
        raise Problem(404, "no-such-profile", "No such profile", detail)
    return answer.profile_json(records.profile_of(row), rows)
