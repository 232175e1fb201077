"""A breach that was earned stays on record, whatever the catalogue takes away later; late events alone refute it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.integration.timer.desk import TEN, Desk
from tests.integration.timer.door import door
from tests.integration.timer.test_replan import answered, opened, replanner

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.http import problem
from sla_platform.store.engine import Store
from sla_timer import tables

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOUSE = """
settings: {local: true, default_contract: house}
coverages: {always: {title: Always, hours: 24x7}}
contracts:
  house: {title: House, customers: [], plan: house, zone: UTC}
"""
PLAN = """
    title: Plan
    escalation: none
    priorities: [{id: P1, title: Critical}, {id: P2, title: Normal}]
    targets:
"""
PROMISED = "      - {metric: resolution, coverage: always, time: 2h}\n"
OTHERS = "      - {metric: first_response, coverage: always, time: 8h}\n"
ACME = "  acme: {title: Acme Ltd, customers: [Acme], plan: gold, zone: UTC}\n"
BASE = f"{HOUSE}{ACME}plans:\n  house:{PLAN}{OTHERS}  gold:{PLAN}{OTHERS}{PROMISED}"
TAKEN: dict[str, str] = {
    "the metric": BASE.replace(PROMISED, ""),
    "the row of this priority": BASE.replace("time: 2h}", "time: 2h, priority: P2}"),
    "the number": BASE.replace("time: 2h}", "time: unspecified}").replace(
        "plan: gold,", "plan: gold, leaves_unspecified: [resolution],"
    ),
    "the contract": BASE.replace(ACME, ""),
    "the plan": BASE.replace(f"  gold:{PLAN}{OTHERS}{PROMISED}", "").replace("plan: gold", "plan: house"),
    "the contract's plan": BASE.replace("plan: gold", "plan: house"),
}


def made(text: str, folder: Path) -> Catalogue:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.yaml").write_text(text)
    return load_catalogue(folder)


@pytest.fixture
def base(tmp_path: Path) -> Catalogue:
    return made(BASE, tmp_path / "base")


def said(number: int, kind: EventKind, at: datetime, received: datetime | None = None) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"demo/{kind}{number}"), incident=IncidentId(f"demo:{number}"), kind=kind, occurred_at=at,
        received_at=received or at, source="demo",
    )  # fmt: skip


async def broken(store: Store, base: Catalogue) -> Desk:
    """Opened at ten, due at twelve, and told as broken then."""
    desk = await Desk(store, base).start()
    await desk.apply(opened(1), through=TEN + 3 * HOUR)
    assert "breach" in await desk.fire(TEN + 2 * HOUR + MINUTE)
    desk.time.instant = TEN + 3 * HOUR
    return desk


async def about(desk: Desk, metric: str = "resolution") -> list[dict[str, Any]]:
    return [fact for fact in await desk.facts() if fact.get("metric") == metric]


async def row(store: Store, metric: str = "resolution") -> Any:
    async with store.reading() as connection:
        return (await connection.execute(select(tables.clock).where(tables.clock.c.metric == metric))).one()


@pytest.mark.parametrize("what", TAKEN)
async def test_an_earned_breach_stays_on_record(store: Store, base: Catalogue, tmp_path: Path, what: str) -> None:
    desk = await broken(store, base)
    desk.current = new = made(TAKEN[what], tmp_path / "new")
    assert await replanner(desk, new).once() == 1

    facts = await about(desk)
    assert [fact["kind"] for fact in facts][-2:] == ["clock.breached", "clock.cancelled"]
    last = facts[-1]
    assert (last["details"]["withdrawn"], last["details"]["why"]) == ("yes", "the target is no longer promised")
    assert all("takes_back" not in fact.get("details", {}) for fact in await desk.facts())
    kept = await row(store)
    assert (kept.state, kept.breached_at, kept.catalogue) == ("cancelled", TEN + 2 * HOUR, base.version)

    # It stays so, whatever happens to the incident next.
    count = len(await desk.facts())
    await desk.apply(said(1, EventKind.UPDATED, TEN + 4 * HOUR), said(1, EventKind.RESOLVED, TEN + 5 * HOUR))
    assert [fact for fact in (await desk.facts())[count:] if fact.get("metric") == "resolution"] == []
    assert (await row(store)).breached_at == TEN + 2 * HOUR
    assert await desk.fire(TEN + 30 * HOUR) == []


@pytest.mark.parametrize("what", TAKEN)
async def test_what_is_asked_about_it_says_so(store: Store, base: Catalogue, tmp_path: Path, what: str) -> None:
    desk = await broken(store, base)
    desk.current = new = made(TAKEN[what], tmp_path / "new")
    await replanner(desk, new).once()
    async with asking(desk, new) as asked:
        clock = await clock_of(asked)
        assert (clock["state"], clock["breached_at"], clock["withdrawn_at"]) == (
            "cancelled", "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z",
        )  # fmt: skip
        assert clock["consumed_seconds"] == 3 * 3600
        told = await explained(asked)
        assert "Breach at Mon 2026-11-23 12:00" in told
        assert "No longer promised since Mon 2026-11-23 13:00" in told
        then = await explained(asked, at="2026-11-23T12:30:00Z")
        assert "No longer promised" not in then
        assert "Due Mon 2026-11-23 12:00" in then


async def test_before_it_is_broken_a_promise_is_taken_away_without_a_breach(
    store: Store, base: Catalogue, tmp_path: Path
) -> None:
    desk = await Desk(store, base).start()
    await desk.apply(opened(1))
    desk.time.instant = TEN + HOUR
    desk.current = new = made(TAKEN["the metric"], tmp_path / "new")
    await replanner(desk, new).once()
    assert [fact["kind"] for fact in await about(desk)] == ["clock.started", "clock.cancelled"]
    assert (await row(store)).breached_at is None
    await desk.apply(said(1, EventKind.UPDATED, TEN + 4 * HOUR), through=TEN + 5 * HOUR)
    assert "breach" not in await desk.fire(TEN + 4 * HOUR)


async def test_a_late_event_that_refutes_the_breach_takes_it_back_even_then(
    store: Store, base: Catalogue, tmp_path: Path
) -> None:
    desk = await broken(store, base)
    desk.current = new = made(TAKEN["the metric"], tmp_path / "new")
    await replanner(desk, new).once()
    await desk.apply(said(1, EventKind.RESOLVED, TEN + HOUR, TEN + 6 * HOUR))
    amended, met = (await about(desk))[-2:]
    assert (amended["kind"], amended["details"]["takes_back"], met["kind"]) == (
        "clock.amended", "0/breach", "clock.met",
    )  # fmt: skip
    assert (await row(store)).breached_at is None
    count = len(await about(desk))
    await desk.apply(said(1, EventKind.REOPENED, TEN + 7 * HOUR))
    desk.time.instant = TEN + 40 * HOUR
    await desk.apply(said(1, EventKind.UPDATED, TEN + 30 * HOUR))
    assert len(await about(desk)) == count, "opened again, it is promised no more"


async def test_a_verdict_of_before_stays_when_its_target_goes(store: Store, base: Catalogue, tmp_path: Path) -> None:
    desk = await Desk(store, base).start()
    await desk.apply(opened(1), said(2, EventKind.OPENED, TEN), through=TEN + 12 * HOUR)
    await desk.fire(TEN + 9 * HOUR)
    desk.time.instant = TEN + 9 * HOUR
    await desk.apply(answered(1, TEN + 9 * HOUR), answered(2, TEN + HOUR, TEN + 9 * HOUR))
    before = [await row_of(store, f"demo:{number}", "first_response") for number in (1, 2)]
    assert [(each.state, each.breached_at is not None) for each in before] == [("missed", True), ("met", False)]
    count = len(await desk.facts())
    desk.current = new = made(BASE.replace(f"{OTHERS}{PROMISED}", PROMISED), tmp_path / "new")
    await replanner(desk, new).once()
    after = [await row_of(store, f"demo:{number}", "first_response") for number in (1, 2)]
    assert [(each.state, each.breached_at) for each in after] == [(each.state, each.breached_at) for each in before]
    said_of = [fact for fact in (await desk.facts())[count:] if fact.get("metric") == "first_response"]
    assert said_of == []


async def row_of(store: Store, incident: str, metric: str) -> Any:
    clock = tables.clock
    async with store.reading() as connection:
        query = select(clock).where(clock.c.incident == incident, clock.c.metric == metric)
        return (await connection.execute(query)).one()


async def test_a_longer_target_does_not_unsay_the_breach_of_the_shorter(
    store: Store, base: Catalogue, tmp_path: Path
) -> None:
    desk = await broken(store, base)
    desk.current = longer = made(BASE.replace("time: 2h}", "time: 6h}"), tmp_path / "new")
    await replanner(desk, longer).once()
    facts = await about(desk)
    assert [fact["kind"] for fact in facts][-2:] == ["clock.breached", "clock.retargeted"]
    await desk.apply(said(1, EventKind.UPDATED, TEN + 4 * HOUR), through=TEN + 8 * HOUR)
    assert len(await about(desk)) == len(facts), "nothing is taken back by what comes next"
    async with asking(desk, longer) as asked:
        clock = await clock_of(asked)
        assert (clock["state"], clock["breached"], clock["earned_breaches"]) == (
            "running", False, ["2026-11-23T12:00:00Z"],
        )  # fmt: skip
        assert "Breach at Mon 2026-11-23 12:00" in await explained(asked)
    assert "breach~1" in await desk.fire(TEN + 6 * HOUR + MINUTE), "and the longer one is broken in its turn"

    await desk.apply(said(1, EventKind.RESOLVED, TEN + HOUR, TEN + 9 * HOUR))
    amended = next(fact for fact in await about(desk) if fact["kind"] == "clock.amended")
    assert set(amended["details"]["takes_back"].split()) == {"0/breach", "0/breach~1"}, "a late event refutes both"


async def test_a_target_that_comes_back_runs_again_with_its_breach(
    store: Store, base: Catalogue, tmp_path: Path
) -> None:
    desk = await broken(store, base)
    desk.current = new = made(TAKEN["the metric"], tmp_path / "new")
    await replanner(desk, new).once()
    desk.time.instant += HOUR
    desk.current = base
    await replanner(desk, base).once()
    last = (await about(desk))[-1]
    assert (last["kind"], last["state"]) == ("clock.retargeted", "running")
    assert datetime.fromisoformat(last["details"]["broken_since"]) == TEN + 2 * HOUR
    kept = await row(store)
    assert (kept.state, kept.breached_at) == ("running", TEN + 2 * HOUR)
    assert "breach" not in await desk.fire(TEN + 7 * HOUR)


@asynccontextmanager
async def asking(desk: Desk, catalogue: Catalogue) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    problem.install(app)
    app.include_router(door(desk, catalogue, desk.time))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://timer") as client:
        yield client


async def clock_of(asked: httpx2.AsyncClient, metric: str = "resolution") -> dict[str, Any]:
    answer = await asked.get("/v1/incidents/demo:1")
    assert answer.status_code == 200, answer.text
    return next(clock for clock in answer.json()["clocks"] if clock["metric"] == metric)


async def explained(asked: httpx2.AsyncClient, **query: str) -> str:
    answer = await asked.get("/v1/incidents/demo:1/explain", params={"metric": "resolution", "format": "text", **query})
    assert answer.status_code == 200, answer.text
    return answer.text
