"""Closing a ledger: what entries before an instant have left, and a fold that goes on from there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sla_domain.ledger.kind import EntryId, EntryKind
from sla_domain.ledger.objection import Objection, RefusalReason
from sla_domain.ledger.opening import LedgerOpening, OpeningCount, OpeningCrossing, OpeningLot, OpeningReservation
from sla_domain.ledger.period import period_at
from sla_domain.ledger.running_ledger import RunningLedger
from sla_domain.ledger.running_lot import OpenReservation, RunningLot
from sla_domain.ledger.step import Crossing, LedgerStep, Lot
from sla_domain.ledger.terms import LedgerTerms

_NOTHING = Decimal(0)


def opening_of(running: RunningLedger, before: datetime) -> LedgerOpening:
    """Return the state of a ledger (account of an allowance) at an instant, from which the ledger can go on.

    The state replaces all entries before the instant, which are closed.

    Args:
        running: The ledger after everything before `before`.
        before: The instant.
    """
    touched = [each for each in running.coming if each.left != each.lot.amount]
    kept = [*(each for each in running.ended if each.reserved), *running.alive, *touched]
    return LedgerOpening(
        at=before,
        lots=tuple(map(_lot, kept)),
        reservations=tuple(_reservation(id_, one) for id_, one in running.reservations.items()),
        counts=tuple(
            OpeningCount(kind, since, amount)
            for (kind, since), amount in running.counts.items()
            if amount and ((end := period_at(running.terms, kind, since).end) is None or end > before)
        ),
        crossings=_crossings(running),
        used=_used(running, before),
    )


def reopened(terms: LedgerTerms, opening: LedgerOpening, entry: EntryId) -> RunningLedger:
    """Return a ledger under computation that goes on from `opening`, the state left by closed entries.

    The state was computed when the entries were closed. If the contract includes another amount by now, the lots
    (portions) that the contract included get that amount.

    Args:
        entry: Id of the ledger entry that has the opening.
    """
    running = RunningLedger(terms, opening)
    lots: dict[str, RunningLot] = {}
    for one in opening.lots:
        lot = Lot(one.id, one.kind, one.start, one.expires, one.amount, one.entry)
        ended = one.expires is not None and one.expires < opening.at
        each = RunningLot(lot, one.left, one.reserved, one.used, one.expired, ended, set(one.warned))
        lots[one.id] = each
        if ended:
            running.ended.append(each)
            continue
        (running.alive if one.start < opening.at else running.coming).append(each)
        _follow_terms(running, each, opening.at, entry)
    for held in opening.reservations:
        shares = [(lots[lot], amount) for lot, amount in held.shares]
        running.reservations[held.entry] = OpenReservation(
            held.at, held.raw, shares, held.written_at, held.who, held.reference, held.surcharge
        )
    running.counts |= {(one.period, one.since): one.amount for one in opening.counts}
    warnings = {one.key: one for one in terms.allowance.warnings}
    running.crossings += [
        Crossing(warnings[one.threshold], one.at, one.balance, one.lot, one.expires)
        for one in opening.crossings
        if one.threshold in warnings
    ]
    free = running.free
    running.steps.append(
        LedgerStep(at=opening.at, kind=EntryKind.OPENING, amount=free, change=free, balance=free, entry=entry, raw=free)
    )
    return running


def _lot(each: RunningLot) -> OpeningLot:
    lot = each.lot
    return OpeningLot(
        id=lot.id,
        kind=lot.kind,
        start=lot.start,
        expires=lot.expires,
        amount=lot.amount,
        left=each.left,
        reserved=each.reserved,
        used=each.used,
        expired=each.expired,
        entry=lot.entry,
        warned=tuple(sorted(each.warned)),
    )


def _reservation(id_: EntryId, one: OpenReservation) -> OpeningReservation:
    return OpeningReservation(
        entry=id_,
        written_at=one.written_at,
        at=one.at,
        raw=one.raw,
        shares=tuple((lot.lot.id, amount) for lot, amount in one.shares if amount),
        who=one.who,
        reference=one.reference,
        surcharge=one.surcharge,
    )


def _crossings(running: RunningLedger) -> tuple[OpeningCrossing, ...]:
    """The latest crossing of each threshold; of an expiry only while its lot is valid."""
    valid = {each.lot.id for each in running.alive}
    latest = {(one.warning.key, one.lot): one for one in running.crossings if not one.lot or one.lot in valid}
    return tuple(
        OpeningCrossing(threshold=one.warning.key, at=one.at, balance=one.balance, lot=one.lot, expires=one.expires)
        for one in latest.values()
    )


def _used(running: RunningLedger, before: datetime) -> Decimal:
    terms = running.terms
    if not terms.covers(before):
        return _NOTHING
    since = period_at(terms, terms.allowance.expires, before).start
    used = sum((one.amount for one in running.steps if one.kind is EntryKind.USED and one.at >= since), _NOTHING)
    opened = running.opening
    return used + (opened.used if opened is not None and opened.at >= since else _NOTHING)


def _follow_terms(running: RunningLedger, each: RunningLot, at: datetime, entry: EntryId) -> None:
    """A lot that the contract gave has the amount that the contract includes now, as it would without the closing."""
    lot = each.lot
    now = running.terms.allowance.amount or _NOTHING
    if lot.kind is not EntryKind.GRANTED or lot.amount == now:
        return
    each.lot = Lot(lot.id, lot.kind, lot.start, lot.expires, now, lot.entry)
    each.left += now - lot.amount
    if each.left < 0:
        missing, each.left = -each.left, _NOTHING
        each.used -= min(missing, each.used)
        running.objections.append(Objection(reason=RefusalReason.BELOW_ZERO, entry=entry, at=at, missing=missing))
