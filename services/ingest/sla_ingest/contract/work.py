"""Counting work reported by events in the ledgers of its contracts (clause E10, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.allowance import AllowanceUnit
from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.errors import CalendarError
from sla_domain.explain.ledger import amount_text, refusal_text
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, LedgerTerms, WorkSpan
from sla_domain.record import ContractRecord, EntryNotAllowed, EntryPosted, RefusedChange, prepare_work, terms_of
from sla_domain.rulebook import Rulebook
from sla_ingest.contract import store as records
from sla_ingest.contract.room import RecordRoom
from sla_ingest.dialect.port import IngestRemark, ParkedBecause, RemarkNote, Work
from sla_ingest.entry import InboxEntry, Receipt, answer_of, ledger_entry_id, park_entry
from sla_ingest.inbox import known_answers
from sla_platform.timesource import TimeSource


class WorkCounter:
    """A callable that enters reported work into the ledgers (accounts of allowances) of contracts.

    Call it in the transaction that stores deliveries, with the connection and the deliveries' receipts. It returns the
    receipts, each with the result for its work: counted, counted but above the allowance, or parked (not counted, but
    stored for a person to look at).

    Args:
        rulebook: Returns the contracts in force, including recorded ones.
        room: How large a contract's record may become.
    """

    def __init__(self, rulebook: Callable[[], Rulebook], time_source: TimeSource, room: RecordRoom) -> None:
        self._rulebook = rulebook
        self._room = room
        self._time_source = time_source

    async def __call__(self, connection: AsyncConnection, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Count the work of the receipts, and return the receipts with the outcome.

        The work was counted, was counted with a remark that the allowance is exceeded, or was parked.
        """
        known = set(await known_answers(connection, [one.entry.id for one in receipts if one.entry.work is not None]))
        held: dict[str, ContractRecord] = {}  # as locked and changed in this transaction
        done: list[Receipt] = []
        for one in receipts:
            if one.entry.work is not None and one.entry.id not in known:  # a known one gets its first answer
                entry = await self._counted(connection, one.entry, one.entry.work, held)
                one = replace(one, entry=entry, answer=orjson.dumps(answer_of(entry, None)))
                known.add(entry.id)
            done.append(one)
        return done

    async def _counted(
        self, connection: AsyncConnection, entry: InboxEntry, work: Work, held: dict[str, ContractRecord]
    ) -> InboxEntry:
        now = max(self._time_source.now(), work.end)
        try:
            ledgers = self._ledgers(work, now)
            named = work.allowance or _only_hours(ledgers)
        except _NoLedger as missing:
            return park_entry(entry, ParkedBecause.NO_LEDGER, str(missing))
        work = replace(work, allowance=named)
        record = held.get(work.contract) or await records.locked_record(connection, work.contract)

        async def write(before: ContractRecord) -> Decimal:
            change, over = prepare_work(before, ledgers, _posted(entry, work), now)
            if change is not None:
                after = await records.write_change(connection, before, change, now, work.who, work.reason, self._room)
                held[work.contract] = after
            return over

        try:
            over = await records.with_room(connection, record, lambda: ledgers, write, now, self._room)
        except EntryNotAllowed as error:
            return park_entry(entry, ParkedBecause.NO_LEDGER, refusal_text(error.refused, error.terms))
        except RefusedChange as refused:
            return park_entry(entry, ParkedBecause.NO_LEDGER, str(refused))
        if not over:
            return replace(entry, work=work)
        said = f"over the allowance by {amount_text(over, terms_of(record, ledgers, named).allowance.unit)}"
        return replace(entry, work=work, remarks=(*entry.remarks, RemarkNote(IngestRemark.OVER_ALLOWANCE, said)))

    def _ledgers(self, work: Work, now: datetime) -> tuple[LedgerTerms, ...]:
        book = self._rulebook()
        contract = book.contract_at(ContractId(work.contract), now)
        try:
            return () if contract is None else ledger_terms(book, contract)
        except CalendarError as error:
            raise _NoLedger(str(error)) from None


class _NoLedger(Exception):
    """No ledger, or more than one, could count some work."""


def _only_hours(ledgers: Sequence[LedgerTerms]) -> str:
    names = [one.allowance.id for one in ledgers if one.allowance.unit is AllowanceUnit.HOURS]
    if len(names) != 1:
        raise _NoLedger(f"say which allowance: {', '.join(names)}" if names else "the contract has no hours to use")
    return names[0]


def _posted(entry: InboxEntry, work: Work) -> EntryPosted:
    written = LedgerEntry(
        id=EntryId(ledger_entry_id(entry)),
        kind=EntryKind.USED,
        at=work.end,
        who=work.who,
        work=WorkSpan(work.start, work.end),
        reason=work.reason,
        reference=work.incident,
    )
    return EntryPosted(work.allowance, written)
