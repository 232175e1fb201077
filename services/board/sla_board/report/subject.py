"""What the sections of a report are made from: one contract, one period, the board's tables as of one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board.attainment.model import ContractAttainment, CountedQuery
from sla_board.attainment.read import AttainmentReader, CountedContract
from sla_board.report.correction import ReportCorrection
from sla_board.report.names import NameBook
from sla_board.shown.hours import HoursAt
from sla_catalogue import Catalogue
from sla_domain.attainment import AttainmentPeriod, PeriodBounds
from sla_domain.contract import Contract
from sla_domain.objective import CountedUnit
from sla_domain.report_schedule import ReportKind

LISTED = "/incidents"
"""The path of the list of incidents."""
MOST_ROWS = 500
"""The most rows of a table that lists incidents or breaches; the list itself has all."""


class SectionUnavailable(Exception):
    """Raised if a section of a report cannot be built because data is missing.

    The message is a key of the language tables (`sla_board.report.words`), such as `missing.contract`. The report shows
    the sentence with this key instead of the section.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSubject:
    """The contract, the period and other data from which the sections of a report are built."""

    connection: AsyncConnection
    kind: ReportKind
    of: CountedContract
    """The contract with the data by which attainment is counted."""
    contract: Contract | None
    """The contract in the catalogue. None if the catalogue does not know it."""
    catalogue: Catalogue | None
    attained: ContractAttainment
    """The attainment of the period."""
    reader: AttainmentReader
    """Counts further periods."""
    hours: HoursAt
    """Gives the present instant and the hours of clocks."""
    names: NameBook
    """Collects the names that the report shows."""
    corrections: tuple[ReportCorrection, ...] = ()
    """How the figures of earlier frozen reports have changed."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Incident -> verdict of each request decided in the period."""

    @property
    def id(self) -> str:
        """Return the id of the contract."""
        return self.of.id

    @property
    def now(self) -> datetime:
        """Return the instant as of which the report's figures are computed."""
        return self.hours.now

    @property
    def period(self) -> AttainmentPeriod:
        """Return the period of the report."""
        return self.attained.period

    @property
    def bounds(self) -> PeriodBounds:
        """Return the instants at which the period begins and ends."""
        return self.attained.bounds

    @property
    def known(self) -> Contract:
        """Return the report's contract from the catalogue.

        Raises:
            SectionUnavailable: The catalogue does not have the contract.
        """
        if self.contract is None:
            raise SectionUnavailable("missing.contract")
        return self.contract

    def counted(
        self,
        *verdicts: str,
        metric: str = "",
        priority: str | None = None,
        reason: str | None = None,
        period: AttainmentPeriod | None = None,
    ) -> str:
        """Return the path of the page that lists the requests (incidents) or clocks from which a figure was computed.

        Args:
            verdicts: The verdicts to list, such as `met`. Without arguments, all are listed.
            metric: Only the clocks of this metric; `*` means the clocks of all metrics. "" means requests.
            priority: Only promises of this priority, "" for promises without a priority. None means all.
            reason: Only breaches with this reason code, "" for breaches without a reason. None means all.
            period: The period. None means the period of the report.
        """
        query = CountedQuery(
            contract=self.id,
            period=period or self.period,
            zone=self.attained.list_zone,
            of=CountedUnit.CLOCKS if metric else CountedUnit.REQUESTS,
            metrics=() if metric in ("", "*") else (metric,),
            priorities=() if priority is None else (priority,),
            reasons=() if reason is None else (reason,),
        )
        return f"{LISTED}?{query.text(*verdicts)}"

    def dated(self, date: str) -> str:
        """Return the path of the page that lists the contract's incidents of the period.

        Args:
            date: The kind of instant that must lie in the period: `opened` or `ended`. `present` means open at any time
                of the period.
        """
        zone = {"zone": self.attained.list_zone} if self.attained.list_zone else {}
        return f"{LISTED}?{urlencode({'contract': self.id, 'period': self.period.label, **zone, 'date': date})}"
