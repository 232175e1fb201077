"""The watch of scheduled reports: keeps the record of what is due, and freezes and publishes what has become due.

One report is one transaction: frozen, written to the board's log, and its record moved to the next period. After a
crash it is due again, or it is done. The notifier sends what the log says, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import orjson
import structlog

from sla_board import tables
from sla_board.page.report import ReportPages
from sla_board.report.build import ReportBuilder
from sla_board.report.mail import languages_of, shortened
from sla_board.report.model import ContractReport, Frozen
from sla_board.report.store import earlier_reports, freeze, frozen_report
from sla_board.report.wording import ReportWriter, heading
from sla_board.report.words import words_in
from sla_board.schedule.stored import due_reports, enter, forget, move, next_reports, still_next
from sla_board.schedule.upcoming import LATER, NextReport, next_report, report_after
from sla_board.shown.breaches import lacking_breaches
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_catalogue import Catalogue
from sla_domain.breach_reason import NO_RULES, BreachReasons
from sla_domain.contract import Contract, ContractId
from sla_domain.plan import PlanId
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rulebook import Rulebook
from sla_platform.audit.act import ActorKind, AuditActor, Command
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.store.log import append
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder
from sla_platform.wire import ReportFact, encode_report_fact
from sla_platform.wire.report import ReportPageData

EVERY_SECONDS = 5.0
AT_ONCE = 20
SCHEDULES_KEPT = timedelta(minutes=10)
"""How long schedules are taken as known before all contracts are looked through again."""
_log = structlog.get_logger(__name__)
_BY_ITSELF = AuditActor(ActorKind.SERVICE, "board")


class ReportWatch:
    """The loop that computes scheduled reports once they are due, freezes (stores unchangeably) and publishes them.

    Call `run`, or `look` for a single pass. Several processes may run the loop on one database.

    Args:
        catalogue: Returns the catalogue in force.
        pages: Renders reports as HTML.
        calendars: Finds the calendars of the hours in which clocks count.
        public_url: The board's public address, with which the links in mails begin.
        published: Called after a report was written to the board's log.
        quarantine: Receives each schedule whose report cannot be computed. The report is tried again an hour later.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        catalogue: Callable[[], Catalogue],
        pages: ReportPages,
        calendars: CalendarsByName,
        public_url: str,
        published: Callable[[], None],
        quarantine: Quarantine,
    ) -> None:
        self._store = store
        self._time_source = time_source
        self._catalogue = catalogue
        self._pages = pages
        self._calendars = calendars
        self._public_url = public_url
        self._published = published
        self._known: tuple[str, datetime] | None = None  # of which catalogue, and when
        self._skipped = SkippedRows(quarantine, "reports", self._again)

    async def run(self) -> None:
        """Compute and publish each report when it is due, until cancelled.

        A report that fails does not stop the others.
        """
        while True:
            done = await self.look()
            await asyncio.sleep(0 if done else EVERY_SECONDS)

    async def look(self) -> int:
        """Publish the reports that are due now, in one pass, and return their number.

        Before that, the stored schedules are updated from the catalogue.
        """
        catalogue = self._catalogue()
        async with self._store.reading() as connection:
            now = await store_now(connection, self._time_source)
        if self._known is None or self._known[0] != catalogue.version or now - self._known[1] >= SCHEDULES_KEPT:
            await self._keep_record(catalogue.rulebook, now)
            self._known = (catalogue.version, now)
        async with self._store.reading() as connection:
            due = await due_reports(connection, now, AT_ONCE)
        return sum([await self._tried(report, catalogue, now) for report in due])

    async def _again(self, name: str) -> None:
        """The report of a schedule out of the quarantine, if it is due by its period."""
        contract, schedule = orjson.loads(name)
        catalogue = self._catalogue()
        async with self._store.reading() as connection:
            now = await store_now(connection, self._time_source)
            due = (await next_reports(connection)).get((contract, schedule))
        known = catalogue.rulebook.contracts.get(ContractId(contract))
        found = None if known is None else next((one for one in known.reports if one.id == schedule), None)
        if due is None or known is None or found is None:
            return
        meant = next_report(catalogue.rulebook, known, found, replace(due, due_at=now), now)
        if meant is not None and meant.due_at <= now:
            await self._make(due, catalogue, now)

    async def _keep_record(self, rulebook: Rulebook, now: datetime) -> None:
        async with self._store.reading() as connection:
            known = await next_reports(connection)
        wanted: dict[tuple[str, str], NextReport] = {}
        turn = LoopYielder()
        for contract in _contracts(rulebook):
            await turn.yield_if_due()
            for schedule in contract.reports:
                key = (str(contract.id), schedule.id)
                if key in known:
                    wanted[key] = known[key]  # it stays as it is when it cannot be computed
                if not self._skipped.skips(_name(*key)):
                    await self._skipped.tried(
                        _name(*key), partial(_enter_next, wanted, rulebook, contract, schedule, known.get(key), now)
                    )
        new = [one for key, one in wanted.items() if key not in known]
        moved = [one for key, one in wanted.items() if key in known and known[key] != one]
        gone = [key for key in known if key not in wanted]
        if not (new or moved or gone):
            return
        async with self._store.transaction() as connection:
            await enter(connection, new)
            for one in moved:
                if await still_next(connection, known[(one.contract, one.schedule)]):
                    await move(connection, one)
            await forget(connection, gone)

    async def _tried(self, due: NextReport, catalogue: Catalogue, now: datetime) -> int:
        """One that cannot be made goes to the quarantine, is tried again later, and stops no other."""
        made = 0

        async def work() -> None:
            nonlocal made
            made = await self._make(due, catalogue, now)

        if not await self._skipped.tried(_name(due.contract, due.schedule), work):
            _log.error("reports.failed", contract=due.contract, schedule=due.schedule, period=due.period)
            await self._put_off(due, now)
        return made

    async def _put_off(self, due: NextReport, now: datetime) -> None:
        async with self._store.transaction() as connection:
            if await still_next(connection, due):
                await move(connection, replace(due, due_at=now + LATER))

    async def _make(self, due: NextReport, catalogue: Catalogue, now: datetime) -> int:
        """Return 1 if the report was published, 0 if it was not, or by another process."""
        contract = catalogue.rulebook.contracts.get(ContractId(due.contract))
        schedule = next((one for one in contract.reports if one.id == due.schedule), None) if contract else None
        if contract is None or schedule is None:
            return 0  # the record is kept anew soon
        made = await self._report(due, contract, schedule, catalogue, now)
        if made is None:
            return 0
        following = report_after(catalogue.rulebook, contract, schedule, due)
        async with self._store.transaction() as connection:
            at = await store_now(connection, self._time_source)
            command = Command(_BY_ITSELF, f"scheduled: {schedule.id}")
            done = await freeze(connection, made, command, at)
            if not await still_next(connection, due):
                return 0
            stored = await frozen_report(connection, due.contract, schedule.kind, due.period)
            assert stored is not None
            fact = self._fact(stored[0], done.stored.frozen, contract, schedule, at)
            await append(connection, tables.log, [encode_report_fact(fact)])
            await move(connection, following)
        self._published()
        return 1

    async def _report(
        self, due: NextReport, contract: Contract, schedule: ReportSchedule, catalogue: Catalogue, now: datetime
    ) -> ContractReport | None:
        """The report, or None while it cannot be frozen; it is tried again later then."""
        async with self._store.reading() as connection:
            hours = HoursAt(now, self._calendars)
            builder = await ReportBuilder.of(connection, due.contract, catalogue, hours)
            if builder is None:
                return None
            period = builder.period(due.period)
            bounds = builder.bounds(period)
            reasons = _reasons(catalogue.rulebook)
            lacking = await lacking_breaches(connection, due.contract, bounds.start, bounds.end, reasons)
            if not lacking:
                earlier = await earlier_reports(connection, due.contract, schedule.kind, bounds.start)
                return await builder.build(period, schedule.kind, earlier)
        _log.warning("reports.wait_for_reasons", contract=due.contract, period=due.period, breaches=len(lacking))
        await self._put_off(due, now)
        return None

    def _fact(
        self, report: ContractReport, frozen: Frozen, contract: Contract, schedule: ReportSchedule, at: datetime
    ) -> ReportFact:
        short = shortened(report, frozen.revision)
        pages = []
        for language in languages_of(contract):
            writer = ReportWriter.of(short, words_in(language))
            html = self._pages.alone(short, frozen, writer, self._public_url)
            pages.append(ReportPageData(language=language, heading=heading(report, writer.words), html=html))
        counted = list(report.verdicts.values())
        return ReportFact(
            contract=report.contract,
            schedule=schedule.id,
            report=report.kind,
            period=report.period,
            start=report.start,
            end=report.until,
            zone=report.zone,
            at=at,
            revision=frozen.revision,
            digest=frozen.digest,
            met=counted.count("met"),
            missed=counted.count("missed"),
            tell=schedule.tell,
            pages=tuple(pages),
        )


def _name(contract: str, schedule: str) -> str:
    return orjson.dumps([contract, schedule]).decode()


async def _enter_next(
    wanted: dict[tuple[str, str], NextReport],
    rulebook: Rulebook,
    contract: Contract,
    schedule: ReportSchedule,
    known: NextReport | None,
    now: datetime,
) -> None:
    found = next_report(rulebook, contract, schedule, known, now)
    if found is None:
        wanted.pop((str(contract.id), schedule.id), None)
    else:
        wanted[str(contract.id), schedule.id] = found


def _contracts(rulebook: Rulebook) -> Iterator[Contract]:
    recorded = () if rulebook.recorded is None else rulebook.recorded.ids()
    for id_ in {*rulebook.written_contracts, *recorded}:
        found = rulebook.contracts.get(ContractId(id_))
        if found is not None:
            yield found


def _reasons(rulebook: Rulebook) -> Callable[[str], BreachReasons]:
    def of(plan: str) -> BreachReasons:
        known = rulebook.plans.get(PlanId(plan))
        return NO_RULES if known is None else known.breach_reasons

    return of
