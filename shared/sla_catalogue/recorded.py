"""The contracts of the store as the rulebook sees them: built on demand against a catalogue's plans."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import structlog

from sla_catalogue.catalogue import Catalogue
from sla_catalogue.compiler import CompiledContract, ContractCompiler
from sla_catalogue.problem import CatalogueInvalid
from sla_domain.contract import Contract, ContractId
from sla_domain.plan import Plan, PlanId
from sla_domain.record import ContractRecord, ContractVersion, LiveParts, live_parts, with_live_parts
from sla_domain.rulebook import ContractBoundary, Rulebook

_log = structlog.get_logger(__name__)
_BUILT = 4_000  # versions of contracts kept as built
_CATALOGUES = 4  # whose contracts are kept as built
_VERSION_MARK = ".v"  # before the version in the id of a plan that a version of a recorded contract has for itself


class Records(Protocol):
    """Protocol: the records of contracts in the database, found by contract, customer, product or mail domain.

    A record has a contract's versions and what happened to the contract, such as bookings.
    """

    def __contains__(self, contract: object) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def __len__(self) -> int: ...

    def get(self, contract: str) -> ContractRecord | None:
        """Return the record of the contract with this id, or None if there is none."""
        ...

    def contracts_of(self, customer: str) -> tuple[str, ...]:
        """Return the ids of the recorded contracts that name a customer in any version.

        Case and extra spaces do not matter.
        """
        ...

    def with_products(self, products: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the recorded contracts that name one of these products.

        A product may be named as covered, excluded or in use. Case and extra spaces do not matter.
        """
        ...

    def with_domain(self, domain: str) -> tuple[str, ...]:
        """Return the ids of the recorded contracts under which addresses of a mail domain may register for notices.

        A contract is in the result if it names the domain in any version. A contract that names a domain which is not
        ASCII is always in the result.

        Args:
            domain: The domain in lower case.
        """
        ...

    def products(self) -> Mapping[str, str]:
        """Return the products that recorded contracts name, as normalised name -> name as written.

        A normalised name is in lower case with single spaces.
        """
        ...


class VersionBuilder:
    """Builds versions of recorded contracts with the plans of one catalogue, and caches them.

    Use one builder for all `CataloguedRecords` of the catalogue.

    Args:
        compiler: The compiler of the catalogue.
    """

    def __init__(self, compiler: ContractCompiler) -> None:
        self._compiler = compiler
        self._built: OrderedDict[tuple[str, int], tuple[str, CompiledContract | None]] = OrderedDict()
        self._live: OrderedDict[tuple[str, int], tuple[Contract, LiveParts, Contract]] = OrderedDict()
        self.plans: dict[PlanId, Plan] = {}  # that several contracts share and no file names: `gold+standard`

    def build(self, contract: str, version: ContractVersion) -> CompiledContract | None:
        """Return a version of a recorded contract, built with the catalogue's plans.

        If the version cannot be built with these plans, the result is None and an error is logged.

        Args:
            contract: Id of the contract.
        """
        key = (contract, version.number)
        found = self._built.get(key)
        if found is not None and found[0] == version.document:
            return found[1]
        built: CompiledContract | None = None
        try:
            made = self._compiler.compile(contract, json.loads(version.document), version=version.number)
        except CatalogueInvalid as error:
            _log.error("contract.unfit", contract=contract, version=version.number, error=str(error)[:500])
        else:
            dated = replace(made.contract, version=version.number, effective_from=version.effective_from)
            built = replace(made, contract=dated)
            self.plans |= {id_: plan for id_, plan in made.plans.items() if "@" not in id_}
        self._built[key] = (version.document, built)
        if len(self._built) > _BUILT:
            self._built.popitem(last=False)
        return built

    def add_live_parts(self, contract: Contract, parts: LiveParts) -> Contract:
        """Return a copy of a contract with the booked extra hours and the products in use that the database has for it.

        A later call with the same contract and equal parts returns the same object.

        Args:
            parts: The booked hours and products in use. If the products are None (never recorded), the contract keeps
                its own.
        """
        if parts == LiveParts():
            return contract
        key = (contract.id, contract.version)
        known = self._live.get(key)
        if known is None or known[0] is not contract or known[1] != parts:
            known = self._live[key] = (contract, parts, with_live_parts(contract, parts))
            if len(self._live) > _BUILT:
                self._live.popitem(last=False)
        return known[2]


class CataloguedRecords:
    """The contracts recorded in the database, built with the plans of one catalogue (see `RecordedContracts`).

    Every change to a contract's record is numbered. A revision is such a number: it selects the record as it was after
    that change.

    Args:
        builder: The builder of contracts with the catalogue's plans.
        records: The records of all contracts.
        revisions: Contract id -> revision to use. Contracts that are missing here use the newest.
        of_files: The contracts from the catalogue's files, by id. Their records have no versions, only bookings, ledger
            entries and products in use.
    """

    def __init__(
        self,
        builder: VersionBuilder,
        records: Records,
        revisions: Mapping[str, int] | None = None,
        of_files: Mapping[ContractId, Contract] = MappingProxyType({}),
    ) -> None:
        self._builder = builder
        self._records = records
        self._revisions = revisions or {}
        self._of_files = of_files

    def __contains__(self, contract: object) -> bool:
        return contract in self._records

    def __len__(self) -> int:
        return len(self._records)

    def of_files(self) -> Mapping[ContractId, Contract]:
        """Return the contracts written in catalogue files, by id.

        What the database adds to these contracts, such as booked extra hours, is left out.
        """
        return self._of_files

    def ids(self) -> Collection[ContractId]:
        """Return the ids of all contracts with a record in the database."""
        return [ContractId(one) for one in self._records]

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name a customer in any version.

        Case and extra spaces do not matter.
        """
        return tuple(map(ContractId, self._records.contracts_of(customer)))

    def at(self, contract: ContractId, instant: datetime) -> Contract | None:
        """Return the version of a contract that applies at an instant.

        A contract from a file has no versions and is returned for every instant. The result is None before the first
        version, for an unknown id, and for a version that cannot be built with the catalogue's plans.
        """
        record = self._records.get(contract)
        if record is None or contract in self._of_files:
            return self._of_file(contract, record)
        version = record.at(instant, self._revisions.get(contract))
        return None if version is None else self._contract(record, version)

    def newest(self, contract: ContractId) -> Contract | None:
        """Return the version of a contract that took effect last.

        A contract from a file has no versions and is returned as it is. The result is None if no version has taken
        effect, for an unknown id, and for a version that cannot be built with the catalogue's plans.
        """
        record = self._records.get(contract)
        if record is None or contract in self._of_files:
            return self._of_file(contract, record)
        applied = record.applied(self._revisions.get(contract))
        return self._contract(record, applied[-1]) if applied else None

    def boundaries(self, contract: ContractId) -> tuple[ContractBoundary, ...]:
        """Return when each version of a recorded contract takes effect, earliest first.

        Versions that have not taken effect yet are left out.
        """
        record = self._records.get(contract)
        applied = () if record is None else record.applied(self._revisions.get(contract))
        return tuple(ContractBoundary(one.effective_from, contract, one.number, one.recorded_at) for one in applied)

    def with_products(self, products: Iterable[str]) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts that name one of these products.

        A product may be named as covered, excluded or in use. Case and extra spaces do not matter.
        """
        return tuple(map(ContractId, self._records.with_products(products)))

    def with_domain(self, domain: str) -> tuple[ContractId, ...]:
        """Return the ids of the recorded contracts under which addresses of a mail domain may register for notices.

        A contract is in the result if it names the domain in any version. A contract that names a domain which is not
        ASCII is always in the result.

        Args:
            domain: The domain in lower case.
        """
        return tuple(map(ContractId, self._records.with_domain(domain)))

    def products(self) -> Mapping[str, str]:
        """Return the products that recorded contracts name, as normalised name -> name as written.

        A normalised name is in lower case with single spaces.
        """
        return self._records.products()

    def revisions(self, contracts: Iterable[ContractId]) -> dict[str, int]:
        """Return the revision of each contract that is used to judge incidents, by contract id.

        A revision is the number of a change to a contract's record. It selects the record as it was after that change.
        A revision that was given to this object is returned for its contract. Otherwise the result is the newest change
        that can affect clocks of incidents; a ledger entry, for example, cannot. Contracts that are not recorded have
        no entry.
        """
        found = {}
        for contract in contracts:
            record = self._records.get(contract)
            if record is not None:
                found[str(contract)] = self._revisions.get(contract, record.judged_in)
        return found

    def pin(self, contracts: Iterable[ContractId]) -> str:
        """Return a hash of the revisions of these contracts (see `revisions`), in twelve hexadecimal digits.

        Equal hashes mean that incidents are judged by the same terms of these contracts. The result is "" if none of
        the contracts is recorded.
        """
        return pin_of(self.revisions(contracts))

    def plan(self, plan: PlanId) -> Plan | None:
        """Return the plan with this id that was made for recorded contracts, or None for an unknown id.

        Such a plan is not written in a catalogue file. It was made for one version of a contract (`gold@acme.v3`). Or
        it was merged over a base plan (the plan for products that are not covered), such as `gold+standard`, and is
        shared by several contracts.
        """
        if (shared := self._builder.plans.get(plan)) is not None:
            return shared
        name, mark, number = plan.rpartition(_VERSION_MARK)
        contract = name.partition("@")[2]
        if not mark or not number.isdigit() or contract not in self._records:
            return None
        record = self._records.get(contract)
        version = next((one for one in record.versions if one.number == int(number)), None) if record else None
        built = None if version is None else self._builder.build(contract, version)
        return None if built is None else built.plans.get(plan)

    def _of_file(self, contract: ContractId, record: ContractRecord | None) -> Contract | None:
        found = self._of_files.get(contract)
        return found if found is None or record is None else self._builder.add_live_parts(found, self._live(record))

    def _contract(self, record: ContractRecord, version: ContractVersion) -> Contract | None:
        built = self._builder.build(record.id, version)
        return None if built is None else self._builder.add_live_parts(built.contract, self._live(record))

    def _live(self, record: ContractRecord) -> LiveParts:
        return live_parts(record, self._revisions.get(record.id))


def pin_of(revisions: Mapping[str, int]) -> str:
    """Return a hash of revisions of contracts, in twelve hexadecimal digits.

    A revision is the number of a change to a contract's record. The result is "" if there are no contracts.

    Args:
        revisions: Contract id -> number of the last change that is used.
    """
    if not revisions:
        return ""
    return hashlib.sha256(json.dumps(revisions, sort_keys=True).encode()).hexdigest()[:12]


class _Contracts(Mapping[ContractId, Contract]):
    """The contracts of the files, then the recorded ones, each in its newest version."""

    def __init__(self, of_files: Mapping[ContractId, Contract], recorded: CataloguedRecords) -> None:
        self._of_files, self._recorded = of_files, recorded

    def __getitem__(self, contract: ContractId) -> Contract:
        found = self._recorded.newest(contract)
        if found is None:
            raise KeyError(contract)
        return found

    def __iter__(self) -> Iterator[ContractId]:
        yield from self._of_files
        for contract in self._recorded.ids():
            if contract not in self._of_files and self._recorded.newest(contract) is not None:
                yield contract

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, contract: object) -> bool:
        return contract in self._of_files or self._recorded.newest(ContractId(str(contract))) is not None


class _Plans(Mapping[PlanId, Plan]):
    """The plans of the catalogue; by its id also a plan that a recorded contract has for itself."""

    def __init__(self, of_files: Mapping[PlanId, Plan], recorded: CataloguedRecords) -> None:
        self._of_files, self._recorded = of_files, recorded

    def __getitem__(self, plan: PlanId) -> Plan:
        found = self._of_files.get(plan) or self._recorded.plan(plan)
        if found is None:
            raise KeyError(plan)
        return found

    def __iter__(self) -> Iterator[PlanId]:
        return iter(self._of_files)

    def __len__(self) -> int:
        return len(self._of_files)


def with_records(
    rulebook: Rulebook, builder: VersionBuilder, records: Records, revisions: Mapping[str, int] | None = None
) -> Rulebook:
    """Return a copy of the rulebook that includes the contracts recorded in the database.

    A rulebook is the plans, contracts and calendars by which incidents are judged.

    Args:
        builder: The builder of versions of contracts with the catalogue's plans.
        records: The records of all contracts.
        revisions: Contract id -> number (from 1) of a change. Later changes of that contract are ignored. Contracts
            that are missing here use all changes.
    """
    recorded = CataloguedRecords(builder, records, revisions, rulebook.contracts)
    return replace(
        rulebook,
        contracts=_Contracts(rulebook.contracts, recorded),
        plans=_Plans(rulebook.plans, recorded),
        recorded=recorded,
    )


class RecordOverlay:
    """Adds the contracts recorded in the database to the rulebooks of catalogues.

    A rulebook is the plans, contracts and calendars of a catalogue, by which incidents are judged.
    The built contracts are cached for the last four catalogues used. Create one object for each service of a process.

    Args:
        records: The records of contracts, read when needed.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._builders: OrderedDict[int, tuple[Catalogue, VersionBuilder]] = OrderedDict()

    def rulebook(self, catalogue: Catalogue, revisions: Mapping[str, int] | None = None) -> Rulebook:
        """Return the catalogue's rulebook (plans, contracts, calendars), with the contracts recorded in the database.

        Args:
            revisions: Contract id -> number (from 1) of a change. Later changes of that contract are ignored. Contracts
                that are missing here use all changes.
        """
        return with_records(catalogue.rulebook, self._builder(catalogue), self._records, revisions)

    def _builder(self, catalogue: Catalogue) -> VersionBuilder:
        known = self._builders.get(id(catalogue))
        if known is None or known[0] is not catalogue:
            known = self._builders[id(catalogue)] = (catalogue, VersionBuilder(catalogue.compiler))
            if len(self._builders) > _CATALOGUES:
                self._builders.popitem(last=False)
        self._builders.move_to_end(id(catalogue))
        return known[1]


class RecordedCatalogue:
    """A callable that returns the present catalogue, to which it adds the contracts recorded in the database.

    Args:
        current: Function that returns the present catalogue.
        records: The records of contracts in the database, read when needed.
    """

    def __init__(self, current: Callable[[], Catalogue], records: Records) -> None:
        self._current = current
        self._overlay = RecordOverlay(records)
        self._made: tuple[Catalogue, Catalogue] | None = None

    def __call__(self) -> Catalogue:
        catalogue = self._current()
        if self._made is None or self._made[0] is not catalogue:
            self._made = (catalogue, replace(catalogue, rulebook=self._overlay.rulebook(catalogue)))
        return self._made[1]
