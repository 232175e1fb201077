"""An entry of a ledger: something that was bought, used, reserved, released or adjusted. It is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain.ledger.kind import EntryId, EntryKind
from sla_domain.ledger.opening import LedgerOpening


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """The time `[start, end)` in which somebody worked."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry in the ledger (account) of an allowance, as a person or program wrote it.

    Entries are never changed.
    """

    id: EntryId
    kind: EntryKind
    at: datetime
    """When the entry takes effect. For work, the end of the work."""
    who: str
    """The author."""
    amount: Decimal | None = None
    """Seconds if the allowance is in hours, else in its unit. Negative only for ADJUSTED."""
    work: WorkSpan | None = None
    """The time worked, instead of an amount."""
    of: EntryId | None = None
    """Id of the reservation that a RELEASED or USED entry ends. A USED entry without amount or work uses all that was
    reserved."""
    serves_at: datetime | None = None
    """For a reservation, when the service takes place. Lots (portions of the allowance) valid then pay for it."""
    surcharge: int = 0
    """Surcharge in percent, such as 50 for a booking at short notice."""
    reason: str = ""
    """The reason in words. Needed for ADJUSTED."""
    reference: str = ""
    """Id of the incident or booked window. "" for none."""
    opening: LedgerOpening | None = None
    """The ledger's state at `at`, if this entry replaces all earlier ones. None for every kind but OPENING."""

    @property
    def pays_at(self) -> datetime:
        """Return when lots (portions of the allowance) must be valid, so that they can pay for the entry.

        For a reservation, this is when the service takes place. For other entries, it is `at`. The result is not used
        for an entry with `work`: the lots that are valid during the work pay for that.
        """
        return self.serves_at or self.at
