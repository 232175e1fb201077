"""A timer row that the database refuses is quarantined alone; the rows around it fire on time."""

from __future__ import annotations

import json
from datetime import datetime

from prometheus_client import CollectorRegistry
from sqlalchemy import select, text
from tests.conformance.test_firing import MINUTE, NINE, caught_up, facts, seed
from tests.integration.timer.desk import Frozen

from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_timer import tables
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import firing_of
from sla_timer.tick.loop import TickLoop

ALTERS_TABLES = True
REFUSE_POSTGRES = "ALTER TABLE timer_log ADD CHECK (subject <> '{incident}')"
REFUSE_SQLITE = """
CREATE TRIGGER refuse BEFORE INSERT ON timer_log WHEN NEW.subject = '{incident}'
BEGIN SELECT RAISE(ABORT, 'refused'); END
"""


async def test_one_unfit_row_delays_nobody(store: Store) -> None:
    before = await seed(store, ("breach", NINE - MINUTE))
    unfit = await seed(store, ("breach", NINE))
    after = await seed(store, ("breach", NINE + MINUTE))
    refuse = REFUSE_SQLITE if store.sqlite else REFUSE_POSTGRES
    async with store.transaction() as connection:
        await connection.execute(text(refuse.format(incident=f"demo\\:{unfit}")))
    progress = await caught_up(store, NINE + 2 * MINUTE)
    tick = TickLoop(
        firing_of(store, progress), progress, Frozen(NINE + 2 * MINUTE), Settings(), TimerMetrics(CollectorRegistry()),
        lambda: None,
    )  # fmt: skip
    await tick.once()
    assert [fact["id"] for fact in await facts(store)] == [f"{before}/0/breach", f"{after}/0/breach"]
    async with store.reading() as connection:
        aside = (await connection.execute(select(tables.quarantine))).all()
    assert [(row.clock_id, row.part, row.event) for row in aside] == [(unfit, "tick", f"{unfit}/0/breach")]
    said = json.loads(aside[0].data)
    assert (said["kind"], said["incident"], said["clock_id"]) == ("breach", f"demo:{unfit}", str(unfit))
    assert isinstance(aside[0].first_at, datetime)
    assert await tick.once() == 0
