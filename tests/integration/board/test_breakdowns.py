"""Whose time an incident was: computed beside the consumer, stored, shown on its page and in its JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.integration.board.bench import BoardBench
from tests.integration.board.test_projection import rows
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.breakdown import worker as workers
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_platform.envelope import Envelope

HOUR = 3600.0
RULES = rulebook(
    plan(row("resolution", "40h"), row("first_response", "1h", "always")),
    contract("acme", customers=["Acme Ltd"]),
    contract("umbrella", customers=["Umbrella AG"]),
)
"""At NOW, Monday 12:00 UTC, it is 13:00 in Warsaw: the office is open until 16:00 UTC."""
OWN = {"attributes": {"customer": "Acme Ltd", "title": "Down", "assignee": "ann", "line": "1"}}


@pytest.fixture
async def told(board: BoardBench) -> BoardBench:
    board.rulebook = RULES
    return board


@pytest.fixture
async def client(told: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=told.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


async def tell(board: BoardBench, *envelopes: Envelope) -> None:
    """As a bus would, and then what follows beside it."""
    await board.tell(*envelopes)
    assert board.service.breakdowns is not None
    await board.service.breakdowns.catch_up()


def a_life(ticket: Ticket) -> list[Envelope]:
    """Ann for an hour, then she waits for the customer for two; then Bob on line 2, waiting for a vendor's defect."""
    return [
        ticket.event(at=NOW - minutes(240), **OWN),
        ticket.event(EventKind.WAITING, NOW - minutes(180), waiting_on=WaitingOn.CUSTOMER, actor=Actor.STAFF,
                     actor_name="Ann"),
        ticket.event(EventKind.RESUMED, NOW - minutes(60), actor=Actor.STAFF),
        ticket.event(EventKind.ESCALATED, NOW - minutes(60), changed={"assignee": "bob", "line": "2"}),
        ticket.event(EventKind.WAITING, NOW - minutes(30), waiting_on=WaitingOn.VENDOR, changed={"defect": "DEF-7"}),
    ]  # fmt: skip


def by_party(parts: list[dict[str, Any]], measure: str = "wall_seconds") -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts:
        found[part["party"]] = found.get(part["party"], 0.0) + part[measure] / HOUR
    return found


async def test_an_incident_is_divided_by_party_and_holder_and_goes_on(
    told: BoardBench, client: httpx2.AsyncClient
) -> None:
    ticket = Ticket("jira-acme:ACME-1")
    await tell(told, *a_life(ticket))
    whose = (await client.get("/v1/board/incidents/jira-acme:ACME-1")).json()["whose_time"]
    assert whose["behind"] is False
    assert by_party(whose["incident"]["parts"]) == {"own": 1.5, "customer": 2.0, "defect": 0.5}
    lines = {(part["assignee"], part["line"], part["party"]) for part in whose["incident"]["parts"]}
    assert lines == {("ann", "1", "own"), ("ann", "1", "customer"), ("bob", "2", "own"), ("bob", "2", "defect")}

    told.time.pass_(timedelta(hours=24))
    whose = (await client.get("/v1/board/incidents/jira-acme:ACME-1")).json()["whose_time"]
    assert by_party(whose["incident"]["parts"]) == {"own": 1.5, "customer": 2.0, "defect": 24.5}
    clocks = {one["metric"]: one["parts"] for one in whose["clocks"]}
    # The office of Warsaw: Monday 9:00 to 17:00, and Tuesday until 13:00.
    assert by_party(clocks["resolution"], "within_seconds") == {"own": 1.5, "customer": 2.0, "defect": 8.5}
    assert by_party(clocks["resolution"], "counted_seconds") == {"own": 1.5, "customer": 0.0, "defect": 0.0}
    assert by_party(clocks["first_response"], "counted_seconds")["own"] == 28.0, "no wait pauses it"


async def test_the_page_shows_bars_and_tables_with_words(told: BoardBench, client: httpx2.AsyncClient) -> None:
    await tell(told, *a_life(Ticket("jira-acme:ACME-1")))
    page = (await client.get("/incidents/jira-acme:ACME-1")).text
    for words in (
        "Whose time it was",
        "vendor, for a defect",
        "bob · line 2",
        "ann · line 1",
        '<rect class="party-own"',
    ):
        assert words in page


async def test_what_is_new_is_said_until_it_has_been_computed(told: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("jira-acme:ACME-1")
    await told.tell(*a_life(ticket))
    whose = (await client.get("/v1/board/incidents/jira-acme:ACME-1")).json()["whose_time"]
    assert (whose["behind"], whose["incident"], whose["clocks"]) == (True, None, [])
    assert "It is being computed." in (await client.get("/incidents/jira-acme:ACME-1")).text
    await tell(told)
    assert await rows(told, tables.unfolded) == []
    await told.tell(ticket.event(EventKind.RESOLVED, NOW))
    whose = (await client.get("/v1/board/incidents/jira-acme:ACME-1")).json()["whose_time"]
    assert whose["behind"] is True
    assert by_party(whose["incident"]["parts"]) == {"own": 1.5, "customer": 2.0, "defect": 0.5}


async def test_a_change_that_comes_meanwhile_is_computed_after_all(told: BoardBench) -> None:
    """The end arrives after the events were read and before the rows are written."""
    ticket = Ticket("jira-acme:ACME-1")
    await told.tell(*a_life(ticket))
    worker = told.service.breakdowns
    assert worker is not None
    honest, loop, later = worker._made, asyncio.get_running_loop(), [ticket.event(EventKind.RESOLVED, NOW)]

    def interrupted(*given: Any) -> Any:
        rows = honest(*given)
        if later:
            asyncio.run_coroutine_threadsafe(told.tell(later.pop()), loop).result(20)
        return rows

    worker._made = interrupted  # type: ignore[method-assign]
    await worker._compute(["jira-acme:ACME-1"])
    assert await rows(told, tables.breakdown) == [], "what was read is old, and is not written"
    assert len(await rows(told, tables.unfolded)) == 1
    await worker.catch_up()
    assert [row["ended_at"] for row in await rows(told, tables.breakdown) if not row["subject"]] == [NOW]


async def test_what_another_process_has_left_behind_is_found(told: BoardBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More marks than one look finds, as after an upgrade; the worker of this process has heard of none of them."""
    monkeypatch.setattr(workers, "MOST_FOUND", 2)
    for number in range(5):
        await told.tell(*a_life(Ticket(f"jira-acme:LEFT-{number}")))
    worker = told.service.breakdowns
    assert worker is not None
    worker._pending.clear()
    told.time.pass_(minutes(1))
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while True:
            if not await rows(told, tables.unfolded):
                break
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len([row for row in await rows(told, tables.breakdown) if not row["subject"]]) == 5


async def test_a_large_incident_that_changes_all_the_time_is_not_computed_all_the_time(
    told: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each computation reads all its events again, beside which everybody's pages are sent."""
    monkeypatch.setattr(workers, "LARGE", 2)
    monkeypatch.setattr(workers, "OWN_RESTS", 1e9)
    worker = told.service.breakdowns
    assert worker is not None
    computed: list[str] = []
    honest = worker._made

    def noted(name: str, *given: Any) -> Any:
        computed.append(name)
        return honest(name, *given)

    worker._made = noted  # type: ignore[method-assign]
    large, small = Ticket("jira-acme:LARGE"), Ticket("jira-acme:SMALL")
    await told.tell(*a_life(large), small.event(at=NOW))
    await worker._work_through(worker._rested)
    assert sorted(computed) == ["jira-acme:LARGE", "jira-acme:SMALL"]
    computed.clear()
    await told.tell(large.event(EventKind.RESOLVED, NOW), small.event(EventKind.RESOLVED, NOW))
    await worker._work_through(worker._rested)
    assert computed == ["jira-acme:SMALL"], "the large one rests"
    await worker.catch_up()
    assert computed == ["jira-acme:SMALL", "jira-acme:LARGE"], "and is not forgotten"


async def test_in_any_order_and_one_by_one_the_rows_are_the_same(told: BoardBench) -> None:
    life = [*a_life(Ticket("jira-acme:ACME-1")), Ticket("jira-acme:ACME-1").event(EventKind.RESOLVED, NOW)]
    await tell(told, *life)
    expected = (await rows(told, tables.breakdown), await rows(told, tables.pause))
    for table in reversed(tables.metadata.sorted_tables):
        async with told.store.transaction() as connection:
            await connection.execute(table.delete())
    for envelope in reversed(life):
        await tell(told, envelope)
    assert (await rows(told, tables.breakdown), await rows(told, tables.pause)) == expected


async def test_a_key_of_one_contract_sees_the_time_of_its_own_periods(told: BoardBench) -> None:
    ticket = Ticket("jira-acme:ACME-1")
    moved = ticket.event(EventKind.UPDATED, NOW - minutes(60), changed={"customer": "Umbrella AG", "assignee": "uma"})
    await tell(told, *a_life(ticket)[:2], moved)
    kept = [row for row in await rows(told, tables.breakdown) if not row["subject"]]
    assert {row["view"] for row in kept} == {"", "acme", "umbrella"}
    acme, umbrella = (next(row for row in kept if row["view"] == view) for view in ("acme", "umbrella"))
    assert "uma" not in acme["parts"]
    assert acme["going_on"] == ""
    assert "ann" not in umbrella["parts"] + umbrella["going_on"]


async def test_one_incident_that_cannot_be_computed_keeps_nobody_waiting(
    told: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = workers.computed_rows

    def failing(events: Any, *given: Any) -> Any:
        found = honest(events, *given)
        if any(event.incident == "jira-acme:ODD" for event in events):
            raise RuntimeError("odd")
        return found

    monkeypatch.setattr(workers, "computed_rows", failing)
    await tell(told, Ticket("jira-acme:ODD").event(at=NOW), *a_life(Ticket("jira-acme:ACME-1")))
    assert {row["incident"] for row in await rows(told, tables.breakdown)} == {"jira-acme:ACME-1"}
    assert await rows(told, tables.unfolded) == []
    assert told.metric("slad_board_not_shown_total", part="breakdown") == 1


async def test_what_ended_is_summed_up_by_contract_and_metric(told: BoardBench, client: httpx2.AsyncClient) -> None:
    first, second, moved = Ticket("jira-acme:ACME-1"), Ticket("jira-acme:ACME-2"), Ticket("jira-acme:ACME-3")
    for ticket in (first, second):
        await tell(told, *a_life(ticket), ticket.event(EventKind.RESOLVED, NOW))
    given_away = moved.event(EventKind.UPDATED, NOW - minutes(60), changed={"customer": "Umbrella AG", "line": "3"})
    await tell(told, *a_life(moved)[:2], given_away, moved.event(EventKind.RESOLVED, NOW))
    await tell(told, *a_life(Ticket("jira-acme:OPEN")))

    async def sums(contract: str, **span: str) -> dict[str, Any]:
        answer = await client.get("/v1/breakdowns", params={"contract": contract} | (span or {"period": "2026-11"}))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    acme = await sums("acme")
    assert (acme["incidents"]["count"], acme["behind"]) == (2, 0)
    assert by_party(acme["incidents"]["parts"]) == {"own": 3.0, "customer": 4.0, "defect": 1.0}
    assert {metric: one["count"] for metric, one in acme["clocks"].items()} == {"first_response": 2, "resolution": 2}
    assert by_party(acme["clocks"]["resolution"]["parts"], "counted_seconds")["own"] == 3.0
    umbrella = await sums("umbrella")
    assert (umbrella["incidents"]["count"], by_party(umbrella["incidents"]["parts"])) == (1, {"customer": 1.0})
    assert {part["line"] for part in umbrella["incidents"]["parts"]} == {"3"}, "the time before was another contract's"
    assert (await sums("acme", **{"from": "2026-11-16T12:00:01Z", "to": "2026-12-01T00:00:00Z"}))["incidents"][
        "count"
    ] == 0


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("contract=acme", 422, "Give a period, or from and to."),
        ("contract=acme&period=2026-11&from=2026-11-01T00:00:00Z", 422, "Give a period, or from and to."),
        ("contract=acme&period=now", 422, "write a month as 2026-11"),
        ("period=2026-11", 404, "say which"),
        ("contract=nobody&period=2026-11", 404, "nobody"),
    ],
)
async def test_sums_that_make_no_sense_are_told(client: httpx2.AsyncClient, query: str, status: int, says: str) -> None:
    answer = await client.get(f"/v1/breakdowns?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
