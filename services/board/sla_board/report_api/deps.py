"""What the routes of reports share: dependencies, reports made or read, and the problems that stand in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request
from pydantic import StringConstraints

from sla_board.page.render import Pages
from sla_board.paper.printer import PdfPrinter
from sla_board.report.build import EarlierReport, ReportBuilder
from sla_board.report.correction import ReportCorrection
from sla_board.report.kind import USUAL
from sla_board.report.model import ContractReport, Frozen
from sla_board.report.store import Altered, FrozenReports, StoredReport, earlier_reports
from sla_board.shown.breaches import PlanReasons, lacking_breaches
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_catalogue import Catalogue
from sla_domain.attainment import AttainmentPeriod
from sla_domain.breach_reason import NO_RULES, BreachReasons, BreachRecord
from sla_domain.errors import BadPeriod
from sla_domain.plan import PlanId
from sla_domain.report_schedule import ReportKind
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem, pointer
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

Name = Annotated[str, StringConstraints(max_length=200)]
PeriodText = Annotated[
    str,
    StringConstraints(max_length=20),
    Query(description="2026-11, 2026-Q4, or 2026/27 for the contract year begun in 2026; empty: this month"),
]
Kind = Annotated[
    ReportKind | None, Query(description="empty: a service report of a month, a review of a longer period")
]


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report to answer a request with, either computed now or frozen (stored unchangeably)."""

    report: ContractReport
    frozen: Frozen | None
    """None if the report is not frozen (stored unchangeably)."""


@dataclass(frozen=True, slots=True)
class ReportDeps:
    """The dependencies of the routes of reports."""

    store: Store
    catalogue: Callable[[], Catalogue]
    """Returns the catalogue in force."""
    authorize: Authorizer
    """Checks API keys."""
    pages: Pages
    """Renders HTML."""
    time_source: TimeSource
    calendars: CalendarsByName
    """Gives the hours of clocks."""
    frozen: FrozenReports
    printer: PdfPrinter
    """Makes PDFs from HTML."""
    public_url: str
    """Public address of the board, without a slash at its end. Links in files and mails begin with it."""

    def check(self, request: Request, contract: str) -> None:
        """Check that the caller's key may read a contract.

        Raises:
            Problem: 401 or 403 without a suitable key, 404 if the key is of another contract.
        """
        only = self.authorize(request, READ).contract
        if only not in (None, contract):
            raise no_such_contract(contract)

    async def made(self, contract: str, period: str, kind: ReportKind | None) -> MadeReport:
        """Compute the report of a contract and period, as of now.

        Args:
            period: Such as `2026-11`. "" for the present month.
            kind: None means the usual kind of report for the period.

        Raises:
            Problem: 404 for an unknown contract, 422 for a bad period.
        """
        hours = self._hours()
        async with self.store.reading() as connection:
            builder = _found(await ReportBuilder.of(connection, contract, self.catalogue(), hours), contract)
            wanted = _period(builder, period)
            chosen = kind or USUAL[wanted.kind]
            start = builder.bounds(wanted).start
            earlier = await earlier_reports(connection, contract, chosen, start)
            return MadeReport(await builder.build(wanted, chosen, earlier), None)

    async def stored(
        self, contract: str, period: str, kind: ReportKind | None, revision: int | None = None
    ) -> MadeReport | None:
        """Return the frozen report of a contract and period. None if there is none.

        Args:
            period: Such as `2026-11`. "" for the present month.
            kind: None means the usual kind of report for the period.
            revision: None means the newest revision.

        Raises:
            Problem: 404 for an unknown contract, 422 for a bad period, 500 if the stored data does not match its
                digest.
        """
        async with self.store.reading() as connection:
            builder = _found(await ReportBuilder.of(connection, contract, self.catalogue(), self._hours()), contract)
            wanted = _period(builder, period)
        try:
            found = await self.frozen.find(contract, kind or USUAL[wanted.kind], wanted.label, revision)
        except Altered as altered:
            detail = f"The stored data of {altered} do not have the digest that was stored with them."
            raise Problem(500, "report-altered", "The stored report was changed", detail) from None
        return None if found is None else MadeReport(found[0], found[1].frozen)

    async def correction(self, made: MadeReport) -> ReportCorrection:
        """Return the differences between a frozen report and the same report computed now.

        Args:
            made: The frozen report.
        """
        assert made.frozen is not None
        async with self.store.reading() as connection:
            contract = made.report.contract
            builder = _found(await ReportBuilder.of(connection, contract, self.catalogue(), self._hours()), contract)
            return await builder.correction(EarlierReport(made.report, made.frozen))

    async def listed(self, contract: str) -> list[StoredReport]:
        """Return the frozen reports of a contract.

        Raises:
            Problem: 404 for an unknown contract.
        """
        async with self.store.reading() as connection:
            _found(await ReportBuilder.of(connection, contract, self.catalogue(), self._hours()), contract)
        return await self.frozen.of_contract(contract)

    async def lacking(self, report: ContractReport) -> tuple[BreachRecord, ...]:
        """Return the breaches in a report's period that lack the reason required by their plan."""
        async with self.store.reading() as connection:
            return await lacking_breaches(connection, report.contract, report.start, report.until, self._reasons())

    def _reasons(self) -> PlanReasons:
        plans = self.catalogue().rulebook.plans

        def of(plan: str) -> BreachReasons:
            known = plans.get(PlanId(plan))
            return NO_RULES if known is None else known.breach_reasons

        return of

    def _hours(self) -> HoursAt:
        return HoursAt(self.time_source.now(), self.calendars)


def _found(builder: ReportBuilder | None, contract: str) -> ReportBuilder:
    if builder is None:
        raise no_such_contract(contract)
    return builder


def _period(builder: ReportBuilder, written: str) -> AttainmentPeriod:
    try:
        return builder.period(written)
    except BadPeriod as bad:
        raise bad_input("period", str(bad)) from None


def bad_input(name: str, detail: str) -> Problem:
    """Return the problem (422) for a parameter with a bad value.

    Args:
        name: Name of the parameter.
        detail: What is wrong, and what to write instead.
    """
    errors = [{"pointer": pointer((name,)), "detail": detail}]
    return Problem(422, "invalid-input", "The input does not fit", detail, errors=errors)


def no_such_contract(contract: str) -> Problem:
    """Return the problem (404) for a contract that is unknown or hidden from the caller."""
    return Problem(404, "no-such-contract", "No such contract", f"No contract is called {contract}.")


def no_such_report(contract: str, period: str) -> Problem:
    """Return the problem (404) for a report that is not frozen (stored unchangeably)."""
    detail = f"No such report of {contract} for {period or 'this month'} is frozen."
    return Problem(404, "no-such-report", "No such report", detail)
