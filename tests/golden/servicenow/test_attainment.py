"""A real company's log as one customer: attainment by month and priority is what the log's own verdicts give.

What is expected comes from the columns of the log alone: `made_sla` of an incident's last row says whether it was in
time. It counts in the month of its closing if it was, else in that of its due instant, which lies so long after its
opening as the company allows for its priority (`examples/replay/servicenow.yaml`).
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integration.board.bench import bench
from tests.shared_data import SHARED, needs_shared
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_board.attainment.counts import CountCell
from sla_board.attainment.listed import attainment_of
from sla_catalogue import load_catalogue
from sla_platform.envelope import Envelope
from sla_platform.wire import encode_event
from sla_standalone.replay import read_mapping, read_table

EXAMPLES = Path(__file__).parents[3] / "examples" / "replay"
LOG = SHARED / "data" / "servicenow" / "incident_event_log.csv"
PLAN, MAPPING = EXAMPLES / "servicenow.yaml", EXAMPLES / "servicenow-map.yaml"
PRIORITIES = {"1 - Critical": "P1", "2 - High": "P2", "3 - Moderate": "P3", "4 - Low": "P4"}
AT_ONCE = 500
ALLOWED = {"P1": 24, "P2": 24, "P3": 210, "P4": 360}  # hours
Attained = Counter[tuple[str, str, str]]
"""Month, priority, met or missed -> incidents."""

pytestmark = needs_shared


def by_the_log() -> Attained:
    rows: dict[str, list[dict[str, str]]] = {}
    with LOG.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["number"], []).append(row)
    found: Attained = Counter()
    for updates in rows.values():
        last = updates[-1]
        priority = PRIORITIES[last["priority"]]
        if last["made_sla"].upper() == "TRUE":
            closed = next(row for row in updates if row["incident_state"] == "Closed")
            found[_instant(closed["sys_updated_at"]).strftime("%Y-%m"), priority, "met"] += 1
        else:
            due = _instant(last["opened_at"]) + timedelta(hours=ALLOWED[priority])
            found[due.strftime("%Y-%m"), priority, "missed"] += 1
    return found


def _instant(written: str) -> datetime:
    return datetime.strptime(written, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


async def test_attainment_by_month_and_priority_is_what_the_logs_own_verdicts_give(tmp_path: Path) -> None:
    expected = by_the_log()
    assert expected.total() == 400
    rulebook = load_catalogue(PLAN).rulebook
    requests: Attained = Counter()
    clocks: Attained = Counter()
    async with bench(f"sqlite:///{tmp_path}/board.db") as board:
        with read_table(LOG, read_mapping(MAPPING)) as history:
            lives = [history.reader.life(name, rows) for name, rows in history.each()]
        end = max(event.occurred_at for life in lives for event in life.events)
        said: list[Envelope] = []
        for life in lives:
            timer = TimerInMemory(rulebook)
            timer.receive(life.events, end)
            said += (*map(encode_event, life.events), *timer.said)
        for begin in range(0, len(said), AT_ONCE):
            await board.tell(*said[begin : begin + AT_ONCE])
        async with board.store.reading() as connection:
            for month in sorted({month for month, _, _ in expected}):
                found = await attainment_of(connection, rulebook, "company", month, end)
                assert found is not None
                _add(requests, month, found.requests)
                _add(clocks, month, found.clocks)
                assert found.exempt == ()
    assert requests == expected
    assert clocks == expected, "the company times one thing, so that a request has one clock"


def _add(attained: Attained, month: str, cells: tuple[CountCell, ...]) -> None:
    for cell in cells:
        for verdict, number in (("met", cell.tally.met), ("missed", cell.tally.missed)):
            if number:
                attained[month, cell.priority, verdict] += number
