"""The fold of a ledger: all its entries, in any order, give the lots, the balance and the steps of an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from sla_domain.ledger.entry import EntryKind, LedgerEntry
from sla_domain.ledger.running_ledger import Movement, RunningLedger
from sla_domain.ledger.step import Ledger
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import work_parts

# At one instant: what brings something first, then what is set aside, what is given back, and what is used up.
_RANK = {EntryKind.BOUGHT: 0, EntryKind.ADJUSTED: 0, EntryKind.RESERVED: 1, EntryKind.RELEASED: 2}
_LAST = 3


def ledger_at(terms: LedgerTerms, entries: Iterable[LedgerEntry], at: datetime) -> Ledger:
    """Compute the ledger (account) of an allowance as of `at`, with what happens at this instant itself.

    Args:
        terms: The contract's terms for the allowance.
        entries: The entries, in any order. Entries later than `at` are ignored.

    Raises:
        CalendarError: Work lies outside the years of the allowance's calendar.
    """
    moves = sorted((move for entry in entries for move in movements(terms, entry) if move.at <= at), key=_order)
    running = RunningLedger(terms)
    running.grant(max([at, *(move.pays_at for move in moves)]))
    for move in moves:
        running.apply(move)
    running.advance(at)
    return Ledger(
        terms=terms,
        at=at,
        free=running.free,
        reserved=running.reserved,
        lots=tuple(each.balance for each in running.lots if each.lot.start <= at or each.reserved or each.used),
        steps=tuple(running.steps),
        crossings=tuple(running.crossings),
        objections=tuple(running.objections),
    )


def movements(terms: LedgerTerms, entry: LedgerEntry) -> Iterator[Movement]:
    """Yield the changes of the balance that one ledger entry makes, in order of time.

    An entry without work makes one change. An entry with work makes one change for each part of the work at one rate.

    Raises:
        CalendarError: The work lies outside the years of the allowance's calendar.
    """
    if entry.work is None:
        cost = None if entry.amount is None else _with_surcharge(entry.amount, entry)
        yield Movement(entry=entry, at=entry.at, pays_at=entry.pays_at, raw=entry.amount, cost=cost)
        return
    parts = work_parts(entry.work, terms)
    for number, part in enumerate(parts, 1):
        cost = _with_surcharge(part.seconds * part.multiplier, entry)
        yield Movement(
            entry=entry,
            at=part.start,
            pays_at=part.start,
            raw=part.seconds,
            cost=cost,
            part=part,
            last=number == len(parts),
        )


def _with_surcharge(amount: Decimal, entry: LedgerEntry) -> Decimal:
    return (amount * (100 + entry.surcharge)).scaleb(-2)


def entry_order(entry: LedgerEntry) -> tuple[datetime, int, str]:
    """Return the key by which the entries of a ledger (account of an allowance) are sorted.

    Its parts are instant, kind and id. For an entry with work, the instant is the start of the work.
    """
    return entry.at if entry.work is None else entry.work.start, _RANK.get(entry.kind, _LAST), entry.id


def _order(move: Movement) -> tuple[datetime, int, str]:
    return move.at, *entry_order(move.entry)[1:]
