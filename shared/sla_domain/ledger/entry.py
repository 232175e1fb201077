"""An entry of a ledger: something that was bought, used, reserved, released or adjusted. It is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", str)


class EntryKind(StrEnum):
    """The kinds of ledger entries, and of changes of an allowance's balance.

    `GRANTED`: included by the contract for a period; never written by people.
    `RESERVED`: set aside for a future service.
    `RELEASED`: given back from a reservation.
    `ADJUSTED`: corrected up or down, with a reason.
    `EXPIRED`: lost at the end of a period; never written by people.
    `REFUNDED`, `TRANSFERRED`: always refused, as nothing is paid back or moved to another contract (clause H10).
    """

    GRANTED = "granted"
    BOUGHT = "bought"
    RESERVED = "reserved"
    RELEASED = "released"
    USED = "used"
    ADJUSTED = "adjusted"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    TRANSFERRED = "transferred"

    @property
    def computed(self) -> bool:
        """Return whether changes of this kind follow from the contract, so that nobody can write them."""
        return self in (EntryKind.GRANTED, EntryKind.EXPIRED)


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """The time `[start, end)` in which somebody worked."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry in the ledger of an allowance, as a person or program wrote it.

    Entries are never changed.
    `at`: when the entry takes effect; for work, the end of the work.
    `who`: the author.
    `amount`: seconds if the allowance is in hours, else in its unit; negative only for ADJUSTED.
    `work`: the time worked, instead of an amount.
    `of`: id of the reservation that a RELEASED or USED entry ends. USED without amount or work uses all that was
    reserved.
    `serves_at`: for a reservation, when the service takes place. Lots (portions of the allowance) valid then pay for
    it.
    `surcharge`: percent on top, such as 50 for a booking at short notice.
    `reason`: in words; needed for ADJUSTED.
    `reference`: id of the incident or booked window, "" for none.
    """

    id: EntryId
    kind: EntryKind
    at: datetime
    who: str
    amount: Decimal | None = None
    work: WorkSpan | None = None
    of: EntryId | None = None
    serves_at: datetime | None = None
    surcharge: int = 0
    reason: str = ""
    reference: str = ""

    @property
    def pays_at(self) -> datetime:
        """Return when the lots (portions of the allowance) that pay for the entry must be valid.

        That is when a reserved service takes place, else `at`. For an entry with `work`, the lots valid during the work
        pay instead.
        """
        return self.serves_at or self.at
