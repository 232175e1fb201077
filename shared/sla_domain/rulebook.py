"""Everything a fold may consult, frozen: contracts, plans, calendars, under one version.

The catalogue (YAML, see `sla_catalogue`) builds it; tests build small ones by hand.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_domain.calendar import Calendar
from sla_domain.contract import Contract, ContractId
from sla_domain.plan import Coverage, Plan, PlanId


class MatchReason(StrEnum):
    """Why an incident is under a contract."""

    CUSTOMER = "the customer's name belongs to this contract"
    NO_CUSTOMER = "the incident names no customer: the default contract applies"
    UNKNOWN_CUSTOMER = "no contract knows this customer: the default contract applies"
    NOT_IN_FORCE = "the customer's contract is not in force at this date: the default contract applies"


@dataclass(frozen=True, slots=True)
class ContractMatch:
    contract: Contract
    reason: MatchReason


class Calendars(Protocol):
    """Compiled calendars by contract and coverage; compiling is cached by the implementation."""

    def calendar(self, contract: Contract, coverage: Coverage) -> Calendar: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    version: str
    plans: Mapping[PlanId, Plan]
    contracts: Mapping[ContractId, Contract]
    default_contract: ContractId
    calendars: Calendars
    by_customer: Mapping[str, tuple[ContractId, ...]]
    holidays_version: str = ""
    tzdata_version: str = ""
    # What follows from the values above alone and is asked for at every event; bounded by the number of contracts.
    derived: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def plan_of(self, contract: Contract) -> Plan:
        return self.plans[contract.plan]

    def is_timeless(self, customer: str) -> bool:
        """Whether the contract of `customer` is the same at every instant."""
        known = (self.contracts[id_] for id_ in self.by_customer.get(customer, ()))
        return all(contract.valid_from is None and contract.valid_to is None for contract in known)

    def contract_for(self, customer: str, at: datetime) -> ContractMatch:
        """The contract of `customer` in force at `at`; never fails, the default contract and its reason instead."""
        default = self.contracts[self.default_contract]
        if not customer:
            return ContractMatch(default, MatchReason.NO_CUSTOMER)
        candidates = self.by_customer.get(customer, ())
        if not candidates:
            return ContractMatch(default, MatchReason.UNKNOWN_CUSTOMER)
        for id_ in candidates:
            contract = self.contracts[id_]
            if _in_force(contract, at):
                return ContractMatch(contract, MatchReason.CUSTOMER)
        return ContractMatch(default, MatchReason.NOT_IN_FORCE)


def _in_force(contract: Contract, at: datetime) -> bool:
    if contract.valid_from is None and contract.valid_to is None:
        return True
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    starts = contract.valid_from is None or contract.valid_from <= day
    return starts and (contract.valid_to is None or day < contract.valid_to)
