"""The watch of objectives: counts what has changed, publishes how objectives stand, closes periods that have ended.

One contract is worked on in one transaction, which also writes the facts to the board's log and deletes the marks that
asked for it: after a crash the same is counted again, and a fact that was written is not written again. What changes
within a second is counted once, and contracts without objectives have one transaction for all: nothing is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.attainment.kept import (
    KeptStanding,
    Key,
    add_amendment,
    amendments_of,
    closable,
    contracts_with_standings,
    save_standing,
    standings_of,
)
from sla_board.attainment.model import ObjectiveResult, percent_text
from sla_board.attainment.read import AttainmentReader, CountedContract, counted_contract
from sla_board.projection.mark import (
    MarkedContract,
    last_mark,
    lock_contract,
    marked_contracts,
    marks_of,
    remove_marks,
    remove_marks_through,
)
from sla_domain.attainment import (
    AttainmentPeriod,
    ScopedObjective,
    Standing,
    ToldStanding,
    news_of,
    objectives_of,
    parse_period,
    period_at,
)
from sla_domain.contract import ContractId
from sla_domain.errors import BadPeriod
from sla_domain.objective import ObjectiveNews, PeriodKind
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.store.log import append
from sla_platform.timesource import TimeSource
from sla_platform.wire import ObjectiveFact, encode_objective_fact

OBJECTIVES = "objectives"
EVERY_SECONDS = 1.0
CONTRACTS = 50  # in one pass
MARKS = 2_000  # of one contract in one transaction
CLOSED_AFTER = timedelta(minutes=15)  # facts that arrive by then are part of the first recorded figure
_FIRST = ToldStanding()


class ObjectiveWatch:
    """The loop that counts objectives (promised shares) again after changes, and publishes their states. Call `run`.

    The loop also records the results of periods that have ended. Several processes may run the loop on one database.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars). None if there is none.
        quarantine: Receives the contracts that cannot be counted. They are left out for an hour.
        published: Called after facts were written to the board's log.
        counted: Called after objectives were counted again.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        rulebook: Callable[[], Rulebook | None],
        quarantine: Quarantine,
        published: Callable[[], None] = lambda: None,
        counted: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._time_source = time_source
        self._rulebook = rulebook
        self._published = published
        self._counted = counted
        self._more = False
        self._skipped = SkippedRows(quarantine, OBJECTIVES, self._again)

    async def run(self) -> None:
        """Count changed objectives again each second, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(0 if self._more else EVERY_SECONDS)

    async def look(self) -> int:
        """Count, in one pass, the objectives of contracts with changed counts or with an ended period.

        The result is the number of contracts that were counted. A contract that cannot be counted goes to the
        quarantine, and the others are counted.
        """
        rulebook = self._rulebook()
        if rulebook is None:
            return 0
        async with self._store.reading() as connection:
            now = await store_now(connection, self._time_source)
            room = CONTRACTS + len(self._skipped)  # those that are left out take nobody's place
            found = await marked_contracts(connection, room)
            marked = [one for one in found if not self._skipped.skips(one)][:CONTRACTS]
            found = await closable(connection, now - CLOSED_AFTER, room)
            ended = [one for one in found if not self._skipped.skips(one)][:CONTRACTS]
            bare = {one for one in marked if not _has_objectives(rulebook, one)}
            bare -= await contracts_with_standings(connection, bare)
            last = await last_mark(connection) if bare else 0
        self._more = len(marked) == CONTRACTS or len(ended) == CONTRACTS
        if bare:
            async with self._store.transaction() as connection:
                await remove_marks_through(connection, bare, last)
        done = len(bare)
        for contract in dict.fromkeys((*marked, *ended)):
            if contract not in bare and await self._skipped.tried(contract, partial(self._one, contract, rulebook)):
                done += 1
        if done:
            self._counted()
        return done

    async def _again(self, contract: str) -> None:
        rulebook = self._rulebook()
        if rulebook is not None:
            await self._one(contract, rulebook)
            self._counted()

    async def _one(self, contract: str, rulebook: Rulebook) -> None:
        async with self._store.transaction() as connection:
            now = await store_now(connection, self._time_source)
            if not await lock_contract(connection, contract):
                return  # another process has it
            marks = await marks_of(connection, contract, MARKS)
            facts = await _Counting(connection, rulebook, contract, marks, now).facts()
            await append(connection, tables.log, [encode_objective_fact(fact) for fact in facts])
            if marks is not None:
                await remove_marks(connection, marks)
                self._more |= marks.more
        if facts:
            self._published()


def _has_objectives(rulebook: Rulebook, contract: str) -> bool:
    known = rulebook.contracts.get(ContractId(contract))
    return known is not None and bool(objectives_of(known))


class _Counting:
    """One contract in one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        rulebook: Rulebook,
        contract: str,
        marks: MarkedContract | None,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._rulebook = rulebook
        self._contract = contract
        self._marks = marks
        self._now = now

    async def facts(self) -> list[ObjectiveFact]:
        """Store how each objective stands, and return what is to be published."""
        of = await counted_contract(self._connection, self._rulebook, self._contract)
        kept = await standings_of(self._connection, self._contract)
        if of is None or (not of.objectives and not kept):
            return []
        reader = AttainmentReader(self._connection, of, self._now)
        found: list[ObjectiveFact] = []
        for scoped in of.objectives:
            for period in self._periods(of, scoped, kept):
                fact = await self._objective(reader, scoped, period, kept)
                if fact is not None:
                    found.append(fact)
        await self._abandon(of, kept)
        return found

    def _periods(
        self, of: CountedContract, scoped: ScopedObjective, kept: Mapping[Key, KeptStanding]
    ) -> list[AttainmentPeriod]:
        """The present period, those that have ended and are not closed, and closed ones that may have changed."""
        kind = scoped.objective.period
        if kind is PeriodKind.CONTRACT_YEAR and of.first_day is None:
            return []
        found = [period_at(kind, self._now, of.zones, of.first_day)]
        earliest = None if self._marks is None else self._marks.earliest
        for (entitlement, objective, label), standing in kept.items():
            if (entitlement, objective) != (scoped.entitlement, scoped.objective.id) or standing.sealed:
                continue
            due = standing.closed_at is None or (earliest is not None and earliest < standing.ends_at)
            if due and (period := _read_label(label, of)) is not None and period.kind is kind:
                found.append(period)
        return list(dict.fromkeys(found))

    async def _objective(
        self,
        reader: AttainmentReader,
        scoped: ScopedObjective,
        period: AttainmentPeriod,
        kept: Mapping[Key, KeptStanding],
    ) -> ObjectiveFact | None:
        result = await reader.objective(scoped, period)
        key = (scoped.entitlement, scoped.objective.id, period.label)
        before = kept.get(key)
        told = _FIRST if before is None else before.told
        if before is not None and before.closed_at is not None:
            await self._amend(result, before, key)
            return None
        over = result.bounds.end + CLOSED_AFTER <= self._now
        quiet = self._marks is not None and self._marks.quiet
        after, news = news_of(told, result.figure.standing, quiet=quiet)
        if result.figure.standing is Standing.NOTHING_DUE and before is None and not result.figure.tally.open:
            return None
        await save_standing(self._connection, result, after, self._now, self._now if over else None)
        if over:
            await add_amendment(self._connection, result, 0, self._now, ())
        return None if news is None else self._fact(result, news, after.number)

    async def _amend(self, result: ObjectiveResult, before: KeptStanding, key: Key) -> None:
        """Store the figure of a closed period if it is another one by now."""
        was, now = before.tally, result.figure.tally
        if (was.met, was.missed, was.exempt) == (now.met, now.missed, now.exempt):
            return
        known = await amendments_of(self._connection, self._contract, [key[2]])
        number = max((one.number for one in known.get(key, ())), default=-1) + 1
        incidents = () if self._marks is None else self._marks.incidents
        await save_standing(self._connection, result, before.told, self._now, before.closed_at)
        await add_amendment(self._connection, result, number, self._now, incidents)

    async def _abandon(self, of: CountedContract, kept: Mapping[Key, KeptStanding]) -> None:
        """Close the periods of objectives that are agreed no more, or they would be looked at for ever."""
        agreed = {(scoped.entitlement, scoped.objective.id) for scoped in of.objectives}
        o = tables.objective.c
        for (entitlement, objective, label), standing in kept.items():
            if (entitlement, objective) in agreed or standing.closed_at is not None:
                continue
            await self._connection.execute(
                tables.objective.update()
                .where(o.contract == self._contract, o.entitlement == entitlement, o.objective == objective,
                       o.period == label)
                .values(closed_at=self._now, sealed=True)
            )  # fmt: skip

    def _fact(self, result: ObjectiveResult, news: ObjectiveNews, number: int) -> ObjectiveFact:
        figure, objective = result.figure, result.objective
        return ObjectiveFact(
            kind=news,
            contract=result.contract,
            entitlement=result.entitlement,
            objective=objective.id,
            percent=f"{objective.percent.normalize():f}",
            of=objective.of.value,
            period=result.period.label,
            start=result.bounds.start,
            end=result.bounds.end,
            zone=result.bounds.zones[-1],
            at=self._now,
            number=number,
            met=figure.tally.met,
            missed=figure.tally.missed,
            exempt=figure.tally.exempt,
            open=figure.tally.open,
            share=percent_text(figure.share),
            misses_allowed=figure.allowed,
            misses_left=figure.misses_left,
            incident=self._marks.incidents[0] if self._marks is not None and self._marks.incidents else "",
            tell=objective.tell,
        )


def _read_label(label: str, of: CountedContract) -> AttainmentPeriod | None:
    """A contract whose first day was moved has no such year any more."""
    try:
        return parse_period(label, of.first_day)
    except BadPeriod:
        return None
