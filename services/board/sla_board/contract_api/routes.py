"""All routes of contracts on the board, put together."""

from __future__ import annotations

from fastapi import APIRouter

from sla_board.contract_api.attainment import AttainmentDeps, add_attainment
from sla_board.contract_api.deps import PlanDeps
from sla_board.contract_api.links import add_links
from sla_board.contract_api.opened import add_opened
from sla_board.contract_api.pages import add_pages


def contract_routes(deps: PlanDeps, attainment: AttainmentDeps) -> APIRouter:
    """Return the FastAPI routes of contracts.

    The routes are the list of contracts, support plans, and links that open a plan without a key.

    Args:
        attainment: Computes the attainment that is shown below a plan.
    """
    routes = APIRouter(tags=["board"])
    add_pages(routes, deps, attainment)
    add_links(routes, deps)
    add_opened(routes, deps)
    return routes


def attainment_routes(deps: AttainmentDeps) -> APIRouter:
    """Return the FastAPI routes of attainment: its page, and its JSON form."""
    routes = APIRouter(tags=["board"])
    add_attainment(routes, deps)
    return routes
