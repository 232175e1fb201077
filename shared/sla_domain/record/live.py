"""Changes to a contract beside its text. They apply whether a file or the store holds the text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_domain.contract import Contract, EnvironmentItem
from sla_domain.record.record import ContractRecord
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What is stored of a contract besides its text: booked extra hours, and what the customer runs."""

    windows: tuple[BookedWindow, ...] = ()
    """The booked extra hours."""
    environment: tuple[EnvironmentItem, ...] | None = None
    """The customer's products and versions, which replace those in the contract's text. None if none were stated."""


def live_parts(record: ContractRecord, revision: int | None = None) -> LiveParts:
    """Return the booked extra hours (windows) of a contract, and what its customer runs.

    The hours are those as of `revision`. What the customer runs is always as stated last; `environment` is None if it
    was never stated.

    Args:
        revision: Number of a change in the contract's record. None means the newest.
    """
    profile = None if record.profile is None else record.profile.environment  # no clock depends on it
    return LiveParts(windows=record.windows_at(revision), environment=profile)


def with_live_parts(contract: Contract, parts: LiveParts) -> Contract:
    """Return a copy of the contract with the booked extra hours and environment of `parts`.

    The hours and the environment (what the customer runs) are also set in each of the contract's entitlements. If
    `parts.environment` is None, the environment stays as in the contract.
    """
    environment = contract.environment if parts.environment is None else parts.environment
    several = tuple(replace(one, bought=with_live_parts(one.bought, parts)) for one in contract.entitlements)
    return replace(contract, windows=parts.windows, environment=environment, entitlements=several)
