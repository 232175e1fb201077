"""The pages of contracts for those with a key: the list, and each contract's support plan as page, PDF and JSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from sla_board.contract_api.attainment import AttainmentDeps
from sla_board.contract_api.deps import PDF, Language, Name, PlanDeps
from sla_board.page.security import PAGE_HEADERS
from sla_board.plan.build import plan_json
from sla_board.plan.listed import listed_contracts
from sla_board.plan.model import SupportPlan
from sla_platform.http.keys import READ
from sla_platform.http.problem import Problem

_PDF_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {}}, "description": "The page in its print style"},
    404: {"description": "No such contract, or not for this key"},
    501: {"description": "No PDF can be made here; the problem says what is missing"},
    503: {"description": "Too many wait for a PDF"},
}


def add_pages(routes: APIRouter, deps: PlanDeps, attainment: AttainmentDeps) -> None:
    """Add the routes that list contracts, and show support plans as page, PDF and JSON.

    The routes need an API key with the scope `read`. The response has status 404 if the contract is unknown, or if
    the key may not see the contract.
    """

    async def found(request: Request, contract: str, language: str) -> SupportPlan | None:
        only = deps.authorize(request, READ).contract
        known = deps.contract(contract) if only in (None, contract) else None
        return None if known is None else await deps.plan(known, language)

    @routes.get("/contracts", response_class=HTMLResponse, summary="List contracts")
    async def show_contracts(request: Request, q: Annotated[Name, Query()] = "") -> Response:
        """List the contracts whose id, title or customers contain `q`, each with a link to its support plan."""
        only = deps.authorize(request, READ).contract
        listed, more = await listed_contracts(deps.catalogue().rulebook, q, only)
        return HTMLResponse(deps.pages.contracts(listed, q, more, deps.time_source.now()), headers=PAGE_HEADERS)

    @routes.get("/contracts/{contract}", response_class=HTMLResponse, summary="Show a contract's support plan")
    async def show_support_plan(contract: Name, request: Request, lang: Language = "en") -> Response:
        """Show what was promised, by whom and when, in a language; made to be read and printed (clause H8)."""
        now = deps.time_source.now()
        plan = await found(request, contract, lang)
        if plan is None:
            return HTMLResponse(deps.pages.not_found(contract, now), 404, headers=PAGE_HEADERS)
        attained = await attainment.of(contract)
        return HTMLResponse(deps.pages.support_plan(plan, now, attained), headers=PAGE_HEADERS)

    @routes.get(
        "/contracts/{contract}/plan.pdf",
        response_class=Response,
        responses=_PDF_ANSWERS,
        summary="Download a contract's support plan as PDF",
    )
    async def download_support_plan(contract: Name, request: Request, lang: Language = "en") -> Response:
        """Return the page of the support plan as PDF, in its print style; needs the extra `slad[pdf]`."""
        plan = await found(request, contract, lang)
        if plan is None:
            raise no_such_contract(contract)
        return await deps.pdf(plan)

    @routes.get("/v1/board/contracts/{contract}", summary="Read a contract's support plan")
    async def read_support_plan(contract: Name, request: Request, lang: Language = "en") -> dict[str, Any]:
        """Return the support plan as JSON: facts, and sections made of headings, tables, weeks and paragraphs."""
        plan = await found(request, contract, lang)
        if plan is None:
            raise no_such_contract(contract)
        return plan_json(plan)


def no_such_contract(contract: str) -> Problem:
    """Return the Problem with status 404 for a contract that is unknown or hidden from the caller.

    Args:
        contract: The requested id.
    """
    return Problem(404, "no-such-contract", "No such contract", f"No contract is called {contract}.")
