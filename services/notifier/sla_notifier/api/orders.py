"""Routes that take over, pass on and snooze an alert. The key needs the scope that acknowledging needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledged, name_and_key
from sla_notifier.acknowledge.orders import OrderRefused, Orders, RefusedBecause, people_to_pass_to
from sla_notifier.alert.expiring import VIA_API
from sla_notifier.api.refusal import REFUSALS_OF_ONE
from sla_notifier.api.shape import AckRequest, AckResponse, AlertShape
from sla_notifier.context import NotifierContext
from sla_platform.http.audit import command_of
from sla_platform.http.body import BAD_BODY, demand_model, describes, read_model
from sla_platform.http.keys import ACK, Authorizer, KeyAccess
from sla_platform.http.problem import Problem, not_known
from sla_platform.inbound import InstantIn, PersonIn, WhoIn

_REFUSALS = {**REFUSALS_OF_ONE, **BAD_BODY}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "another promise of the incident is due before: say `past_deadline`"}
}


class PassRequest(BaseModel):
    """The body of a request to pass an alert to another person."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    to: PersonIn = Field(min_length=1)
    """The id of a person of the contract, on the support's side."""
    by: WhoIn = ""
    """The name of the person for whom a program acts. The id of the API key is stored in any case."""


class SnoozeRequest(BaseModel):
    """The body of a request to acknowledge an alert until an instant."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    until: InstantIn
    """When the alert opens again."""
    past_deadline: bool = False
    """Confirms that another promise of the incident is due before `until`."""
    by: WhoIn = ""
    """The name of the person for whom a program acts. The id of the API key is stored in any case."""


def add_orders(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the routes that take over, pass on and snooze an alert to `routes`.

    Args:
        routes: The router of the notifier.
        context: The notifier's shared objects.
        authorize: Checks the API key of a request.
    """
    orders = Orders(context)

    @routes.post(
        "/v1/alerts/{id_}/take",
        summary="Take an alert, also from whoever has acknowledged it",
        responses=_REFUSALS,
        openapi_extra=describes(AckRequest, required=False),
    )
    async def take(request: Request, id_: str) -> AckResponse:
        """Acknowledge an alert in place of whoever has acknowledged it. One that is closed is not changed."""
        access = authorize(request, ACK)
        body = await read_model(request, AckRequest)
        by = _by(access, body.by if body is not None else "")
        return _answer(context, id_, await orders.take(id_, by, access.contract))

    @routes.post(
        "/v1/alerts/{id_}/pass",
        summary="Pass an alert to a person, who is paged",
        responses=_REFUSALS,
        openapi_extra=describes(PassRequest, required=True),
    )
    async def pass_to(request: Request, id_: str) -> AckResponse:
        """Open an alert for one person. The levels behind the one reached follow, unless somebody acknowledges."""
        access = authorize(request, ACK)
        asked = await demand_model(request, PassRequest)
        done = await orders.pass_to(id_, asked.to, _by(access, asked.by), access.contract)
        return _answer(context, id_, done)

    @routes.post(
        "/v1/alerts/{id_}/snooze",
        summary="Acknowledge an alert until an instant",
        responses={**_REFUSALS, **_CONFLICT},
        openapi_extra=describes(SnoozeRequest, required=True),
    )
    async def snooze(request: Request, id_: str) -> AckResponse:
        """Acknowledge an alert until an instant, at which it opens again; past another promise only if confirmed."""
        access = authorize(request, ACK)
        asked = await demand_model(request, SnoozeRequest)
        until: datetime = asked.until
        by = _by(access, asked.by)
        done = await orders.snooze(id_, until, by, access.contract, past_deadline=asked.past_deadline)
        return _answer(context, id_, done)


def _by(access: KeyAccess, named: str) -> AckBy:
    return AckBy(name_and_key(named, access.key), VIA_API, command_of(access).actor)


def _answer(context: NotifierContext, id_: str, done: Acknowledged | OrderRefused | None) -> AckResponse:
    if done is None:
        raise not_known("alert", id_)
    if isinstance(done, OrderRefused):
        raise _problem(context, done)
    shape = AlertShape.model_validate(done.alert.columns() | {"policy": done.alert.policy.policy})
    return AckResponse(answer=done.answer.value, alert=shape)


def _problem(context: NotifierContext, refused: OrderRefused) -> Problem:
    match refused.because:
        case RefusedBecause.OF_FIX:
            detail = "The alert is about a critical fix: it is acknowledged or taken, not passed or snoozed."
            return Problem(409, "of-fix", "It is not done", detail)
        case RefusedBecause.NOBODY:
            there = people_to_pass_to(context.catalogue(), refused.alert, context.time_source.now())
            names = ", ".join(person.id for person in there) or "nobody"
            detail = f"Nobody of the support in the contract can be reached under this id. There are: {names}."
            return _unfit("/to", detail)
        case RefusedBecause.NOT_AHEAD:
            return _unfit("/until", "The instant is not in the future.")
        case RefusedBecause.TOO_LONG:
            return _unfit("/until", "The instant is more than 30 days ahead.")
        case RefusedBecause.PAST_DEADLINE:
            due = refused.deadline
            said = "" if due is None else f"{due.metric} of {refused.alert.incident} is due at {due.due_at.isoformat()}"
            detail = f"{said}, before that: name an earlier instant, or say `past_deadline: true`."
            extra = {} if due is None else {"metric": due.metric, "due_at": due.due_at.isoformat()}
            return Problem(409, "past-deadline", "A promise is due before", detail, extra=extra)


def _unfit(pointer: str, detail: str) -> Problem:
    errors = [{"pointer": pointer, "detail": detail}]
    return Problem(422, "invalid-input", "The input does not fit", detail, errors=errors)
