"""The contracts' records in memory: packed, found by id and by customer, unpacked when one is needed."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import orjson
import structlog

from sla_domain.normal import normal
from sla_domain.record import ContractRecord
from sla_platform.wire.contract import RecordData, read_record

_log = structlog.get_logger(__name__)
_UNPACKED = 2_000  # records kept unpacked
_ENTRIES = b'"entries":['  # in a record as JSON; within a text its quotes would be escaped
_LEVEL = 1  # of compression: a record shrinks to a third, and unpacks in some ten microseconds
_OTHER_LETTERS = ""  # stands for every domain that is not written in ASCII
_WORTH = 1_000  # bytes of a record from which it is compressed


@dataclass(frozen=True, slots=True)
class RecordIndex:
    """The names by which a contract record is found: customers, products and mail domains."""

    customers: tuple[str, ...] = ()
    """The customers, as written in the record."""
    products: tuple[str, ...] = ()
    """The products, as written in the record."""
    domains: tuple[str, ...] = ()
    """The mail domains whose addresses may register for notices, in lower case. "" means all domains that are not
    written in ASCII."""

    @classmethod
    def read(cls, names: str, record: bytes) -> RecordIndex:
        """Return the index of a stored contract record: the names by which the record is found.

        If the stored index has no mail domains (older releases), a new index is made from the record.

        Args:
            names: The stored index as JSON.
            record: The record as JSON.
        """
        stored = orjson.loads(names)
        return cls(**stored) if "domains" in stored else index_of(RecordData.model_validate_json(record))


def index_of(record: RecordData) -> RecordIndex:
    """Return the names by which a contract record is found: its customers, products and mail domains."""
    customers: dict[str, None] = {}
    products: dict[str, None] = {}
    domains: dict[str, None] = {}
    for version in record.versions:
        document = version.document
        customers |= dict.fromkeys(_listed(document.get("customers")))
        products |= dict.fromkeys(item.get("product", "") for item in document.get("environment") or ())
        written = _listed(document.get("registration_domains"))
        domains |= dict.fromkeys(name.lower() if name.isascii() else _OTHER_LETTERS for name in written)
        for bought in (document, *(document.get("entitlements") or ())):
            products |= dict.fromkeys(_listed(bought.get("products")) + _listed(bought.get("excluded_products")))
    if record.profile is not None:
        products |= dict.fromkeys(one.product for one in record.profile.products)
    return RecordIndex(tuple(customers), tuple(products), tuple(domains))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


class _Packed:
    """One revision of a record as all shelves of the process hold it, with the names by which it is found."""

    __slots__ = (
        "__weakref__", "alone", "customers", "domains", "has_entries", "length", "products", "revision", "text",
        "written",
    )  # fmt: skip

    def __init__(self, contract: str, revision: int, index: RecordIndex, record: bytes) -> None:
        self.revision = revision
        self.length = len(record)
        self.has_entries = _ENTRIES in record
        small = record if len(record) < _WORTH else zlib.compress(record, _LEVEL)
        self.text = small if len(small) < len(record) else record
        self.customers = tuple(dict.fromkeys(map(normal, index.customers)))
        named = {normal(product): product for product in index.products}
        self.products, self.written = tuple(named), tuple(named.values())
        self.domains = index.domains
        self.alone = (contract,)

    def unpacked(self) -> ContractRecord:
        text = self.text if len(self.text) == self.length else zlib.decompress(self.text)
        return read_record(text)


class _Pool:
    """What shelves of one process hold together: the services' tables are copies of the same records."""

    def __init__(self) -> None:
        self.packed: WeakValueDictionary[str, _Packed] = WeakValueDictionary()  # by contract
        self.shelves: WeakSet[RecordShelf] = WeakSet()
        self.first_read = asyncio.Lock()


_POOLS: WeakKeyDictionary[object, _Pool] = WeakKeyDictionary()
_NOTHING = _Packed("", 0, RecordIndex(), b"")


class RecordShelf:
    """The in-memory records of all contracts, found by contract, customer, product or mail domain.

    If a new record of a contract cannot be read, it is logged and kept in `unreadable` with the error. The contract's
    previous record, if there is one, stays in use.

    The class implements `sla_catalogue.recorded.Records`; iterating yields contract ids. Records are kept as compressed
    JSON and parsed on demand, so that a hundred thousand records fit in memory. The database numbers the records in the
    order of writing; the attribute `seq` is the greatest number among those in memory. The attribute `read` says
    whether the stored records have been read once.

    Args:
        store: The database of a process, or any object that stands for it. Shelves with the same `store` share the
            memory of equal records.
    """

    def __init__(self, store: object | None = None) -> None:
        self._packed: dict[str, _Packed] = {}
        self._of: dict[str, tuple[str, ...]] = {}
        self._using: dict[str, set[str]] = {}
        self._written: dict[str, str] = {}
        self._of_domain: dict[str, set[str]] = {}
        self._unpacked: OrderedDict[str, ContractRecord] = OrderedDict()
        self._with_entries: set[str] = set()
        self._pool = _Pool() if store is None else _POOLS.setdefault(store, _Pool())
        self._pool.shelves.add(self)
        self.unreadable: dict[str, Exception] = {}
        self.seq = 0
        self.read = False

    @property
    def first_read(self) -> asyncio.Lock:
        """Return the lock to hold while the stored records are read for the first time.

        All shelves of the same store share this lock. The shelf that gets it first reads the records; the others then
        `copy` them.
        """
        return self._pool.first_read

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __contains__(self, contract: object) -> bool:
        return contract in self._packed

    def revision(self, contract: str) -> int:
        """Return the revision of a contract's record: how many changes the contract has had.

        The result is 0 if the contract has no record.
        """
        return self._packed.get(contract, _NOTHING).revision

    def get(self, contract: str) -> ContractRecord | None:
        """Return the record of a contract, or None if there is none, or none that can be read."""
        found = self._unpacked.get(contract)
        if found is not None:
            self._unpacked.move_to_end(contract)
            return found
        packed = self._packed.get(contract)
        if packed is None:
            return None
        try:
            found = packed.unpacked()
        except (ValueError, TypeError, LookupError, zlib.error) as error:
            self.pass_over(contract, 0, error)
            return None
        self._unpacked[contract] = found
        if len(self._unpacked) > _UNPACKED:
            self._unpacked.popitem(last=False)
        return found

    def contracts_of(self, customer: str) -> tuple[str, ...]:
        """Return the ids of the contracts that name this customer in any version.

        Case and spacing do not matter.
        """
        return self._of.get(normal(customer), ())

    def with_products(self, products: Iterable[str]) -> tuple[str, ...]:
        """Return the ids, sorted, of the contracts that name any of these products.

        Case and spacing do not matter.
        """
        found = set[str]().union(*(self._using.get(normal(product), ()) for product in products))
        return tuple(sorted(found))

    def with_domain(self, domain: str) -> tuple[str, ...]:
        """Return the ids, sorted, of the contracts that may allow this mail domain to register for notices.

        Domains that are not written in ASCII are not compared: a contract that lists one is always included.

        Args:
            domain: The domain in lower case.
        """
        return tuple(sorted(self._of_domain.get(domain, set()) | self._of_domain.get(_OTHER_LETTERS, set())))

    def with_entries(self) -> tuple[str, ...]:
        """Return the ids, sorted, of the contracts with at least one entry in a ledger (account of an allowance)."""
        return tuple(sorted(self._with_entries))

    def products(self) -> Mapping[str, str]:
        """Return the products that the contracts name, as folded name -> name as written.

        A folded name (`normal`) ignores case and spacing.
        """
        return self._written

    def put(self, contract: str, revision: int, index: RecordIndex, record: bytes, seq: int = 0) -> None:
        """Store the record of a contract in memory, in place of the earlier one.

        Args:
            revision: The record's revision.
            index: The names by which the record is found.
            record: The record as JSON.
            seq: The `seq` of the record's row in the database (`contract_table`).
        """
        packed = self._pool.packed[contract] = _Packed(contract, revision, index, record)
        self._put(contract, packed, seq)

    def pass_over(self, contract: str, seq: int, error: Exception) -> None:
        """Note that the stored record of a contract cannot be read.

        Args:
            seq: The `seq` of the record's row in the database, so that the row is not read again. 0 for a row that was
                read before.
        """
        self.seq = max(self.seq, seq)
        if contract not in self.unreadable:
            _log.error("contract.unreadable", contract=contract, error=f"{type(error).__name__}: {error}"[:500])
        self.unreadable[contract] = error

    def put_shared(self, contract: str, revision: int, seq: int = 0) -> bool:
        """Copy a contract's record from another shelf for the same store, and return whether there was one to copy.

        If the result is False, nothing was stored: call `put`.

        Args:
            revision: The revision that the record must have.
            seq: The `seq` of the record's row in the database (`contract_table`).
        """
        packed = self._pool.packed.get(contract)
        if packed is None or packed.revision != revision:
            return False
        self._put(contract, packed, seq)
        return True

    @property
    def could_copy(self) -> bool:
        """Return whether `copy` may succeed.

        The result is True if this shelf is empty and another shelf for the same store has records.
        """
        return not self._packed and any(each._packed for each in self._pool.shelves)

    def copy(self, revisions: Mapping[str, int], seq: int) -> bool:
        """Fill this empty shelf from another shelf for the same store; return whether that was possible.

        Args:
            revisions: Contract -> revision of its record. The other shelf must hold exactly these revisions; otherwise
                nothing changes.
            seq: The greatest value of the column `seq` in the database.
        """
        if self._packed:
            return False
        for other in self._pool.shelves:
            held = other._packed
            if len(held) == len(revisions) and all(
                (one := held.get(contract)) is not None and one.revision == revision
                for contract, revision in revisions.items()
            ):
                break
        else:
            return False
        self._packed, self._of, self._written = dict(held), dict(other._of), dict(other._written)
        self._using = {product: set(using) for product, using in other._using.items()}
        self._of_domain = {domain: set(naming) for domain, naming in other._of_domain.items()}
        self._with_entries = set(other._with_entries)
        self.seq = seq
        return True

    def _put(self, contract: str, packed: _Packed, seq: int) -> None:
        self.seq = max(self.seq, seq)
        before = self._packed.get(contract, _NOTHING)
        self._packed[contract] = packed
        self.unreadable.pop(contract, None)
        if packed.has_entries:
            self._with_entries.add(contract)
        self._unpacked.pop(contract, None)
        if before.products != packed.products or before.written != packed.written:
            self._put_products(contract, before, packed)
        if before.customers != packed.customers:
            self._put_customers(contract, before, packed)
        if before.domains != packed.domains:
            self._put_domains(contract, before, packed)

    def _put_customers(self, contract: str, before: _Packed, after: _Packed) -> None:
        for name in before.customers:
            left = tuple(one for one in self._of[name] if one != contract)
            if left:
                self._of[name] = left
            else:
                del self._of[name]
        for name in after.customers:
            others = self._of.get(name)
            self._of[name] = after.alone if others is None else (*others, contract)

    def _put_domains(self, contract: str, before: _Packed, after: _Packed) -> None:
        for domain in before.domains:
            naming = self._of_domain[domain]
            naming.discard(contract)
            if not naming:
                del self._of_domain[domain]
        for domain in after.domains:
            self._of_domain.setdefault(domain, set()).add(contract)

    def _put_products(self, contract: str, before: _Packed, after: _Packed) -> None:
        for name in before.products:
            using = self._using[name]
            using.discard(contract)
            if not using:
                del self._using[name], self._written[name]
        for name, written in zip(after.products, after.written, strict=True):
            self._using.setdefault(name, set()).add(contract)
            self._written[name] = written
