"""Reports over HTTP: made as of now, frozen, listed, compared; as JSON, HTML, CSV, XLSX and PDF."""

from sla_board.report_api.deps import ReportDeps
from sla_board.report_api.routes import report_routes

__all__ = ["ReportDeps", "report_routes"]
