"""A lot while the entries are read, and a reservation that lots pay for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sla_domain.ledger.step import Lot, LotBalance, LotShare

_NOTHING = Decimal(0)


@dataclass(slots=True, eq=False)
class RunningLot:
    """A lot with what is left of it so far.

    `ended`: its expiry has been passed. `warned`: the thresholds in days before it that have been handled.
    """

    lot: Lot
    left: Decimal
    reserved: Decimal = _NOTHING
    used: Decimal = _NOTHING
    expired: Decimal = _NOTHING
    ended: bool = False
    warned: set[int] = field(default_factory=set)

    @property
    def balance(self) -> LotBalance:
        """Return the lot as it stands."""
        return LotBalance(self.lot, self.left, self.reserved, self.used, self.expired)

    def give_back(self, amount: Decimal) -> Decimal:
        """Take back what was reserved; return how much of it is lost because the lot has expired since."""
        self.reserved -= amount
        if not self.ended:
            self.left += amount
            return _NOTHING
        self.expired += amount
        return amount


@dataclass(slots=True)
class OpenReservation:
    """An open reservation: the lots that pay for it, and what it counts as.

    `raw`: its amount without surcharge. `at`: when the service takes place.
    """

    at: datetime
    raw: Decimal
    shares: list[tuple[RunningLot, Decimal]]

    @property
    def total(self) -> Decimal:
        """Return how much is reserved, the surcharge included."""
        return sum((amount for _, amount in self.shares), _NOTHING)


def in_order(lots: Iterable[RunningLot], at: datetime) -> list[RunningLot]:
    """Return the lots that can pay for something at `at`; the one that expires first pays first."""
    payable = [each for each in lots if each.left > 0 and each.lot.valid(at)]
    return sorted(payable, key=_turn)


def _turn(each: RunningLot) -> tuple[bool, float, datetime, str]:
    lot = each.lot
    return lot.expires is None, 0.0 if lot.expires is None else lot.expires.timestamp(), lot.start, lot.id


def take(sources: Iterable[tuple[RunningLot, Decimal]], amount: Decimal) -> Iterator[tuple[RunningLot, Decimal]]:
    """Yield how much each source gives, in their order, until `amount` is reached or they are empty."""
    for lot, most in sources:
        if amount <= 0:
            return
        given = min(most, amount)
        if given > 0:
            amount -= given
            yield lot, given


def shares_of(taken: Iterable[tuple[RunningLot, Decimal]]) -> tuple[LotShare, ...]:
    """Return what each lot gave, as data."""
    return tuple(LotShare(lot.lot.id, amount) for lot, amount in taken)
