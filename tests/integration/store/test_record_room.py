"""A record that no topic would take is refused before anything is stored; what must always be possible, stays so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.integration.store.recorded import ANN, FILES, NOV, SATURDAY, Clock, Started, booking, written
from tests.unit.catalogue.made import loaded

from sla_catalogue import Catalogue
from sla_domain.contract import EnvironmentItem
from sla_domain.ledger import ledger_at
from sla_domain.record import posting
from sla_ingest import tables
from sla_ingest.contract import ledger_routes
from sla_ingest.contract import store as records
from sla_ingest.contract.deps import ContractDeps
from sla_ingest.entry import DeliveryResult
from sla_platform.http.problem import Problem
from sla_platform.store.engine import Store

SMALL = 60_000  # bytes of an event
HOUR = timedelta(hours=1)
STORED = [tables.contract_change, tables.log, tables.audit.rows, tables.contract_records.contract]


@pytest.fixture
async def ingest(store: Store) -> Store:
    async with store.transaction() as connection:
        await connection.run_sync(tables.metadata.create_all)
    return store


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return loaded(tmp_path, FILES)


async def stored(store: Store) -> list[int]:
    async with store.reading() as connection:
        return [(await connection.execute(select(func.count()).select_from(one))).scalar_one() for one in STORED]


def names(many: int) -> list[str]:
    return [f"{number} {'x' * 190}" for number in range(many)]


def products(many: int, length: int) -> tuple[EnvironmentItem, ...]:
    facts = (("owner", "x" * length),)
    return tuple(EnvironmentItem(product=f"p{number}", versions=("1",), facts=facts) for number in range(many))


async def full(store: Store, catalogue: Catalogue) -> tuple[Started, Clock]:
    """A contract with two bookings, a version that lies ahead, and as much of versions as there is room for."""
    clock = Clock()
    by = Started(store, catalogue, clock, SMALL)
    await by.owner.create(written("acme", "first", NOV), ANN)
    await by.post("acme", "bought", "bought", 10, NOV)
    await by.owner.book("acme", booking("fair"), ANN)
    await by.owner.book("acme", booking("fete", SATURDAY + timedelta(days=7)), ANN)
    for number in range(100):
        clock.now_ += HOUR
        if await refused(by.owner.change("acme", written("acme", f"version {number}", products=names(10)), None, ANN)):
            return by, clock
    raise AssertionError("it took everything")


async def refused(act: Awaitable[object]) -> bool:
    """Whether there is no room for it."""
    try:
        await act
    except Problem as problem:
        return problem.slug == "record-too-large"
    return False


async def test_every_change_that_would_be_too_large_is_refused_with_its_place_and_stores_nothing(
    ingest: Store, catalogue: Catalogue
) -> None:
    by, _ = await full(ingest, catalogue)
    before = await stored(ingest)
    big, large = products(20, 500), written("large", "large", NOV, products=names(400))
    more: dict[str, Any] = {"products": names(20)}
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: by.owner.create(large, ANN),
        "create, tried": lambda: by.owner.create(large, ANN, dry_run=True),
        "change": lambda: by.owner.change("acme", written("acme", "more", **more), None, ANN),
        "edit": lambda: by.owner.edit("acme", lambda values: values | more, None, None, ANN),
        "profile": lambda: by.owner.state_profile("acme", big, ANN),
    }
    for name, act in acts.items():
        with pytest.raises(Problem) as caught:
            await act()
        assert (caught.value.status, caught.value.slug) == (409, "record-too-large"), name
        place = "/contract" if name in ("create", "create, tried", "change") else ""
        assert [one["pointer"] for one in caught.value.errors] == [place], name
        assert await stored(ingest) == before, name


async def test_a_full_record_can_still_be_cancelled_withdrawn_frozen_put_in_force_and_ended(
    ingest: Store, catalogue: Catalogue
) -> None:
    by, _ = await full(ingest, catalogue)
    for number in range(100):  # until a profile has taken the last of it
        if await refused(by.owner.state_profile("acme", products(1 + number, 100), ANN)):
            break
    else:
        raise AssertionError("it took everything")
    await by.owner.cancel("acme", "fair", ANN)
    await by.owner.freeze("acme", NOV, None, ANN)
    ended = await by.owner.end("acme", date(2027, 3, 1), None, ANN)
    assert ended.record.newest is not None
    assert '"to":"2027-03-01"' in ended.record.newest.document
    await by.owner.cancel("acme", "fete", ANN)


async def test_the_text_of_a_withdrawn_version_is_read_from_the_history(ingest: Store, catalogue: Catalogue) -> None:
    by = Started(ingest, catalogue, Clock())
    await by.owner.create(written("acme", "first", NOV), ANN)
    await by.owner.change("acme", written("acme", "second", SATURDAY), None, ANN)
    made = await by.owner.withdraw("acme", 2, None, ANN)
    assert [one.document == "{}" for one in made.record.versions] == [False, True]
    async with ingest.reading() as connection:
        assert await records.version_text(connection, "acme", 2) == written("acme", "second").document
        assert await records.version_text(connection, "acme", 3) is None


async def test_work_is_counted_after_the_ledger_is_full_and_an_entry_that_is_closed_is_known(
    ingest: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "MOST_ENTRIES", 6)
    clock = Clock()
    by = Started(ingest, catalogue, clock)
    await by.owner.create(written("acme", "first", NOV), ANN)
    await by.post("acme", "bought", "bought", 10, NOV)
    for number in range(12):
        clock.now_ = NOV + (number + 1) * HOUR
        receipt = await by.worked("acme", f"work-{number}", NOV + number * HOUR)
        assert (receipt.entry.result, receipt.entry.remarks) == (DeliveryResult.ACCEPTED, ())
    await by.owner.load()
    record, terms = by.owner.ledgers("acme")
    assert len(record.entries) <= 6
    hours = next(one for one in terms if one.allowance.id == "hours")
    assert ledger_at(hours, record.entries_of("hours"), clock.now()).free == (100 * 4 - 12) * 900
    async with ingest.reading() as connection:
        whole = await records.all_entries(connection, "acme", "hours")
        kinds = [one.what for one in await records.changes_of(connection, "acme", 0, 100)]
    assert len(whole) == 12, "the history has all"
    assert kinds.count("ledgers_closed") >= 2
    assert ledger_at(hours, whole, clock.now()).free == (100 * 4 - 12) * 900

    # Before the closing it is what it was, told from the history; of now the opening comes first.
    deps = ContractDeps(
        by.owner, by.shelf, ingest, lambda: catalogue, clock, None, 0  # type: ignore[arg-type]
    )  # fmt: skip
    then = await ledger_routes._ledger(deps, "acme", "hours", NOV + 1.5 * HOUR, "en", explain=True)
    assert (then["free"]["amount"], then["closed_before"]) == (str((100 * 4 - 2) * 900), None)
    assert [one["kind"] for one in then["steps"]] == ["granted", "used", "used"]
    now = await ledger_routes._ledger(deps, "acme", "hours", None, "en", explain=True)
    assert (now["free"]["amount"], now["steps"][0]["kind"]) == (str((100 * 4 - 12) * 900), "opening")
    assert now["closed_before"] == now["steps"][0]["at"]

    # What was bought is closed. Told again it is known; another entry of its name is none.
    assert "bought" not in [one.entry.id for one in record.entries]
    assert await by.post("acme", "bought", "bought", 10, NOV) is False
    with pytest.raises(Problem) as taken:
        await by.post("acme", "bought", "bought", 11, clock.now())
    assert (taken.value.status, taken.value.extra["reason"]) == (409, "id_taken")
    with pytest.raises(Problem) as late:
        await by.post("acme", "late", "used", 1, datetime(2026, 11, 1, 0, 30, tzinfo=NOV.tzinfo))
    assert (late.value.status, late.value.extra["reason"]) == (409, "closed")
