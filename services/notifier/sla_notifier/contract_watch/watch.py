"""Notifies the people whom a contract's rules name of booked hours and low allowances, once each.

What there is to tell follows from the contract's record as it stands (`alert.contract_news`), so that looking twice, or
in two processes at once, does no harm: each news is claimed by its key in the transaction that queues the messages.
Source: clauses H10, I6, E10 (docs/clauses.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog

from sla_domain.contract import Contract, ContractId
from sla_domain.errors import DomainError
from sla_domain.record import ContractRecord
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.contract_news import ContractNews, WindowNews, contract_news, newest_of_each
from sla_notifier.alert.contract_request import contract_request, tells_of_contract
from sla_notifier.context import NotifierContext
from sla_notifier.contract_watch.store import claim
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.bus import SkippedRows
from sla_platform.store.instant import store_now
from sla_platform.turn import LoopYielder

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 5.0
AT_ONCE = 50  # contracts of which nothing is known to have changed, in one look
ANEW = timedelta(hours=1)  # without a change an allowance moves only with time, at thresholds that are days apart


class ContractWatch:
    """The loop that notifies people of news of contracts: extra hours booked or cancelled, and allowances that run low.

    Call `run` for the loop, or `look` to check once. A changed contract is checked within seconds. Every other contract
    is checked about once an hour, or less often if there are more than 36,000 contracts.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        self._skipped = SkippedRows(context.quarantine, "contract-news", self._written)
        self._place = 0  # of the rows of records
        self._told: dict[str, frozenset[str]] = {}  # by contract: the keys of news that are known to be claimed
        self._waiting: list[str] = []
        self._begun: datetime | None = None  # when all contracts were last put into `_waiting`

    async def run(self) -> None:
        """Call `look` every 5 seconds until cancelled."""
        while True:
            await self.look()
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Check the changed contracts and a share of all other contracts, and notify people of their news.

        News are booked or cancelled extra hours, and allowances that run low. Returns the number of news handled,
        including news of which nobody is to be notified.

        Raises:
            Retryable: A passing failure. The next call checks the same contracts again.
        """
        context, place = self._context, self._place
        changed: list[str] = []
        if (records := context.records) is not None:
            async with context.store.reading() as connection:
                await records.refresh(connection)
                changed, place = await records.changed_since(connection, self._place)
        told, turn = 0, LoopYielder()
        for contract in dict.fromkeys((*changed, *self._next())):
            if not self._skipped.skips(contract):
                told += await self._one(contract)
            await turn.yield_if_due()
        self._place = place
        del self._waiting[:AT_ONCE]
        return told

    def _next(self) -> Sequence[str]:
        """The contracts whose turn it is. Those with entries in their ledgers come first."""
        now, records = self._context.time_source.now(), self._context.records
        if not self._waiting and (self._begun is None or abs(now - self._begun) >= ANEW):
            of_files = self._context.catalogue().rulebook.written_contracts
            recorded = () if records is None else (*records.shelf.with_entries(), *records.shelf)
            self._waiting, self._begun = list(dict.fromkeys((*of_files, *recorded))), now
        return self._waiting[:AT_ONCE]

    async def _one(self, contract: str) -> int:
        """A contract whose news cannot be computed or told goes to the quarantine alone."""
        done = 0

        async def work() -> None:
            nonlocal done
            try:
                _, news = self._news(contract, self._context.time_source.now())
                if news and not self._told.get(contract, frozenset()).issuperset(each.key for each in news):
                    done = await self._written(contract)
            except DomainError as error:  # its catalogue does not know those hours: `slad check` says so
                _log.warning("contracts.unknown", contract=contract, error=str(error)[:300])

        await self._skipped.tried(contract, work)
        if done:
            self._context.signal()
        return done

    def _news(self, contract: str, now: datetime) -> tuple[Contract | None, tuple[ContractNews, ...]]:
        rulebook, records = self._context.catalogue().rulebook, self._context.records
        found = rulebook.contract_at(ContractId(contract), now)
        if found is None or not tells_of_contract(rulebook, found):
            return found, ()
        record = None if records is None else records.shelf.get(contract)
        return found, contract_news(rulebook, found, record or ContractRecord(id=found.id), now)

    async def _written(self, contract: str) -> int:
        context = self._context
        async with context.writing() as connection:
            now = await store_now(connection, context.time_source)
            catalogue, (found, news) = context.catalogue(), self._news(contract, now)
            before, claimed = await claim(connection, contract, [each.key for each in news], now)
            fresh = newest_of_each(each for each in news if each.key in claimed and _concerns(each, before))
            asked = [] if found is None else [contract_request(each, catalogue.rulebook, found, now) for each in fresh]
            requests = tuple(each for each in asked if each is not None)
            if requests:
                batch = ChangeSet({})
                batch.requests += requests
                await write_changes(connection, batch, catalogue, context.render_config, now)
        self._told[contract] = frozenset(each.key for each in news)
        if claimed:
            _log.info("contracts.told", contract=contract, news=sorted(claimed), messages=len(requests))
        return len(claimed)


def _concerns(news: ContractNews, before: Collection[str]) -> bool:
    """Whoever never heard that hours were booked need not hear that they are cancelled."""
    return not isinstance(news, WindowNews) or not news.cancelled or news.booked_key in before
