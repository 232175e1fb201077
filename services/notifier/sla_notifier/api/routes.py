"""The notifier's routes. A key of one contract sees that contract alone; everything else is unknown to it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger, name_and_key
from sla_notifier.acknowledge.link_order import parse_order
from sla_notifier.acknowledge.links import AckLinks
from sla_notifier.acknowledge.page import AckPage
from sla_notifier.alert.expiring import VIA_API
from sla_notifier.api import query
from sla_notifier.api.contacts import add_contacts
from sla_notifier.api.evidence import evidence_lines
from sla_notifier.api.link_page import add_link_page, add_purpose_page
from sla_notifier.api.notices import add_notices
from sla_notifier.api.on_call import add_on_call
from sla_notifier.api.orders import add_orders
from sla_notifier.api.overrides import add_overrides
from sla_notifier.api.refusal import REFUSALS, REFUSALS_OF_ONE
from sla_notifier.api.registrations import add_registrations
from sla_notifier.api.second_attempt import enable_endpoint, retry_delivery
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
from sla_notifier.ask.contact_links import ContactLinks
from sla_notifier.ask.links import QuestionLinks
from sla_notifier.context import NotifierContext
from sla_notifier.link import LinkPurpose
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import BAD_BODY, SMALL_BODY, describes, read_body, read_model
from sla_platform.http.evidence import RESPONSES, evidence_response
from sla_platform.http.keys import ACK, ADMIN, READ, Authorizer, for_all_contracts
from sla_platform.http.problem import Problem, not_known
from sla_platform.inbound import ChoiceIn, IncidentIn, NoticeIn, PageIn, PersonIn

MOST = 200
LONGEST_ANSWER = 200  # of the form behind the link of a question

_Choice = Annotated[ChoiceIn, Query()]
_Incident = Annotated[IncidentIn, Query()]
_Notice = Annotated[NoticeIn, Query()]
_Person = Annotated[PersonIn, Query()]
_Before = Annotated[PageIn, Query()]
_Limit = Annotated[int, Query(ge=1, le=MOST)]


def router(context: NotifierContext, authorize: Authorizer) -> APIRouter:
    """Return the notifier's HTTP routes.

    The routes cover alerts, deliveries, endpoints, notices, registrations, questions to customers, customers' contacts
    who have opted out of messages, on-call rotas, and the pages behind links in messages.

    Args:
        authorize: Checks the API key of a request.
    """
    routes = APIRouter(tags=["notifier"])
    acknowledger = Acknowledger(context)
    _alerts(routes, context, authorize, acknowledger)
    add_orders(routes, context, authorize)
    _deliveries(routes, context, authorize)
    _endpoints(routes, context, authorize)
    add_on_call(routes, context, authorize)
    add_overrides(routes, context, authorize)
    _links(routes, context, acknowledger)
    add_notices(routes, context, authorize)
    add_registrations(routes, context, authorize)
    add_contacts(routes, context, authorize)
    _evidence(routes, context, authorize)
    return routes


def _alerts(routes: APIRouter, context: NotifierContext, authorize: Authorizer, acknowledger: Acknowledger) -> None:
    @routes.get("/v1/alerts", summary="List alerts", responses=REFUSALS)
    async def alerts(
        request: Request,
        state: _Choice = "",
        incident: _Incident = "",
        kind: _Choice = "",
        after: _Before = "",
        before: Annotated[PageIn, Query(deprecated=True, description="the same as `after`")] = "",
        limit: _Limit = 50,
    ) -> AlertPage:
        """List alerts: open ones first, the most urgent at the top; closed ones follow, the newest first."""
        access = authorize(request, READ)
        asked = query.ListQuery(
            {"state": state, "incident": incident, "kind": kind}, access.contract, after or before, limit
        )
        async with context.store.reading() as connection:
            return await query.alerts(connection, asked, context.time_source.now())

    @routes.get("/v1/alerts/{id_}", summary="Read an alert with its steps and deliveries", responses=REFUSALS_OF_ONE)
    async def alert(request: Request, id_: str) -> AlertDetail:
        access = authorize(request, READ)
        async with context.store.reading() as connection:
            found = await query.alert(connection, id_, access.contract)
        if found is None:
            raise not_known("alert", id_)
        return found

    @routes.post(
        "/v1/alerts/{id_}/ack",
        summary="Acknowledge an alert and stop its escalation",
        responses={**REFUSALS_OF_ONE, **BAD_BODY},
        openapi_extra=describes(AckRequest, required=False),
    )
    async def acknowledge(request: Request, id_: str) -> AckResponse:
        """Acknowledge an alert: its escalation stops. One that is acknowledged or closed is not changed."""
        access = authorize(request, ACK)
        body = await read_model(request, AckRequest)
        named = body.by if body is not None else ""
        by = AckBy(name_and_key(named, access.key), VIA_API, command_of(access).actor)
        done = await acknowledger.acknowledge(id_, by, contract=access.contract)
        if done is None:
            raise not_known("alert", id_)
        return AckResponse(
            answer=done.answer.value,
            alert=AlertShape.model_validate(done.alert.columns() | {"policy": done.alert.policy.policy}),
        )


def _deliveries(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    @routes.get("/v1/deliveries", summary="List deliveries", responses=REFUSALS)
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
        async with context.store.reading() as connection:
            return await query.deliveries(connection, query.ListQuery(equal, access.contract, before, limit))

    @routes.get("/v1/deliveries/{id_}", summary="Read a delivery with its attempts", responses=REFUSALS_OF_ONE)
    async def delivery(request: Request, id_: str) -> DeliveryDetail:
        access = authorize(request, READ)
        return await _delivery(context, id_, access.contract)

    @routes.post(
        "/v1/deliveries/{id_}/retry",
        summary="Queue a failed delivery again",
        responses={**REFUSALS_OF_ONE, 409: {"description": "it has not failed"}},
    )
    async def again(request: Request, id_: str, reason: Reason = "") -> DeliveryDetail:
        """Queue a failed delivery once more, under the same id."""
        access = authorize(request, ADMIN)
        before = await _delivery(context, id_, access.contract)
        if not await retry_delivery(context, id_, command_of(access, reason)):
            hint = f"retry the digest {before.carried_by} that carried it" if before.carried_by else "only failures are"
            raise Problem(409, "not-failed", "It is not retried", f"The delivery is {before.state}: {hint}.")
        return await _delivery(context, id_, access.contract)


def _endpoints(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    @routes.get("/v1/endpoints", summary="List endpoints that are or were disabled, or rest", responses=REFUSALS)
    async def endpoints(request: Request) -> EndpointPage:
        """Endpoints that are disabled (410 Gone), have been, or asked for patience (Retry-After)."""
        for_all_contracts(authorize(request, ADMIN))
        async with context.store.reading() as connection:
            return EndpointPage(endpoints=await query.endpoints(connection))

    @routes.post("/v1/endpoints/{id_}/enable", summary="Enable a disabled endpoint again", responses=REFUSALS_OF_ONE)
    async def enabled(request: Request, id_: str, reason: Reason = "") -> EndpointShape:
        access = for_all_contracts(authorize(request, ADMIN))
        if not await enable_endpoint(context, id_, command_of(access, reason)):
            raise not_known("endpoint", id_)
        async with context.store.reading() as connection:
            return next(each for each in await query.endpoints(connection) if each.id == id_)


def _links(routes: APIRouter, context: NotifierContext, acknowledger: Acknowledger) -> None:
    answers, questions, contacts = AckLinks(context, acknowledger), QuestionLinks(context), ContactLinks(context)

    # The link comes before the body, as a key does: strangers have nothing read.
    async def acknowledged(token: str, request: Request) -> AckPage:
        bad = await answers.bad_link(token)
        return bad or await answers.act(token, parse_order(await read_body(request, SMALL_BODY)))

    async def answered(token: str, request: Request) -> AckPage:
        if (bad := await questions.bad_link(token)) is not None:
            return bad
        body = (await read_body(request, SMALL_BODY))[:LONGEST_ANSWER].decode("ascii", "replace")
        said = next((value for name, value in parse_qsl(body) if name == "answer"), "")
        return await questions.act(token, said)

    add_link_page(routes, context, "/ack/{token}", answers.look, acknowledged)
    add_link_page(routes, context, "/answers/{token}", questions.look, answered)
    for path, purpose in (("stop", LinkPurpose.OPT_OUT), ("resume", LinkPurpose.OPT_IN)):
        add_purpose_page(routes, context, f"/contacts/{path}/{{token}}", purpose, contacts.look, contacts.act)


def _evidence(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    @routes.get(
        "/v1/evidence/notifier/{incident:path}",
        summary="Download who was told of an incident, as evidence",
        response_class=Response,
        responses={**REFUSALS, 200: RESPONSES[200]},
    )
    async def evidence(request: Request, incident: str) -> Response:
        """The notifier's part of `slad evidence`: alerts and deliveries with their attempts, the oldest first."""
        access = authorize(request, READ)
        return evidence_response(evidence_lines(context.store, incident, access.contract))


async def _delivery(context: NotifierContext, id_: str, contract: str | None) -> DeliveryDetail:
    async with context.store.reading() as connection:
        found = await query.delivery(connection, id_, contract)
    if found is None:
        raise not_known("delivery", id_)
    return found
