"""`slad import` without a service: counting, rejects, and events that ingest reads as they were meant."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from tests.unit.cli.invoke import slad
from tests.unit.cli.logs import Files, written

from sla_ingest.dialect import EVENTS_DIALECT, Accepted, Delivery, cloudevents
from sla_standalone.cli.importing.batch import ImportAccount, batches, cloud_event
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
    split = list(batches(lives, 2))  # more than a batch holds
    assert [len(batch) for batch in split] == [2, 2, 1, 2]
    assert [event["id"] for batch in split for event in batch] == [event.id for life in lives for event in life]


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
