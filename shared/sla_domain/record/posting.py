"""Writing into a contract's ledgers: which entries join its record (clauses H10, H12 and E10, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sla_domain.ledger import (
    EntryId,
    EntryKind,
    EntryRefused,
    LedgerEntry,
    LedgerTerms,
    Objection,
    RefusalReason,
    decide,
    ledger_at,
    reserves_a_window,
    window_entry,
)
from sla_domain.record.change import EntryPosted
from sla_domain.record.record import ContractRecord
from sla_domain.record.rules import RefusalCode, RefusedChange
from sla_domain.window import BookableWindow, BookedWindow

MOST_ENTRIES = 5_000  # of all ledgers of one contract: each change carries the whole record
_OWED = (RefusalReason.BELOW_ZERO, RefusalReason.AT_MOST)  # what work that is done already may come to


class EntryNotAllowed(RefusedChange):
    """Raised for a ledger entry that the ledger's rules refuse, with RefusalCode.ENTRY.

    `refused`: the entry, and what is wrong with it. `terms`: the terms of the ledger.
    """

    def __init__(self, refused: EntryRefused, terms: LedgerTerms) -> None:
        super().__init__(RefusalCode.ENTRY, f"the entry is refused: {refused.reason.value}")
        self.refused = refused
        self.terms = terms


def terms_of(record: ContractRecord, ledgers: Sequence[LedgerTerms], allowance: str) -> LedgerTerms:
    """Return the terms of the ledger of one of the contract's allowances (included amounts).

    Args:
        record: The contract's stored record.
        ledgers: The terms of all its ledgers.
        allowance: Id of the allowance.

    Raises:
        RefusedChange: The contract has no such allowance.
    """
    found = next((one for one in ledgers if one.allowance.id == allowance), None)
    if found is None:
        known = ", ".join(one.allowance.id for one in ledgers)
        has = f"it has: {known}" if known else "it has none, or no first day from which its years could be counted"
        raise RefusedChange(RefusalCode.NO_LEDGER, f"{record.id} has no allowance {allowance!r}; {has}", "allowance")
    return found


def prepare_entry(
    record: ContractRecord, ledgers: Sequence[LedgerTerms], posted: EntryPosted, now: datetime
) -> EntryPosted | None:
    """Return the change that writes an entry into a ledger: `posted` itself, if the entry is allowed.

    The result is None if the record has the entry already.

    Args:
        record: The contract's stored record. It is not changed.
        ledgers: The terms of the contract's ledgers at `now`.

    Raises:
        EntryNotAllowed: The ledger refuses the entry.
        RefusedChange: The contract has no such ledger, or already has 5,000 entries that are not closed.
    """
    terms = terms_of(record, ledgers, posted.allowance)
    if (reason := _takes_back(record, posted, now)) is not None:
        objection = Objection(reason=reason, entry=posted.entry.id, at=posted.entry.at)
        raise EntryNotAllowed(EntryRefused(posted.entry, objection, terms.allowance.clause), terms)
    decision = decide(terms, record.entries_of(posted.allowance), posted.entry, now)
    if isinstance(decision, EntryRefused):
        raise EntryNotAllowed(decision, terms)
    return _unless_full(record, posted, known=decision.known)


def prepare_work(
    record: ContractRecord, ledgers: Sequence[LedgerTerms], posted: EntryPosted, now: datetime
) -> tuple[EntryPosted | None, Decimal]:
    """Return the change that records work already done, and the amount that the allowance cannot pay.

    The change is None if the record has the entry already. The amount is 0 if the allowance suffices. It is in seconds
    if the allowance is in hours, else in its unit. An entry that the allowance cannot pay in full is accepted too, as
    work cannot be undone. The ledger pays as much as it has, and records the unpaid amount as an objection.

    Args:
        record: The contract's stored record.
        ledgers: The terms of the contract's ledgers at `now`.
        posted: The entry to write.

    Raises:
        RefusedChange: The contract has no such ledger, or already has 5,000 entries that are not closed.
        EntryNotAllowed: The ledger refuses the entry for another reason than a missing amount or a limit.
    """
    try:
        return prepare_entry(record, ledgers, posted, now), Decimal(0)
    except EntryNotAllowed as short:
        if short.refused.reason not in _OWED:
            raise
        written = record.entries_of(posted.allowance)
        more = _owed(short.terms, [*written, posted.entry], now) - _owed(short.terms, written, now)
        return _unless_full(record, posted, known=False), more or short.refused.objection.missing


def _owed(terms: LedgerTerms, entries: Sequence[LedgerEntry], now: datetime) -> Decimal:
    """How much of all entries the ledger could not pay."""
    objections = ledger_at(terms, entries, max([now, *(one.at for one in entries)])).objections
    short = (one.missing for one in objections if one.reason is RefusalReason.BELOW_ZERO)
    return sum(short, Decimal(0))


def reservation(
    record: ContractRecord,
    ledgers: Sequence[LedgerTerms],
    bookable: BookableWindow,
    booked: BookedWindow,
    by: str,
    now: datetime,
) -> EntryPosted | None:
    """Return the ledger entry that reserves the price of booked extra hours, with surcharge.

    The result is None if the hours have no price.

    Args:
        record: The contract's stored record.
        ledgers: The terms of the contract's ledgers at `now`.
        bookable: The plan's rules for such hours.
        booked: The booking.
        by: Who books.

    Raises:
        EntryNotAllowed: The ledger cannot pay the price.
        RefusedChange: The contract has no such ledger, or already has 5,000 entries that are not closed.
    """
    price = bookable.price
    if price is None:
        return None
    entry = LedgerEntry(
        id=window_entry(booked.id, record.revision + 1),
        kind=EntryKind.RESERVED,
        at=now,
        who=by,
        amount=price.amount,
        serves_at=booked.start,
        surcharge=booked.surcharge,
        reference=booked.id,
    )
    return prepare_entry(record, ledgers, EntryPosted(price.allowance, entry), now)


def release(record: ContractRecord, booking: str, by: str, now: datetime) -> EntryPosted | None:
    """Return the ledger entry that frees what is reserved for a booking of extra hours that is cancelled.

    The result is None if nothing is reserved.

    Args:
        record: The contract's stored record.
        booking: Id of the booking.
        by: Who cancels.
        now: The present instant. The entry has this instant, or that of the reservation if it is later.
    """
    ended = {one.entry.of for one in record.entries}
    of_booking = [one for one in _reserved(record) if reserves_a_window(one[1], booking) and one[1] not in ended]
    if not of_booking:
        return None
    allowance, reserved, at, _ = of_booking[-1]
    entry = LedgerEntry(
        id=EntryId(f"cancelled:{booking}:{record.revision + 1}"),
        kind=EntryKind.RELEASED,
        at=max(now, at),
        who=by,
        of=reserved,
        reference=booking,
    )
    return EntryPosted(allowance, entry)


def _takes_back(record: ContractRecord, posted: EntryPosted, now: datetime) -> RefusalReason | None:
    """Why an entry by hand may not give back what is reserved (clause H10): a booking's reservation is released by its
    cancellation alone, and nothing that was served is."""
    entry = posted.entry
    if entry.of is None or any(one.id == entry.id for one in record.entries_of(posted.allowance)):
        return None
    part = entry.amount is not None or entry.work is not None
    if reserves_a_window(entry.of) and (entry.kind is EntryKind.RELEASED or part):
        return RefusalReason.OF_A_WINDOW
    serves = (serves_at for _, id_, at, serves_at in _reserved(record) if id_ == entry.of and serves_at > at)
    return RefusalReason.SERVED if entry.kind is EntryKind.RELEASED and any(at <= now for at in serves) else None


def _reserved(record: ContractRecord) -> Iterator[tuple[str, EntryId, datetime, datetime]]:
    """What was reserved: the allowance, the entry's id and instant, and when it serves; closed entries' open ones
    first."""
    for one in record.entries:
        if one.entry.opening is not None:
            for held in one.entry.opening.reservations:
                yield one.allowance, held.entry, held.written_at, held.at
        elif one.entry.kind is EntryKind.RESERVED:
            yield one.allowance, one.entry.id, one.entry.at, one.entry.pays_at


def _unless_full(record: ContractRecord, posted: EntryPosted, *, known: bool) -> EntryPosted | None:
    if known:
        return None
    if len(record.entries) >= MOST_ENTRIES:
        detail = f"{record.id} has {MOST_ENTRIES} open entries, which is as many as a contract can have"
        raise RefusedChange(RefusalCode.LEDGER_FULL, detail)
    return posted
