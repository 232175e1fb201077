"""The routes of reports: read, list, freeze, compare; and the page."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sla_board.page.security import PAGE_HEADERS
from sla_board.report.wording import ReportWriter
from sla_board.report.words import words_in
from sla_board.report_api.answer import (
    FrozenAnswer,
    FrozenList,
    ReportDiff,
    diff_answer,
    frozen_answer,
    frozen_list,
    query_of,
    report_path,
)
from sla_board.report_api.deps import Kind, MadeReport, Name, PeriodText, ReportDeps, no_such_contract, no_such_report
from sla_board.report_api.shape import PDF, XLSX, ReportFormat, Shape, shaped
from sla_domain import bounds
from sla_domain.language_table import LanguageTag
from sla_domain.report_schedule import ReportKind
from sla_platform.http.audit import command_of
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.keys import ADMIN, KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.inbound import PROSE

Language = Annotated[LanguageTag, Query(description="of headings, sentences and numbers")]
Zone = Annotated[str, StringConstraints(max_length=60), Query(description="of instants; empty: the contract's")]
Revision = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="of a frozen report; empty: the newest")]
Live = Annotated[bool, Query(description="made as of now, even if the report is frozen")]
_MOST_NAMED = 20
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {}, "text/html": {}, "text/csv": {}, XLSX: {}, PDF: {}},
        "description": "The report in the format asked for",
    },
    404: {"description": "No such contract or frozen report, or not for this key"},
    422: {"description": "The period cannot be read; the problem says what to write"},
    501: {"description": "No PDF can be made here; the problem says what is missing"},
    503: {"description": "Too many wait for a PDF"},
}


class ReportFreezeIn(BaseModel):
    """The body of a request to freeze a report: to store it so that it can no longer change."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"period": "2026-11", "reason": "sent to the customer"}]},
    )
    period: str = Field(max_length=20, description="2026-11, 2026-Q4, or 2026/27; it must have ended")
    kind: ReportKind | None = Field(None, description="null: a service report of a month, a review of a longer period")
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE] = Field(
        description="why, for the audit log"
    )
    revise: bool = Field(False, description="store another revision of a report that is frozen already")


def report_routes(deps: ReportDeps) -> APIRouter:
    """Return the routes of reports: `/v1/reports/` for programs, and the page `/reports/{contract}`."""
    routes = APIRouter(tags=["board"])
    _readers(routes, deps)
    _freezing(routes, deps)
    _page(routes, deps)
    return routes


def _readers(routes: APIRouter, deps: ReportDeps) -> None:
    @routes.get(
        "/v1/reports/{contract}", response_class=Response, responses=_ANSWERS, summary="Read or download a report"
    )
    async def read_report(
        contract: Name,
        request: Request,
        period: PeriodText = "",
        kind: Kind = None,
        language: Language = "en",
        format: ReportFormat = ReportFormat.JSON,
        zone: Zone = "",
        revision: Revision = None,
        live: Live = False,
    ) -> Response:
        """Return the report on a contract and period: the frozen one if there is one, else as of now."""
        deps.check(request, contract)
        made = await _wanted(deps, contract, period, kind, revision, live)
        return await shaped(made, Shape(format, language, zone), deps)

    @routes.get("/v1/reports/{contract}/frozen", summary="List the frozen reports of a contract")
    async def list_reports(contract: Name, request: Request) -> FrozenList:
        """Return the frozen reports of a contract with their revisions and digests, the latest periods first."""
        deps.check(request, contract)
        return frozen_list(await deps.listed(contract))

    @routes.get(
        "/v1/reports/{contract}/diff",
        summary="Read what is otherwise now than a frozen report states",
        response_model_by_alias=True,
        responses={404: {"description": "No such contract or frozen report, or not for this key"}},
    )
    async def compare_report(
        contract: Name,
        request: Request,
        period: PeriodText = "",
        kind: Kind = None,
        language: Language = "en",
        revision: Revision = None,
    ) -> ReportDiff:
        """Return which figures a frozen report states otherwise than they are now, and which incidents changed."""
        deps.check(request, contract)
        made = await deps.stored(contract, period, kind, revision)
        if made is None:
            raise no_such_report(contract, period)
        writer = ReportWriter.of(made.report, words_in(language))
        return diff_answer(contract, await deps.correction(made), writer)


async def _wanted(
    deps: ReportDeps, contract: str, period: str, kind: ReportKind | None, revision: int | None, live: bool
) -> MadeReport:
    if not live or revision is not None:
        stored = await deps.stored(contract, period, kind, revision)
        if stored is not None:
            return stored
        if revision is not None:
            raise no_such_report(contract, period)
    return await deps.made(contract, period, kind)


def _freezing(routes: APIRouter, deps: ReportDeps) -> None:
    def admin(request: Request, contract: str) -> KeyAccess:
        access = deps.authorize(request, ADMIN)
        if access.contract not in (None, contract):
            raise no_such_contract(contract)
        return access

    @routes.post(
        "/v1/reports/{contract}/freeze",
        status_code=201,
        summary="Freeze a report",
        responses={
            **BAD_BODY,
            200: {"model": FrozenAnswer, "description": "It was frozen before"},
            401: {"description": "An API key is needed"},
            403: {"description": "Not with this key: the scope admin is needed"},
            404: {"description": "No such contract, or not for this key"},
            409: {"description": "The period has not ended, or breaches lack a reason that is required"},
        },
        openapi_extra=describes(ReportFreezeIn),
    )
    async def freeze(contract: Name, request: Request, response: Response) -> FrozenAnswer:
        """Store the report as it is now for good, with its digest. A report that is frozen already is returned."""
        access = admin(request, contract)
        asked = await demand_model(request, ReportFreezeIn)
        if not asked.revise and (known := await deps.stored(contract, asked.period, asked.kind)) is not None:
            made = known
        else:
            made = await deps.made(contract, asked.period, asked.kind)
            await _refuse_unfit(deps, made)
        done = await deps.frozen.freeze(made.report, command_of(access, asked.reason), revise=asked.revise)
        if not done.made:
            response.status_code = 200
        return frozen_answer(done.stored)


async def _refuse_unfit(deps: ReportDeps, made: MadeReport) -> None:
    report = made.report
    if report.provisional:
        detail = f"{report.period} ends on {report.end}: its figures are provisional until then."
        raise Problem(409, "period-open", "The period has not ended", detail)
    lacking = await deps.lacking(report)
    if not lacking:
        return
    errors = [{"pointer": f"#/breaches/{one.clock}", "detail": f"{one.incident}: {one.metric}"} for one in lacking]
    detail = (
        f"{len(lacking)} breaches of {report.period} lack a reason, which the plan requires; "
        "state each with `slad breach explain`, or on the incident's page."
    )
    raise Problem(409, "reasons-missing", "Breaches lack a reason", detail, errors=errors[:_MOST_NAMED])


def _page(routes: APIRouter, deps: ReportDeps) -> None:
    @routes.get("/reports/{contract}", response_class=HTMLResponse, summary="Show a report")
    async def show_report(
        contract: Name,
        request: Request,
        period: PeriodText = "",
        kind: Kind = None,
        language: Language = "en",
        zone: Zone = "",
        revision: Revision = None,
        live: Live = False,
    ) -> Response:
        """Show the report on a contract and period: the frozen one if there is one, else as of now."""
        deps.check(request, contract)
        made = await _wanted(deps, contract, period, kind, revision, live)
        writer = ReportWriter.of(made.report, words_in(language), zone)
        query: dict[str, Any] = {"period": made.report.period, "kind": made.report.kind.value, "language": language}
        if made.frozen is not None:
            query["revision"] = made.frozen.revision
        downloads = {
            one.value.upper(): f"/v1{report_path(contract, query | {'format': one.value})}"
            for one in (ReportFormat.HTML, ReportFormat.PDF, ReportFormat.XLSX, ReportFormat.CSV)
            if one is not ReportFormat.PDF or deps.printer.installed
        }
        stored = [
            SimpleNamespace(
                path=report_path(contract, query_of(one) | {"language": language}),
                label=f"{one.period}, {words_in('en').text(f'kind.{one.kind.value}')}, revision {one.frozen.revision}",
            )
            for one in await deps.listed(contract)
        ]
        now = deps.time_source.now()
        html = await asyncio.to_thread(
            deps.pages.reports.on_board, made.report, made.frozen, writer, now, downloads, stored
        )
        return HTMLResponse(html, headers=PAGE_HEADERS)
