"""The notifier's routes. Keys of a contract see that contract alone; what they must not see does not exist for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from sla_notifier.acknowledge.acknowledge import Acknowledger, who
from sla_notifier.acknowledge.answer import LinkAnswers
from sla_notifier.acknowledge.page import HEADERS, Answer, page
from sla_notifier.api import query
from sla_notifier.api.again import enable, retry
from sla_notifier.api.shape import (
    AckRequest,
    AckResponse,
    AlertDetail,
    AlertPage,
    AlertShape,
    DeliveryDetail,
    DeliveryPage,
    EndpointPage,
    EndpointShape,
)
from sla_notifier.desk import Desk
from sla_platform.http.body import BAD_BODY, describes, read_model
from sla_platform.http.keys import ADMIN, READ, Authorizer, for_all_contracts
from sla_platform.http.problem import Problem
from sla_platform.inbound import ChoiceIn, IncidentIn, NoticeIn, PageIn, PersonIn

ACK = "ack"
API = "api"
MOST = 200

_Choice = Annotated[ChoiceIn, Query()]
_Incident = Annotated[IncidentIn, Query()]
_Notice = Annotated[NoticeIn, Query()]
_Person = Annotated[PersonIn, Query()]
_Before = Annotated[PageIn, Query()]
_Limit = Annotated[int, Query(ge=1, le=MOST)]
_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "no key, or an unknown one"},
    403: {"description": "the key lacks the scope"},
}
_ONE: dict[int | str, dict[str, Any]] = {**_REFUSALS, 404: {"description": "not known here"}}


def router(desk: Desk, authorize: Authorizer) -> APIRouter:
    """Everything the notifier serves."""
    routes = APIRouter(tags=["notifier"])
    acknowledger = Acknowledger(desk)
    _alerts(routes, desk, authorize, acknowledger)
    _deliveries(routes, desk, authorize)
    _endpoints(routes, desk, authorize)
    _links(routes, desk, LinkAnswers(desk, acknowledger))
    return routes


def _alerts(routes: APIRouter, desk: Desk, authorize: Authorizer, acknowledger: Acknowledger) -> None:
    @routes.get("/v1/alerts", summary="List alerts", responses=_REFUSALS)
    async def alerts(
        request: Request,
        state: _Choice = "",
        incident: _Incident = "",
        kind: _Choice = "",
        before: _Before = "",
        limit: _Limit = 50,
    ) -> AlertPage:
        """What nobody has answered first, the most urgent of it; what is over follows, the newest first."""
        access = authorize(request, READ)
        asked = query.Asked({"state": state, "incident": incident, "kind": kind}, access.contract, before, limit)
        async with desk.store.reading() as connection:
            return await query.alerts(connection, asked, desk.time.now())

    @routes.get("/v1/alerts/{id_}", summary="Read an alert with its steps and deliveries", responses=_ONE)
    async def alert(request: Request, id_: str) -> AlertDetail:
        access = authorize(request, READ)
        async with desk.store.reading() as connection:
            found = await query.alert(connection, id_, access.contract)
        if found is None:
            raise _no("alert", id_)
        return found

    @routes.post(
        "/v1/alerts/{id_}/ack",
        summary="Acknowledge an alert and stop its escalation",
        responses={**_ONE, **BAD_BODY},
        openapi_extra=describes(AckRequest, required=False),
    )
    async def acknowledge(request: Request, id_: str) -> AckResponse:
        """Stop the escalation. A second answer, and one after the end, change nothing and say so."""
        access = authorize(request, ACK)
        body = await read_model(request, AckRequest)
        named = body.by if body is not None else ""
        done = await acknowledger.acknowledge(id_, who(named, access.key), API, contract=access.contract)
        if done is None:
            raise _no("alert", id_)
        return AckResponse(
            answer=done.answer.value,
            alert=AlertShape.model_validate(done.alert.columns() | {"policy": done.alert.policy.policy}),
        )


def _deliveries(routes: APIRouter, desk: Desk, authorize: Authorizer) -> None:
    @routes.get("/v1/deliveries", summary="List deliveries", responses=_REFUSALS)
    async def deliveries(
        request: Request,
        state: _Choice = "",
        incident: _Incident = "",
        notice: _Notice = "",
        person: _Person = "",
        channel: _Choice = "",
        before: _Before = "",
        limit: _Limit = 50,
    ) -> DeliveryPage:
        access = authorize(request, READ)
        equal = {"state": state, "incident": incident, "notice": notice, "person": person, "channel": channel}
        async with desk.store.reading() as connection:
            return await query.deliveries(connection, query.Asked(equal, access.contract, before, limit))

    @routes.get("/v1/deliveries/{id_}", summary="Read a delivery with its attempts", responses=_ONE)
    async def delivery(request: Request, id_: str) -> DeliveryDetail:
        access = authorize(request, READ)
        return await _delivery(desk, id_, access.contract)

    @routes.post(
        "/v1/deliveries/{id_}/retry",
        summary="Queue a failed delivery again",
        responses={**_ONE, 409: {"description": "it has not failed"}},
    )
    async def again(request: Request, id_: str) -> DeliveryDetail:
        """Queue a failed delivery once more, under the same id."""
        access = authorize(request, ADMIN)
        before = await _delivery(desk, id_, access.contract)
        if not await retry(desk, id_):
            hint = f"retry the digest {before.carried_by} that carried it" if before.carried_by else "only failures are"
            raise Problem(409, "not-failed", "It is not retried", f"The delivery is {before.state}: {hint}.")
        return await _delivery(desk, id_, access.contract)


def _endpoints(routes: APIRouter, desk: Desk, authorize: Authorizer) -> None:
    @routes.get("/v1/endpoints", summary="List endpoints that are or were disabled, or rest", responses=_REFUSALS)
    async def endpoints(request: Request) -> EndpointPage:
        """Endpoints that are disabled (410 Gone), have been, or asked for patience (Retry-After)."""
        for_all_contracts(authorize(request, ADMIN))
        async with desk.store.reading() as connection:
            return EndpointPage(endpoints=await query.endpoints(connection))

    @routes.post("/v1/endpoints/{id_}/enable", summary="Enable a disabled endpoint again", responses=_ONE)
    async def enabled(request: Request, id_: str) -> EndpointShape:
        access = for_all_contracts(authorize(request, ADMIN))
        if not await enable(desk, id_, access.key or API):
            raise _no("endpoint", id_)
        async with desk.store.reading() as connection:
            return next(each for each in await query.endpoints(connection) if each.id == id_)


def _links(routes: APIRouter, desk: Desk, answers: LinkAnswers) -> None:
    def shown(answer: Answer) -> HTMLResponse:
        return HTMLResponse(page(desk.manner.texts, answer), answer.shown.status, headers=HEADERS)

    @routes.get("/ack/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def look(token: str) -> HTMLResponse:
        return shown(await answers.look(token))

    @routes.post("/ack/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def act(token: str) -> HTMLResponse:
        return shown(await answers.act(token))


async def _delivery(desk: Desk, id_: str, contract: str | None) -> DeliveryDetail:
    async with desk.store.reading() as connection:
        found = await query.delivery(connection, id_, contract)
    if found is None:
        raise _no("delivery", id_)
    return found


def _no(what: str, id_: str) -> Problem:
    return Problem(404, "not-found", f"No such {what}", f"No {what} with the id {id_[:120]!r} is known here.")
