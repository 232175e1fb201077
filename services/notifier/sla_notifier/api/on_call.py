"""HTTP: who is on call, as JSON and as iCalendar. A key of one contract sees the rotas that hold a role of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sla_catalogue.rota.ics import MEDIA_TYPE, shifts_as_ics
from sla_domain.contract import Contract, ContractId
from sla_domain.rota import Rota, RotaId, shifts_between
from sla_notifier.context import NotifierContext
from sla_notifier.on_call import on_call_json, rotas_of
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import not_known
from sla_platform.inbound import ChoiceIn, ContractIn, InstantIn, PersonIn

BEHIND = timedelta(days=31)
AHEAD = timedelta(days=184)
_KNOWN: dict[int | str, dict[str, Any]] = {
    401: {"description": "no key, or an unknown one"},
    403: {"description": "the key lacks the scope"},
    404: {"description": "no such rota, contract or person, or not for this key"},
}


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class OverrideShape(_Shape):
    """Part of an API response: an override of a rota, which puts another person on call for some time."""

    instead_of: str = Field(description="a person, or empty: whoever it would have been")
    by: str = Field(description="who wrote it, empty if not said")
    reason: str


class ShiftShape(_Shape):
    """Part of an API response: a span of time in which one person is on call."""

    person: str
    """The person's id."""
    name: str
    languages: list[str]
    """Tags of the languages that the person speaks, such as `de`."""
    start: datetime
    """The start of the span, in UTC."""
    end: datetime
    """The end of the span, in UTC."""
    zone: str = Field(description="the person's time zone, else the rota's")
    local_start: str
    """The same instant as `start`, in `zone`, as ISO 8601 text."""
    local_end: str
    """The same instant as `end`, in `zone`, as ISO 8601 text."""
    override: OverrideShape | None
    """The override by which the person is on call. Null if the person is on call in the rota's usual turn."""


class RotaShape(_Shape):
    """Part of an API response: a rota (on-call plan), its shift at the requested instant, and its next shift."""

    rota: str
    title: str
    zone: str
    now: ShiftShape | None
    """The shift at the requested instant. Null if nobody is on call then."""
    next: ShiftShape | None
    """The next shift. Null if no later shift is known."""


class HolderShape(_Shape):
    """Part of an API response: a person who has a role of a contract."""

    contract: str
    """The contract's id."""
    role: str
    """The role's id."""
    person: str
    """The person's id."""
    name: str
    on_duty: bool
    """Whether the person is on duty at the requested instant."""
    reason: str
    """Why the person is on duty or not, as an English phrase."""
    begins: datetime | None = Field(description="when the next duty begins, null if on duty or not known")


class BookedPersonShape(_Shape):
    """Part of an API response: a person on duty in extra hours that were booked for a contract."""

    person: str
    """The person's id."""
    name: str


class BookedShape(_Shape):
    """Part of an API response: extra hours of service that were booked for a contract, and who is on duty in them."""

    contract: str
    """The contract's id."""
    id: str
    """The booking's id."""
    window: str
    """The id of the plan's window that is booked."""
    start: datetime
    """The start of the hours, in UTC."""
    end: datetime
    """The end of the hours, in UTC."""
    priorities: list[str]
    """The priorities of the incidents that the hours count for. Empty means all."""
    products: list[str]
    """The products of the incidents that the hours count for. Empty means all but `excluded_products`."""
    excluded_products: list[str]
    people: list[BookedPersonShape] = Field(
        description="whom the booking names, else the holders of the window's role; they are on duty for these "
        "incidents, beside the roles whose hours these are"
    )


class OnCallResponse(_Shape):
    """API response: who is on call in each rota at the instant `at`."""

    at: datetime
    rotas: list[RotaShape]
    roles: list[HolderShape]
    """Who holds each role of the requested contract; empty without a contract."""
    windows: list[BookedShape]
    """The hours of the requested contract that are booked at this instant; empty without a contract."""


def add_on_call(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the routes that show who is on call: `GET /v1/oncall` and `GET /v1/oncall/{rota}.ics`.

    The first returns JSON, the second iCalendar.

    Args:
        authorize: Checks the API key of a request.
    """

    @routes.get("/v1/oncall", summary="Read who is on call", responses=_KNOWN)
    async def read_on_call(
        request: Request,
        at: Annotated[InstantIn | None, Query(description="ISO 8601 with an offset; absent: now")] = None,
        rota: Annotated[ChoiceIn, Query()] = "",
        contract: Annotated[ContractIn, Query()] = "",
    ) -> OnCallResponse:
        """Who is on call in each rota, or in one; with a contract, its rotas and who holds each of its roles."""
        access = authorize(request, READ)
        if contract and access.contract not in (None, contract):
            raise not_known("contract", contract)
        named = contract_named(context, contract or access.contract)
        rotas = rotas_of(context.catalogue(), named)
        shown = [_rota(rotas, rota)] if rota else list(rotas.values())
        instant = at or context.time_source.now()
        return OnCallResponse.model_validate(on_call_json(context.catalogue(), shown, named, instant))

    @routes.get(
        "/v1/oncall/{rota}.ics",
        summary="Download the shifts of a rota as iCalendar",
        response_class=Response,
        responses={**_KNOWN, 200: {"content": {"text/calendar": {}}, "description": "the shifts, overrides applied"}},
    )
    async def download_shifts(request: Request, rota: str, person: Annotated[PersonIn, Query()] = "") -> Response:
        """The shifts of the last 31 and the next 184 days, or of them those of one person.

        Calendar programs send the key as the password of HTTP Basic.
        """
        access = authorize(request, READ)
        found = _rota(rotas_of(context.catalogue(), contract_named(context, access.contract)), rota)
        if person and person not in found.people:
            raise not_known("person", person)
        now = context.time_source.now()
        shifts = shifts_between(found, now - BEHIND, now + AHEAD)
        mine = [shift for shift in shifts if person in ("", shift.person)]
        return Response(shifts_as_ics(found, mine, now), media_type=MEDIA_TYPE)


def contract_named(context: NotifierContext, id_: str | None) -> Contract | None:
    """Return the contract with this id; None if the id is None or "".

    Raises:
        Problem: HTTP error 404 if the contract is unknown.
    """
    if not id_:
        return None
    found = context.catalogue().rulebook.contracts.get(ContractId(id_))
    if found is None:
        raise not_known("contract", id_)
    return found


def _rota(rotas: dict[RotaId, Rota], id_: str) -> Rota:
    found = rotas.get(RotaId(id_))
    if found is None:
        raise not_known("rota", id_)
    return found
