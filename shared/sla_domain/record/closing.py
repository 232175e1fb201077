"""Closing the ledgers of a contract up to an instant, so that its record has room for further entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sla_domain.allowance import AllowancePeriod
from sla_domain.errors import CalendarError
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, LedgerTerms, close_ledger, period_at
from sla_domain.record.change import EntryPosted, LedgersClosed
from sla_domain.record.record import ContractRecord

_LATE = timedelta(days=90)  # for so long after its end a contract year is kept open for what is told late
_WORTH = 4  # a closed year must give room to at least one entry in so many


def prepare_closing(record: ContractRecord, ledgers: Sequence[LedgerTerms], now: datetime) -> LedgersClosed | None:
    """Return the change that closes the older entries of a contract's ledgers, to make room for further entries.

    Closed entries are replaced by the balances that they left. The entries of contract years that ended 90 days ago or
    earlier are closed. If more than three quarters of the entries would remain, the older half is closed instead. The
    result is None if nothing can be closed.

    Args:
        record: The contract's stored record. It is not changed.
        ledgers: The terms of the contract's ledgers at `now`.
    """
    terms = {one.allowance.id: one for one in ledgers}
    entries = [one.entry for one in record.entries if one.allowance in terms and one.entry.opening is None]
    if len(entries) < 2:
        return None
    through = _years_end(ledgers[0], now)
    if sum(one.at < through for one in entries) * _WORTH < len(entries):
        through = sorted(one.at for one in entries)[len(entries) // 2]
    through = _before_no_work(entries, through)
    opened = max((one.entry.at for one in record.entries if one.entry.opening is not None), default=None)
    if not any(one.at < through for one in entries) or (opened is not None and through <= opened):
        return None
    try:
        openings = tuple(
            _opening(record, one, through)
            for one in ledgers
            if any(each.at < through for each in record.entries_of(one.allowance.id))
        )
    except CalendarError:  # the hours of old work are not known any more: nothing can be said of what it left
        return None
    return LedgersClosed(through, openings)


def _opening(record: ContractRecord, terms: LedgerTerms, through: datetime) -> EntryPosted:
    allowance = terms.allowance.id
    entry = LedgerEntry(
        id=EntryId(f"opening:{allowance}:{record.revision + 1}"),
        kind=EntryKind.OPENING,
        at=through,
        who="slad",
        opening=close_ledger(terms, record.entries_of(allowance), through),
    )
    return EntryPosted(allowance, entry)


def _years_end(terms: LedgerTerms, now: datetime) -> datetime:
    """Where the contract year begins whose predecessor nobody will add to any more."""
    at = now - _LATE
    return period_at(terms, AllowancePeriod.CONTRACT_YEAR, at).start if terms.covers(at) else terms.start


def _before_no_work(entries: Sequence[LedgerEntry], at: datetime) -> datetime:
    """`at`, or before it the instant at which no work is going on."""
    while spanning := [one.work.start for one in entries if one.work is not None and one.work.start < at <= one.at]:
        at = min(spanning)
    return at
