"""Everything a fold may use besides events, frozen: contracts, plans and calendars under one version.

The catalogue (YAML, see `sla_catalogue`) builds it; tests build small ones by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_domain.calendar import Calendar
from sla_domain.contract import Contract, ContractId, Person
from sla_domain.normal import normal
from sla_domain.plan import Coverage, Plan, PlanId
from sla_domain.rota import Rota, RotaId
from sla_domain.window import BookedWindow


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

    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        """Return the calendar in which a coverage's hours count under a contract; the same object at each call.

        `windows`: booked hours that count as well.

        Raises CalendarError if it cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class ContractBoundary:
    """An instant from which another version of a recorded contract applies.

    `at`: that instant. `contract`, `version`: whose, and which version begins. `known_at`: when slad heard of it: it is
    later than `at` for a change dated back.
    """

    at: datetime
    contract: ContractId
    version: int
    known_at: datetime


class RecordedContracts(Protocol):
    """The contracts that are records in the store, beside those of the files (protocol). Contracts are built on demand.

    `sla_catalogue.recorded` is the implementation. What it returns may change between two folds, never during one.
    """

    def __contains__(self, contract: object) -> bool:
        """Return whether a contract of this id is recorded."""
        ...

    def __len__(self) -> int: ...

    def of_files(self) -> Mapping[ContractId, Contract]:
        """Return the contracts that are written in files, without what their records hold besides."""
        ...

    def ids(self) -> Collection[ContractId]:
        """Return the ids of all recorded contracts."""
        ...

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts with a version that names the customer, by `normal` form."""
        ...

    def at(self, contract: ContractId, instant: datetime) -> Contract | None:
        """Return the version of a contract that applies at an instant; None before its first, and if it is unknown."""
        ...

    def newest(self, contract: ContractId) -> Contract | None:
        """Return the version of a contract that took effect last; None if none has, and if it is unknown."""
        ...

    def boundaries(self, contract: ContractId) -> tuple[ContractBoundary, ...]:
        """Return when each version of a contract took effect, in order of time."""
        ...

    def with_products(self, products: Iterable[str]) -> tuple[ContractId, ...]:
        """Return the ids of the contracts in whose environment one of these products is, by `normal` name."""
        ...

    def with_domain(self, domain: str) -> tuple[ContractId, ...]:
        """Return the ids of the contracts that may let addresses of a mail domain register; `domain` in lower case."""
        ...

    def products(self) -> Mapping[str, str]:
        """Return the products that the contracts name: `normal` name -> name as written."""
        ...

    def revisions(self, contracts: Iterable[ContractId]) -> Mapping[str, int]:
        """Return the revisions as of which those of these contracts are seen that are recorded, by id."""
        ...

    def pin(self, contracts: Iterable[ContractId]) -> str:
        """Return a text that stands for these `revisions`; "" if none of the contracts is recorded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Plans, contracts and calendars of one catalogue version: all by which incidents are judged, besides their events.

    `recorded`: contracts of the store, which `contracts` and `plans` then include; None: there are only those of files.

    `default_contract`: applies where no contract of the customer does. `by_customer`: customer's name, as the catalogue
    has it -> ids of the customer's contracts; `by_normal`: the same by `normal` name. `rotas`: by id, for roles that a
    rota holds. `people`: by id, everybody whom an override may put on call in a rota; nobody where there are no rotas.
    `derived`: cache of what follows from the other fields.
    """

    version: str
    plans: Mapping[PlanId, Plan]
    contracts: Mapping[ContractId, Contract]
    default_contract: ContractId
    calendars: Calendars
    by_customer: Mapping[str, tuple[ContractId, ...]]
    rotas: Mapping[RotaId, Rota] = field(default_factory=lambda: MappingProxyType({}))
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    holidays_version: str = ""
    tzdata_version: str = ""
    recorded: RecordedContracts | None = field(default=None, compare=False)
    # What follows from the values above alone and is asked for at every event; bounded by the number of contracts.
    derived: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    # The same by the form in which names are compared, for customers who are not written as in the catalogue.
    by_normal: Mapping[str, tuple[ContractId, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, dict[ContractId, None]] = {}  # each id once, in the order of the catalogue
        for name, ids in self.by_customer.items():
            found.setdefault(normal(name), {}).update(dict.fromkeys(ids))
        object.__setattr__(self, "by_normal", {name: tuple(ids) for name, ids in found.items()})

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of a customer's contracts, () if none: by the exact name, else by its `normal` form.

        Contracts of files come before recorded ones.
        """
        of_files = self.by_customer.get(customer) or self.by_normal.get(normal(customer), ())
        return of_files if self.recorded is None else (*of_files, *self.recorded.contracts_of(customer))

    @property
    def written_contracts(self) -> Mapping[ContractId, Contract]:
        """Return the contracts of the catalogue's files: few enough to walk through, which recorded ones are not."""
        return self.contracts if self.recorded is None else self.recorded.of_files()

    def contract_at(self, contract: ContractId, at: datetime) -> Contract | None:
        """Return a contract as it applies at an instant; None if it is unknown, or recorded and not begun by then."""
        if self.recorded is not None and contract in self.recorded:
            return self.recorded.at(contract, at)
        return self.contracts.get(contract)

    def boundaries(self, customer: str) -> tuple[ContractBoundary, ...]:
        """Return when versions of the customer's recorded contracts took effect, in order of time."""
        if self.recorded is None:
            return ()
        found = [one for id_ in self.recorded.contracts_of(customer) for one in self.recorded.boundaries(id_)]
        return tuple(sorted(found, key=lambda one: (one.at, one.contract)))

    def version_for(self, contracts: Iterable[ContractId], customers: Iterable[str]) -> str:
        """Return the version under which an incident is judged that was under these contracts, for these customers.

        That is the catalogue's, joined with the revisions of the recorded contracts that could decide about it.
        """
        if self.recorded is None:
            return self.version
        found = {id_ for id_ in contracts if id_ in self.recorded}
        found |= {id_ for name in customers for id_ in self.recorded.contracts_of(name)}
        pin = self.recorded.pin(sorted(found))
        return joined_version(base_version(self.version), pin) if pin else base_version(self.version)

    def plan_of(self, contract: Contract) -> Plan:
        """Return the plan of a contract. Raises KeyError if the rulebook does not have it."""
        return self.plans[contract.plan]

    def person(self, contract: Contract, id_: str) -> Person | None:
        """Return a person of a contract, else one whom an override may put on call for it; None if neither is known."""
        return contract.people.get(id_) or self.people.get(id_)

    def is_timeless(self, customer: str) -> bool:
        """Return whether the same contract applies to `customer` at every instant.

        None of its contracts has dates then, and none is recorded.
        """
        if self.recorded is not None and self.recorded.contracts_of(customer):
            return False
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
            contract = self.contract_at(id_, at)
            if contract is not None and names_customer(contract, customer) and in_force(contract, at):
                return ContractMatch(contract, MatchReason.CUSTOMER)
        return ContractMatch(default, MatchReason.NOT_IN_FORCE)


_JOIN = "x"  # after the hexadecimal digits of a catalogue version, in every collation of texts


def joined_version(catalogue: str, pin: str) -> str:
    """Return the version that stands for a catalogue and the revisions of recorded contracts (their `pin`).

    It sorts between `catalogue` and `after_version(catalogue)`.
    """
    return f"{catalogue}{_JOIN}{pin}"


def base_version(version: str) -> str:
    """Return the catalogue version in a joined version; any other version is returned as it is."""
    return version.partition(_JOIN)[0]


def after_version(catalogue: str) -> str:
    """Return the text behind every joined version of a catalogue, in the order of texts."""
    return f"{catalogue}{chr(ord(_JOIN) + 1)}"


def names_customer(contract: Contract, customer: str) -> bool:
    """Return whether a contract is that of a customer, by the exact name or its `normal` form."""
    return customer in contract.customers or normal(customer) in contract.normal_customers


def in_force(contract: Contract, at: datetime) -> bool:
    """Return whether the contract is valid at `at`, by the day in its own zone.

    `valid_from` is the first day on which it is, `valid_to` the first day on which it no longer is; None: no such end.
    """
    if contract.valid_from is None and contract.valid_to is None:
        return True
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    starts = contract.valid_from is None or contract.valid_from <= day
    return starts and (contract.valid_to is None or day < contract.valid_to)
