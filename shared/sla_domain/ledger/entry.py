"""An entry of a ledger: something that was bought, used, reserved, released or adjusted. It is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", str)


class EntryKind(StrEnum):
    """What happened to an allowance.

    `GRANTED` and `EXPIRED` follow from the contract and are never written. `REFUNDED` and `TRANSFERRED` exist to be
    refused with their reason: nothing is paid back or moved to another contract (clause H10, docs/clauses.md).
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
        """Return whether such a step follows from the contract alone, so that nobody can write it."""
        return self in (EntryKind.GRANTED, EntryKind.EXPIRED)


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """The time `[start, end)` in which somebody worked."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry of a ledger, as somebody wrote it.

    `amount`: in the allowance's unit, seconds for hours; negative only for ADJUSTED. `work`: the time worked instead of
    an amount; `at` is then its end. `of`: the reservation that a RELEASED or USED entry ends; without an amount, all of
    it. `serves_at`: when the service that is reserved takes place; lots (portions) that are valid then pay for it.
    `surcharge`: per cent on top, such as 50 for a booking without due notice (clause H10). `reference`: the id of the
    incident or booked window.
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
        """Return the instant at which the lots must be valid that pay for an entry without `work`."""
        return self.serves_at or self.at
