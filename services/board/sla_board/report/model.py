"""A report as values: sections made of figures, tables and notes. It has no words: these depend on the reader."""

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
    """How a table is drawn besides.

    `TREND`: the share of each row as a line over time, with the promised share as another, and the counts as columns.
    `BARS`: the last column's value of each row as a bar.
    """

    TREND = "trend"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class ReportNote:
    """A sentence. `key`: of its wording in the language tables; `args`: name of a placeholder -> value.

    `grave`: the reader must not overlook it, such as that the figures are provisional.
    """

    key: str
    args: Mapping[str, ReportCell] = field(default_factory=lambda: MappingProxyType({}))
    grave: bool = False


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Single figures, shown large. `items`: pairs (key of the heading in the language tables, value)."""

    items: tuple[tuple[str, ReportCell], ...]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report.

    `id`: names the table within the report. `columns`: keys of the headings in the language tables. `rows`: one value
    per column in each. `title`: key of its title, "" for none. `plot`: how it is drawn besides; None: not at all.
    `left_out`: how many further rows there are; `rest`: the path of the list that has them all.
    """

    id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[ReportCell, ...], ...]
    title: str = ""
    plot: PlotKind | None = None
    left_out: int = 0
    rest: str = ""


Part = ReportNote | ReportFigures | ReportTable


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section of a report. `id`: its anchor, and the key of its title. `missing`: its data could not be had."""

    id: str
    parts: tuple[Part, ...]
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """Sections under one heading. `id`: key of the heading; "" for none."""

    id: str
    sections: tuple[ReportSection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReport:
    """A report on one contract and one period, as of an instant.

    `contract`, `title`, `customers`: of the contract. `zone`: its time zone (IANA name). `period`: its label, such as
    `2026-Q4`. `first`, `end`: its first day, and the first day after it. `start`, `until`: the same as instants.
    `zones`: the zones in which the contract stood within the period. `made_at`: as of when the figures are.
    `provisional`: the period had not ended then. `names`: key -> language tag -> name, of metrics, priorities and the
    like. `verdicts`: incident -> verdict (met, missed or exempt) of each request that was decided in the period, so
    that a later correction can name the incidents.
    """

    kind: ReportKind
    contract: str
    title: str
    customers: tuple[str, ...]
    zone: str
    period: str
    first: date
    end: date
    start: datetime
    until: datetime
    zones: tuple[str, ...]
    made_at: datetime
    provisional: bool
    chapters: tuple[Chapter, ...]
    names: Mapping[str, Mapping[str, str]]
    verdicts: Mapping[str, str]

    @property
    def sections(self) -> tuple[ReportSection, ...]:
        """Return all sections, in their order."""
        return tuple(section for chapter in self.chapters for section in chapter.sections)

    def table(self, id_: str) -> ReportTable | None:
        """Return the table with this id; None if the report has none."""
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, ReportTable) and part.id == id_:
                    return part
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What is known of a stored report besides its data.

    `revision`: 1 for the first of its contract, kind and period. `digest`: SHA-256 of the canonical data, in hex.
    `frozen_by`: the author, as in the audit log.
    """

    revision: int
    digest: str
    frozen_at: datetime
    frozen_by: str
    reason: str = ""
