"""Everything a fold may use besides events, frozen: contracts, plans and calendars under one version.

The catalogue (YAML, see `sla_catalogue`) builds it; tests build small ones by hand.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_domain.calendar import Calendar
from sla_domain.contract import Contract, ContractId
from sla_domain.normal import normal
from sla_domain.plan import Coverage, Plan, PlanId
from sla_domain.rota import Rota, RotaId


class MatchReason(StrEnum):
    """Why an incident is under a contract; the value is the reason in words."""

    CUSTOMER = "the customer's name belongs to this contract"
    NO_CUSTOMER = "the incident names no customer: the default contract applies"
    UNKNOWN_CUSTOMER = "no contract knows this customer: the default contract applies"
    NOT_IN_FORCE = "the customer's contract is not in force at this date: the default contract applies"


@dataclass(frozen=True, slots=True)
class ContractMatch:
    """The contract that applies to an incident, and the reason why it does."""

    contract: Contract
    reason: MatchReason


class Calendars(Protocol):
    """Makes the calendars of a catalogue (protocol): call `calendar` with a contract and a coverage (its hours)."""

    def calendar(self, contract: Contract, coverage: Coverage) -> Calendar:
        """Return the calendar in which a coverage's hours count under a contract; the same object at each call.

        Raises CalendarError if it cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Plans, contracts and calendars of one catalogue version: all by which incidents are judged, besides their events.

    `default_contract`: applies where no contract of the customer does. `by_customer`: customer's name, as the catalogue
    has it -> ids of the customer's contracts; `by_normal`: the same by `normal` name. `rotas`: by id, for roles that a
    rota holds. `derived`: cache of what follows from the other fields.
    """

    version: str
    plans: Mapping[PlanId, Plan]
    contracts: Mapping[ContractId, Contract]
    default_contract: ContractId
    calendars: Calendars
    by_customer: Mapping[str, tuple[ContractId, ...]]
    rotas: Mapping[RotaId, Rota] = field(default_factory=lambda: MappingProxyType({}))
    holidays_version: str = ""
    tzdata_version: str = ""
    # What follows from the values above alone and is asked for at every event; bounded by the number of contracts.
    derived: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    # The same by the form in which names are compared, for customers who are not written as in the catalogue.
    by_normal: Mapping[str, tuple[ContractId, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, tuple[ContractId, ...]] = {}
        for name, ids in self.by_customer.items():
            found[normal(name)] = tuple(dict.fromkeys((*found.get(normal(name), ()), *ids)))
        object.__setattr__(self, "by_normal", found)

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of a customer's contracts, () if none: by the exact name, else by its `normal` form."""
        return self.by_customer.get(customer) or self.by_normal.get(normal(customer), ())

    def plan_of(self, contract: Contract) -> Plan:
        """Return the plan of a contract. Raises KeyError if the rulebook does not have it."""
        return self.plans[contract.plan]

    def is_timeless(self, customer: str) -> bool:
        """Return whether the same contract applies to `customer` at every instant: none of its contracts has dates."""
        known = (self.contracts[id_] for id_ in self.contracts_of(customer))
        return all(contract.valid_from is None and contract.valid_to is None for contract in known)

    def contract_for(self, customer: str, at: datetime) -> ContractMatch:
        """Return the first contract of `customer` in force at `at`, else the default contract; with the reason."""
        default = self.contracts[self.default_contract]
        if not normal(customer):
            return ContractMatch(default, MatchReason.NO_CUSTOMER)
        candidates = self.contracts_of(customer)
        if not candidates:
            return ContractMatch(default, MatchReason.UNKNOWN_CUSTOMER)
        for id_ in candidates:
            contract = self.contracts[id_]
            if in_force(contract, at):
                return ContractMatch(contract, MatchReason.CUSTOMER)
        return ContractMatch(default, MatchReason.NOT_IN_FORCE)


def in_force(contract: Contract, at: datetime) -> bool:
    """Return whether the contract is valid at `at`, by the day in its own zone.

    `valid_from` is the first day on which it is, `valid_to` the first day on which it no longer is; None: no such end.
    """
    if contract.valid_from is None and contract.valid_to is None:
        return True
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    starts = contract.valid_from is None or contract.valid_from <= day
    return starts and (contract.valid_to is None or day < contract.valid_to)
