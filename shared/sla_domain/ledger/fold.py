"""The fold of a ledger: all its entries, in any order, give the lots, the balance and the steps of an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sla_domain.ledger.closing import opening_of, reopened
from sla_domain.ledger.entry import LedgerEntry
from sla_domain.ledger.kind import EntryId, EntryKind
from sla_domain.ledger.opening import LedgerClosed, LedgerOpening
from sla_domain.ledger.running_ledger import Movement, RunningLedger
from sla_domain.ledger.step import Ledger
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import work_parts

# At one instant: what brings something first, then what is set aside, what is given back, and what is used up.
_RANK = {EntryKind.BOUGHT: 0, EntryKind.ADJUSTED: 0, EntryKind.RESERVED: 1, EntryKind.RELEASED: 2}
_LAST = 3
_MICROSECOND = timedelta(microseconds=1)


def ledger_at(terms: LedgerTerms, entries: Iterable[LedgerEntry], at: datetime) -> Ledger:
    """Compute the ledger (account) of an allowance as of `at`, including what happens at that instant.

    Args:
        terms: The contract's terms for the allowance.
        entries: The entries, in any order. Entries later than `at` are ignored.

    Raises:
        CalendarError: Work lies outside the years of the allowance's calendar.
        LedgerClosed: `at` is too early: entries up to a later instant are closed (replaced by the balance they left).
    """
    running = _run(terms, entries, at)
    return Ledger(
        terms=terms,
        at=at,
        free=running.free,
        reserved=running.reserved,
        lots=tuple(each.balance for each in running.lots if each.lot.start <= at or each.reserved or each.used),
        steps=tuple(running.steps),
        crossings=tuple(running.crossings),
        objections=tuple(running.objections),
        opening=running.opening,
    )


def close_ledger(terms: LedgerTerms, entries: Iterable[LedgerEntry], before: datetime) -> LedgerOpening:
    """Return the state of a ledger (account of an allowance) at an instant, to close the entries before the instant.

    Closed entries are replaced by this state (`LedgerOpening`).

    Args:
        terms: The contract's terms for the allowance.
        entries: The entries, in any order. Those dated at `before` or later are ignored.
        before: The instant. No work may begin before it and end at it or later.

    Raises:
        CalendarError: Work lies outside the years of the allowance's calendar.
        LedgerClosed: The entries before a later instant are closed already.
    """
    written = list(entries)
    closed = [one for one in written if one.at < before]
    return opening_of(_run(terms, closed, before - _MICROSECOND, _ended(written)), before)


def opening_entry(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """Return the entry that replaces closed entries (older ones, of which only the balance is kept), or None."""
    return next((one for one in entries if one.opening is not None), None)


def _ended(entries: Iterable[LedgerEntry]) -> frozenset[EntryId]:
    """The reservations that an entry ends; those of windows that none does end when they are served."""
    return frozenset(one.of for one in entries if one.of is not None)


def _run(
    terms: LedgerTerms, entries: Iterable[LedgerEntry], at: datetime, ended: frozenset[EntryId] | None = None
) -> RunningLedger:
    """The ledger after everything up to and at `at`."""
    written = list(entries)
    opened = opening_entry(written)
    running = RunningLedger(terms)
    if opened is not None and opened.opening is not None:
        if at < opened.opening.at:
            raise LedgerClosed(terms.allowance.id, terms.contract, opened.opening.at)
        running = reopened(terms, opened.opening, opened.id)
    running.ended_by_entry = _ended(written) if ended is None else ended
    moves = sorted((move for entry in written for move in movements(terms, entry) if move.at <= at), key=_order)
    running.grant(max([at, *(move.pays_at for move in moves)]))
    for move in moves:
        running.apply(move)
    running.advance(at)
    return running


def movements(terms: LedgerTerms, entry: LedgerEntry) -> Iterator[Movement]:
    """Yield the changes of the balance that one ledger entry makes, in order of time.

    An entry without work makes one change. An entry with work makes one change for each part of the work at one rate.
    An entry that replaces closed ones makes no change: the ledger starts from its balance.

    Raises:
        CalendarError: The work lies outside the years of the allowance's calendar.
    """
    if entry.opening is not None:
        return
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
