"""The kinds of entries that a ledger can have, and their ids."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", str)
_WINDOW = "window:"  # no entry that people write has a colon in its id


def window_entry(booking: str, revision: int) -> EntryId:
    """Return the id of the ledger entry that reserves the price of a booked window (extra hours of service).

    Args:
        booking: Id of the booking.
        revision: Number of the change in the contract's record by which the window is booked.
    """
    return EntryId(f"{_WINDOW}{booking}:{revision}")


def reserves_a_window(entry: EntryId, booking: str | None = None) -> bool:
    """Return whether an entry's id is that of the reservation for a booked window (extra hours).

    Args:
        booking: Id of the booking. None means any.
    """
    return entry.startswith(_WINDOW if booking is None else f"{_WINDOW}{booking}:")


class EntryKind(StrEnum):
    """The kinds of ledger entries, and of changes of the balance of an allowance (included amount)."""

    GRANTED = "granted"
    """Included by the contract for a period. Never written by people."""
    BOUGHT = "bought"
    RESERVED = "reserved"
    """Set aside for a future service."""
    RELEASED = "released"
    """Given back from a reservation."""
    USED = "used"
    ADJUSTED = "adjusted"
    """Corrected up or down, with a reason."""
    EXPIRED = "expired"
    """Lost at the end of a period. Never written by people."""
    REFUNDED = "refunded"
    """Always refused, as nothing is paid back (clause H10)."""
    TRANSFERRED = "transferred"
    """Always refused, as nothing is moved to another contract (clause H10)."""
    OPENING = "opening"
    """Brought forward from entries that are closed. Never written by people."""

    @property
    def computed(self) -> bool:
        """Return whether changes of this kind are computed from the contract.

        Nobody can write an entry of such a kind.
        """
        return self in (EntryKind.GRANTED, EntryKind.EXPIRED, EntryKind.OPENING)
