"""The objectives of a contract, each with the entitlement whose promises it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.attainment.period import ZoneHistory
from sla_domain.contract import Contract, ContractId
from sla_domain.objective import Objective
from sla_domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class ScopedObjective:
    """An objective of a contract, with the entitlement to which the objective is limited.

    An entitlement is one of several plans that a contract has.
    """

    entitlement: str
    """The id of the entitlement. "" for the whole contract."""
    objective: Objective


def objectives_of(contract: Contract) -> tuple[ScopedObjective, ...]:
    """Return the objectives of a contract.

    Objectives of the whole contract come first, then the objectives of each entitlement (one of several plans).
    """
    whole = tuple(ScopedObjective("", each) for each in contract.objectives)
    return whole + tuple(
        ScopedObjective(one.id, each) for one in contract.entitlements for each in one.bought.objectives
    )


def zones_of(rulebook: Rulebook, contract: ContractId) -> ZoneHistory | None:
    """Return the time zones that a contract has had, read from the versions of the contract.

    The result is None if the rulebook (plans, contracts and calendars) does not have the contract.
    """
    now = rulebook.contracts.get(contract)
    if now is None:
        return None
    recorded = rulebook.recorded
    if recorded is None or contract not in recorded:
        return ZoneHistory(now.zone)
    starts = sorted({boundary.at for boundary in recorded.boundaries(contract)})
    zones = [(at, version.zone) for at in starts if (version := recorded.at(contract, at)) is not None]
    if not zones:
        return ZoneHistory(now.zone)
    changes: list[tuple[datetime, str]] = []
    last = first = zones[0][1]
    for at, zone in zones[1:]:
        if zone != last:
            changes.append((at, zone))
            last = zone
    return ZoneHistory(first, tuple(changes))
