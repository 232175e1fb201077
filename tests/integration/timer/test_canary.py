"""The canary fires every minute, once, whoever sets it."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs
from tests.conformance.test_firing import MINUTE, NINE, bounds, caught_up, facts
from tests.integration.timer.desk import EXAMPLES, Frozen

from sla_catalogue import load_catalogue, load_text
from sla_platform.store.engine import Store
from sla_platform.wire.clock import CANARY
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.adapters import firing_of
from sla_timer.tick.canary import Canary


async def test_the_canary_fires_once_a_minute_with_two_instances(store: Store) -> None:
    time = Frozen(NINE + timedelta(seconds=20))
    firing = firing_of(store, await caught_up(store, NINE + 10 * MINUTE))
    first, second = Canary(store, firing, time), Canary(store, firing, time)
    for minute in (1, 2, 3):
        await first.once()
        await second.once()
        await first.once()
        due = NINE + minute * MINUTE
        assert await firing.fire(bounds(due - timedelta(microseconds=1))) == []
        assert [one.fire_at for one in await firing.fire(bounds(due))] == [due]
        time.instant = due + timedelta(seconds=1)
    told = await facts(store)
    assert [fact["incident"] for fact in told] == [CANARY] * 3
    assert [fact["time"] for fact in told] == [NINE + minute * MINUTE for minute in (1, 2, 3)]


async def test_its_row_has_no_catalogue_and_none_is_missed(store: Store) -> None:
    """Whoever asked for the incident `slad:canary` had an error logged: a catalogue version was lost."""
    catalogue = load_catalogue(EXAMPLES)
    rulebooks = Rulebooks(lambda: catalogue, load_text, Frozen(NINE))
    with capture_logs() as lines:
        async with store.reading() as connection:
            found = await rulebooks.known(connection, [""])
    assert found.current is rulebooks.current
    assert lines == []
