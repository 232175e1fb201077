"""What closed entries have left behind: the state of a ledger at an instant, from which its fold goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain.allowance import AllowancePeriod
from sla_domain.errors import DomainError
from sla_domain.ledger.kind import EntryId, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLot:
    """A lot (portion of an allowance) in a ledger's state that replaces closed entries.

    The four amounts after `amount` sum to it. They are in seconds if the allowance is in hours, else in its unit.
    """

    id: str
    kind: EntryKind
    """GRANTED (by the contract), BOUGHT or ADJUSTED."""
    start: datetime
    """The instant from which the lot can be used."""
    expires: datetime | None
    """The instant from which the lot can no longer be used. None if it never expires."""
    amount: Decimal
    left: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal
    entry: EntryId | None = None
    """Id of the entry that created the lot. None if GRANTED."""
    warned: tuple[int, ...] = ()
    """Days before the expiry whose warning was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningReservation:
    """A reservation that had not ended when a ledger's older entries were closed (replaced by the ledger's state)."""

    entry: EntryId
    """Id of the entry that reserved."""
    written_at: datetime
    """The instant of that entry."""
    at: datetime
    """When the service takes place."""
    raw: Decimal
    """The reserved amount without surcharge."""
    shares: tuple[tuple[str, Decimal], ...]
    """Id of a lot, and the amount that the lot pays."""
    who: str = ""
    """The author of the reservation."""
    reference: str = ""
    """Id of the booked window. "" for none."""
    surcharge: int = 0
    """Surcharge in percent."""


@dataclass(frozen=True, slots=True)
class OpeningCount:
    """How much was used or reserved in a period with a limit, when a ledger's older entries were closed.

    The period had not ended then. The amount is in seconds if the allowance is in hours, else in its unit.
    """

    period: AllowancePeriod
    since: datetime
    """When the period began."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningCrossing:
    """A warning threshold that was crossed before a ledger's older entries were closed (replaced by its state)."""

    threshold: str
    """The threshold's name, such as `left-20-percent`."""
    at: datetime
    balance: Decimal
    """The balance after the crossing."""
    lot: str = ""
    """Id of the lot that expires. "" for other warnings."""
    expires: datetime | None = None
    """When that lot expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOpening:
    """The state of a ledger (account of an allowance) at an instant. It replaces all entries before the instant."""

    at: datetime
    """Entries dated before this instant are closed; what happens at it is not."""
    lots: tuple[OpeningLot, ...]
    """The lots that are valid, that have something reserved, or that begin later and pay for something."""
    reservations: tuple[OpeningReservation, ...] = ()
    counts: tuple[OpeningCount, ...] = ()
    crossings: tuple[OpeningCrossing, ...] = ()
    used: Decimal = Decimal(0)
    """What was used since the beginning of the period in which the allowance expires and `at` lies."""


class LedgerClosed(DomainError):
    """Raised for a ledger as of an instant before which entries are closed, so that only a later state is known.

    `at`: the instant up to which the entries are closed.
    """

    def __init__(self, allowance: str, contract: str, at: datetime) -> None:
        super().__init__(f"the entries of {allowance} of {contract} before {at.isoformat()} are closed")
        self.at = at
