"""The gauge of ledgers that need attention: low, about to expire, or overdrawn by recorded work."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.errors import DomainError
from sla_domain.ledger import current_crossings, ledger_at, period_at
from sla_domain.rulebook import Rulebook
from sla_ingest.metrics import IngestMetrics
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 5.0
ANEW = timedelta(hours=1)  # without new entries a ledger changes only with time, at thresholds that are days apart
BALANCE, EXPIRY, OVER = "balance", "expiry", "over"


class LedgerWatch:
    """Updates the gauge `slad_ingest_ledger_warnings`: how many ledgers (accounts of allowances) need attention.

    A ledger needs attention if its balance is low, if an amount in it expires soon, or if it is overdrawn. The gauge
    counts each of the three separately.

    Args:
        shelf: The records of contracts in memory.
        rulebook: Returns the contracts in force, including recorded ones.
        quarantine: Receives, for a person to look at, the contracts whose ledgers cannot be computed, which are then
            left out for an hour.
    """

    def __init__(
        self,
        shelf: RecordShelf,
        rulebook: Callable[[], Rulebook],
        time_source: TimeSource,
        metrics: IngestMetrics,
        quarantine: Quarantine,
    ) -> None:
        self._shelf = shelf
        self._rulebook = rulebook
        self._time_source = time_source
        self._metrics = metrics
        self._found: dict[str, tuple[int, datetime, Counter[str]]] = {}
        self._skipped = SkippedRows(quarantine, "ledgers", self._look)

    async def run(self) -> None:
        """Call `update_gauge` every 5 seconds until cancelled."""
        while True:
            await self.update_gauge()
            await asyncio.sleep(LOOK_SECONDS)

    async def update_gauge(self) -> None:
        """Count the present warnings of ledgers, and set the Prometheus gauge `slad_ingest_ledger_warnings`.

        A ledger (account of an allowance) has a warning if its balance is low, if an amount in it expires soon, or if
        it is overdrawn. The ledgers of a contract are computed again when the contract has changed, and once an hour.
        """
        now, turn = self._time_source.now(), LoopYielder()
        for contract in self._shelf.with_entries():
            revision = self._shelf.revision(contract)
            known = self._found.get(contract)
            if self._skipped.skips(contract):
                continue
            if known is None or known[0] != revision or abs(now - known[1]) >= ANEW:
                await self._skipped.tried(contract, partial(self._look, contract))
                await turn.yield_if_due()
        total = sum((found for _, _, found in self._found.values()), Counter[str]())
        for about in (BALANCE, EXPIRY, OVER):
            self._metrics.ledger_warnings.labels(about).set(total[about])

    async def _look(self, contract: str) -> None:
        now = self._time_source.now()
        self._found[contract] = (self._shelf.revision(contract), now, self._warnings(contract, now))

    def _warnings(self, contract: str, now: datetime) -> Counter[str]:
        record, book = self._shelf.get(contract), self._rulebook()
        told: Counter[str] = Counter()
        found = book.contract_at(ContractId(contract), now)
        if record is None or found is None:
            return told
        try:
            for terms in ledger_terms(book, found):
                ledger = ledger_at(terms, record.entries_of(terms.allowance.id), now)
                about = {EXPIRY if one.expires is not None else BALANCE for one in current_crossings(ledger)}
                since = period_at(terms, terms.allowance.expires, now).start
                over = any(one.at >= since for one in ledger.objections)
                told.update(about | ({OVER} if over else set()))
        except DomainError as error:  # its catalogue does not know those hours: that is said where it is read
            _log.warning("ledger.unknown", contract=contract, error=str(error)[:300])
        return told
