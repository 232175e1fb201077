"""What was used of the contract's credits, hours and visits in the period, and what is left."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from sla_board import tables
from sla_board.report.model import Part, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject, SectionUnavailable
from sla_board.report.value import ReportCell, instant, number, span, text, word
from sla_domain.allowance import AllowanceUnit
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import (
    EntryKind,
    Ledger,
    LedgerEntry,
    LedgerStep,
    LedgerTerms,
    ledger_at,
    lots_to_expire,
    opening_entry,
)
from sla_domain.record import ContractRecord
from sla_platform.wire.contract import read_record

_NOTHING = Decimal(0)
_MOST = 100


async def ledgers(subject: ReportSubject) -> ReportSection:
    """Return the section on the contract's allowances: what is left of each at the period's end, and what was used."""
    if subject.catalogue is None:
        raise SectionUnavailable("missing.contract")
    terms = ledger_terms(subject.catalogue.rulebook, subject.known)
    if not terms:
        return ReportSection("ledgers", (ReportNote("note.no_ledgers"),))
    record = await _record(subject)
    at = min(subject.bounds.end, subject.now)
    opened = (opening_entry(_entries(record, one)) for one in terms)
    if any(one is not None and one.at > subject.bounds.start for one in opened):
        raise SectionUnavailable("missing.ledgers_closed")  # what was used before is not in the record any more
    folded = [ledger_at(one, _entries(record, one), at) for one in terms]
    parts: list[Part] = [
        ReportTable(
            "ledgers",
            ("column.allowance", "column.unit", "column.used", "column.free", "column.reserved", "column.expires"),
            tuple(_row(ledger, subject) for ledger in folded),
        )
    ]
    steps = [row for ledger in folded for row in _used(ledger, subject)]
    if steps:
        columns = ("column.allowance", "column.since", "column.used", "column.by", "column.remark")
        parts.append(
            ReportTable("used", columns, tuple(steps[:_MOST]), "table.used", left_out=max(len(steps) - _MOST, 0))
        )
    return ReportSection("ledgers", tuple(parts))


async def _record(subject: ReportSubject) -> ContractRecord | None:
    table = tables.contract_records.contract
    query = select(table.c.record).where(table.c.id == subject.id)
    found = (await subject.connection.execute(query)).scalar_one_or_none()
    return None if found is None else read_record(found)


def _entries(record: ContractRecord | None, terms: LedgerTerms) -> tuple[LedgerEntry, ...]:
    return () if record is None else record.entries_of(terms.allowance.id)


def _row(ledger: Ledger, subject: ReportSubject) -> tuple[ReportCell, ...]:
    unit = ledger.terms.allowance.unit
    used = sum((one.amount for one in ledger.steps if _in_period(one, subject)), _NOTHING)
    soon = next(iter(lots_to_expire(ledger)), None)
    return (
        subject.names.titled("allowance", ledger.terms.allowance),
        word(f"unit.{unit.value}"),
        _amount(used, unit),
        _amount(ledger.free, unit),
        _amount(ledger.reserved, unit),
        instant(soon.lot.expires if soon is not None else None),
    )


def _used(ledger: Ledger, subject: ReportSubject) -> list[tuple[ReportCell, ...]]:
    return [
        (
            subject.names.titled("allowance", ledger.terms.allowance),
            instant(step.at),
            _amount(step.amount, ledger.terms.allowance.unit),
            text(step.who),
            text(" · ".join(part for part in (step.reason, step.reference) if part)),
        )
        for step in ledger.steps
        if _in_period(step, subject)
    ]


def _in_period(step: LedgerStep, subject: ReportSubject) -> bool:
    return step.kind is EntryKind.USED and subject.bounds.hold(step.at)


def _amount(amount: Decimal, unit: AllowanceUnit) -> ReportCell:
    return span(timedelta(seconds=float(amount))) if unit is AllowanceUnit.HOURS else number(amount)
