"""History through the applier and the tick: an instant that had passed when it was heard of waits for its company."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.integration.timer.desk import EXAMPLES, TEN, Desk

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.store.engine import Store
from sla_platform.wire import ClockFact

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OPENED = TEN - 200 * 24 * HOUR
MARKS = ("clock.warned", "clock.breached")


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    return load_catalogue(EXAMPLES)


def happened(
    kind: EventKind, at: datetime, *, incident: str = "demo:INC-1", heard: datetime = TEN, history: bool = False
) -> IncidentEvent:
    attributes = {"customer": "Acme", "title": "Down", "priority": "P1"} if kind is EventKind.OPENED else {}
    return IncidentEvent(
        id=EventId(f"{incident}/{kind}"), incident=IncidentId(incident), kind=kind, occurred_at=at, received_at=heard,
        source="demo", actor=Actor.STAFF, attributes=attributes, history=history,
    )  # fmt: skip


async def told(desk: Desk) -> list[tuple[str, str, bool, bool]]:
    return [
        (str(fact["kind"]), str(fact["metric"]), bool(fact.get("overtaken")), bool(fact.get("history")))
        for fact in await desk.facts()
        if fact["kind"] in MARKS
    ]


async def test_the_tick_waits_for_the_rest_of_what_was_accepted_together(store: Store, examples: Catalogue) -> None:
    """One commit is read in two pages: the opening in the first, the end in the second."""
    desk = await Desk(store, examples).start()
    # The reader had reached the log's end a moment ago, and has not again since.
    await desk.apply(through=TEN - MINUTE)
    await desk.apply(happened(EventKind.OPENED, OPENED))
    assert await desk.fire(TEN) == []
    await desk.apply(
        happened(EventKind.RESPONDED, OPENED + 5 * MINUTE),
        happened(EventKind.RESOLVED, OPENED + 900 * HOUR),
        through=TEN,
    )
    assert await desk.fire(TEN + MINUTE) == []
    found = await told(desk)
    assert {one[1] for one in found} == {"resolution"}
    assert ("clock.breached", "resolution", False, True) in found
    assert all(history for *_, history in found)


async def test_a_promise_broken_long_ago_that_still_runs_is_told_once(store: Store, examples: Catalogue) -> None:
    desk = await Desk(store, examples).start()
    await desk.apply(happened(EventKind.OPENED, OPENED), through=TEN)
    assert "breach" in await desk.fire(TEN)
    found = await told(desk)
    assert all(not history for *_, history in found)
    assert all(overtaken for kind, _, overtaken, _ in found if kind == "clock.warned")
    breaches = [fact for fact in await desk.facts() if fact["kind"] == "clock.breached"]
    assert breaches
    assert all(datetime.fromisoformat(str(fact["at"])) < TEN - 100 * 24 * HOUR for fact in breaches)
    await desk.apply(happened(EventKind.CLOSED, TEN), through=TEN + HOUR)
    assert await desk.fire(TEN + HOUR) == []
    assert len([one for one in await told(desk) if one[0] == "clock.breached"]) == len(breaches)


async def test_an_import_of_an_open_incident_is_history_up_to_the_import(store: Store, examples: Catalogue) -> None:
    desk = await Desk(store, examples).start()
    await desk.apply(happened(EventKind.OPENED, OPENED, history=True), through=TEN)
    assert "breach" in await desk.fire(TEN)
    facts = [fact for fact in await desk.facts() if fact["kind"] in MARKS]
    assert facts
    assert all(datetime.fromisoformat(str(fact["imported_through"])) == TEN for fact in facts)


async def test_what_breaks_after_the_import_is_told(store: Store, examples: Catalogue) -> None:
    desk = await Desk(store, examples).start()
    await desk.apply(happened(EventKind.OPENED, TEN - MINUTE, history=True), through=TEN)
    assert await desk.fire(TEN) == []
    await desk.apply(through=TEN + 20 * MINUTE)
    assert "breach" in await desk.fire(TEN + 20 * MINUTE)
    (breach,) = [fact for fact in await desk.facts() if fact["kind"] == "clock.breached"]
    assert datetime.fromisoformat(str(breach["at"])) > datetime.fromisoformat(str(breach["imported_through"]))


@pytest.mark.parametrize("stated", [{"priority": "P1"}, {"customer": "Polaris", "priority": "P1"}])
async def test_a_target_that_a_sender_makes_after_the_import_is_told_although_it_is_broken_at_once(
    store: Store, examples: Catalogue, stated: dict[str, str]
) -> None:
    desk = await Desk(store, examples).start()
    opening = happened(EventKind.OPENED, TEN - 90 * MINUTE, history=True)
    await desk.apply(replace(opening, attributes={**opening.attributes, "priority": "P4"}), through=TEN)
    assert await desk.fire(TEN) == []
    raised = happened(EventKind.PRIORITY_CHANGED, TEN + MINUTE, heard=TEN + MINUTE)
    await desk.apply(replace(raised, attributes=stated), through=TEN + 2 * MINUTE)
    await desk.fire(TEN + 2 * MINUTE)
    breaches = [ClockFact.model_validate(fact) for fact in await desk.facts() if fact["kind"] == "clock.breached"]
    assert breaches
    assert all(breach.at < TEN and not breach.is_history for breach in breaches)


@pytest.mark.parametrize("seed", range(3))
async def test_finished_incidents_in_any_order_and_any_pages_leave_no_false_breach(
    store: Store, examples: Catalogue, seed: int
) -> None:
    """A breach that is no history was told of a clock that ran for all that was known; and no page says a false one."""
    chance = random.Random(seed)
    desk = await Desk(store, examples).start()
    events = []
    for number in range(12):
        opened = OPENED + number * HOUR
        for kind, after in ((EventKind.OPENED, 0), (EventKind.RESPONDED, 3), (EventKind.RESOLVED, 30)):
            events.append(happened(kind, opened + after * MINUTE, incident=f"demo:{number}"))
    chance.shuffle(events)
    await desk.apply(through=TEN - MINUTE)
    while events:
        page, events = events[:5], events[5:]
        await desk.apply(*page)  # accepted together, read in pages: the end of the log is not reached in between
        assert await desk.fire(TEN) == []
    await desk.apply(through=TEN)
    assert await desk.fire(TEN + MINUTE) == []
    assert [one for one in await told(desk) if not one[-1]] == []
