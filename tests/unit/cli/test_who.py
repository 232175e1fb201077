"""`slad who`, and `tells:` of a catalogue's tests: the course of a night, by the services themselves, nothing sent."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.unit.cli.invoke import slad

from sla_catalogue.assembly.scenario import ExpectedMessage
from sla_notifier.delivery.policy import UnsentReason
from sla_standalone.rehearsal.scenario import told_otherwise
from sla_standalone.rehearsal.told import ToldLine

CATALOGUE = """\
contracts:
  night:
    customers: [Nocturne]
    plan: round-the-clock
    zone: Europe/Warsaw
    languages: [pl]
    valid: {from: 2026-01-01}
    people:
      anna: {name: Anna Nowak, email: anna@vendor.example}
      ben: {name: Ben Byron, email: ben@vendor.example, language: en}
      cleo: {name: Cleo Conti, webhook: pager, language: it}
      dina: {name: Dina Dell, side: customer, email: dina@nocturne.example}
    roles: {first: [anna], second: [ben, cleo], contact: [dina]}
    tell: [{on: opened, to: [contact]}]
  house: {plan: round-the-clock, zone: UTC, roles: {first: [], second: []}}
coverages:
  always: {hours: 24x7}
plans:
  round-the-clock:
    roles: [first, second]
    targets: [{metric: first_response, coverage: always, time: 30m, warn: [10m before]}]
    escalation: two
escalations:
  two:
    levels: [{after: 0m, tell: first}, {after: 15m, tell: second}]
settings: {default_contract: house}
channels:
  # Nothing listens there: a message that were sent would fail, and go elsewhere.
  pager: {kind: webhook, url: "https://127.0.0.1:9/hook", secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDL1UXKQ=="}
"""
NIGHT = ("--at", "2026-11-27T22:00", "--for", "6h")  # a Friday in Warsaw
TELLS = """\
tests:
  - name: the night of a Friday
    contract: night
    opened: 2026-11-27T22:00
    events: [{at: "2026-11-27T23:30", event: responded, by: staff}]
    tells:
      - {at: "2026-11-27T22:00", to: dina, what: opened, by: "email:dina@nocturne.example", language: pl}
      - {at: "2026-11-27T22:20", to: anna, what: warning}
      - {at: "2026-11-27T22:30", to: anna, what: page}
      - {at: "2026-11-27T22:45", to: ben, what: page, language: en}
      - {at: "2026-11-27T22:45", to: cleo, what: page, by: "webhook:pager"}
      - {at: "2026-11-27T23:30", to: anna, what: closed}
      - {at: "2026-11-27T23:30", to: ben, what: closed}
      - {at: "2026-11-27T23:30", to: cleo, what: closed}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    file = tmp_path / "night.yaml"
    file.write_text(CATALOGUE)
    return file


def test_a_night_in_which_nobody_acts(files: Path) -> None:
    said = slad("who", "night", *NIGHT, "--catalogue", files, "--json")
    assert said.status == 0, said.err
    assert [(each["at"][11:16], each["what"], each["person"], each["channel"], each["language"]) for each in
            said.json["told"]] == [
        ("21:00", "opened", "dina", "email", "pl"),
        ("21:20", "warning", "anna", "email", "pl"),
        ("21:30", "page", "anna", "email", "pl"),
        ("21:45", "page", "ben", "email", "en"),
        ("21:45", "page", "cleo", "webhook", "it"),
    ]  # fmt: skip
    assert said.json["told"][3] | {"at": "", "subject": ""} == {
        "at": "", "after_seconds": 2700, "what": "page", "level": 2, "person": "ben", "name": "Ben Byron",
        "channel": "email", "address": "ben@vendor.example", "language": "en", "subject": "", "why": "level 2, second",
        "contains": [], "unsent": None, "held_until": None,
    }  # fmt: skip
    assert said.json["told"][3]["subject"] == "Breached by 15 min: First response for Nocturne (–, INC-1)"


@pytest.mark.long
def test_an_answer_in_time_leaves_the_night_quiet_and_settings_of_the_environment_do_not_count(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLAD_STORE_URL", f"sqlite:///{files.parent}/real.db")
    monkeypatch.setenv("SLAD_BUS_URL", "kafka://broker.example:9092")
    said = slad("who", "night", *NIGHT, "--event", "responded@19m", "--catalogue", files)
    assert said.status == 0, said.err
    (table,) = [said.out]
    assert "Dina Dell" in table
    assert "-- responded" in table
    assert "Anna" not in table
    assert not os.path.exists(files.parent / "real.db")


@pytest.mark.long
def test_who_cannot_be_reached_stands_at_the_end_with_the_reason(files: Path) -> None:
    files.write_text(CATALOGUE.replace("first: [anna], second: [ben, cleo]", "first: [], second: []"))
    said = slad("who", "night", *NIGHT, "--catalogue", files, "--lang", "pl")
    assert said.status == 0, said.err
    assert "nie dociera do nikogo" in said.out
    assert "nobody" in said.out


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("--for", "40d"), "at most 31 days"),
        (("--for", "soon"), "soon"),
        (("--event", "responded"), "KIND@AFTER"),
        (("--event", "opened@5m"), "the kinds are responded"),
        (("--at", "yesterday"), "ISO 8601"),
        (("--at", "2025-12-01"), "is it in force then?"),
        (("--attribute", "channel"), "NAME=VALUE"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said(files: Path, wrong: tuple[str, str], says: str) -> None:
    said = slad("who", "night", *wrong, "--catalogue", files)
    assert (said.status, said.out) == (2, "")
    assert says in said.err


@pytest.mark.long
def test_a_test_of_the_catalogue_says_who_is_told(files: Path) -> None:
    files.write_text(CATALOGUE + TELLS)
    held = slad("check", "--tests", files)
    assert held.status == 0, held.err
    assert "1 of 1 scenarios hold" in held.err
    files.write_text(CATALOGUE + TELLS.replace('22:45", to: ben', '22:50", to: ben'))
    failed = slad("check", "--tests", files, "--json")
    assert failed.status == 1
    assert failed.json["scenarios"][0]["failures"] == [
        "not told: 2026-11-27 22:50 page to ben (en)",
        "told, not expected: 2026-11-27 22:45 page to ben (email:ben@vendor.example, en)",
    ]
    applied = slad("apply", files, "--to", files.parent / "there", "--json")
    assert applied.status == 1
    assert "the night of a Friday" in applied.json["failed_tests"]


@pytest.mark.parametrize(
    ("written", "says"), [("to: ben", "to: benn"), ("what: closed", "what: shut")], ids=["person", "message"]
)
def test_an_unknown_person_or_message_of_a_test_is_an_error(files: Path, written: str, says: str) -> None:
    files.write_text(CATALOGUE + TELLS.replace(written, says, 1))
    said = slad("check", files, "--json")
    assert said.status == 1
    assert any(says.split(": ")[1] in each["message"] for each in said.json["problems"])


LINE = ToldLine(
    at=datetime(2026, 11, 27, 21, 45, 20, tzinfo=UTC), what="page", level=2, person="ben", name="Ben Byron",
    channel="email", address="ben@vendor.example", language="en", subject="Breached", why="level 2",
)  # fmt: skip
WANTED = ExpectedMessage(
    at=datetime(2026, 11, 27, 21, 45, tzinfo=UTC), to="ben", what="page", by="email:ben@vendor.example", language="en"
)


@pytest.mark.parametrize(
    "wanted",
    [
        replace(WANTED, at=WANTED.at - timedelta(minutes=1)),
        replace(WANTED, to="anna"),
        replace(WANTED, what="warning"),
        replace(WANTED, by="email:other@vendor.example"),
        replace(WANTED, language="pl"),
    ],
    ids=["at", "to", "what", "by", "language"],
)
def test_what_is_told_otherwise_is_said(wanted: ExpectedMessage) -> None:
    zone = ZoneInfo("Europe/Warsaw")
    assert list(told_otherwise([WANTED], [LINE], zone)) == []
    assert list(told_otherwise([replace(WANTED, by=None, language=None)], [LINE], zone)) == []
    missing, surplus = told_otherwise([wanted], [LINE], zone)
    assert missing.startswith("not told: 2026-11-27 22:4")
    assert surplus == "told, not expected: 2026-11-27 22:45 page to ben (email:ben@vendor.example, en)"
    assert len(list(told_otherwise([WANTED], [LINE, LINE], zone))) == 1, "each message is expected once"
    assert list(told_otherwise([], [replace(LINE, unsent=UnsentReason.NOBODY)], zone)) == []


def test_what_waits_for_the_end_of_quiet_hours_is_shown_twice(tmp_path: Path) -> None:
    ring = "email: dina@nocturne.example}"
    emil = 'emil: {name: Emil Ek, email: emil@vendor.example, quiet: "mon-sun 21:00-07:00"}'
    text = CATALOGUE.replace(ring, f"{ring}\n      {emil}")
    text = text.replace("contact: [dina]}", "contact: [dina], lead: [emil]}")
    text = text.replace("to: [contact]}]", "to: [contact, lead]}]")
    text = text.replace("roles: [first, second]", "roles: [first, second, lead]")
    text = text.replace("time: 30m, warn: [10m before]", "time: 12h")
    text = text.replace("tell: second}]\n", "tell: second}]\n    hold: {leaves: 2h}\n")
    file = tmp_path / "quiet.yaml"
    file.write_text(text)
    said = slad("who", "night", "--at", "2026-11-27T22:00", "--for", "10h", "--catalogue", file, "--json")
    assert said.status == 0, said.err
    lines = [
        (each["at"][:16], each["what"], (each["held_until"] or "")[:16])
        for each in said.json["told"]
        if each["person"] == "emil"
    ]
    assert lines == [("2026-11-27T21:00", "opened", "2026-11-28T06:00"), ("2026-11-28T06:00", "opened", "")]
    told = slad("who", "night", "--at", "2026-11-27T22:00", "--for", "10h", "--catalogue", file)
    assert "waits for the end of quiet hours, Sat 07:00" in " ".join(told.out.split())


@pytest.mark.long
def test_somebody_acknowledges_until_that_expires(files: Path) -> None:
    before = "tell: second}]\n"
    assert CATALOGUE.count(before) == 1
    files.write_text(CATALOGUE.replace(before, before + "    acknowledgement: {expires: 2h}\n"))
    said = slad("who", "night", *NIGHT, "--ack", "anna@35m", "--catalogue", files, "--json")
    assert said.status == 0, said.err
    told = [(each["at"][11:16], each["what"], each["person"]) for each in said.json["told"]]
    assert told == [
        ("21:00", "opened", "dina"),
        ("21:20", "warning", "anna"),
        ("21:30", "page", "anna"),
        # Nobody works on the ticket for two hours: the second level is told, and whoever had acknowledged.
        ("23:35", "page", "anna"),
        ("23:35", "page", "ben"),
        ("23:35", "page", "cleo"),
    ]
    assert said.json["acknowledged"] == [{"at": "2026-11-27T21:35:00+00:00", "by": "anna"}]


@pytest.mark.parametrize("wrong", ["anna", "dina@5m", "nobody@5m", "anna@soon"])
def test_only_the_supports_people_acknowledge(files: Path, wrong: str) -> None:
    said = slad("who", "night", *NIGHT, "--ack", wrong, "--catalogue", files)
    assert (said.status, said.out) == (2, "")
    assert "--ack" in said.err
