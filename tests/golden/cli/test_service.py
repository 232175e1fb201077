"""send, import, explain and apply with a running service, as somebody at a keyboard would go about it."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.invoke import Said, slad
from tests.unit.cli.logs import event

INGEST, READ = "demo-ingest-key", "demo-read-key"
MAPPING = """
source: desk
incident: number
at: changed
attributes: {customer: {constant: Acme}, priority: prio, title: title}
states: {column: state, values: {New: open, Asked: waiting_customer, Done: resolved}}
events: [{event: opened, at: opened}]
"""
TABLE = """number,state,prio,opened,changed,title
T1,New,P1,2026-11-16T10:00,2026-11-16T10:00,Nothing works
T1,Done,P1,2026-11-16T10:00,2026-11-16T10:12,Nothing works
T2,New,P3,2026-11-16T10:00,2026-11-16T10:00,Slow
T2,Asked,P3,2026-11-16T10:00,2026-11-16T11:00,Slow
T3,New,P3,soon,2026-11-16T10:00,Who knows
"""


def patiently(ask: Callable[[], Said], status: int = 0) -> Said:
    """Until the service has applied what it accepted."""
    deadline = time.monotonic() + 30
    while True:
        said = ask()
        if said.status == status or time.monotonic() > deadline:
            assert said.status == status, said.err
            return said
        time.sleep(0.1)


def test_a_sample_is_accepted_promised_and_explained(service: str) -> None:
    sent = slad("send", "cloudevents-opened", "--id", "1", "--secret", INGEST, "--url", service, "--json")
    assert sent.status == 0
    assert sent.json["answer"]["promise"]["contract"] == "acme"
    assert "authorization" not in {name.lower() for name in sent.json["headers"]}
    said = patiently(
        lambda: slad("explain", "demo:SAMPLE-1", "--url", service, "--key", READ, "--metric", "resolution")
    )
    assert "Resolution of demo:SAMPLE-1, cycle 1: running" in said.out
    italian = slad("explain", "demo:SAMPLE-1", "--url", service, "--key", READ, "--lang", "it", "--json")
    assert {clock["metric"] for clock in italian.json["clocks"]} == {"first_response", "resolution"}
    assert "Risoluzione" in "".join(clock["text"] for clock in italian.json["clocks"])


@pytest.mark.parametrize(
    ("sample", "secret"), [("github-opened", "demo-github-secret"), ("jira-created", "demo-jira-secret")]
)
def test_signed_samples_pass_and_forged_ones_do_not(service: str, sample: str, secret: str) -> None:
    assert slad("send", sample, "--secret", secret, "--url", service).status == 0
    forged = slad("send", sample, "--secret", "guessed", "--url", service, "--json")
    assert (forged.status, forged.json["status"]) == (1, 401)


def test_a_payload_of_ones_own_goes_where_it_is_told(service: str, tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    path.write_text('{"zen": "Keep it logically awesome.", "hook_id": 1}')
    options = ("--to", f"{service}/v1/webhooks/github-demo", "--as", "github", "--secret", "demo-github-secret")
    said = slad("send", path, *options, "-H", "X-GitHub-Event: ping", "--json")
    assert said.json["answer"]["outcome"] == "ignored"


def test_an_import_is_taken_once_and_what_was_not_is_listed(service: str, catalogue: Path, tmp_path: Path) -> None:
    table, mapping = tmp_path / "tickets.csv", tmp_path / "map.yaml"
    table.write_text(TABLE)
    mapping.write_text(MAPPING)
    options = ("import", table, "--map", mapping, "--url", service, "--key", INGEST, "--json")
    first, again = slad(*options), slad(*options)
    assert (first.status, first.json["accepted"], first.json["duplicate"], first.json["rejected"]) == (1, 4, 0, 1)
    assert (again.json["accepted"], again.json["duplicate"]) == (0, 4)
    known = slad(*options[:-1], "--catalogue", catalogue)
    assert "no one is notified: the service took nothing new" in known.out
    table.write_text(f"{TABLE}T4,New,P1,2026-11-16T10:00,2026-11-16T10:00,Down\n")
    more = slad(*options[:-1], "--catalogue", catalogue)
    assert "--tell would send of what was not known already: " in more.out
    with Path(first.json["rejects"]).open() as stream:
        (reject,) = csv.DictReader(stream)
    assert (reject["line"], reject["incident"]) == ("6", "T3")
    said = patiently(lambda: slad("explain", "desk:T1", "--url", service, "--key", READ, "--json"))
    assert {clock["metric"]: clock["state"] for clock in said.json["clocks"]} == {
        "first_response": "met", "resolution": "met",
    }  # fmt: skip
    waiting = patiently(lambda: slad("explain", "desk:T2", "--url", service, "--key", READ, "--metric", "resolution"))
    assert "paused" in waiting.out


def test_an_import_needs_a_key_that_may_write(service: str, tmp_path: Path) -> None:
    table, mapping = tmp_path / "tickets.csv", tmp_path / "map.yaml"
    table.write_text(TABLE)
    mapping.write_text(MAPPING)
    said = slad("import", table, "--map", mapping, "--url", service, "--key", READ)
    assert said.status == 2
    assert "ingest" in said.err


def test_an_incident_nobody_knows_is_a_finding(service: str) -> None:
    said = slad("explain", "demo:NOPE", "--url", service, "--key", READ)
    assert said.status == 1
    assert "No such incident" in said.err
    assert slad("explain", "demo:NOPE", "--url", service, "--key", "wrong").status == 2


def test_a_changed_plan_moves_the_clocks_that_the_dry_run_named(service: str, catalogue: Path, tmp_path: Path) -> None:
    sent = slad("send", "cloudevents-opened", "--id", "77", "--secret", INGEST, "--url", service)
    assert sent.status == 0
    options = ("--url", service, "--key", READ)
    patiently(lambda: slad("explain", "demo:SAMPLE-77", *options))
    new = tmp_path / "new"
    shutil.copytree(catalogue, new)
    text = (new / "plans.yaml").read_text()
    assert "P1: 4h, P2: 8h" in text
    (new / "plans.yaml").write_text(text.replace("P1: 4h, P2: 8h", "P1: 30h, P2: 31h"))
    (new / "tests.yaml").unlink()
    dry = slad("apply", new, "--to", catalogue, "--dry-run", "--json", *options).json
    assert dry["changes"]["contracts"] == ["acme", "formosa", "hudson", "polaris"]
    (move,) = [one for one in dry["open"]["moves"] if one["incident"] == "demo:SAMPLE-77"]
    assert (move["metric"], move["turn"]) == ("resolution", "moves")
    assert slad("apply", new, "--to", catalogue).status == 0

    def moved() -> Said:
        said = slad("explain", "demo:SAMPLE-77", *options, "--metric", "resolution", "--json")
        due = said.json["clocks"][0]["due_at"].replace("+00:00", "Z") if said.status == 0 else ""
        return said if due == move["new"]["due_at"] else Said(1, said.out, f"still due {due}")

    patiently(moved)
    assert slad("apply", new, "--to", catalogue, "--dry-run", "--json", *options).json["open"]["moves"] == []


def test_a_log_of_events_is_explained_without_the_service(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(event("A1", "opened", "2026-11-03T18:00:00+03:00", priority="P1", description="x")))
    said = slad(
        "explain", "A1", "--events", log, "--contract", "express-8x5", "--at", "2026-11-05T14:00", "--lang", "ru"
    )
    assert "2026-11-05 14:00" in said.out
