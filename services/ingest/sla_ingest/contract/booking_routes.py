"""`/v1/contracts/{contract}/windows`: hours that are booked once (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from sla_catalogue.api_key import KeyScope
from sla_domain.record import BookingRequest
from sla_ingest.contract import answer
from sla_ingest.contract.deps import WITHOUT_REVISION, ContractDeps, Name, may_see, may_write
from sla_ingest.contract.written import BookingIn, ReasonIn
from sla_platform.http.audit import command_of
from sla_platform.http.body import demand_model, describes
from sla_platform.inbound import ContractIn as ContractName

Booking = Annotated[ContractName, Path()]


def add_routes(routes: APIRouter, deps: ContractDeps) -> None:
    """Add the routes `/{contract}/windows` to a router.

    They list, book and cancel windows (extra service hours).
    """

    @routes.get(
        "/{contract}/windows", summary="List booked windows, and what can be booked", responses=WITHOUT_REVISION
    )
    async def listed(
        contract: Name, request: Request, language: Annotated[str, Query(max_length=35)] = "en"
    ) -> dict[str, Any]:
        """List the booked windows, the cancelled bookings, and the windows that the plan offers.

        Those offered come with notice, surcharge, and the languages and products for which they can be booked.
        """
        may_see(deps.authorize(request, KeyScope.READ), contract)
        await deps.owner.load()
        return answer.windows_json(*deps.owner.windows(contract), language)

    @routes.post(
        "/{contract}/windows",
        summary="Book a window",
        status_code=201,
        responses=WITHOUT_REVISION,
        openapi_extra=describes(BookingIn, required=True),
    )
    async def book(contract: Name, request: Request) -> Response:
        """Book hours in which time counts in addition to the weekly hours; open clocks are computed again.

        Booking the same again changes nothing. For other people or another language, cancel it and book it again.
        """
        access = may_write(deps, request)
        asked = await demand_model(request, BookingIn)
        wanted = BookingRequest(
            id=asked.id,
            window=asked.window,
            start=asked.from_,
            end=asked.until,
            language=asked.language,
            product=asked.product,
            people=tuple(asked.people),
            surcharge_confirmed=asked.confirm_surcharge,
        )
        await deps.owner.book(contract, wanted, command_of(access, asked.reason))
        return _windows(deps, contract, 201)

    @routes.post(
        "/{contract}/windows/{booking}/cancel",
        summary="Cancel a booked window",
        responses=WITHOUT_REVISION,
        openapi_extra=describes(ReasonIn, required=True),
    )
    async def cancel(contract: Name, booking: Booking, request: Request) -> Response:
        """Cancel a booking that has not begun; open clocks are computed again."""
        access = may_write(deps, request)
        asked = await demand_model(request, ReasonIn)
        await deps.owner.cancel(contract, booking, command_of(access, asked.reason))
        return _windows(deps, contract, 200)


def _windows(deps: ContractDeps, contract: str, status: int) -> Response:
    body = answer.windows_json(*deps.owner.windows(contract), "en")
    return Response(orjson.dumps(body), status, media_type="application/json")
