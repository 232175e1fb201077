"""A ledger while its entries are read, one movement after the other in the order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from sla_domain.allowance import AllowancePeriod, BalanceWarning
from sla_domain.calendar import load_zone
from sla_domain.ledger.entry import LedgerEntry
from sla_domain.ledger.kind import EntryId, EntryKind, reserves_a_window
from sla_domain.ledger.objection import Objection, RefusalReason
from sla_domain.ledger.opening import LedgerOpening
from sla_domain.ledger.period import period_at, periods
from sla_domain.ledger.running_lot import OpenReservation, RunningLot, in_order, shares_of, take
from sla_domain.ledger.step import Crossing, LedgerStep, Lot
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import WorkPart

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A change of a ledger (account of an allowance) by one entry, or by one part of the work in an entry.

    If `raw` and `cost` are None, the change ends a reservation and frees the whole reserved amount.
    """

    entry: LedgerEntry
    at: datetime
    """When the change takes effect."""
    pays_at: datetime
    """When the lots (portions of the allowance) that pay must be valid."""
    raw: Decimal | None
    """The amount without multiplier and surcharge."""
    cost: Decimal | None
    """The amount with multiplier and surcharge (seconds for hours)."""
    part: WorkPart | None = None
    """The span of work at one rate. None without work."""
    last: bool = True
    """Whether this is the last part of the work."""


@dataclass(slots=True)
class RunningLedger:
    """A ledger (account of an allowance) under computation.

    `apply` adds one change (`Movement`) after another, in order of time.
    """

    terms: LedgerTerms
    opening: LedgerOpening | None = None
    """What closed entries have left, from which the computation goes on."""
    ended: list[RunningLot] = field(default_factory=list)
    """Lots (portions of the allowance) that have expired."""
    alive: list[RunningLot] = field(default_factory=list)
    """Lots that are valid."""
    coming: deque[RunningLot] = field(default_factory=deque)
    """Lots that begin later."""
    reservations: dict[EntryId, OpenReservation] = field(default_factory=dict)
    """Entry id -> open reservation."""
    ended_by_entry: frozenset[EntryId] = frozenset()
    """Reservations that an entry ends. Others for booked windows end when the window begins: the price is used."""
    counts: dict[tuple[AllowancePeriod, datetime], Decimal] = field(default_factory=dict)
    """(kind of period, its start) -> amount used or reserved, for periods with a limit."""
    steps: list[LedgerStep] = field(default_factory=list)
    """The changes of the balance so far."""
    crossings: list[Crossing] = field(default_factory=list)
    """Warning thresholds that were crossed."""
    objections: list[Objection] = field(default_factory=list)
    """Amounts that the lots could not pay, and limits that were passed."""

    @property
    def lots(self) -> list[RunningLot]:
        """Return all lots (portions of the allowance): expired, then valid, then future ones."""
        return [*self.ended, *self.alive, *self.coming]

    @property
    def free(self) -> Decimal:
        """Return how much of the allowance can be used at the instant computed so far.

        This is the sum of what is left in the valid lots (portions), without reserved amounts. The amount is in seconds
        if the allowance is in hours, else in its unit.
        """
        return sum((each.left for each in self.alive), _NOTHING)

    @property
    def reserved(self) -> Decimal:
        """Return how much is set aside by open reservations, in all lots (portions), future ones included.

        The amount is in seconds if the allowance is in hours, else in its unit.
        """
        return sum((each.reserved for each in self.lots), _NOTHING)

    def grant(self, through: datetime) -> None:
        """Add the lots (portions) that the contract includes, for periods that begin up to `through`.

        Each lot can be used once its period has begun. If the contract includes no amount, nothing is added. For a
        ledger that starts from an opening (the state left by closed entries), earlier lots are in the opening already.
        """
        amount = self.terms.allowance.amount
        if amount is None or not amount:
            return
        known = {each.lot.id for each in self.coming}
        for span in periods(self.terms, self.terms.allowance.per, through):
            if self.opening is not None and span.start < self.opening.at:
                continue
            day = span.start.astimezone(load_zone(self.terms.zone)).date()
            expires = period_at(self.terms, self.terms.allowance.expires, span.start).end
            lot = Lot(f"{EntryKind.GRANTED}-{day}", EntryKind.GRANTED, span.start, expires, amount)
            if lot.id not in known:
                self.coming.append(RunningLot(lot, amount))
        if known:
            self.coming = deque(sorted(self.coming, key=lambda each: each.lot.start))

    # -- time

    def advance(self, to: datetime) -> None:
        """Move time forward to `to`, and record what happens up to and including this instant.

        Three kinds of changes are added to `steps`, the ledger's list of changes. A lot (portion) begins. A lot expires
        with something left. A booked window begins, and its reserved price becomes used. Warnings some days before an
        expiry are added to `crossings`.
        """
        while due := min(self._due(to), key=lambda found: found[:3], default=None):
            at, _, _, happen = due
            happen(at)

    def _due(self, to: datetime) -> Iterator[tuple[datetime, int, str, Callable[[datetime], None]]]:
        """What happens by `to`; at one instant lots expire before others begin, then thresholds, then services."""
        if self.coming and self.coming[0].lot.start <= to:
            yield self.coming[0].lot.start, 1, self.coming[0].lot.id, self._begin
        for each in self.alive:
            if each.lot.expires is None:
                continue
            if each.lot.expires <= to:
                yield each.lot.expires, 0, each.lot.id, partial(self._expire, each)
            for warning in self.terms.allowance.warnings:
                if warning.days is not None and warning.days not in each.warned:
                    at = self._days_before(each.lot.expires, warning.days)
                    if at <= to:
                        yield at, 2, each.lot.id, partial(self._warn_of_expiry, each, warning)
        for id_, held in self.reservations.items():
            if held.at <= to and reserves_a_window(id_) and id_ not in self.ended_by_entry:
                yield held.at, 3, id_, partial(self._serve, id_)

    def _begin(self, at: datetime) -> None:
        before, each = self.free, self.coming.popleft()
        self.alive.append(each)
        self._step(at, each.lot.kind, each.lot.amount, before)

    def _serve(self, id_: EntryId, at: datetime) -> None:
        """A booked window begins: nothing can be cancelled any more, and its price is used."""
        held = self.reservations.pop(id_)
        paid = [(lot, amount) for lot, amount in held.shares if amount]
        for lot, amount in paid:
            lot.reserved -= amount
            lot.used += amount
        step = LedgerStep(
            at=at,
            kind=EntryKind.USED,
            amount=held.total,
            change=_NOTHING,
            balance=self.free,
            shares=shares_of(paid),
            entry=id_,
            raw=held.raw,
            surcharge=held.surcharge,
            who=held.who,
            reference=held.reference,
        )
        self.steps.append(step)

    def _expire(self, each: RunningLot, at: datetime) -> None:
        before, lost = self.free, each.left
        each.left, each.expired, each.ended = _NOTHING, each.expired + lost, True
        self.alive.remove(each)
        self.ended.append(each)
        if lost:
            self._step(at, EntryKind.EXPIRED, lost, before, [(each, lost)])

    def _days_before(self, at: datetime, days: int) -> datetime:
        day = at.astimezone(load_zone(self.terms.zone)).date()
        return self.terms.midnight(day - timedelta(days=days))

    def _warn_of_expiry(self, each: RunningLot, warning: BalanceWarning, at: datetime) -> None:
        assert warning.days is not None
        each.warned.add(warning.days)
        if each.left and at >= each.lot.start:  # a lot that begins after its warning instant gets no warning
            self.crossings.append(Crossing(warning, at, each.left, each.lot.id, each.lot.expires))

    # -- movements

    def apply(self, move: Movement) -> None:
        """Move time forward to `move.at` and apply one change of the balance.

        The balance never falls below zero. An amount that the lots (portions) cannot pay is recorded in `objections`.
        The excess over a limit is recorded there too.
        """
        self.advance(move.at)
        match move.entry.kind:
            case EntryKind.BOUGHT:
                self._add(move)
            case EntryKind.ADJUSTED if move.cost is not None and move.cost > 0:
                self._add(move)
            case EntryKind.ADJUSTED:
                self._pay(move, -(move.cost or _NOTHING), counts=False)
            case EntryKind.RESERVED:
                self._pay(move, move.cost or _NOTHING, counts=True)
            case EntryKind.USED:
                self._use(move)
            case EntryKind.RELEASED:
                self._release(move)
            case _:
                pass  # refused by `decide` always, and never part of a ledger

    def _add(self, move: Movement) -> None:
        amount = move.cost or _NOTHING
        expires = period_at(self.terms, self.terms.allowance.expires, move.at).end
        lot = Lot(move.entry.id, move.entry.kind, move.at, expires, amount, move.entry.id)
        before = self.free
        self.alive.append(RunningLot(lot, amount))
        self._step(move.at, move.entry.kind, amount, before, move=move)

    def _use(self, move: Movement) -> None:
        of = move.entry.of
        if of is None:
            self._pay(move, move.cost or _NOTHING, counts=True)
            return
        booked = self.reservations.get(of)
        if booked is None:
            self._object(move, RefusalReason.NO_RESERVATION)
            return
        self._count(booked.at, -booked.raw)
        raw, cost = (booked.raw, booked.total) if move.cost is None else (move.raw or _NOTHING, move.cost)
        booked.raw = _NOTHING
        before = self.free
        taken = list(take(booked.shares, cost))
        for lot, amount in taken:
            lot.reserved -= amount
            lot.used += amount
        paid = {id(lot): amount for lot, amount in taken}
        booked.shares = [(lot, amount - paid.get(id(lot), _NOTHING)) for lot, amount in booked.shares]
        missing = cost - sum((amount for _, amount in taken), _NOTHING)
        lost = self._close(of) if move.last else []
        taken += self._take_free(move, missing)
        self._step(move.at, EntryKind.USED, cost, before, taken, move, raw)
        self._say_lost(move.at, lost)
        self._count(move.pays_at, raw, move)

    def _release(self, move: Movement) -> None:
        of = move.entry.of
        booked = None if of is None else self.reservations.get(of)
        if of is None or booked is None:
            self._object(move, RefusalReason.NO_RESERVATION)
            return
        self._count(booked.at, -booked.raw)
        before, total, shares = self.free, booked.total, list(booked.shares)
        lost = self._close(of)
        self._step(move.at, EntryKind.RELEASED, total, before, shares, move)
        self._say_lost(move.at, lost)

    def _close(self, of: EntryId) -> list[tuple[RunningLot, Decimal]]:
        """End a reservation; return what of it is lost, by lot."""
        returned = [(lot, lot.give_back(amount)) for lot, amount in self.reservations.pop(of).shares if amount]
        return [(lot, amount) for lot, amount in returned if amount]

    def _say_lost(self, at: datetime, lost: list[tuple[RunningLot, Decimal]]) -> None:
        for lot, amount in lost:
            self._step(at, EntryKind.EXPIRED, amount, self.free, [(lot, amount)])

    def _pay(self, move: Movement, cost: Decimal, *, counts: bool) -> None:
        before = self.free
        reserve = move.entry.kind is EntryKind.RESERVED
        taken = self._take_free(move, cost, reserve=reserve)
        if reserve:
            self.reservations[move.entry.id] = OpenReservation(
                move.pays_at,
                move.raw or _NOTHING,
                list(taken),
                move.entry.at,
                move.entry.who,
                move.entry.reference,
                move.entry.surcharge,
            )
        self._step(move.at, move.entry.kind, move.cost or _NOTHING, before, taken, move, move.raw or _NOTHING)
        if counts:
            self._count(move.pays_at, move.raw or _NOTHING, move)

    def _take_free(self, move: Movement, cost: Decimal, *, reserve: bool = False) -> list[tuple[RunningLot, Decimal]]:
        """Take `cost` from the lots that can pay; what is missing is an objection."""
        payable = in_order((*self.alive, *self.coming), move.pays_at)
        free = sum((each.left for each in payable), _NOTHING)
        taken = list(take([(each, each.left) for each in payable], cost))
        for lot, amount in taken:
            lot.left -= amount
            if reserve:
                lot.reserved += amount
            else:
                lot.used += amount
        if cost > free:
            self._object(move, RefusalReason.BELOW_ZERO, missing=cost - free, free=free)
        return taken

    # -- what is counted and said

    def _count(self, at: datetime, raw: Decimal, move: Movement | None = None) -> None:
        """Count what is used or reserved in each limited period; `move`: blame it where a limit is passed."""
        for kind, limit in self.terms.allowance.at_most.items():
            since = period_at(self.terms, kind, at).start
            before = self.counts.get((kind, since), _NOTHING)
            self.counts[kind, since] = before + raw
            if move is not None and before + raw > limit:
                over = before + raw - limit
                self.objections.append(
                    Objection(
                        reason=RefusalReason.AT_MOST,
                        entry=move.entry.id,
                        at=at,
                        missing=over,
                        free=max(limit - before, _NOTHING),
                        limit=limit,
                        period=kind,
                        since=since,
                    )
                )

    def _object(
        self, move: Movement, reason: RefusalReason, missing: Decimal = _NOTHING, free: Decimal = _NOTHING
    ) -> None:
        objection = Objection(reason=reason, entry=move.entry.id, at=move.pays_at, missing=missing, free=free)
        self.objections.append(objection)

    def _step(
        self,
        at: datetime,
        kind: EntryKind,
        amount: Decimal,
        before: Decimal,
        taken: list[tuple[RunningLot, Decimal]] | None = None,
        move: Movement | None = None,
        raw: Decimal | None = None,
    ) -> None:
        entry = None if move is None else move.entry
        step = LedgerStep(
            at=at,
            kind=kind,
            amount=amount,
            change=self.free - before,
            balance=self.free,
            shares=shares_of(taken or ()),
            entry=None if entry is None else entry.id,
            part=None if move is None else move.part,
            raw=amount if raw is None else raw,
            surcharge=0 if entry is None else entry.surcharge,
            who="" if entry is None else entry.who,
            reason="" if entry is None else entry.reason,
            reference="" if entry is None else entry.reference,
        )
        self.steps.append(step)
        if entry is not None and step.change < 0:
            self._cross(step)

    def _cross(self, step: LedgerStep) -> None:
        """Note the thresholds that the balance has fallen to; one that lots expire through is said by their expiry."""
        whole = sum((each.lot.amount for each in self.alive), _NOTHING)
        for warning in self.terms.allowance.warnings:
            level = whole * warning.percent / 100 if warning.percent is not None else warning.left
            if level is not None and step.balance <= level < step.balance - step.change:
                self.crossings.append(Crossing(warning, step.at, step.balance))
