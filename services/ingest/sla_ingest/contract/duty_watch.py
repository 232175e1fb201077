"""Recorded contracts that promise hours which nobody holds: looked for in the background, each day anew.

A contract is looked at again when its record changes, when the catalogue with its rotas does, and when a day begins.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from datetime import date

import structlog

from sla_catalogue import Catalogue
from sla_catalogue.compiler import ContractCompiler, ContractProblem
from sla_catalogue.rule.duty import ProvenDuty
from sla_domain.record import ContractRecord, ContractVersion
from sla_ingest.metrics import IngestMetrics
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.errors import Retryable
from sla_platform.fault import error_text, passing_as_retryable
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
WORK_SECONDS = 0.1
"""How long one look computes at most: a tenth of a processor, so that a folder of many contracts disturbs nobody."""


class DutyWatch:
    """Finds recorded contracts that promise hours in which nobody of the first escalation level is on duty.

    Recorded contracts are those kept in the database. DutyWatch sets the gauge `slad_ingest_contracts_unheld` to the
    number of contracts found.

    Args:
        catalogue: Returns the catalogue of the files, with its rotas. It lacks overrides of rotas (somebody is on call
            instead of another) that were made over the API. They leave no hour without a person, so they are not needed
            here.
        shelf: The records of contracts in memory.
    """

    def __init__(
        self, shelf: RecordShelf, catalogue: Callable[[], Catalogue], time_source: TimeSource, metrics: IngestMetrics
    ) -> None:
        self._shelf = shelf
        self._catalogue = catalogue
        self._time_source = time_source
        self._metrics = metrics
        self._of: tuple[ContractCompiler, date] | None = None
        self._proven: ProvenDuty = {}
        self._seen: dict[str, int] = {}  # revision of each record as it was looked at
        self._left: deque[str] = deque()
        self._seq = -1
        self._found: dict[str, tuple[ContractProblem, ...]] = {}

    @property
    def day(self) -> date | None:
        """Return the first day for which contracts are checked; None before the first check."""
        return None if self._of is None else self._of[1]

    @property
    def checked(self) -> int:
        """Return how many contracts have been checked for the present day and catalogue."""
        return len(self._seen)

    def looked_at(self, contract: str) -> bool:
        """Return whether the contract with this id was checked today for hours in which nobody is on duty."""
        return contract in self._seen

    def unheld(self, contract: str) -> tuple[ContractProblem, ...]:
        """Return warnings about hours of a contract (id) in which nobody is on duty, as found by its last check."""
        return self._found.get(contract, ())

    def contracts(self) -> list[str]:
        """Return the ids of the contracts with hours in which nobody is on duty, sorted."""
        return sorted(self._found)

    async def run(self) -> None:
        """Call `look` every second until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, seconds: float = WORK_SECONDS) -> None:
        """Check contracts for hours in which nobody is on duty, and set the gauge.

        Only contracts that have changed since their last check are checked. If the catalogue or the day has changed,
        all contracts are checked.

        Args:
            seconds: How long to compute at most. The next call checks the contracts that are left.
        """
        now = self._time_source.now()
        compiler, day = self._catalogue().compiler, now.date()
        if self._of is None or self._of[0] is not compiler or self._of[1] != day:
            self._of, self._proven, self._seq = (compiler, day), {}, -1
            self._seen.clear()
        if self._seq != self._shelf.seq:
            self._seq = self._shelf.seq
            self._left = deque(one for one in self._shelf if self._seen.get(one) != self._shelf.revision(one))
        turn, until = LoopYielder(), time.perf_counter() + seconds
        while self._left and time.perf_counter() < until:
            self._try_at(self._left.popleft(), compiler, day)
            await turn.yield_if_due()
        self._metrics.contracts_unheld.set(len(self._found))

    def _try_at(self, contract: str, compiler: ContractCompiler, day: date) -> None:
        """One that cannot be looked at is known to nobody as unheld, and delays no other."""
        try:
            with passing_as_retryable():
                self._look_at(contract, compiler, day)
        except Retryable:
            del self._seen[contract]
            self._seq = -1  # all that is left is looked at again
            raise
        except Exception as error:
            self._found.pop(contract, None)
            _log.error("contract.duty_not_known", contract=contract, error=error_text(error)[:500])

    def _look_at(self, contract: str, compiler: ContractCompiler, day: date) -> None:
        self._seen[contract] = self._shelf.revision(contract)
        record = self._shelf.get(contract)
        version = None if record is None else self._in_force(record)
        found: tuple[ContractProblem, ...] = ()
        if version is not None:
            values = json.loads(version.document)
            found = compiler.check_duty(contract, values, version=version.number, today=day, proven=self._proven)
        if not found:
            self._found.pop(contract, None)
            return
        if self._found.get(contract) != found:
            _log.warning("contract.nobody_on_duty", contract=contract, said=found[0].message[:300])
        self._found[contract] = found

    def _in_force(self, record: ContractRecord) -> ContractVersion | None:
        """The version that applies now, or before a contract begins the first one."""
        return record.at(self._time_source.now()) or next(iter(record.pending), None)
