"""What the sections of a report are made from: one contract, one period, the board's tables as of one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board.attainment.model import ContractAttainment, list_query
from sla_board.attainment.read import AttainmentReader, CountedContract
from sla_board.report.correction import ReportCorrection
from sla_board.report.names import NameBook
from sla_board.shown.hours import HoursAt
from sla_catalogue import Catalogue
from sla_domain.attainment import AttainmentPeriod, PeriodBounds
from sla_domain.contract import Contract
from sla_domain.report_schedule import ReportKind

LISTED = "/incidents"
"""The path of the list of incidents."""
MOST_ROWS = 500
"""The most rows of a table that lists incidents or breaches; the list itself has all."""


class SectionUnavailable(Exception):
    """Raised by a section whose data cannot be had; the message is the key of the sentence that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSubject:
    """The data from which the sections of a report are made.

    `of`: the contract as attainment counts it; `contract`: as the catalogue in force has it, None if it has none.
    `attained`: what was counted in the period; `reader`: counts further ones. `hours`: gives the present instant, and
    the hours of clocks. `names`: collects the names that the report shows. `corrections`: what became known since
    earlier reports were frozen. `verdicts`: incident -> verdict of the requests that were decided in the period.
    """

    connection: AsyncConnection
    kind: ReportKind
    of: CountedContract
    contract: Contract | None
    catalogue: Catalogue | None
    attained: ContractAttainment
    reader: AttainmentReader
    hours: HoursAt
    names: NameBook
    corrections: tuple[ReportCorrection, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the id of the contract."""
        return self.of.id

    @property
    def now(self) -> datetime:
        """Return the instant as of which the report is made."""
        return self.hours.now

    @property
    def period(self) -> AttainmentPeriod:
        """Return the period."""
        return self.attained.period

    @property
    def bounds(self) -> PeriodBounds:
        """Return the instants of the period."""
        return self.attained.bounds

    @property
    def known(self) -> Contract:
        """Return the contract as the catalogue has it. Raises SectionUnavailable if the catalogue does not know it."""
        if self.contract is None:
            raise SectionUnavailable("missing.contract")
        return self.contract

    def listed(
        self, verdict: str, *, metric: str = "", priority: str = "", period: AttainmentPeriod | None = None
    ) -> str:
        """Return the path of the list of incidents that a figure of a period counts.

        `period`: another one than the report's.
        """
        query = list_query(
            self.id,
            period or self.period,
            verdict,
            metrics=[metric] if metric else [],
            priorities=[priority] if priority else [],
        )
        return f"{LISTED}?{query}"

    def decided(self, *, metric: str = "", priority: str = "", period: AttainmentPeriod | None = None) -> str:
        """Return the path of the list of the incidents that a share of a period counts: those met and those missed."""
        met = self.listed("met", metric=metric, priority=priority, period=period)
        return f"{met}&verdict=missed"
