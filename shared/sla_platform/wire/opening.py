"""What closed entries have left of a ledger, as stored and published (`EntryData.opening`)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from sla_domain.allowance import AllowancePeriod
from sla_domain.ledger import (
    EntryId,
    EntryKind,
    LedgerOpening,
    OpeningCount,
    OpeningCrossing,
    OpeningLot,
    OpeningReservation,
)


class OpeningLotData(BaseModel):
    """A lot (portion of an allowance, such as 30 credits bought together) in the opening balance of a ledger.

    The opening balance (`OpeningData`) replaces all entries before an instant. Hours are stated in seconds.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    id: str
    kind: EntryKind
    """How the lot came about: granted, bought or adjusted."""
    start: datetime
    """From when the lot can be used."""
    expires: datetime | None = None
    """From when the lot can no longer be used. Null if it never expires."""
    amount: Decimal
    """The amount of the lot at first; `left`, `reserved`, `used` and `expired` sum to it."""
    left: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal
    entry: str | None = None
    """The id of the entry that made the lot. Null if the contract includes it."""
    warned: tuple[int, ...] = ()
    """Days before the expiry whose warning was given."""


class OpeningShareData(BaseModel):
    """How much of a reservation is taken from one lot (portion of an allowance)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    lot: str
    """The id of the lot."""
    amount: Decimal


class OpeningReservationData(BaseModel):
    """A reservation of part of an allowance in the opening balance of a ledger.

    The opening balance (`OpeningData`) replaces all entries before an instant, none of which has ended the reservation.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    entry: str
    """The id of the entry that reserved."""
    written_at: datetime
    """The instant of that entry."""
    at: datetime
    """When the reserved service takes place."""
    raw: Decimal
    """The amount without surcharge."""
    shares: tuple[OpeningShareData, ...] = ()
    """How much of the reservation is taken from each lot."""
    who: str = ""
    reference: str = ""
    """The id of the booked window. "" for none."""
    surcharge: int = 0
    """The surcharge in percent."""


class OpeningCountData(BaseModel):
    """How much of an allowance was used or reserved in a limited period, as part of the ledger's opening balance.

    The amount is that of the entries which the opening balance (`OpeningData`) replaces.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    period: AllowancePeriod
    since: datetime
    """When the period began."""
    amount: Decimal


class OpeningCrossingData(BaseModel):
    """A warning threshold that was crossed before the ledger's opening balance, such as: less than 20 percent left.

    The opening balance (`OpeningData`) replaces all entries before an instant.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    threshold: str
    """The threshold's name, such as `left-20-percent`."""
    at: datetime
    balance: Decimal
    """The balance after the crossing."""
    lot: str = ""
    """The id of the lot that expires. "" for other warnings."""
    expires: datetime | None = None
    """When that lot expires."""


class OpeningData(BaseModel):
    """The opening balance of a ledger (the account of an allowance), which replaces all entries before an instant.

    The replaced entries are called closed.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    lots: tuple[OpeningLotData, ...] = ()
    reservations: tuple[OpeningReservationData, ...] = ()
    counts: tuple[OpeningCountData, ...] = ()
    crossings: tuple[OpeningCrossingData, ...] = ()
    used: Decimal
    """What was used since the beginning of the period at whose end unused parts of the allowance expire."""


def opening_data(opening: LedgerOpening) -> OpeningData:
    """Return the opening balance of a ledger in the form in which it is stored and published.

    The opening balance replaces the ledger's closed entries.
    """
    return OpeningData(
        lots=tuple(
            OpeningLotData(
                id=one.id,
                kind=one.kind,
                start=one.start,
                expires=one.expires,
                amount=one.amount,
                left=one.left,
                reserved=one.reserved,
                used=one.used,
                expired=one.expired,
                entry=one.entry,
                warned=one.warned,
            )
            for one in opening.lots
        ),
        reservations=tuple(
            OpeningReservationData(
                entry=one.entry,
                written_at=one.written_at,
                at=one.at,
                raw=one.raw,
                shares=tuple(OpeningShareData(lot=lot, amount=amount) for lot, amount in one.shares),
                who=one.who,
                reference=one.reference,
                surcharge=one.surcharge,
            )
            for one in opening.reservations
        ),
        counts=tuple(OpeningCountData(period=one.period, since=one.since, amount=one.amount) for one in opening.counts),
        crossings=tuple(
            OpeningCrossingData(
                threshold=one.threshold, at=one.at, balance=one.balance, lot=one.lot, expires=one.expires
            )
            for one in opening.crossings
        ),
        used=opening.used,
    )


def read_opening(data: OpeningData, at: datetime) -> LedgerOpening:
    """Return the opening balance of a ledger that is stored as `data`.

    Args:
        at: The instant of the opening balance. It replaces all entries before this instant.
    """
    return LedgerOpening(
        at=at,
        lots=tuple(
            OpeningLot(
                id=one.id,
                kind=one.kind,
                start=one.start,
                expires=one.expires,
                amount=one.amount,
                left=one.left,
                reserved=one.reserved,
                used=one.used,
                expired=one.expired,
                entry=None if one.entry is None else EntryId(one.entry),
                warned=one.warned,
            )
            for one in data.lots
        ),
        reservations=tuple(
            OpeningReservation(
                entry=EntryId(one.entry),
                written_at=one.written_at,
                at=one.at,
                raw=one.raw,
                shares=tuple((each.lot, each.amount) for each in one.shares),
                who=one.who,
                reference=one.reference,
                surcharge=one.surcharge,
            )
            for one in data.reservations
        ),
        counts=tuple(OpeningCount(one.period, one.since, one.amount) for one in data.counts),
        crossings=tuple(
            OpeningCrossing(threshold=one.threshold, at=one.at, balance=one.balance, lot=one.lot, expires=one.expires)
            for one in data.crossings
        ),
        used=data.used,
    )
