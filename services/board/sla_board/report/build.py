"""A contract, a kind and a period → the report, as of now, from the board's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.attainment.read import AttainmentReader, CountedContract, asked_period, counted_contract
from sla_board.report.correction import ReportCorrection, figure_changes, incident_changes
from sla_board.report.kind import CHAPTERS, USUAL
from sla_board.report.model import Chapter, ContractReport, Frozen, ReportNote, ReportSection
from sla_board.report.names import NameBook
from sla_board.report.section import SECTIONS
from sla_board.report.subject import ReportSubject, SectionUnavailable
from sla_board.shown.hours import HoursAt
from sla_catalogue import Catalogue
from sla_domain.attainment import AttainmentPeriod, PeriodBounds, bounds_of
from sla_domain.contract import Contract, ContractId
from sla_domain.errors import CalendarError
from sla_domain.report_schedule import ReportKind
from sla_platform.errors import Retryable
from sla_platform.fault import passing_as_retryable

_COMPARED = ("summary", "attainment", "priorities")
_request = tables.request.c
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """A frozen report (stored unchangeably) of an earlier period, which a new report may correct."""

    report: ContractReport
    frozen: Frozen


class ReportBuilder:
    """Builds the reports of one contract: `build` returns a report.

    The class method `of` returns the builder for a contract.

    Args:
        of: The contract with what is needed to compute its attainment (share of promises met).
        catalogue: The catalogue in force. None if there is none.
        hours: Gives the present instant, and finds the hours in which clocks count.
    """

    def __init__(
        self, connection: AsyncConnection, of: CountedContract, catalogue: Catalogue | None, hours: HoursAt
    ) -> None:
        self._connection = connection
        self._of = of
        self._catalogue = catalogue
        self._hours = hours
        self._reader = AttainmentReader(connection, of, hours.now)

    @classmethod
    async def of(
        cls, connection: AsyncConnection, contract: str, catalogue: Catalogue | None, hours: HoursAt
    ) -> ReportBuilder | None:
        """Return the builder for a contract. None for an unknown contract.

        Args:
            contract: Id of the contract.
            catalogue: The catalogue in force. None if there is none.
            hours: Gives the present instant, and finds the hours in which clocks count.
        """
        rulebook = None if catalogue is None else catalogue.rulebook
        of = await counted_contract(connection, rulebook, contract)
        return None if of is None else cls(connection, of, catalogue, hours)

    @property
    def contract(self) -> CountedContract:
        """Return the contract with what is needed to compute its attainment (share of promises met)."""
        return self._of

    def period(self, written: str) -> AttainmentPeriod:
        """Return the period that a text names.

        Args:
            written: Such as `2026-11`. Empty for the present month.

        Raises:
            BadPeriod: The text names no period.
        """
        return asked_period(self._of, written, self._hours.now)

    def bounds(self, period: AttainmentPeriod) -> PeriodBounds:
        """Return the instants at which a period of the contract begins and ends."""
        return bounds_of(period, self._of.zones)

    async def build(
        self, period: AttainmentPeriod, kind: ReportKind | None = None, earlier: Sequence[EarlierReport] = ()
    ) -> ContractReport:
        """Return the report of a period.

        Args:
            period: The period.
            kind: The kind of report. None means the kind that is usual for the length of the period.
            earlier: Frozen reports (stored unchangeably) of earlier periods. The new report lists which of their
                figures have changed.
        """
        chosen = kind or USUAL[period.kind]
        names = NameBook(None if self._catalogue is None else self._catalogue.rulebook, self._known)
        corrections = [await self.correction(one) for one in earlier]
        for one in earlier:
            names.kept.update({key: texts for key, texts in one.report.names.items() if key not in names.kept})
        return await self._built(period, chosen, CHAPTERS[chosen], names, tuple(corrections))

    async def correction(self, earlier: EarlierReport) -> ReportCorrection:
        """Return the differences between a frozen report of this contract and the same report computed now."""
        was, frozen = earlier.report, earlier.frozen
        kept = (("", tuple(section.id for section in was.sections if section.id in _COMPARED)),)
        names = NameBook(None if self._catalogue is None else self._catalogue.rulebook, self._known)
        now = await self._built(self.period(was.period), was.kind, kept, names, ())
        return ReportCorrection(
            kind=was.kind,
            period=was.period,
            revision=frozen.revision,
            digest=frozen.digest,
            frozen_at=frozen.frozen_at,
            figures=figure_changes(was, now),
            incidents=incident_changes(was.verdicts, now.verdicts),
        )

    async def _built(
        self,
        period: AttainmentPeriod,
        kind: ReportKind,
        chapters: Sequence[tuple[str, Sequence[str]]],
        names: NameBook,
        corrections: tuple[ReportCorrection, ...],
    ) -> ContractReport:
        attained = await self._reader.whole(period)
        subject = ReportSubject(
            connection=self._connection,
            kind=kind,
            of=self._of,
            contract=self._known,
            catalogue=self._catalogue,
            attained=attained,
            reader=self._reader,
            hours=self._hours,
            names=names,
            corrections=corrections,
        )
        made = [Chapter(id_, tuple([await _section(each, subject) for each in ids])) for id_, ids in chapters]
        known = self._known
        return ContractReport(
            kind=kind,
            contract=self._of.id,
            title=self._of.title,
            customers=tuple(sorted(known.customers)) if known is not None else (),
            zone=self._of.zone,
            period=period.label,
            first=period.first,
            end=period.end,
            start=attained.bounds.start,
            until=attained.bounds.end,
            zones=attained.bounds.zones,
            made_at=self._hours.now,
            provisional=attained.provisional,
            chapters=tuple(Chapter(one.id, tuple(each for each in one.sections if each.parts)) for one in made),
            names=dict(sorted(names.kept.items())),
            verdicts=await _verdicts(self._connection, self._of.id, attained.bounds),
        )

    @property
    def _known(self) -> Contract | None:
        if self._catalogue is None:
            return None
        return self._catalogue.rulebook.contracts.get(ContractId(self._of.id))


async def _section(id_: str, subject: ReportSubject) -> ReportSection:
    """The section, or one that says that its data cannot be had. What the store refuses is for the caller."""
    try:
        with passing_as_retryable():
            return await SECTIONS[id_](subject)
    except (Retryable, SQLAlchemyError):
        raise
    except SectionUnavailable as missing:
        return ReportSection(id_, (ReportNote(str(missing), grave=True),), missing=True)
    except CalendarError as error:
        _log.warning("report.section_missing", section=id_, contract=subject.id, error=str(error))
        return ReportSection(id_, (ReportNote("missing.calendar", grave=True),), missing=True)
    except Exception:
        _log.exception("report.section_missing", section=id_, contract=subject.id)
        return ReportSection(id_, (ReportNote("missing.error", grave=True),), missing=True)


async def _verdicts(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> dict[str, str]:
    query = (
        select(_request.incident, _request.verdict, _request.exempt)
        .where(_request.contract == contract, _request.decided_at >= bounds.start, _request.decided_at < bounds.end)
        .order_by(_request.incident)
    )
    return {
        incident: "exempt" if exempt else verdict
        for incident, verdict, exempt in (await connection.execute(query)).all()
    }
