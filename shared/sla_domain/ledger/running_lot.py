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
    """A lot (portion of an allowance) under computation: what is left, reserved, used and expired so far.

    Amounts are in seconds if the allowance is in hours, else in its unit.
    """

    lot: Lot
    """The portion as given."""
    left: Decimal
    reserved: Decimal = _NOTHING
    used: Decimal = _NOTHING
    expired: Decimal = _NOTHING
    ended: bool = False
    """Whether the lot has expired."""
    warned: set[int] = field(default_factory=set)
    """Days before the expiry whose warning was handled, such as {30, 7}."""

    @property
    def balance(self) -> LotBalance:
        """Return the present amounts of the lot (portion of the allowance) as an immutable value."""
        return LotBalance(self.lot, self.left, self.reserved, self.used, self.expired)

    def give_back(self, amount: Decimal) -> Decimal:
        """Return a reserved amount to the lot (portion of the allowance), and return how much is lost by this.

        All of the amount is lost if the lot has expired. Otherwise nothing is lost, and the result is 0.
        """
        self.reserved -= amount
        if not self.ended:
            self.left += amount
            return _NOTHING
        self.expired += amount
        return amount


@dataclass(slots=True)
class OpenReservation:
    """A reservation that has not ended.

    Amounts are in seconds if the allowance is in hours, else in its unit.
    """

    at: datetime
    """When the service takes place."""
    raw: Decimal
    """The reserved amount without surcharge."""
    shares: list[tuple[RunningLot, Decimal]]
    """The amount that each lot (portion of the allowance) pays for the reservation."""
    written_at: datetime
    """The instant of the entry that reserved."""
    who: str = ""
    """The author of that entry."""
    reference: str = ""
    """Id of the booked window. "" for none."""
    surcharge: int = 0
    """Surcharge in percent."""

    @property
    def total(self) -> Decimal:
        """Return how much is reserved in all lots (portions of the allowance), with the surcharge."""
        return sum((amount for _, amount in self.shares), _NOTHING)


def in_order(lots: Iterable[RunningLot], at: datetime) -> list[RunningLot]:
    """Return the lots (portions of an allowance) that can pay at `at`, in the order in which they pay.

    A lot can pay if it is valid at `at` and not used up. The lot that expires first pays first. Lots that never expire
    come last.
    """
    payable = [each for each in lots if each.left > 0 and each.lot.valid(at)]
    return sorted(payable, key=_turn)


def _turn(each: RunningLot) -> tuple[bool, float, datetime, str]:
    lot = each.lot
    return lot.expires is None, 0.0 if lot.expires is None else lot.expires.timestamp(), lot.start, lot.id


def take(sources: Iterable[tuple[RunningLot, Decimal]], amount: Decimal) -> Iterator[tuple[RunningLot, Decimal]]:
    """Divide an amount among lots (portions of an allowance) that pay for it: yield pairs (lot, amount).

    The lots are not changed. If the sources do not suffice, the amounts sum to less than `amount`.

    Args:
        sources: Pairs (lot, the most that the lot may pay), used in their order.
    """
    for lot, most in sources:
        if amount <= 0:
            return
        given = min(most, amount)
        if given > 0:
            amount -= given
            yield lot, given


def shares_of(taken: Iterable[tuple[RunningLot, Decimal]]) -> tuple[LotShare, ...]:
    """Convert pairs (lot, amount) to `LotShare` values, which name each lot by its id.

    A lot is a portion of an allowance.
    """
    return tuple(LotShare(lot.lot.id, amount) for lot, amount in taken)
