"""Shelves of records: several in one process hold what is the same once, and each knows what is newest to it."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from tests.build.record import record_of, version

from sla_domain.record import ContractRecord
from sla_platform.contracts.shelf import RecordIndex, RecordShelf, index_of
from sla_platform.wire.contract import record_data, record_text

NOV = datetime(2026, 11, 1, tzinfo=UTC)


def record(title: str, revision: int = 1, customers: tuple[str, ...] = ("Acme",)) -> ContractRecord:
    changes = [
        version(
            number,
            NOV.replace(hour=number),
            {"customers": list(customers), "title": f"{title} {number}", "products": ["Shop"]},
        )
        for number in range(1, revision + 1)
    ]
    return record_of("acme", NOV, *changes)


class Database:
    """Stands for the database of a process."""


def shelves() -> tuple[RecordShelf, RecordShelf]:
    """Those of two services that share a database."""
    database = Database()
    return RecordShelf(database), RecordShelf(database)


def put(shelf: RecordShelf, made: ContractRecord) -> None:
    data = record_data(made)
    shelf.put(made.id, made.revision, index_of(data), record_text(data).encode())


TITLES = {"short": "short", "long": "long " * 400, "random": random.Random(7).randbytes(3_000).hex()}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_what_one_shelf_has_another_takes_over(title: str) -> None:
    first, second, made = *shelves(), record(title)
    put(first, made)
    assert second.put_shared("acme", 1)
    assert second._packed["acme"] is first._packed["acme"]
    for shelf in (first, second):
        assert shelf.get("acme") == made
        assert shelf.contracts_of("ACME") == shelf.with_products(["shop"]) == ("acme",)


def test_another_revision_is_not_taken_over_and_nothing_of_another_store() -> None:
    first, second = shelves()
    put(first, record("one"))
    assert not second.put_shared("acme", 2)
    assert not RecordShelf().put_shared("acme", 1)
    assert not RecordShelf(Database()).put_shared("acme", 1)
    assert "acme" not in second


def test_an_empty_shelf_copies_what_another_holds_if_it_is_what_is_stored() -> None:
    first, second = shelves()
    assert not second.could_copy
    put(first, record("one", 2, ("Acme", "Acme AG")))
    assert second.could_copy
    assert not second.copy({"acme": 1}, 7)
    assert not second.copy({"acme": 2, "other": 1}, 7)
    assert (len(second), second.seq) == (0, 0)
    assert second.copy({"acme": 2}, 7)
    assert (list(second), second.seq, second.revision("acme")) == (["acme"], 7, 2)
    put(first, record("one", 3, ("Acme",)))
    assert second.contracts_of("acme ag") == second.with_products(["shop"]) == ("acme",), "a copy goes its own way"
    assert not second.could_copy
    assert not second.copy({"acme": 3}, 9)
    assert not RecordShelf(Database()).could_copy


def test_each_shelf_keeps_what_it_was_given_last() -> None:
    first, second = shelves()
    old, new = record("one"), record("one", 2, ("Acme AG",))
    for shelf in (first, second):
        put(shelf, old)
    put(first, new)
    assert (first.get("acme"), second.get("acme")) == (new, old)
    assert (first.contracts_of("Acme"), second.contracts_of("Acme")) == ((), ("acme",))
    assert (first.contracts_of("acme ag"), second.contracts_of("acme ag")) == (("acme",), ())


def test_what_was_stored_before_there_were_domains_is_found_by_them() -> None:
    text = record_text(record_data(record_of("acme", NOV, version(1, NOV, {"registration_domains": "Acme.example"}))))
    assert RecordIndex.read('{"customers": ["Acme"], "products": []}', text.encode()).domains == ("acme.example",)
    assert RecordIndex.read('{"customers": ["Acme"], "products": [], "domains": []}', b"") == RecordIndex(
        ["Acme"], [], []
    )
