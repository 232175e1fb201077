"""Contracts over HTTP: their support plans, links to these, and attainment; as page, JSON and PDF."""

from sla_board.contract_api.attainment import AttainmentDeps
from sla_board.contract_api.deps import PlanDeps
from sla_board.contract_api.routes import attainment_routes, contract_routes

__all__ = ["AttainmentDeps", "PlanDeps", "attainment_routes", "contract_routes"]
