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
    """The contract that applies to an incident (`contract`), and the reason why it does."""

    contract: Contract
    reason: MatchReason


class Calendars(Protocol):
    """Makes the business calendars of a catalogue (protocol): `calendar` returns the one of a contract's coverage."""

    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        """Return the calendar of a coverage (hours of service) under a contract.

        It is the same object at each call. `windows`: booked extra hours that count as well. Raises CalendarError if it
        cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class ContractBoundary:
    """The instant (`at`) from which another version of a recorded contract applies.

    `contract`, `version`: the contract, and the number of the version that begins. `known_at`: when the version was
    recorded; later than `at` for a change dated back.
    """

    at: datetime
    contract: ContractId
    version: int
    known_at: datetime


class RecordedContracts(Protocol):
    """The contracts that are stored in the database, with versions, in contrast to those written in files (protocol).

    Contracts are built on demand. Answers may change between two computations of an incident, never during one.
    """

    def __contains__(self, contract: object) -> bool:
        """Return whether a contract of this id is recorded."""
        ...

    def __len__(self) -> int: ...

    def of_files(self) -> Mapping[ContractId, Contract]:
        """Return the contracts written in files, by id, without the bookings stored for them in the database."""
        ...

    def ids(self) -> Collection[ContractId]:
        """Return the ids of all contracts with a record in the database.

        A contract of a file has one if hours were booked for it, for example.
        """
        ...

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name the customer in any version, ignoring case and spaces."""
        ...

    def at(self, contract: ContractId, instant: datetime) -> Contract | None:
        """Return the version of a recorded contract that applies at an instant.

        None before the first version applies, and for an unknown id.
        """
        ...

    def newest(self, contract: ContractId) -> Contract | None:
        """Return the version of a recorded contract that took effect last.

        None if none has taken effect yet, and for an unknown id.
        """
        ...

    def boundaries(self, contract: ContractId) -> tuple[ContractBoundary, ...]:
        """Return the instants from which versions of a recorded contract apply, earliest first."""
        ...

    def with_products(self, products: Iterable[str]) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name one of these products.

        They name it as covered, excluded or in use. Names are compared without regard to case and spaces.
        """
        ...

    def with_domain(self, domain: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that may let addresses of a mail domain register for notices.

        `domain`: in lower case. Contracts with a domain that is not written in ASCII are always among them.
        """
        ...

    def products(self) -> Mapping[str, str]:
        """Return the products that the recorded contracts name: compared form -> name as written.

        The key is `normal` of the name (lower case, single spaces).
        """
        ...

    def revisions(self, contracts: Iterable[ContractId]) -> Mapping[str, int]:
        """Return, for each of these contracts, the number of the last change that may affect a verdict.

        The result is contract id -> number. Changes that affect no verdict, such as entries in ledgers, are not
        counted. Contracts without a record in the database are left out.
        """
        ...

    def pin(self, contracts: Iterable[ContractId]) -> str:
        """Return a short hash, in hexadecimal, of the present state of these recorded contracts.

        It is made of the numbers that `revisions` returns, so it changes when one of the contracts changes in a way
        that may affect a verdict. "" if none of them is recorded in the database.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The plans, contracts and calendars of one catalogue version, by which incidents are judged.

    `version`: the catalogue's, a short hash. `plans`, `contracts`, `rotas`: by id. `default_contract`: the id of the
    one that applies where no contract of the customer does. `calendars`: makes the calendar of a contract's hours.
    `by_customer`: customer's name, as written -> ids of the customer's contracts; `by_normal`: the same with the name
    in compared form (lower case, single spaces). `holidays_version`, `tzdata_version`: of the holiday and time zone
    data, "" if not known. `people`: by id, everybody whom an override may put on call in a rota; empty without rotas.
    `recorded`: contracts stored in the database, which `contracts` and `plans` then include;
    None: there are only those of files. `derived`: cache of what follows from the other fields.
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
        """Return the ids of a customer's contracts; () if there are none.

        Those of catalogue files come first, then recorded ones (in the database). A contract of a file must have
        exactly this name; only if none has, case and spaces are ignored. For recorded contracts case and spaces never
        matter, and the name in any of their versions counts.
        """
        of_files = self.by_customer.get(customer) or self.by_normal.get(normal(customer), ())
        return of_files if self.recorded is None else (*of_files, *self.recorded.contracts_of(customer))

    @property
    def written_contracts(self) -> Mapping[ContractId, Contract]:
        """Return the contracts that are written in the catalogue's files, by id, without recorded ones."""
        return self.contracts if self.recorded is None else self.recorded.of_files()

    def contract_at(self, contract: ContractId, at: datetime) -> Contract | None:
        """Return the contract with this id as it applies at the instant `at`.

        None if the id is unknown, or if the contract's first version applies only later.
        """
        if self.recorded is not None and contract in self.recorded:
            return self.recorded.at(contract, at)
        return self.contracts.get(contract)

    def boundaries(self, customer: str) -> tuple[ContractBoundary, ...]:
        """Return the instants from which versions of the customer's recorded contracts apply, earliest first."""
        if self.recorded is None:
            return ()
        found = [one for id_ in self.recorded.contracts_of(customer) for one in self.recorded.boundaries(id_)]
        return tuple(sorted(found, key=lambda one: (one.at, one.contract)))

    def version_for(self, contracts: Iterable[ContractId], customers: Iterable[str]) -> str:
        """Return the version by which to judge an incident that has been under these contracts and customers.

        It is the catalogue's version, joined with a hash of the revisions of the recorded contracts that may apply to
        the incident; without such contracts, the catalogue's version alone.
        """
        if self.recorded is None:
            return self.version
        found = {id_ for id_ in contracts if id_ in self.recorded}
        found |= {id_ for name in customers for id_ in self.recorded.contracts_of(name)}
        pin = self.recorded.pin(sorted(found))
        return joined_version(base_version(self.version), pin) if pin else base_version(self.version)

    def plan_of(self, contract: Contract) -> Plan:
        """Return the plan of a contract. Raises KeyError if the catalogue does not have it."""
        return self.plans[contract.plan]

    def person(self, contract: Contract, id_: str) -> Person | None:
        """Return a person of a contract, else one whom an override may put on call for it; None if neither is known."""
        return contract.people.get(id_) or self.people.get(id_)

    def is_timeless(self, customer: str) -> bool:
        """Return whether the same contract applies to `customer` at every instant.

        True if none of the customer's contracts has a first or last day, and none is recorded in the database.
        """
        if self.recorded is not None and self.recorded.contracts_of(customer):
            return False
        known = (self.contracts[id_] for id_ in self.contracts_of(customer))
        return all(contract.valid_from is None and contract.valid_to is None for contract in known)

    def contract_for(self, customer: str, at: datetime) -> ContractMatch:
        """Return the contract that applies to a customer at the instant `at`, with the reason.

        It is the first of the customer's contracts in force then, else the default contract. `customer`: the name that
        the incident states, "" for none. Contracts of files come before those of the database.
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
    """Return one text for a catalogue version and a state of the contracts recorded in the database.

    `catalogue`: the catalogue version. `pin`: a hash of the state, from `RecordedContracts.pin`. The text sorts after
    `catalogue` and before `after_version(catalogue)`.
    """
    return f"{catalogue}{_JOIN}{pin}"


def base_version(version: str) -> str:
    """Return the catalogue version in a text that `joined_version` made.

    Any other version text is returned unchanged.
    """
    return version.partition(_JOIN)[0]


def after_version(catalogue: str) -> str:
    """Return a text that sorts after a catalogue version and after all versions joined with it.

    It serves as an exclusive upper bound in queries. `catalogue`: the catalogue version. Joined versions are those that
    `joined_version` returns for it.
    """
    return f"{catalogue}{chr(ord(_JOIN) + 1)}"


def names_customer(contract: Contract, customer: str) -> bool:
    """Return whether the contract lists the customer's name, compared without regard to case and spaces."""
    return customer in contract.customers or normal(customer) in contract.normal_customers


def in_force(contract: Contract, at: datetime) -> bool:
    """Return whether the contract is valid at `at`, by the day in its own zone.

    `valid_from` is the first day on which it is valid, `valid_to` the first day on which it is not any more; None: no
    such bound.
    """
    if contract.valid_from is None and contract.valid_to is None:
        return True
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    starts = contract.valid_from is None or contract.valid_from <= day
    return starts and (contract.valid_to is None or day < contract.valid_to)
