"""What the statements of the tick write is what the codecs would have written, field by field, on both databases.

The fire statements put the wire's JSON and the published state's text together in SQL, for speed. They are told here
from the domain's own facts: the same timers fired, their facts encoded, their keys noted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from tests.integration.timer.desk import EXAMPLES, TEN, Desk
from tests.integration.timer.test_apply import opened

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.clock import BREACH, ClockId
from sla_domain.event import IncidentId
from sla_domain.fact import BREACHED, Fact, Warned
from sla_domain.fold import fold
from sla_domain.published import after_publishing
from sla_platform.envelope import Envelope, Topic
from sla_platform.store.engine import Store
from sla_platform.wire import ClockFact, clock_fact, encode_clock_fact
from sla_timer import tables
from sla_timer.apply.decide import published_state_of

PATIENCE = timedelta(minutes=10)  # of `Desk.fire`
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    return load_catalogue(EXAMPLES)


@pytest.fixture
async def desk(store: Store, examples: Catalogue) -> Desk:
    return await Desk(store, examples).start()


async def _rows(desk: Desk, table: Any) -> Sequence[Any]:
    async with desk.store.reading() as connection:
        return (await connection.execute(select(table))).all()


def _fact(timer: Any, clock: Any, through: datetime) -> Fact:
    """The fact of a timer row, as `sla_domain.diff` words it."""
    kind = timer.kind.partition("~")[0]
    overtaken = clock.due_at is not None and clock.due_at <= through
    return Fact(
        body=BREACHED if kind == BREACH else Warned(kind, overtaken),
        incident=IncidentId(clock.incident),
        key=f"{timer.generation}/{timer.kind}",
        at=timer.fire_at,
        clock=ClockId(clock.id),
        metric=clock.metric,
        cycle=clock.cycle,
        generation=timer.generation,
        due_at=clock.due_at,
    )


def _encoded(fact: Fact, clock: Any, now: datetime, provisional: bool) -> Envelope:
    context = dict(clock.context) if isinstance(clock.context, dict) else json.loads(clock.context)
    return encode_clock_fact(
        clock_fact(fact, context | {"state": "running", "provisional": provisional}, now), fact.key
    )


def _same_record(row: Any, wanted: Envelope) -> None:
    columns = (row.topic, row.id, row.type, row.source, row.subject, row.key, row.time)
    assert columns == (
        Topic.CLOCKS.value, wanted.id, wanted.type, wanted.source, wanted.subject, wanted.key, wanted.time,
    )  # fmt: skip
    written, encoded = json.loads(row.data), json.loads(wanted.data)
    assert written.keys() <= ClockFact.model_fields.keys()
    assert encoded.keys() <= written.keys(), "only defaults may be left out, and the SQL leaves none out"
    fact, ours = ClockFact.model_validate(written), ClockFact.model_validate_json(wanted.data)
    for name in ClockFact.model_fields:
        assert getattr(fact, name) == getattr(ours, name), name
    assert fact.body == ours.body


async def _fire_and_compare(desk: Desk, now: datetime, through: datetime, provisional: bool) -> list[str]:
    """Fire everything due and compare; the keys that were fired, in the order of their instants."""
    clocks = {row.id: row for row in await _rows(desk, tables.clock)}
    before = {ClockId(id_): published_state_of(row) for id_, row in clocks.items()}
    due = [row for row in await _rows(desk, tables.timer) if row.fire_at <= through]
    known = {row.id for row in await _rows(desk, tables.log)}
    await desk.fire(now)
    written = {row.id: row for row in await _rows(desk, tables.log) if row.id not in known}
    facts = [_fact(timer, clocks[timer.clock_id], through) for timer in due]
    encoded = [_encoded(fact, clocks[fact.clock], now, provisional) for fact in facts]
    wanted = {envelope.id: envelope for envelope in encoded}
    assert written.keys() == wanted.keys()
    for id_, envelope in wanted.items():
        _same_record(written[id_], envelope)
    facts.sort(key=lambda fact: fact.at)
    after = {ClockId(row.id): published_state_of(row) for row in await _rows(desk, tables.clock)}
    folded = fold([opened()], desk.current.rulebook).clocks
    assert after == after_publishing(before, facts, folded), "the text and the columns of the clocks' rows"
    return [fact.key for fact in facts]


async def test_warnings_and_breaches_are_written_as_the_codecs_write_them(desk: Desk) -> None:
    """In time, one after the other, as on a quiet day."""
    await desk.apply(opened(), through=TEN + 30 * DAY)
    fired: list[str] = []
    for at in sorted({row.fire_at for row in await _rows(desk, tables.timer)}):
        fired += await _fire_and_compare(desk, at + timedelta(microseconds=1), at + timedelta(microseconds=1), False)
    assert len(fired) > 3
    assert any(key == "0/breach" for key in fired)
    assert await _rows(desk, tables.timer) == []


async def test_so_are_those_that_are_overtaken_and_provisional(desk: Desk) -> None:
    """A tick that was away for long, and a partition of which nothing has been read since."""
    await desk.apply(opened(), through=TEN)
    now = TEN + DAY
    fired = await _fire_and_compare(desk, now, now - PATIENCE, True)
    warned = [fact for fact in await desk.facts() if fact["kind"] == "clock.warned"]
    assert len(fired) > 2
    assert any(fact["overtaken"] and fact["provisional"] for fact in warned)


async def test_so_are_marks_under_a_name_that_was_used_before(desk: Desk) -> None:
    await desk.apply(opened(), through=TEN + 30 * DAY)
    async with desk.store.transaction() as connection:
        for kind in ("warn-50", "breach"):
            named = tables.timer.c.kind == kind
            await connection.execute(update(tables.timer).where(named).values(kind=f"{kind}~1"))
            text = func.replace(tables.clock.c.told, f"@+0/{kind}=", f"@+0/{kind}~1=")
            await connection.execute(update(tables.clock).values(told=text))
    through = TEN + DAY
    keys = await _fire_and_compare(desk, through, through, False)
    assert {"0/warn-50~1", "0/breach~1"} <= set(keys)
