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


def put(shelf: RecordShelf, made: ContractRecord) -> bytes:
    data = record_data(made)
    text = record_text(data).encode()
    shelf.put(made.id, made.revision, index_of(data), text)
    return text


TITLES = {"short": "short", "long": "long " * 400, "random": random.Random(7).randbytes(3_000).hex()}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_what_one_shelf_has_another_takes_over(title: str) -> None:
    first, second, made = RecordShelf(), RecordShelf(), record(title)
    text = put(first, made)
    assert second.put_shared("acme", 1, text)
    assert second._packed["acme"] is first._packed["acme"]
    for shelf in (first, second):
        assert shelf.get("acme") == made
        assert shelf.contracts_of("ACME") == shelf.with_products(["shop"]) == ("acme",)


def test_another_text_or_revision_is_not_taken_over() -> None:
    first, second = RecordShelf(), RecordShelf()
    put(first, record("one"))
    other = record_text(record_data(record("two"))).encode()
    assert not second.put_shared("acme", 1, other)
    assert not second.put_shared("acme", 2, record_text(record_data(record("one"))).encode())
    assert "acme" not in second


def test_each_shelf_keeps_what_it_was_given_last() -> None:
    first, second = RecordShelf(), RecordShelf()
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
