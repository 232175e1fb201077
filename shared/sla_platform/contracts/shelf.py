"""The contracts' records in memory: packed, found by id and by customer, unpacked when one is needed."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sla_domain.normal import normal
from sla_domain.record import ContractRecord
from sla_platform.wire.contract import RecordData, read_record

_UNPACKED = 2_000  # records kept unpacked
_LEVEL = 1  # of compression: a record shrinks to a third, and unpacks in some ten microseconds


@dataclass(frozen=True, slots=True)
class RecordIndex:
    """By what a record is found: the names of the customers in any of its versions, and the products that it names."""

    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


def index_of(record: RecordData) -> RecordIndex:
    """Return by what a record is found."""
    customers: dict[str, None] = {}
    products: dict[str, None] = {}
    for version in record.versions:
        document = version.document
        customers |= dict.fromkeys(_listed(document.get("customers")))
        products |= dict.fromkeys(item.get("product", "") for item in document.get("environment") or ())
        products |= dict.fromkeys(_listed(document.get("products")) + _listed(document.get("excluded_products")))
    if record.profile is not None:
        products |= dict.fromkeys(one.product for one in record.profile.products)
    return RecordIndex(tuple(customers), tuple(products))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


class RecordShelf:
    """The records of all contracts of a service, in memory. Satisfies `sla_domain.record.Records`.

    Records are packed and unpacked on demand, so that a hundred thousand fit. `seq`: the greatest number of the rows
    that were put (`ContractTables`).
    """

    def __init__(self) -> None:
        self._packed: dict[str, tuple[int, bytes]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._of: dict[str, tuple[str, ...]] = {}
        self._products: dict[str, tuple[str, ...]] = {}
        self._using: dict[str, set[str]] = {}
        self._written: dict[str, str] = {}
        self._unpacked: OrderedDict[str, ContractRecord] = OrderedDict()
        self.seq = 0

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __contains__(self, contract: object) -> bool:
        return contract in self._packed

    def revision(self, contract: str) -> int:
        """Return the revision of a contract's record; 0 if there is none."""
        return self._packed.get(contract, (0, b""))[0]

    def get(self, contract: str) -> ContractRecord | None:
        """Return the record of a contract; None if there is none."""
        found = self._unpacked.get(contract)
        if found is not None:
            self._unpacked.move_to_end(contract)
            return found
        packed = self._packed.get(contract)
        if packed is None:
            return None
        found = self._unpacked[contract] = read_record(zlib.decompress(packed[1]))
        if len(self._unpacked) > _UNPACKED:
            self._unpacked.popitem(last=False)
        return found

    def contracts_of(self, customer: str) -> tuple[str, ...]:
        """Return the ids of the contracts one of whose versions names the customer, compared by `normal` form."""
        return self._of.get(normal(customer), ())

    def with_products(self, products: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the contracts in whose environment one of these products is, by `normal` name."""
        found = set[str]().union(*(self._using.get(normal(product), ()) for product in products))
        return tuple(sorted(found))

    def products(self) -> Mapping[str, str]:
        """Return the products that the contracts name: `normal` name -> name as written."""
        return self._written

    def put(self, contract: str, revision: int, index: RecordIndex, record: bytes, seq: int = 0) -> None:
        """Put a record in place of the earlier one. `index`: by what it is found."""
        self.seq = max(self.seq, seq)
        self._packed[contract] = (revision, zlib.compress(record, _LEVEL))
        self._unpacked.pop(contract, None)
        self._put_products(contract, index.products)
        before, after = self._names.get(contract, ()), tuple(dict.fromkeys(map(normal, index.customers)))
        if before == after:
            return
        for name in before:
            left = tuple(one for one in self._of[name] if one != contract)
            if left:
                self._of[name] = left
            else:
                del self._of[name]
        for name in after:
            self._of[name] = (*self._of.get(name, ()), contract)
        self._names[contract] = after

    def _put_products(self, contract: str, products: Sequence[str]) -> None:
        before, after = self._products.get(contract, ()), tuple(dict.fromkeys(map(normal, products)))
        if before == after:
            return
        for name in before:
            self._using[name].discard(contract)
        for name, written in zip(map(normal, products), products, strict=True):
            self._using.setdefault(name, set()).add(contract)
            self._written[name] = written
        self._products[contract] = after
