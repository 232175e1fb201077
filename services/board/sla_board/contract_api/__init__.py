"""Contracts over HTTP, their support plans, and links to these: as page, JSON and PDF; for customers without a key."""

from sla_board.contract_api.deps import PlanDeps
from sla_board.contract_api.routes import contract_routes

__all__ = ["PlanDeps", "contract_routes"]
