"""What happens to a contract beside its text: it is laid over the contract, whether a file or the store holds that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_domain.contract import Contract, EnvironmentItem
from sla_domain.record.record import ContractRecord
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What a contract's record holds besides its text: booked windows, and what the customer runs.

    `windows`: the booked extra hours. `environment`: the customer's products and versions, in place of those in the
    contract's text; None if none were stated.
    """

    windows: tuple[BookedWindow, ...] = ()
    environment: tuple[EnvironmentItem, ...] | None = None


def live_parts(record: ContractRecord, revision: int | None = None) -> LiveParts:
    """Return the booked extra hours (windows) of a contract, and what its customer runs.

    `revision`: the number of a change of the record; the hours are those booked as of then; None: as of the newest. The
    customer's products (environment) are always those stated last; None if none were.
    """
    profile = None if record.profile is None else record.profile.environment  # no clock depends on it
    return LiveParts(windows=record.windows_at(revision), environment=profile)


def with_live_parts(contract: Contract, parts: LiveParts) -> Contract:
    """Return a copy of the contract with the booked extra hours and environment of `parts`.

    Each of its entitlements gets them, too. The environment is what the customer runs; the contract's own one stays if
    `parts.environment` is None.
    """
    environment = contract.environment if parts.environment is None else parts.environment
    several = tuple(replace(one, bought=with_live_parts(one.bought, parts)) for one in contract.entitlements)
    return replace(contract, windows=parts.windows, environment=environment, entitlements=several)
