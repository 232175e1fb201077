"""What happens to a contract beside its text: it is laid over the contract, whether a file or the store holds that."""

from __future__ import annotations

from dataclasses import dataclass

from sla_domain.record.record import ContractRecord
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What a record holds beside versions, as of a revision. `windows`: the booked windows."""

    windows: tuple[BookedWindow, ...] = ()


def live_parts(record: ContractRecord, revision: int | None = None) -> LiveParts:
    """Return what the record holds beside versions, as of a revision; None: as it stands."""
    return LiveParts(windows=record.windows_at(revision))
