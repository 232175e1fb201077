"""An entry of a ledger: something that was bought, used, reserved, released or adjusted. It is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", str)


class EntryKind(StrEnum):
    """The kinds of ledger entries, and of the steps by which the balance of an allowance changes.

    An allowance is an amount that a plan includes. `GRANTED` (included for a period) and `EXPIRED` follow from the
    contract and are never written by people. `RESERVED`: set aside for a service to come; `RELEASED`: given back from a
    reservation. `ADJUSTED`: corrected up or down, with a reason. `REFUNDED` and `TRANSFERRED` exist to be refused:
    nothing is paid back or moved to another contract (clause H10).
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
        """Return whether changes of this kind follow from the contract alone: nobody can write such an entry."""
        return self in (EntryKind.GRANTED, EntryKind.EXPIRED)


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """The time `[start, end)` in which somebody worked."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry in the ledger of an allowance, as a person or program wrote it; it is never changed.

    `at`: when it counts. `who`: the author. `amount`: seconds if the allowance counts hours, else in its unit; negative
    only for ADJUSTED. `work`: the time worked, instead of an amount; `at` is then its end. `of`: id of the reservation
    that a RELEASED or USED entry ends; a USED one without amount or work uses all that was reserved. `serves_at`: for a
    reservation, when the service takes place; lots (portions of the allowance) valid then pay for it. `surcharge`:
    percent on top, such as 50 for a booking at short notice. `reason`: in words; ADJUSTED needs one. `reference`: id of
    the incident or booked window, "" for none.
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
        """Return the instant at which the lots that pay for the entry must be valid.

        Lots are the portions of the allowance. For a reservation it is the instant when the service takes place, else
        `at`. It does not apply to an entry with `work`: that is paid by the lots valid when the work was done.
        """
        return self.serves_at or self.at
