"""The routes of registrations for notices, and the pages behind their links. No logic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sla_domain.bounds import VALUE
from sla_notifier.api.link_page import add_purpose_page
from sla_notifier.api.refusal import REFUSALS, REFUSALS_OF_ONE
from sla_notifier.context import NotifierContext
from sla_notifier.link import LinkPurpose
from sla_notifier.registration import store
from sla_notifier.registration.act import record
from sla_notifier.registration.ask import Registrar, Wish
from sla_notifier.registration.links import RegistrationLinks
from sla_platform.audit.act import ActName
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import BAD_BODY, describes, read_model
from sla_platform.http.keys import ACK, ADMIN, Authorizer, KeyAccess
from sla_platform.http.problem import Problem, not_known
from sla_platform.inbound import LINE, ChoiceIn, ContractIn, PageIn
from sla_platform.store.instant import store_now

MOST = 200
_Product = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), LINE]


class RegistrationRequest(BaseModel):
    """Body of a request to register a mail address for notices of critical fixes."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    address: Annotated[str, Field(min_length=3, max_length=320), LINE] = Field(description="a mail address")
    products: list[_Product] = Field(default=[], max_length=50, description="none: every product; only with a key")
    contract: ContractIn = ""
    language: ChoiceIn = ""


class RegistrationResponse(BaseModel):
    """Response to a request to register an address.

    The response is always the same, so that nobody learns who is registered.
    """

    outcome: str = "accepted"
    detail: str = "If this address may register, it has been sent a mail with a link to confirm it."


class RegistrationShape(BaseModel):
    """A registration of a mail address for notices of critical fixes of one product.

    The API returns it to administrators.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
    id: str
    contract: str
    product: str = Field(description="empty: every product of the contract")
    address: str = Field(max_length=VALUE)
    language: str
    """The language tag of the messages."""
    state: str = Field(description="pending, confirmed or ended")
    requested_at: datetime
    requested_by: str = Field(description="the id of the key; empty: somebody without one")
    expires_at: datetime = Field(description="until when it can be confirmed")
    confirmed_at: datetime | None = None
    """When the registration was confirmed. Null until then."""
    ended_at: datetime | None = None
    """When the registration ended. Null until then."""
    ended_by: str = Field(description="link, or the id of the key")


class RegistrationPage(BaseModel):
    """A page of the API's list of registrations, sorted by id."""

    registrations: list[RegistrationShape]
    next: str = Field(default="", description="pass as `after` for the next page; empty at the end")


def add_registrations(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the routes to register an address for notices of critical fixes, to list registrations, and to end one.

    The pages behind the links in mails, which confirm or end a registration, are added too.

    Args:
        authorize: Checks the API key of a request.
    """
    _ask(routes, Registrar(context), authorize)
    _administer(routes, context, authorize)
    _pages(routes, context, RegistrationLinks(context))


def _ask(routes: APIRouter, registrar: Registrar, authorize: Authorizer) -> None:
    @routes.post(
        "/v1/registrations",
        summary="Take in a registration for notices of critical fixes",
        status_code=202,
        responses={**REFUSALS, **BAD_BODY},
        openapi_extra=describes(RegistrationRequest, required=True),
    )
    async def ask(request: Request) -> RegistrationResponse:
        """Register an address: with a key of the contract (scope ack), or without one if the contract allows it.

        Nothing is sent to the address before it has confirmed by the link in a mail. Every address gets the same
        answer.
        """
        access = _access(request, authorize)
        body = await read_model(request, RegistrationRequest)
        if body is None:
            raise Problem(422, "invalid-input", "The input does not fit", "A JSON object is expected.")
        wish = Wish(body.address, body.products, body.contract, body.language)
        if access is None:
            await registrar.ask(wish)
        else:
            await registrar.ask_with_key(wish, access.contract or body.contract, access.key)
        return RegistrationResponse()


def _access(request: Request, authorize: Authorizer) -> KeyAccess | None:
    """What the caller's key allows; None for a caller without one."""
    return authorize(request, ACK) if "authorization" in request.headers else None


def _administer(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    @routes.get("/v1/registrations", summary="List registrations for notices", responses=REFUSALS)
    async def page(
        request: Request,
        state: Annotated[ChoiceIn, Query()] = "",
        contract: Annotated[ContractIn, Query()] = "",
        after: Annotated[PageIn, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> RegistrationPage:
        access = authorize(request, ADMIN)
        only = access.contract or contract or None
        async with context.store.reading() as connection:
            rows = await store.page(connection, only, state, after, limit + 1)
        shown = [RegistrationShape.model_validate(dict(row._mapping)) for row in rows[:limit]]
        return RegistrationPage(registrations=shown, next=shown[-1].id if len(rows) > limit else "")

    @routes.delete(
        "/v1/registrations/{id_}",
        summary="End a registration",
        status_code=204,
        responses=REFUSALS_OF_ONE,
    )
    async def end(request: Request, id_: str, reason: Reason = "") -> Response:
        """End a registration. It stays on record as ended, by whom and when."""
        access = authorize(request, ADMIN)
        async with context.store.transaction() as connection:
            found = await store.find(connection, id_[:64])
            if found is None or access.contract not in (None, found.contract):
                raise not_known("registration", id_)
            now = await store_now(connection, context.time_source)
            ended = await store.end(connection, found.id, access.key, now)
            await record(connection, ActName.REGISTRATION_ENDED, ended, command_of(access, reason), now)
        return Response(status_code=204)


def _pages(routes: APIRouter, context: NotifierContext, links: RegistrationLinks) -> None:
    for path, purpose in (("confirm", LinkPurpose.CONFIRM), ("end", LinkPurpose.UNSUBSCRIBE)):
        add_purpose_page(routes, context, f"/registrations/{path}/{{token}}", purpose, links.look, links.act)
