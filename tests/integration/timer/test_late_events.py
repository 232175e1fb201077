"""Late events that renumber what was told, on the store of this release and on one of the release before."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.integration.timer.desk import EXAMPLES, TEN, Desk

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.store.engine import Store
from sla_timer import tables
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.refold import Refolder, query_of_names
from sla_timer.rulebooks import Rulebooks

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    return load_catalogue(EXAMPLES)


def happened(number: int, kind: EventKind, at: datetime, priority: str = "") -> IncidentEvent:
    attributes = {"customer": "Acme", "title": "Down"} if kind is EventKind.OPENED else {}
    return IncidentEvent(
        id=EventId(f"demo/{number}"), incident=IncidentId("demo:INC-1"), kind=kind, occurred_at=at, received_at=at,
        source="demo", actor=Actor.STAFF, attributes=attributes | ({"priority": priority} if priority else {}),
    )  # fmt: skip


async def as_the_release_before(store: Store) -> None:
    """Its rows hold keys, the cause and the promise."""
    async with store.transaction() as connection:
        for row in (await connection.execute(select(tables.clock.c.id, tables.clock.c.told))).all():
            words = [
                word
                for word in row.told.split()
                if not word.startswith("@") or word.startswith(("@cause=", "@promised="))
            ]
            changed = update(tables.clock).where(tables.clock.c.id == row.id).values(told=" ".join(words))
            await connection.execute(changed)


@pytest.mark.parametrize("older", [False, True], ids=["ours", "older"])
async def test_a_late_priority_takes_nothing_back_and_tells_nothing_again(
    store: Store, examples: Catalogue, older: bool
) -> None:
    desk = await Desk(store, examples).start()
    end = TEN + timedelta(hours=10)
    await desk.apply(happened(0, EventKind.OPENED, TEN, "P3"), through=end)
    await desk.apply(happened(1, EventKind.PRIORITY_CHANGED, TEN + 5 * SECOND, "P1"), through=end)
    assert "breach" in await desk.fire(TEN + 16 * MINUTE)
    before = await desk.facts()
    if older:
        await as_the_release_before(store)

    await desk.apply(happened(2, EventKind.PRIORITY_CHANGED, TEN + SECOND, "P4"), through=end)
    await refold(desk, examples)
    assert await desk.fire(TEN + 17 * MINUTE) == []
    assert _of_response(await desk.facts()) == _of_response(before)

    await desk.apply(happened(3, EventKind.RESPONDED, TEN + 10 * MINUTE), through=end)
    (amended,) = [fact for fact in await desk.facts() if fact["kind"] == "clock.amended"]
    details: Any = amended["details"]
    assert details["takes_back"] == "1/breach"
    assert datetime.fromisoformat(details["takes_back_due"]) == TEN + 15 * MINUTE


async def refold(desk: Desk, catalogue: Catalogue) -> None:
    """As an audit or a replanning does."""
    rulebooks = Rulebooks(lambda: catalogue, _none, desk.time)
    refolder = Refolder(desk.store, rulebooks, desk.time, FoldPreparer(desk.store, desk.metrics))
    await refolder.refold(0, query_of_names(["demo:INC-1"]))


def _none(text: str) -> Catalogue:
    raise AssertionError(text)


def _of_response(facts: list[dict[str, object]]) -> list[str]:
    return [json.dumps(fact, default=str) for fact in facts if fact.get("metric") == "first_response"]
