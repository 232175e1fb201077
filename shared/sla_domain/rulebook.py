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
from sla_domain.contract import Contract, ContractId, Person, day_within
from sla_domain.normal import normal
from sla_domain.plan import Coverage, Plan, PlanId
from sla_domain.rota import Rota, RotaId
from sla_domain.window import BookedWindow


class MatchReason(StrEnum):
    """Why a contract applies to an incident.

    The value is the reason in words.
    """

    CUSTOMER = "the customer's name belongs to this contract"
    NO_CUSTOMER = "the incident names no customer: the default contract applies"
    UNKNOWN_CUSTOMER = "no contract knows this customer: the default contract applies"
    NOT_IN_FORCE = "the customer's contract is not in force at this date: the default contract applies"


@dataclass(frozen=True, slots=True)
class ContractMatch:
    """The contract that applies to an incident, and the reason."""

    contract: Contract
    reason: MatchReason


class Calendars(Protocol):
    """Makes business calendars from the coverages (hours of service) of contracts (protocol)."""

    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        """Return the calendar of a coverage (hours of service) under a contract.

        Calls with the same arguments return the same object while it is in use.

        Args:
            windows: Booked extra hours, which are open too.

        Raises:
            CalendarError: The calendar cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class ContractBoundary:
    """The instant from which a version of a recorded contract (one stored in the database) applies."""

    at: datetime
    """The instant."""
    contract: ContractId
    """Id of the contract."""
    version: int
    """Number of the version."""
    known_at: datetime
    """When the version was recorded. Later than `at` for a version dated back."""


class RecordedContracts(Protocol):
    """The contracts that are stored in the database, with versions (protocol).

    Contracts written in files are not among them. The stored contracts may change between two computations of an
    incident, never during one.
    """

    def __contains__(self, contract: object) -> bool:
        """Return whether a contract of this id is recorded."""
        ...

    def __len__(self) -> int: ...

    def of_files(self) -> Mapping[ContractId, Contract]:
        """Return id -> contract, for the contracts written in the catalogue's files.

        They are as written: extra hours that were booked for them, which are stored in the database, are left out.
        """
        ...

    def ids(self) -> Collection[ContractId]:
        """Return the ids of all contracts with a record in the database.

        A contract from a file has a record too once hours were booked for it, for example.
        """
        ...

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name the customer in any version.

        Case and extra spaces do not matter.
        """
        ...

    def at(self, contract: ContractId, instant: datetime) -> Contract | None:
        """Return the version of a recorded contract that applies at an instant.

        The result is None before the first version, and for an unknown id.
        """
        ...

    def newest(self, contract: ContractId) -> Contract | None:
        """Return the version of a recorded contract that took effect last.

        The result is None if no version has taken effect yet, and for an unknown id.
        """
        ...

    def boundaries(self, contract: ContractId) -> tuple[ContractBoundary, ...]:
        """Return the instants from which versions of a recorded contract apply, earliest first."""
        ...

    def with_products(self, products: Iterable[str]) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name one of these products.

        A product may be named as covered, excluded or in use. Case and extra spaces do not matter.
        """
        ...

    def with_domain(self, domain: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that may let a mail domain register for notices.

        Contracts that name any domain with non-ASCII letters are always in the result.

        Args:
            domain: The domain in lower case.
        """
        ...

    def products(self) -> Mapping[str, str]:
        """Return the products that recorded contracts name: name in compared form -> name as written.

        The compared form is `normal` of the name (lower case, single spaces).
        """
        ...

    def revisions(self, contracts: Iterable[ContractId]) -> Mapping[str, int]:
        """Return the number of the last change that may affect a verdict (met, missed), for each of these contracts.

        The result is contract id -> number. Changes that affect no verdict, such as ledger entries, are ignored.
        Contracts without a record in the database are missing.
        """
        ...

    def pin(self, contracts: Iterable[ContractId]) -> str:
        """Return a hash, in hexadecimal, of the present state of these recorded contracts.

        If the hash is the same later, no change since then affects a verdict (met, missed): the hash is made of the
        numbers from `revisions`. The result is "" if none of the contracts has a record in the database.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The plans, contracts and calendars of one catalogue version, by which incidents are judged."""

    version: str
    """The catalogue version, a short hash."""
    plans: Mapping[PlanId, Plan]
    """The plans by id."""
    contracts: Mapping[ContractId, Contract]
    """The contracts by id."""
    default_contract: ContractId
    """Id of the contract that applies if no contract of the customer does."""
    calendars: Calendars
    by_customer: Mapping[str, tuple[ContractId, ...]]
    """Customer's name as written -> ids of the customer's contracts."""
    rotas: Mapping[RotaId, Rota] = field(default_factory=lambda: MappingProxyType({}))
    """The rotas by id."""
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    """The people whom an override may put on call, by id. Empty without rotas."""
    holidays_version: str = ""
    """Version of the holiday data. "" if not known."""
    tzdata_version: str = ""
    """Version of the time zone data. "" if not known."""
    recorded: RecordedContracts | None = field(default=None, compare=False)
    """The contracts in the database, which `contracts` and `plans` then include. None if there are only contracts from
    files."""
    # What follows from the values above alone and is asked for at every event; bounded by the number of contracts.
    derived: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    """A cache of values computed from the other fields."""

    # The same by the form in which names are compared, for customers who are not written as in the catalogue.
    by_normal: Mapping[str, tuple[ContractId, ...]] = field(init=False, repr=False, compare=False)
    """Customer's name in compared form (lower case, single spaces) -> the same ids."""

    def __post_init__(self) -> None:
        found: dict[str, dict[ContractId, None]] = {}  # each id once, in the order of the catalogue
        for name, ids in self.by_customer.items():
            found.setdefault(normal(name), {}).update(dict.fromkeys(ids))
        object.__setattr__(self, "by_normal", {name: tuple(ids) for name, ids in found.items()})

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of a customer's contracts, or () if there are none.

        Contracts from files come first, then those recorded in the database. Names of customers in files are compared
        exactly; if no contract fits, case and extra spaces are ignored. Names in recorded contracts are always compared
        without case and extra spaces, in every version of a contract.
        """
        of_files = self.by_customer.get(customer) or self.by_normal.get(normal(customer), ())
        return of_files if self.recorded is None else (*of_files, *self.recorded.contracts_of(customer))

    @property
    def written_contracts(self) -> Mapping[ContractId, Contract]:
        """Return the contracts written in the catalogue's files, by id."""
        return self.contracts if self.recorded is None else self.recorded.of_files()

    def contract_at(self, contract: ContractId, at: datetime) -> Contract | None:
        """Return the contract with this id as it applies at the instant `at`.

        The result is None for an unknown id, and before the contract's first version.
        """
        if self.recorded is not None and contract in self.recorded:
            return self.recorded.at(contract, at)
        return self.contracts.get(contract)

    def boundaries(self, customer: str) -> tuple[ContractBoundary, ...]:
        """Return the instants from which versions of the customer's recorded contracts apply, in order.

        A recorded contract is one that is stored in the database.
        """
        if self.recorded is None:
            return ()
        found = [one for id_ in self.recorded.contracts_of(customer) for one in self.recorded.boundaries(id_)]
        return tuple(sorted(found, key=lambda one: (one.at, one.contract)))

    def version_for(self, contracts: Iterable[ContractId], customers: Iterable[str]) -> str:
        """Return a text that names the catalogue version and the contract versions by which an incident is judged.

        Incidents judged under equal texts are judged alike. The text is the catalogue version, joined with a hash of
        the recorded contracts that may apply. Without such contracts, it is the catalogue version alone.
        """
        if self.recorded is None:
            return self.version
        found = {id_ for id_ in contracts if id_ in self.recorded}
        found |= {id_ for name in customers for id_ in self.recorded.contracts_of(name)}
        pin = self.recorded.pin(sorted(found))
        return joined_version(base_version(self.version), pin) if pin else base_version(self.version)

    def plan_of(self, contract: Contract) -> Plan:
        """Return the plan of a contract.

        Raises:
            KeyError: The catalogue does not have the plan.
        """
        return self.plans[contract.plan]

    def person(self, contract: Contract, id_: str) -> Person | None:
        """Return a person by id, or None if the person is not known.

        People of the contract come first, then people whom an override (exception to a rota) may put on call.
        """
        return contract.people.get(id_) or self.people.get(id_)

    def is_timeless(self, customer: str) -> bool:
        """Return whether the same contract applies to `customer` at every instant.

        The result is True if no contract of the customer has a first or last day or is recorded in the database.
        """
        if self.recorded is not None and self.recorded.contracts_of(customer):
            return False
        known = (self.contracts[id_] for id_ in self.contracts_of(customer))
        return all(contract.valid_from is None and contract.valid_to is None for contract in known)

    def contract_for(self, customer: str, at: datetime) -> ContractMatch:
        """Return the contract that applies to a customer at the instant `at`, with the reason.

        It is the first of the customer's contracts in force, else the default contract. Contracts from files come
        before those in the database.

        Args:
            customer: The name that the incident states. "" for none.
        """
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
    """Return one text for a catalogue version and a state of the contracts that are stored in the database.

    As text, the result sorts after `catalogue` and before `after_version(catalogue)`.

    Args:
        pin: A hash of the state of the recorded contracts, from `RecordedContracts.pin`.
    """
    return f"{catalogue}{_JOIN}{pin}"


def base_version(version: str) -> str:
    """Return the catalogue version from a text that `joined_version` made.

    Any other version is returned unchanged.
    """
    return version.partition(_JOIN)[0]


def after_version(catalogue: str) -> str:
    """Return a text that sorts after a catalogue version and all texts that `joined_version` makes of it.

    Use the text as an exclusive upper bound in queries.
    """
    return f"{catalogue}{chr(ord(_JOIN) + 1)}"


def names_customer(contract: Contract, customer: str) -> bool:
    """Return whether the contract lists the customer's name.

    Case and extra spaces do not matter.
    """
    return customer in contract.customers or normal(customer) in contract.normal_customers


def in_force(contract: Contract, at: datetime) -> bool:
    """Return whether the contract is valid at an instant, by the day in the contract's zone.

    `valid_from` is the first valid day. `valid_to` is the first day that is no longer valid. None in one of them means
    no such bound.
    """
    if contract.valid_from is None and contract.valid_to is None:
        return True
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    return day_within(day, contract.valid_from, contract.valid_to)
