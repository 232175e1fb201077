"""The pages of contracts: the list, and each contract's support plan as page and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import StringConstraints

from sla_board.page.render import Pages
from sla_board.page.security import PAGE_HEADERS
from sla_board.plan.build import plan_json, support_plan
from sla_board.plan.listed import listed_contracts
from sla_board.plan.model import SupportPlan
from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem
from sla_platform.timesource import TimeSource

_Name = Annotated[str, StringConstraints(max_length=200)]
_Language = Annotated[_Name, Query(description="en, pl, it, ru or zh-TW")]


def contract_routes(
    catalogue: Callable[[], Catalogue], authorize: Authorizer, pages: Pages, time_source: TimeSource
) -> APIRouter:
    """Return the routes of contracts. `catalogue` returns the catalogue in force, with recorded contracts."""
    routes = APIRouter(tags=["board"])

    def found(request: Request, contract: str, language: str) -> SupportPlan | None:
        only = authorize(request, READ).contract
        book = catalogue()
        known = book.rulebook.contracts.get(ContractId(contract)) if only in (None, contract) else None
        return None if known is None else support_plan(book, known, time_source.now(), language)

    @routes.get("/contracts", response_class=HTMLResponse, summary="List contracts")
    async def show_contracts(request: Request, q: Annotated[_Name, Query()] = "") -> Response:
        """Contracts by id, title or customer, each with its support plan."""
        only = authorize(request, READ).contract
        listed, more = await listed_contracts(catalogue().rulebook, q, only)
        return HTMLResponse(pages.contracts(listed, q, more, time_source.now()), headers=PAGE_HEADERS)

    @routes.get("/contracts/{contract}", response_class=HTMLResponse, summary="Show a contract's support plan")
    async def show_support_plan(contract: _Name, request: Request, lang: _Language = "en") -> Response:
        """What was promised, by whom and when, in a language: made to be read and printed (clause H8)."""
        now = time_source.now()
        plan = found(request, contract, lang)
        if plan is None:
            return HTMLResponse(pages.not_found(contract, now), 404, headers=PAGE_HEADERS)
        return HTMLResponse(pages.support_plan(plan, now), headers=PAGE_HEADERS)

    @routes.get("/v1/board/contracts/{contract}", summary="Read a contract's support plan")
    async def read_support_plan(contract: _Name, request: Request, lang: _Language = "en") -> dict[str, Any]:
        """The support plan as JSON: facts, and sections made of tables, weeks and paragraphs."""
        plan = found(request, contract, lang)
        if plan is None:
            raise Problem(404, "no-such-contract", "No such contract", f"No contract is called {contract}.")
        return plan_json(plan)

    return routes
