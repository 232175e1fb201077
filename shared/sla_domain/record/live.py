"""What happens to a contract beside its text: it is laid over the contract, whether a file or the store holds that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_domain.contract import Contract, EnvironmentItem
from sla_domain.record.record import ContractRecord
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What a record holds beside versions, as of a revision.

    `windows`: the booked windows. `environment`: the customer's profile, in place of what the contract's text says;
    None: nobody has stated one.
    """

    windows: tuple[BookedWindow, ...] = ()
    environment: tuple[EnvironmentItem, ...] | None = None


def live_parts(record: ContractRecord, revision: int | None = None) -> LiveParts:
    """Return what the record holds beside versions, as of a revision; None: as it stands."""
    profile = None if record.profile is None else record.profile.environment  # no clock depends on it
    return LiveParts(windows=record.windows_at(revision), environment=profile)


def with_live_parts(contract: Contract, parts: LiveParts) -> Contract:
    """Return the contract with what its record holds beside its text, under each of its entitlements too."""
    environment = contract.environment if parts.environment is None else parts.environment
    several = tuple(replace(one, bought=with_live_parts(one.bought, parts)) for one in contract.entitlements)
    return replace(contract, windows=parts.windows, environment=environment, entitlements=several)
