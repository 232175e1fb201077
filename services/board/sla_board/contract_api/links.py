"""The links to a contract's support plan, for administrators: made, listed, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sla_board.contract_api.deps import Name, PlanDeps
from sla_board.contract_api.pages import no_such_contract
from sla_board.link.link import LinkState, PlanLink
from sla_board.link.store import MOST_OPEN, NoSuchLink, TooManyLinks, WantedLink
from sla_domain import bounds
from sla_domain.language_table import LanguageTag
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.keys import ADMIN, KeyAccess, for_all_contracts
from sla_platform.http.problem import Problem
from sla_platform.inbound import PROSE

LONGEST_DAYS = 366
_DAYS = 30
_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    403: {"description": "Not with this key: an admin key for all contracts is needed"},
}


class PlanLinkIn(BaseModel):
    """The body of a request to create a link to a contract's support plan.

    With the link, anybody can read the plan without an API key.
    """

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        extra="forbid",
        json_schema_extra={"examples": [{"language": "pl", "days": 30, "reason": "for the review"}]},
    )
    language: LanguageTag = Field("en", description="of the page that it opens")
    days: int = Field(_DAYS, ge=1, le=LONGEST_DAYS, description="days of 24 hours for which it opens the plan")
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE] = Field(
        description="why, or for whom; it stands in the list and in the audit log"
    )


class PlanLinkShape(BaseModel):
    """A link to a support plan, as administrators see it, without the link's address.

    The address is shown only once, when the link is created.
    """

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "5f0c9a1be27d4c36", "contract": "acme", "language": "pl", "state": "open",
                    "reason": "for the review", "made_at": "2026-12-01T09:00:00Z", "made_by": "key:ops",
                    "expires_at": "2026-12-31T09:00:00Z", "revoked_at": None, "revoked_by": "",
                }
            ]
        },
    )  # fmt: skip
    id: str
    """The id that names the link. It does not open the link."""
    contract: str
    language: str
    """The language of the page."""
    state: LinkState
    reason: str
    """Why the link was created."""
    made_at: datetime
    made_by: str
    """Who created the link, as in the audit log, such as `key:ops`."""
    expires_at: datetime
    revoked_at: datetime | None = None
    """When the link was revoked. Null while nobody has revoked it."""
    revoked_by: str = ""
    """Who revoked the link, as in the audit log. "" while nobody has revoked it."""


class MadePlanLink(PlanLinkShape):
    """A new link to a support plan, with its address `url`.

    The address cannot be read again later.
    """

    url: str = Field(examples=["https://sla.example/plans/Q6vJm0p2Vw3tZk9xN4cYbL7dRfT1hSgUeXaMoKiBnHE"])


class PlanLinkList(BaseModel):
    """The links to a contract's support plan, newest first."""

    links: list[PlanLinkShape]


def add_links(routes: APIRouter, deps: PlanDeps) -> None:
    """Add the routes by which administrators create, list and revoke links to support plans.

    The routes need an API key with the scope `admin` for all contracts.
    """

    def admin(request: Request) -> KeyAccess:
        return for_all_contracts(deps.authorize(request, ADMIN))

    @routes.post(
        "/v1/board/contracts/{contract}/links",
        status_code=201,
        summary="Create a link to a contract's support plan",
        responses={**_DENIED, **BAD_BODY, 404: {"description": "No such contract"}, 409: {"description": "Too many"}},
        openapi_extra=describes(PlanLinkIn),
    )
    async def make(contract: Name, request: Request, response: Response) -> MadePlanLink:
        """Create a link with which anybody reads this plan, as page and PDF, without a key, until it expires.

        Only this answer has the link's address, since the store keeps a hash of it.
        """
        access = admin(request)
        asked = await demand_model(request, PlanLinkIn)
        if deps.contract(contract) is None:
            raise no_such_contract(contract)
        wanted = WantedLink(contract=contract, language=asked.language, valid_for=timedelta(days=asked.days))
        try:
            made, token = await deps.links.make(wanted, command_of(access, asked.reason))
        except TooManyLinks:
            detail = f"{contract} has {MOST_OPEN} open links; revoke one that is no longer needed."
            raise Problem(409, "too-many-links", "Too many links", detail) from None
        response.headers["Cache-Control"] = "no-store"
        shown = _shape(made, deps.time_source.now())
        return MadePlanLink(**shown.model_dump(), url=f"{deps.public_url}/plans/{token}")

    @routes.get(
        "/v1/board/contracts/{contract}/links", summary="List links to a contract's support plan", responses=_DENIED
    )
    async def listed(
        contract: Name,
        request: Request,
        every: Annotated[bool, Query(alias="all", description="those that expired or were revoked, too")] = False,
    ) -> PlanLinkList:
        """List the open links, newest first; with `all` the newest thousand, expired and revoked ones too."""
        admin(request)
        now = deps.time_source.now()
        return PlanLinkList(links=[_shape(link, now) for link in await deps.links.of_contract(contract, every=every)])

    @routes.delete(
        "/v1/board/contracts/{contract}/links/{id_}",
        status_code=204,
        summary="Revoke a link to a contract's support plan",
        responses={**_DENIED, 404: {"description": "The contract has no such link"}},
    )
    async def revoke(contract: Name, id_: Name, request: Request, reason: Reason = "") -> Response:
        """Revoke a link: every instance refuses it from now on. It stays in the list, with who revoked it, and when."""
        access = admin(request)
        try:
            await deps.links.revoke(contract, id_, command_of(access, reason))
        except NoSuchLink:
            detail = f"{contract} has no link with the id {id_[:120]!r}."
            raise Problem(404, "no-such-link", "No such link", detail) from None
        return Response(status_code=204)


def _shape(link: PlanLink, now: datetime) -> PlanLinkShape:
    values = {name: getattr(link, name) for name in PlanLink.__dataclass_fields__}
    return PlanLinkShape(**values, state=link.state(now))
