"""The JSON forms of frozen reports and of the differences between one and now, as documented models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from sla_board.report.correction import ReportCorrection
from sla_board.report.store import StoredReport
from sla_board.report.value import ReportCell
from sla_board.report.wording import ReportWriter
from sla_board.shown.row import incident_path
from sla_domain.report_schedule import ReportKind


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class FrozenAnswer(_Answer):
    """A frozen report (stored unchangeably) as an entry of a list, without its content."""

    contract: str
    kind: ReportKind
    period: str
    revision: int = Field(description="1 for the first of its contract, kind and period")
    digest: str = Field(description="SHA-256 of its canonical data, in hex")
    frozen_at: datetime
    frozen_by: str
    reason: str
    api: str = Field(description="the path of the report")
    page: str = Field(description="the path of its page")


class FrozenList(_Answer):
    """The frozen reports of a contract, the newest periods first."""

    reports: tuple[FrozenAnswer, ...]


class FigureChangeAnswer(_Answer):
    """A figure that differs between a frozen report and the same report computed now."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True, populate_by_name=True)
    section: str
    """Id of the section."""
    figure: str
    """Key of the figure's heading."""
    row: tuple[str, ...] = Field(description="what names its row in a table; empty for a single figure")
    was: str
    """The value in the frozen report, as text in the requested language."""
    is_: str = Field(alias="is")
    """The value now, as text in the requested language."""


class IncidentChangeAnswer(_Answer):
    """An incident whose verdict differs between a frozen report and the same report computed now."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True, populate_by_name=True)
    incident: str
    was: str
    """The verdict in the frozen report: met, missed or exempt. Empty if the incident was not included."""
    is_: str = Field(alias="is")
    """The verdict now: met, missed or exempt. Empty if the incident is not included."""
    page: str
    """Path of the incident's page."""


class ReportDiff(_Answer):
    """The differences between a frozen report and the same report computed now."""

    contract: str
    kind: ReportKind
    period: str
    revision: int
    digest: str
    frozen_at: datetime
    same: bool
    """Whether there are no differences."""
    figures: tuple[FigureChangeAnswer, ...]
    incidents: tuple[IncidentChangeAnswer, ...]


def frozen_list(stored: Sequence[StoredReport]) -> FrozenList:
    """Return frozen reports as a JSON model."""
    return FrozenList(reports=tuple(map(frozen_answer, stored)))


def frozen_answer(one: StoredReport) -> FrozenAnswer:
    """Return a frozen report as a JSON model."""
    known = {name: getattr(one.frozen, name) for name in ("revision", "digest", "frozen_at", "frozen_by", "reason")}
    return FrozenAnswer(
        contract=one.contract,
        kind=one.kind,
        period=one.period,
        api=f"/v1{report_path(one.contract, query_of(one))}",
        page=report_path(one.contract, query_of(one)),
        **known,
    )


def query_of(one: StoredReport) -> dict[str, Any]:
    """Return the URL query parameters of the page of a frozen report."""
    return {"period": one.period, "kind": one.kind.value, "revision": one.frozen.revision}


def report_path(contract: str, query: dict[str, Any]) -> str:
    """Return the path of a report's page. With `/v1` in front, it is the path of the report in the API."""
    return f"/reports/{quote(contract, safe='')}?{urlencode(query)}"


def diff_answer(contract: str, found: ReportCorrection, writer: ReportWriter) -> ReportDiff:
    """Return the differences between a frozen report and the same report computed now, as a JSON model.

    Args:
        writer: Formats the report's values as text.
    """

    def said(cell: ReportCell) -> str:
        return writer.text(cell)

    return ReportDiff(
        contract=contract,
        kind=found.kind,
        period=found.period,
        revision=found.revision,
        digest=found.digest,
        frozen_at=found.frozen_at,
        same=found.empty,
        figures=tuple(
            FigureChangeAnswer(
                section=writer.words.text(f"section.{one.section}"),
                figure=writer.words.text(one.figure),
                row=tuple(said(cell) for cell in one.row if cell.value),
                was=said(one.was),
                is_=said(one.is_),
            )
            for one in found.figures
        ),
        incidents=tuple(
            IncidentChangeAnswer(incident=one.incident, was=one.was, is_=one.is_, page=incident_path(one.incident))
            for one in found.incidents
        ),
    )
