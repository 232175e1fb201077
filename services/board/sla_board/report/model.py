"""A report as values: sections made of figures, tables and notes. Texts are added for each reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from sla_board.report.value import ReportCell
from sla_domain.report_schedule import ReportKind

FORMAT = "slad.report/1"
"""How stored reports are written; another number stands for another form."""


class PlotKind(StrEnum):
    """The kinds of drawing that can be shown with a table: lines over time, or a bar for each row."""

    TREND = "trend"
    """Lines over time for the share of each row and the promised share, with the counts as columns."""
    BARS = "bars"
    """A bar for each row, from the value in the last column."""


@dataclass(frozen=True, slots=True)
class ReportNote:
    """A sentence in a report, stored as a key and values so that it can be shown in each language."""

    key: str
    """Key of the wording in the language tables."""
    args: Mapping[str, ReportCell] = field(default_factory=lambda: MappingProxyType({}))
    """Name of a placeholder -> value."""
    grave: bool = False
    """Whether the sentence is shown prominently, for example because figures are provisional."""


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """The figures that a section shows in large type, outside its tables, each with a heading."""

    items: tuple[tuple[str, ReportCell], ...]
    """Pairs of a heading's key in the language tables and a value."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report."""

    id: str
    """The id of the table, unique within the report."""
    columns: tuple[str, ...]
    """Keys of the headings in the language tables."""
    rows: tuple[tuple[ReportCell, ...], ...]
    """Each row has one value per column."""
    title: str = ""
    """Key of the title in the language tables. "" for none."""
    plot: PlotKind | None = None
    """The drawing to show with the table. None for no drawing."""
    left_out: int = 0
    """How many further rows are left out."""
    rest: str = ""
    """Path of the list with all rows. "" for none."""


Part = ReportNote | ReportFigures | ReportTable


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section of a report: notes, figures and tables under one title."""

    id: str
    """The anchor, and the key of the title."""
    parts: tuple[Part, ...]
    """The notes, figures and tables of the section."""
    missing: bool = False
    """Whether the data of the section was not available."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of a report: sections under one heading."""

    id: str
    """Key of the heading. "" for no heading."""
    sections: tuple[ReportSection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReport:
    """A report on one contract and one period, with the figures as of one instant (`made_at`)."""

    kind: ReportKind
    contract: str
    """Id of the contract."""
    title: str
    customers: tuple[str, ...]
    zone: str
    """The contract's time zone (IANA name)."""
    period: str
    """Label of the period, such as `2026-Q4`."""
    first: date
    """The first day of the period."""
    end: date
    """The first day after the period."""
    start: datetime
    """When the period begins."""
    until: datetime
    """When the period ends."""
    zones: tuple[str, ...]
    """The contract's time zones within the period."""
    made_at: datetime
    """The instant as of which the figures are."""
    provisional: bool
    """Whether the period had not ended at `made_at`."""
    chapters: tuple[Chapter, ...]
    names: Mapping[str, Mapping[str, str]]
    """Key -> language tag -> name, for metrics, priorities and other named things."""
    verdicts: Mapping[str, str]
    """Incident -> verdict (met, missed or exempt) of each request decided in the period. Later corrections are computed
    from it.
    """

    @property
    def sections(self) -> tuple[ReportSection, ...]:
        """Return the sections of all chapters, in order."""
        return tuple(section for chapter in self.chapters for section in chapter.sections)

    def table(self, id_: str) -> ReportTable | None:
        """Return the table with this id. None if the report has none."""
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, ReportTable) and part.id == id_:
                    return part
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """How a report was frozen (stored unchangeably): its revision and digest, and when, by whom and why."""

    revision: int
    """1 for the first report of the contract, kind and period."""
    digest: str
    """SHA-256 of the canonical data, in hex."""
    frozen_at: datetime
    frozen_by: str
    """Who froze the report, as in the audit log."""
    reason: str = ""
    """Why the report was frozen."""
