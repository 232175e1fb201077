"""HTTP: overrides of rotas, made, listed and ended (clauses H5, H10 and E11, docs/clauses.md).

Made and ended by keys of all contracts alone, since a rota may serve several of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sla_domain import bounds
from sla_domain.rota import Rota, RotaId, RotaOverride
from sla_notifier.api.on_call import BEHIND, contract_named
from sla_notifier.context import NotifierContext
from sla_notifier.on_call import rotas_of
from sla_notifier.override.catalogue import why_ignored
from sla_notifier.override.owner import OverrideDone, OverrideOwner
from sla_notifier.override.recorded import OverrideState, RecordedOverride, span_state
from sla_notifier.override.rule import WantedOverride
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.keys import ADMIN, READ, Authorizer, KeyAccess, for_all_contracts
from sla_platform.http.problem import not_known
from sla_platform.inbound import LINE, PROSE, InstantIn, PersonIn

FILE, API = "file", "api"
_RotaName = Annotated[str, Path(max_length=bounds.PAGE), LINE]
_DryRun = Annotated[bool, Query(description="Check everything and write nothing.")]
_Person = Annotated[PersonIn, Field(min_length=1)]
_KNOWN: dict[int | str, dict[str, Any]] = {
    401: {"description": "no key, or an unknown one"},
    403: {"description": "the key lacks the scope, or is for one contract"},
    404: {"description": "no such rota or override, or not for this key"},
}
_MAKING = {**_KNOWN, **BAD_BODY, 409: {"description": "the rota has too many overrides"}}


class OverrideRequest(BaseModel):
    """Body of a request to override who is on call in a rota during `[from, until)`."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, extra="forbid", validate_by_alias=True, validate_by_name=True
    )
    from_: InstantIn = Field(alias="from")
    until: InstantIn
    person: _Person
    """Who is on call instead."""
    instead_of: _Person | None = None
    """The override applies only while this person would be on call. If absent, it applies in the whole span."""
    reason: Annotated[str, Field(max_length=bounds.VALUE), PROSE] = ""


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True, validate_by_alias=True, validate_by_name=True)


class RotaOverrideShape(_Shape):
    """Part of an API response: an override of a rota, which puts another person on call for some time."""

    id: str = Field(description="empty in a file, and if it was only looked at")
    managed: str = Field(description="api or file")
    rota: str
    from_: datetime = Field(alias="from")
    until: datetime
    person: str
    instead_of: str = Field(description="a person, or empty: whoever it would have been")
    by: str = Field(description="the key; in a file the person who wrote it, empty if not said")
    reason: str
    state: OverrideState
    made_at: datetime | None = Field(description="from when on it counts at the earliest; null in a file")
    ended_at: datetime | None
    ended_by: str
    remark: str = Field(description="why it is ignored, empty if it is not")


class OverridesResponse(_Shape):
    """API response: the overrides of a rota (on-call plan).

    Where two overrides overlap, the one later in the list applies. Overrides from files come first. An override is left
    out if its `until` is more than 31 days ago.
    """

    rota: str
    overrides: list[RotaOverrideShape]


class ChangedShiftShape(_Shape):
    """Part of an API response: a span in which another person is on call because an override was made or ended."""

    start: datetime
    end: datetime
    before: str | None
    """The person on call before the change. Null if nobody is on call."""
    after: str | None
    """The person on call after the change. Null if nobody is on call."""


class OverrideResponse(_Shape):
    """API response to a request that makes or ends an override of a rota: the override, and the shifts that change.

    In a dry run nothing is stored. The response then has the override and the shifts as the change would make them.
    """

    override: RotaOverrideShape
    shifts: list[ChangedShiftShape]
    remarks: list[str]


def add_overrides(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the routes to list, make and end overrides of rotas (exceptions to on-call plans) to `routes`.

    Args:
        authorize: Checks the API key of a request.
    """
    owner = OverrideOwner(context.store, context.time_source, context.catalogue)

    def shown(done: OverrideDone, *, dry_run: bool) -> OverrideResponse:
        return OverrideResponse(
            override=_recorded(context, done.override, unmade=dry_run and not _known(context, done.override)),
            shifts=[
                ChangedShiftShape(start=each.start, end=each.end, before=each.before, after=each.after)
                for each in done.shifts
            ],
            remarks=list(done.remarks),
        )

    @routes.get("/v1/oncall/{rota}/overrides", summary="List the overrides of a rota", responses=_KNOWN)
    async def overrides(request: Request, rota: _RotaName) -> OverridesResponse:
        """Those of the files and those made here: of the last 31 days, in force, and ahead."""
        known = _seen(context, authorize(request, READ), rota)
        since = context.time_source.now() - BEHIND
        of_files = [] if known is None else list(_of_files(context, known))
        made = [_recorded(context, each) for each in context.catalogue.of_rota(rota)]
        return OverridesResponse(rota=rota, overrides=[each for each in (*of_files, *made) if each.until > since])

    @routes.post(
        "/v1/oncall/{rota}/overrides",
        summary="Create an override of a rota",
        status_code=201,
        responses={**_MAKING, 200: {"model": OverrideResponse, "description": "it stands already, or was looked at"}},
        openapi_extra=describes(OverrideRequest, required=True),
    )
    async def make(request: Request, response: Response, rota: _RotaName, dry_run: _DryRun = False) -> OverrideResponse:
        """Make an override, which counts from its making on, behind those before it. The same again changes nothing."""
        access = for_all_contracts(authorize(request, ADMIN))
        asked = await demand_model(request, OverrideRequest)
        wanted = WantedOverride(asked.from_, asked.until, asked.person, asked.instead_of, asked.reason)
        done = await owner.make(rota, wanted, command_of(access, asked.reason), dry_run=dry_run)
        response.status_code = 201 if done.written else 200
        return shown(done, dry_run=dry_run)

    @routes.delete("/v1/oncall/overrides/{id_}", summary="End an override of a rota", responses=_KNOWN)
    async def end(request: Request, id_: str, reason: Reason = "", dry_run: _DryRun = False) -> OverrideResponse:
        """End it from now on, or before it begins. It stays on record; one that is over or ended is not changed."""
        access = for_all_contracts(authorize(request, ADMIN))
        return shown(await owner.end(id_, command_of(access, reason), dry_run=dry_run), dry_run=dry_run)


def _seen(context: NotifierContext, access: KeyAccess, rota: str) -> Rota | None:
    """The rota as the files have it; None for one that only overrides name. Raises Problem 404 for any other."""
    found = rotas_of(context.catalogue.of_files, contract_named(context, access.contract)).get(RotaId(rota))
    if found is None and (access.contract is not None or not context.catalogue.of_rota(rota)):
        raise not_known("rota", rota)
    return found


def _known(context: NotifierContext, override: RecordedOverride) -> bool:
    return context.catalogue.find(override.number) is not None


def _recorded(context: NotifierContext, one: RecordedOverride, *, unmade: bool = False) -> RotaOverrideShape:
    return RotaOverrideShape(
        id="" if unmade else one.id,
        managed=API,
        made_at=one.made_at,
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        remark=why_ignored(context.catalogue.of_files.rulebook, one),
        **_said(one.rota, one, one.state(context.time_source.now())),
    )


def _of_files(context: NotifierContext, rota: Rota) -> Iterator[RotaOverrideShape]:
    now = context.time_source.now()
    for one in rota.overrides:
        said = _said(rota.id, one, span_state(one.start, one.end, now))
        yield RotaOverrideShape(id="", managed=FILE, made_at=None, ended_at=None, ended_by="", remark="", **said)


def _said(rota: RotaId, one: RecordedOverride | RotaOverride, state: OverrideState) -> dict[str, Any]:
    """What an override says, wherever it is written."""
    return {
        "rota": rota,
        "from_": one.start,
        "until": one.end,
        "person": one.person,
        "instead_of": one.instead_of or "",
        "by": one.by,
        "reason": one.reason,
        "state": state,
    }
