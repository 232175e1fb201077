"""What the last fact of a publication says of an opening and of an end (clauses B6, B8, I10)."""

from __future__ import annotations

from pathlib import Path

from tests.build.story import Telling

from sla_catalogue import load_catalogue
from sla_domain.rulebook import Rulebook
from sla_timer.apply.turned import turned_context

TEXT = """
contracts:
  acme:
    customers: [acme]
    plan: bpmonline-basic
    zone: Europe/Moscow
    country: RU
    languages: [ru]
    people: {ann: {name: Ann Contact, email: ann@acme.example}, boris: {name: Boris, email: boris@house.example}}
    roles: {on_call: [boris], manager: [boris], top_management: [boris], contact: [ann]}
settings: {default_contract: acme}
"""


def book(folder: Path) -> Rulebook:
    file = folder / "catalogue.yaml"
    file.write_text(TEXT)
    return load_catalogue(file, environment={}).rulebook


def test_an_opening_says_what_the_plan_does_not_cover_and_who_the_contact_is(tmp_path: Path) -> None:
    told = Telling().opened("Mon 10:00", channel="phone", type="infrastructure", reporter="Zoe")
    context = turned_context("opened", told.fold(book(tmp_path)), ())
    assert context["turned"] == "opened"
    channel, request, contact = context["advice"]
    assert channel.startswith("channel phone is not part of plan bpmonline-basic: please use ")
    assert request.startswith("requests of the type infrastructure are not part of plan bpmonline-basic")
    assert contact.startswith("requests under contract acme come through Ann Contact alone")


def test_an_opening_as_the_contract_has_it_says_nothing_besides(tmp_path: Path) -> None:
    told = Telling().opened("Mon 10:00", channel="email", reporter="Ann Contact")
    assert turned_context("opened", told.fold(book(tmp_path)), ()) == {"turned": "opened"}


def test_an_end_counts_what_was_kept_by_metric_and_says_when_the_last_ended(tmp_path: Path) -> None:
    rulebook = book(tmp_path)
    for answered, kept in (("Mon 10:30", (1, 0)), ("Fri 17:00", (0, 1))):
        told = Telling().opened("Mon 10:00", channel="email").responded(answered).resolved("Fri 18:00")
        incident = told.fold(rulebook)
        (outcome,) = turned_context("resolved", incident, incident.clocks)["outcomes"]
        assert (outcome["metric"], (outcome["met"], outcome["missed"])) == ("first_response", kept)
        assert outcome["stopped_at"] == told.at(answered)
        assert turned_context("reopened", incident, incident.clocks) == {"turned": "reopened"}


def test_what_has_no_verdict_is_not_counted(tmp_path: Path) -> None:
    incident = Telling().opened("Mon 10:00", channel="email").cancelled("Mon 10:05").fold(book(tmp_path))
    assert incident.clocks
    assert turned_context("resolved", incident, incident.clocks) == {"turned": "resolved"}
