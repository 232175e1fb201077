"""The board's counts against plain SQL over how the incidents really ended: another way by another program.

On one side the facts that the timer publishes go through the board's projection, in any order, and are counted by its
queries. On the other the folded incidents are written into tables of their own, as an export would, and counted by SQL
that shares no code with slad: by due instants and stops, in the local month of Warsaw, in the contract of the period.

The lists behind the figures are compared with both. SLAD_ORACLE_CASES sets how many histories are counted (default 200,
at most 10,000); SLAD_ORACLE_SEED moves the draw.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.board.bench import BoardBench, bench
from tests.property.fold import histories
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_board.attainment.counts import clock_cells, request_cells, requests_of_metrics
from sla_board.attainment.model import total_of
from sla_board.attainment.read import AttainmentReader, CountedContract
from sla_board.history.filter import IncidentFilter
from sla_board.history.query import read_page
from sla_domain.attainment import PromiseVerdict, Tally, ZoneHistory, bounds_of, parse_period
from sla_domain.event import EventId, EventKind, IncidentEvent
from sla_domain.incident import Incident
from sla_domain.objective import CountedUnit
from sla_platform.envelope import Envelope
from sla_platform.wire import encode_event

ZONE = "Europe/Warsaw"
INCIDENTS = 25  # of one board
BOARDS = max(min(int(os.environ.get("SLAD_ORACLE_CASES", "200")), 10_000) // INCIDENTS, 1)
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))
METRICS = ("first_response", "resolution", "update")
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
# An hour before midnight in Warsaw at the end of November: what is due in minutes is due in one month or the other.
EVE = datetime(2026, 11, 30, 22, tzinfo=UTC)
Counts = dict[tuple[str, str, str, str], int]
"""What is counted (requests or a metric), contract, month, verdict -> how many."""

SCHEMA = """
CREATE TABLE incident (id TEXT, ended INTEGER);
CREATE TABLE clock (
    incident TEXT, metric TEXT, cycle INTEGER, state TEXT, missed_at TEXT, stopped_at TEXT, exempt TEXT,
    withdrawn INTEGER
);
CREATE TABLE period (incident TEXT, number INTEGER, contract TEXT, start TEXT, named INTEGER);
"""
# A decided clock (one that was missed before its promise was taken away, too), and where: in the last period that had
# begun, none before the first that is the customer's own.
DECIDED = """
CREATE TEMP TABLE decided AS
SELECT c.incident, c.metric, c.cycle, c.exempt,
       CASE WHEN c.missed_at IS NOT NULL THEN 'missed' WHEN c.state = 'met' THEN 'met' ELSE 'open' END AS verdict,
       CASE WHEN c.missed_at IS NOT NULL THEN c.missed_at WHEN c.state = 'met' THEN c.stopped_at END AS at
FROM clock c WHERE c.state != 'cancelled' OR (c.withdrawn AND c.missed_at IS NOT NULL);
CREATE TEMP TABLE placed AS
SELECT d.*, coalesce(
    (SELECT p.contract FROM period p WHERE p.incident = d.incident AND p.start <= d.at
       AND p.number >= (SELECT coalesce(min(q.number), 0) FROM period q WHERE q.incident = d.incident AND q.named)
     ORDER BY p.number DESC LIMIT 1),
    (SELECT p.contract FROM period p WHERE p.incident = d.incident
       AND p.number >= (SELECT coalesce(min(q.number), 0) FROM period q WHERE q.incident = d.incident AND q.named)
     ORDER BY p.number LIMIT 1)) AS contract
FROM decided d;
"""
CLOCKS = """
SELECT metric, contract, month(at), CASE WHEN exempt != '' THEN 'exempt' ELSE verdict END, count(*)
FROM placed WHERE verdict IN ('met', 'missed') GROUP BY 1, 2, 3, 4
"""
# Of the counting clocks, or of the exempt ones where there are no others.
REQUESTS = """
WITH counting AS (
    SELECT p.* FROM placed p
    WHERE p.exempt = '' OR NOT EXISTS (SELECT 1 FROM placed o WHERE o.incident = p.incident AND o.exempt = '')
), whole AS (
    SELECT incident, max(exempt != '') AS exempt, sum(verdict = 'missed') AS missed, sum(verdict = 'open') AS open,
           min(CASE WHEN verdict = 'missed' THEN at END) AS first_missed, max(at) AS last
    FROM counting GROUP BY incident
), judged AS (
    SELECT w.incident, w.exempt, CASE WHEN missed THEN 'missed' ELSE 'met' END AS verdict,
           CASE WHEN missed THEN first_missed ELSE last END AS at
    FROM whole w JOIN incident i ON i.id = w.incident
    WHERE missed OR (NOT open AND i.ended)
)
SELECT 'requests', (SELECT c.contract FROM counting c WHERE c.incident = j.incident AND c.at = j.at
                    AND c.verdict = j.verdict ORDER BY c.metric LIMIT 1),
       month(j.at), CASE WHEN j.exempt THEN 'exempt' ELSE j.verdict END, count(*)
FROM judged j GROUP BY 1, 2, 3, 4
"""


def month(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(ZONE)).strftime("%Y-%m")


def by_sql(incidents: list[Incident]) -> Counts:
    with closing(sqlite3.connect(":memory:")) as db:
        db.create_function("month", 1, month, deterministic=True)
        db.executescript(SCHEMA)
        for one in incidents:
            db.execute("INSERT INTO incident VALUES (?, ?)", (one.id, one.phase.value not in ("open", "waiting")))
            db.executemany(
                "INSERT INTO period VALUES (?, ?, ?, ?, ?)",
                [(one.id, n, p.contract, p.start.isoformat(), p.named) for n, p in enumerate(one.periods)],
            )
            for clock in one.clocks:
                ran_out = clock.due_at if clock.state.value == "running" else None  # sixty days have passed since
                missed = (clock.breached_at or ran_out) if clock.state.value != "met" else None
                stopped = None if clock.stopped_at is None else clock.stopped_at.isoformat()
                due = None if missed is None else missed.isoformat()
                row = (one.id, clock.metric, clock.cycle, clock.state.value, due, stopped, clock.exempt)
                withdrawn = clock.withdrawn_at is not None
                db.execute("INSERT INTO clock VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, withdrawn))
        db.executescript(DECIDED)
        rows = [*db.execute(CLOCKS), *db.execute(REQUESTS)]
    return {(what, contract, when, verdict): number for what, contract, when, verdict, number in rows}


async def by_the_board(board: BoardBench, contracts: tuple[str, ...]) -> Counts:
    found: Counts = {}

    def add(what: str, contract: str, when: str, tally: Tally) -> None:
        for verdict, number in (("met", tally.met), ("missed", tally.missed), ("exempt", tally.exempt)):
            if number:
                key = (what, contract, when, verdict)
                found[key] = found.get(key, 0) + number

    async with board.store.reading() as connection:
        for contract in contracts:
            of = CountedContract(
                id=contract, title=contract, zone=ZONE, zones=ZoneHistory(ZONE), first_day=None, end_day=None,
                objectives=(),
            )  # fmt: skip
            for when in MONTHS:
                whole = await AttainmentReader(connection, of, board.time.now()).whole(parse_period(when))
                assert whole.bounds == bounds_of(parse_period(when), of.zones)
                for cell in whole.requests:
                    add("requests", contract, when, cell.tally)
                for cell in whole.clocks:
                    add(cell.metric, contract, when, cell.tally)
    return found


async def by_the_lists(board: BoardBench, contracts: tuple[str, ...]) -> None:
    """What is counted of a contract is listed, of every kind and verdict; what is counted of all is listed of all."""
    async with board.store.reading() as connection:
        for when in MONTHS:
            bounds = bounds_of(parse_period(when), ZoneHistory(ZONE))
            month = IncidentFilter(since=bounds.start, until=bounds.end, zone=ZONE)
            everything: dict[str, Tally] = {}
            for contract in contracts:
                figures = {"": total_of(await request_cells(connection, contract, bounds))}
                for cell in await clock_cells(connection, contract, bounds):
                    figures[cell.metric] = figures.get(cell.metric, Tally()) + cell.tally
                for metric, tally in figures.items():
                    of = {"counted": CountedUnit.CLOCKS, "metrics": (metric,)} if metric else {}
                    counted = replace(month, contracts=(contract,), **{"counted": CountedUnit.REQUESTS} | of)
                    assert await tally_of(connection, counted) == tally, (contract, when, metric)
                    everything[metric] = everything.get(metric, Tally()) + tally
                for metrics in (METRICS[:1], METRICS[:2]):
                    judged = replace(month, contracts=(contract,), counted=CountedUnit.REQUESTS, metrics=metrics)
                    some = total_of(await requests_of_metrics(connection, contract, metrics, bounds))
                    assert await tally_of(connection, judged) == some, (contract, when, metrics)
            for metric in ("", *METRICS):
                plain = await tally_of(connection, replace(month, metric=metric))
                whole = everything.get(metric, Tally())
                assert (plain.met, plain.missed) == (whole.met, whole.missed), (when, metric)


async def tally_of(connection: AsyncConnection, shown: IncidentFilter) -> Tally:
    """Read the list page by page: as many rows of each verdict as it says to have."""
    rows: Counter[str] = Counter()
    after = None
    while True:
        page = await read_page(connection, replace(shown, limit=7), after)
        rows.update(row.verdict for row in page.rows)
        after = page.after
        if after is None:
            break
    assert +rows == +Counter({verdict.value: number for verdict, number in page.counts.verdicts.items()})
    return sum((Tally.of(PromiseVerdict(verdict), number) for verdict, number in rows.items()), Tally())


def lives(seed: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Incident, list[Envelope]]]:
    """Incidents as they ended, each with all that was said of it in any order."""
    monkeypatch.setattr(histories, "START", EVE)
    for number in range(INCIDENTS):
        chance = Random(seed * 1_000 + number)
        drawn = histories.history(seed * 1_000 + number, f"s:{number}")
        timer = TimerInMemory(drawn.books[0])
        said: list[Envelope] = []
        seen: set[EventId] = set()
        now = EVE
        for arrival in drawn.arrivals:
            if arrival.event is None or arrival.event.id in seen:
                continue
            events = [arrival.event, *_excused(chance, arrival.event)]
            seen |= {event.id for event in events}
            now = max(now, arrival.at) + timedelta(seconds=1)  # facts are put in order by when they were noticed
            timer.receive(events, now)
            said += [encode_event(event) for event in events]
            if chance.random() < 0.5:
                now += chance.choice((1, 10, 100)) * histories.MINUTE
                timer.tick(now)
        timer.tick(now + histories.LONG)
        everything = [*said, *timer.said]
        chance.shuffle(everything)
        yield timer.incident, everything


def _excused(chance: Random, event: IncidentEvent) -> list[IncidentEvent]:
    """Now and then somebody takes some metrics, or all, out of the count."""
    if chance.random() > 0.04:
        return []
    metrics = chance.choice(((), ("resolution",), ("first_response", "update")))
    excuse = replace(
        event, id=EventId(f"{event.id}/excused"), kind=EventKind.EXEMPTED, attributes={}, waiting_on=None, agreed=None,
        merged_into=None, metrics=metrics, reason="a flood", actor_name="Iza",
    )  # fmt: skip
    return [excuse]


async def agree(seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(f"sqlite:///{folder}/board-{seed}.db") as board:
        incidents: list[Incident] = []
        said: list[Envelope] = []
        for incident, told in lives(seed, monkeypatch):
            incidents.append(incident)
            said += told
        for start in range(0, len(said), 200):
            await board.tell(*said[start : start + 200])
        expected = by_sql(incidents)
        assert await by_the_board(board, ("acme", "umbrella")) == expected
        assert {key[2] for key in expected} <= set(MONTHS)
        await by_the_lists(board, ("acme", "umbrella"))


@pytest.mark.parametrize("seed", range(BOARDS))
async def test_random_histories_are_counted_and_listed_alike(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agree(SEED + seed, tmp_path, monkeypatch)
