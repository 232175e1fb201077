"""Whether an entry may be written: accepted with the ledger it gives, or refused with the reason and the clause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain.allowance import AllowanceUnit
from sla_domain.bounds import within_reach
from sla_domain.errors import CalendarError
from sla_domain.ledger.entry import LedgerEntry
from sla_domain.ledger.fold import entry_order, ledger_at, opening_entry
from sla_domain.ledger.kind import EntryId, EntryKind
from sla_domain.ledger.objection import Objection, RefusalReason
from sla_domain.ledger.step import Ledger
from sla_domain.ledger.terms import LedgerTerms

LARGEST = Decimal(10**12)
FINEST = -6  # digits after the point
MOST_SURCHARGE = 1000  # per cent
_NEVER_DONE = {
    EntryKind.REFUNDED: RefusalReason.NOT_REFUNDABLE,
    EntryKind.TRANSFERRED: RefusalReason.NOT_TRANSFERABLE,
}
_ENDS_A_RESERVATION = (EntryKind.RELEASED, EntryKind.USED)


@dataclass(frozen=True, slots=True)
class EntryAccepted:
    """The decision that an entry may be written into a ledger (account of an allowance), with the resulting ledger."""

    entry: LedgerEntry
    ledger: Ledger
    known: bool = False
    """Whether an equal entry is written already, so that nothing changes."""


@dataclass(frozen=True, slots=True)
class EntryRefused:
    """The decision that an entry may not be written into a ledger (account of an allowance), and why."""

    entry: LedgerEntry
    objection: Objection
    """What is wrong. The objection may be about a later entry that could no longer be paid."""
    clause: str = ""
    """The clause behind the refusal. "" if none is named."""

    @property
    def reason(self) -> RefusalReason:
        """Return the code of the reason for the refusal."""
        return self.objection.reason


Decision = EntryAccepted | EntryRefused


def decide(terms: LedgerTerms, entries: Iterable[LedgerEntry], entry: LedgerEntry, now: datetime) -> Decision:
    """Decide whether an entry may be added to the ledger (account) of an allowance.

    The ledger is computed from all entries in order of time, so `entry` may be dated before others. `entry` is refused
    if the allowance could not pay for it, or could no longer pay for an entry after it. If an equal entry is written
    already, `entry` is accepted with `known` True. If a different entry has the same id, `entry` is refused.

    Args:
        terms: The contract's terms for the allowance.
        entries: The entries written already.
        now: The present instant. An entry dated later is refused.
    """
    written = list(entries)
    same = next((one for one in written if one.id == entry.id), None)
    if same is not None and same != entry:
        return _refused(terms, entry, RefusalReason.ID_TAKEN)
    if same is None and (reason := _ill_formed(terms, entry, now)) is not None:
        return _refused(terms, entry, reason)
    if same is None and (closed := _closed(terms, written, entry)) is not None:
        return closed
    together = written if same is not None else [*written, entry]
    last = max(now, *(one.at for one in together))
    try:
        ledger = ledger_at(terms, together, last)
        new = None if same is not None else _new_objection(ledger_at(terms, written, last), ledger, entry)
    except CalendarError:
        return _refused(terms, entry, RefusalReason.HOURS_UNKNOWN)
    if new is not None:
        return EntryRefused(entry, new, terms.allowance.clause)
    return EntryAccepted(entry, ledger, known=same is not None)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of `replay`: the decision on each entry in order of time, and the resulting ledger."""

    decisions: tuple[Decision, ...]
    ledger: Ledger


def replay(terms: LedgerTerms, entries: Iterable[LedgerEntry], now: datetime) -> Replayed:
    """Decide again on all entries of a ledger under `terms`, to see the effect of a change of terms.

    The entries are decided on in order of time, each with the entries accepted before. Closed entries are not decided
    on again: the balance that they left is used unchanged.

    Args:
        terms: The terms for the allowance to apply.
        now: The present instant. Entries dated later are refused, and the resulting ledger is as of this instant.
    """
    entries = list(entries)
    accepted: list[LedgerEntry] = [one for one in entries if one.opening is not None]
    decisions: list[Decision] = []
    for entry in sorted((one for one in entries if one.opening is None), key=entry_order):
        decision = decide(terms, accepted, entry, now)
        decisions.append(decision)
        if isinstance(decision, EntryAccepted) and not decision.known:
            accepted.append(entry)
    return Replayed(tuple(decisions), ledger_at(terms, accepted, now))


def _refused(terms: LedgerTerms, entry: LedgerEntry, reason: RefusalReason) -> EntryRefused:
    return EntryRefused(entry, Objection(reason=reason, entry=entry.id, at=entry.at), terms.allowance.clause)


def _closed(terms: LedgerTerms, written: Iterable[LedgerEntry], entry: LedgerEntry) -> EntryRefused | None:
    """Why it comes too late: the entries of its time are closed."""
    opened = opening_entry(written)
    start = entry.at if entry.work is None else entry.work.start
    if opened is None or start >= opened.at:
        return None
    about = Objection(reason=RefusalReason.CLOSED, entry=entry.id, at=entry.at, since=opened.at)
    return EntryRefused(entry, about, terms.allowance.clause)


def _new_objection(before: Ledger, after: Ledger, entry: LedgerEntry) -> Objection | None:
    """The first objection that the entry brings about; a passed limit says more than an empty balance."""
    known = {_about(one): one.missing for one in before.objections}
    new = [one for one in after.objections if _about(one) not in known or one.missing > known[_about(one)]]
    own = [one for one in new if one.entry == entry.id] or new
    limits = [one for one in own if one.reason is RefusalReason.AT_MOST]
    return next(iter(limits or own), None)


def _about(one: Objection) -> tuple[RefusalReason, EntryId, datetime]:
    return one.reason, one.entry, one.since or one.at


def _ill_formed(terms: LedgerTerms, entry: LedgerEntry, now: datetime) -> RefusalReason | None:
    """What is wrong with an entry by itself, whatever else is written."""
    if entry.kind.computed:
        return RefusalReason.COMPUTED
    if entry.kind in _NEVER_DONE:
        return _NEVER_DONE[entry.kind]
    if not entry.who.strip():
        return RefusalReason.NO_AUTHOR
    if entry.kind is EntryKind.ADJUSTED and not entry.reason.strip():
        return RefusalReason.NO_REASON
    return _misplaced(entry) or _amount_wrong(terms, entry) or _time_wrong(terms, entry, now)


def _misplaced(entry: LedgerEntry) -> RefusalReason | None:
    """Whether it says something that its kind cannot mean."""
    kind = entry.kind
    if (kind is EntryKind.RELEASED and entry.of is None) or (entry.of is not None and kind not in _ENDS_A_RESERVATION):
        return RefusalReason.NO_RESERVATION
    if entry.serves_at is not None and kind is not EntryKind.RESERVED:
        return RefusalReason.NOT_A_BOOKING
    if entry.surcharge:
        new = kind in (EntryKind.RESERVED, EntryKind.USED) and not _takes_all(entry)
        if not new:
            return RefusalReason.NO_SURCHARGE
        if not 0 < entry.surcharge <= MOST_SURCHARGE:
            return RefusalReason.OUT_OF_BOUNDS
    return None


def _takes_all(entry: LedgerEntry) -> bool:
    """Whether it ends a reservation with all that it holds."""
    return entry.of is not None and entry.amount is None and entry.work is None


def _amount_wrong(terms: LedgerTerms, entry: LedgerEntry) -> RefusalReason | None:
    amount, unit = entry.amount, terms.allowance.unit
    if entry.kind is EntryKind.RELEASED:
        return None if _takes_all(entry) else RefusalReason.NO_AMOUNT
    if entry.work is not None:
        if entry.kind is not EntryKind.USED or amount is not None:
            return RefusalReason.NO_AMOUNT
        return None if unit is AllowanceUnit.HOURS else RefusalReason.NOT_HOURS
    if amount is None:
        return None if _takes_all(entry) else RefusalReason.NO_AMOUNT
    if not amount.is_finite() or abs(amount) > LARGEST or int(amount.normalize().as_tuple().exponent) < FINEST:
        return RefusalReason.OUT_OF_BOUNDS
    if not amount or (amount < 0 and entry.kind is not EntryKind.ADJUSTED):
        return RefusalReason.NOT_POSITIVE
    return RefusalReason.NOT_WHOLE if unit.whole and amount % 1 else None


def _time_wrong(terms: LedgerTerms, entry: LedgerEntry, now: datetime) -> RefusalReason | None:
    work, instants = entry.work, [entry.at, entry.pays_at]
    if work is not None:
        if work.start >= work.end:
            return RefusalReason.EMPTY_WORK
        if entry.at != work.end:
            return RefusalReason.NOT_AT_END
        instants = [work.start]
        if terms.end is not None and work.end > terms.end:
            return RefusalReason.OUTSIDE_CONTRACT
    if not all(within_reach(at) and terms.covers(at) for at in instants):
        return RefusalReason.OUTSIDE_CONTRACT
    if entry.at > now:
        return RefusalReason.IN_FUTURE
    return RefusalReason.SERVED_BEFORE if entry.pays_at < entry.at else None
