"""`slad import` without a service: counting, rejects, and events that ingest reads as they were meant."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from tests.unit.cli.invoke import slad
from tests.unit.cli.logs import Files, written

from sla_ingest.dialect import EVENTS_DIALECT, Accepted, Delivery, cloudevents
from sla_platform.timesource import SystemTime
from sla_standalone.cli.importing.batch import ImportAccount, batches, cloud_event
from sla_standalone.cli.importing.post import post
from sla_standalone.replay import read_mapping, read_table


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return written(tmp_path)


def test_a_dry_run_counts_and_sends_nothing(files: Files) -> None:
    said = slad("import", files.table, "--map", files.mapping, "--dry-run", "--url", "http://127.0.0.1:9", "--json")
    assert said.status == 0
    assert (said.json["incidents"], said.json["events"], said.json["sent"]) == (3, 7, False)
    assert said.json["kinds"] == {"opened": 3, "resolved": 3, "waiting": 1}


def test_rows_that_cannot_be_read_stand_in_the_rejects_file(files: Files) -> None:
    files.table.write_text(files.table.read_text() + "A4,New,P1,2026-03-02T10:00,soon,\nA5,New\n")
    said = slad("import", files.table, "--map", files.mapping, "--dry-run")
    assert said.status == 1
    rejects = files.table.with_name("log.csv.rejects").read_text()
    rows = list(csv.DictReader(rejects.splitlines()))
    assert [(row["line"], row["incident"]) for row in rows] == [("10", ""), ("9", "A4")]
    assert "soon" in rows[1]["reason"]
    assert "A4" in rows[1]["text"]
    assert "2 not taken: " in said.err


def test_nobody_answers(files: Files) -> None:
    said = slad("import", files.table, "--map", files.mapping, "--url", "http://127.0.0.1:9")
    assert said.status == 2
    assert "nothing answers" in said.err


def test_ingest_reads_each_event_as_it_was_meant(files: Files) -> None:
    history = read_table(files.table, read_mapping(files.mapping))
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for own, rows in history.lives.items():
        for event in history.reader.life(own, rows).events:
            written_ = cloud_event(event)
            headers = {"content-type": cloudevents.STRUCTURED}
            delivery = Delivery(body=orjson.dumps(written_), headers=headers, received_at=now)
            opened = EVENTS_DIALECT.open(delivery)
            assert opened.sender is not None
            outcome = opened.translate(opened.sender).outcome
            assert isinstance(outcome, Accepted)
            (found,) = outcome.events
            meant = (
                event.incident,
                event.kind,
                event.occurred_at,
                event.version,
                dict(event.attributes),
                event.waiting_on,
            )
            got = found.event
            assert meant == (got.incident, got.kind, got.occurred_at, got.version, dict(got.attributes), got.waiting_on)


def test_the_events_of_one_incident_come_in_one_batch(files: Files) -> None:
    history = read_table(files.table, read_mapping(files.mapping))
    lives = [history.reader.life(own, rows).events for own, rows in history.lives.items()]
    assert [len(life) for life in lives] == [2, 3, 2]
    assert [len(batch) for batch in batches(lives, 4)] == [2, 3, 2]
    assert [len(batch) for batch in batches(lives, 5)] == [5, 2]
    for size in (1, 2):  # fewer than an incident has
        whole = list(batches(lives, size))
        assert [[event["id"] for event in batch] for batch in whole] == [[event.id for event in life] for life in lives]


def _event(subject: str, number: int, *, history: bool = False) -> dict[str, Any]:
    return {"subject": subject, "type": "t", "id": f"{subject}-{number}", "data": {"history": True} if history else {}}


async def _posted(batch: list[dict[str, Any]], most: int) -> tuple[list[list[str]], ImportAccount]:
    """The requests that a service takes which takes no more than so many events at once."""
    taken: list[list[str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        events = orjson.loads(request.content)
        if len(events) > most:
            return httpx2.Response(413, json={"title": "Too large", "status": 413})
        taken.append([event["id"] for event in events])
        outcomes, told = {"accepted": len(events), "duplicate": 0}, [{"outcome": "accepted"}] * len(events)
        return httpx2.Response(202, json={"outcomes": outcomes, "deliveries": told})

    account = ImportAccount()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://slad") as client:
        await post(client, batch, account, SystemTime())
    return taken, account


async def test_a_batch_that_is_too_large_is_divided_between_incidents() -> None:
    batch = [_event(name, number) for name in "ABC" for number in range(3)]
    taken, account = await _posted(batch, 4)
    assert taken == [["A-0", "A-1", "A-2"], ["B-0", "B-1", "B-2"], ["C-0", "C-1", "C-2"]]
    assert account.refusals == []


async def test_one_incident_that_is_too_large_is_divided_only_where_nobody_is_told() -> None:
    taken, account = await _posted([_event("A", number, history=True) for number in range(3)], 2)
    assert ([event for part in taken for event in part], account.refusals) == (["A-0", "A-1", "A-2"], [])
    taken, account = await _posted([_event("A", number) for number in range(3)], 2)
    assert taken == []
    assert [(one.incident, "without --tell" in one.reason) for one in account.refusals] == [("A", True)] * 3


def test_the_account_tells_what_was_known_and_what_was_set_aside() -> None:
    batch = [{"subject": "A1", "type": "t", "id": str(number)} for number in range(3)]
    parked = {"outcome": "parked", "reason": {"code": "id_reused", "text": "another body", "detail": "x"}}
    answer = {
        "outcomes": {"accepted": 1, "duplicate": 1, "ignored": 0, "parked": 1},
        "deliveries": [{"outcome": "accepted"}, parked, {"outcome": "accepted"}],
    }
    account = ImportAccount()
    account.count_answer(batch, answer)
    assert (account.accepted, account.duplicate) == (1, 1)
    assert [(one.incident, one.reason, one.text) for one in account.refusals] == [("A1", "another body: x", "t 1")]
