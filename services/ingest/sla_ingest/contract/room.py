"""How large a contract's record may become: every event carries it whole, and a topic takes only so much.

Decided in docs/decisions/0110-a-record-has-room.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.record import (
    Change,
    ContractFrozen,
    ContractRecord,
    LedgersClosed,
    ProfileChanged,
    RefusalCode,
    RefusedChange,
    VersionAdded,
    VersionInForce,
    VersionWithdrawn,
    WindowCancelled,
)
from sla_platform.wire.contract import RecordData, record_text

_EVENT = 16 * 1024  # bytes for what an event has besides the record, headers too
_EACH = 2 * 1024  # bytes that the end of a booking, or the putting in force of a version, can add
_FREES = (VersionInForce, VersionWithdrawn, ContractFrozen, WindowCancelled, LedgersClosed)


@dataclass(frozen=True, slots=True)
class RecordRoom:
    """The limit on the size of a contract's record (its versions, bookings and ledger entries).

    Part of the size is reserved for what must always be possible: to put versions in force, to withdraw or freeze them,
    to cancel bookings, and to end the contract.
    """

    largest: int
    """The greatest number of bytes of an event."""

    def check(self, change: Change, after: ContractRecord, data: RecordData, at: datetime, *, ends: bool) -> None:
        """Raise RefusedChange if a change makes a contract's record too large to be published.

        A version that takes effect is never refused.

        Args:
            change: The change.
            after: The record after the change.
            data: `after`, as it is published.
            at: When the contract is changed.
            ends: Whether the change ends the contract.
        """
        if isinstance(change, VersionInForce):
            return
        most = self.largest - _EVENT - (0 if ends or isinstance(change, _FREES) else _kept(after, at))
        size = len(record_text(data).encode())
        if size > most:
            raise RefusedChange(RefusalCode.TOO_LARGE, _said(change, data, size, most))


def _kept(record: ContractRecord, at: datetime) -> int:
    """How much may still be needed."""
    newest = record.newest
    end = 0 if newest is None else len(newest.document.encode()) + _EACH
    ahead = sum(one.start > at for one in record.windows_at())
    return _EACH * (len(record.pending) + ahead) + end


def _said(change: Change, data: RecordData, size: int, most: int) -> str:
    match change:
        case VersionAdded():
            hint = "shorten the text, or end this contract and go on under another id"
        case ProfileChanged():
            hint = "state fewer products, versions or facts"
        case _:
            hint = "state a smaller profile, or end this contract and go on under another id"
    parts = {
        "versions": data.model_copy(update={"windows": (), "entries": None, "profile": None}),
        "profile": data.model_copy(update={"windows": (), "entries": None, "versions": ()}),
        "ledger entries": data.model_copy(update={"windows": (), "profile": None, "versions": ()}),
    }
    sizes = ", ".join(f"{name} {len(record_text(part).encode())}" for name, part in parts.items())
    return f"the record would have {size} bytes ({sizes}), and there is room for {most}: {hint}"
