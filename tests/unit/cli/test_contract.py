"""`slad contract`: every clause and title of a plan stands on its sheet, in the language asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad

from sla_catalogue import builtin_catalogue
from sla_catalogue.sheet import sheet_of

CONTRACTS = sorted(builtin_catalogue().rulebook.contracts)
OWN = """
coverages:
  desk:
    title: {en: The desk, it: Lo sportello}
    hours: {mon-thu: "08:00-12:00, 13:00-17:00", fri: "08:00-12:00", sat: "22:00-06:00"}
    holidays: PL
    closings: [{from: 2026-12-24T12:00, to: 2026-12-27T00:00, reason: inventory}]
    clause: C1
  around: {hours: 24x7}
  either: {any_of: [desk, around]}
plans:
  gold:
    title: {en: Gold, it: Oro}
    note: Sold with the machine.
    notices: {registration: opt_in, clause: I5}
    languages: [en, it]
    priorities: [{id: P1, title: {en: Down, it: Fermo}, definition: Nothing works, also: [highest], clause: C2}]
    metrics: {resolution: {title: {en: Repair, it: Riparazione}, clause: C3}}
    rules: {default: P1, downgrade: by_agreement, correction_notice: true, clause: C4}
    targets:
      - {metric: resolution, coverage: desk, time: 8h, warn: [75%, 1h before], when: {product: {not: lamp}}, clause: C5}
      - {metric: resolution, coverage: either, time: 2 working days}
    roles: [{id: csm, title: {en: Manager, it: Responsabile}, coverage: desk, outside: true, clause: C6}]
    escalation: calls
escalations:
  calls: {title: {en: By telephone, it: Per telefono}, levels: [{after: 15m, tell: [csm, ada]}], repeat: 2, clause: C7}
people: {ada: {name: Ada Conti, email: ada@example.com, language: it}}
contracts:
  acme: {title: Acme, plan: gold, zone: Europe/Rome, country: IT, customers: [Acme], valid: {from: 2026-01-01},
         products: [press], excluded_products: [lamp], environment: [{product: press, versions: ["4"]}],
         note: Signed in Turin., roles: {csm: [ada]}, languages: [it]}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(OWN)
    return file


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("language", ["en", "it", "pl", "ru", "zh-TW", "fi"])
def test_every_shipped_contract_has_a_sheet(contract: str, language: str) -> None:
    said = slad("contract", "show", contract, "--lang", language)
    assert said.status == 0
    assert said.out.startswith(contract)


def test_all_that_a_plan_says_stands_on_the_sheet(own: Path) -> None:
    said = slad("contract", "show", "acme", "--catalogue", own, "--lang", "it")
    for word in (
        "Oro", "Sold with the machine.", "registered", "en, it", "Fermo", "Nothing works", "highest", "Riparazione",
        "Lo sportello", "inventory", "2026-12-24 12:00", "any of desk, around", "Per telefono", "2 times again",
        "Responsabile", "outside desk", "csm: ada", "Ada Conti", "Signed in Turin.", "from 2026-01-01",
        "product is not lamp",
        "75 %, −1 h", "press 4", "not covered: lamp", "PL", "every one", "the customer hears old, new and why",
        "lun–gio 08:00–12:00, 13:00–17:00; ven 08:00–12:00; sab 22:00–06:00", "24x7",
        *(f"C{number}" for number in range(1, 8)),
    ):  # fmt: skip
        assert word in said.out, word


def test_the_same_is_given_as_json(own: Path) -> None:
    sheet = slad("contract", "show", "acme", "--catalogue", own, "--json").json
    assert sheet["plan"] == {
        "id": "gold", "title": "Gold", "rank": 100, "sold": {"from": None, "to": None}, "languages": ["en", "it"],
        "notices": {"registration": "opt_in", "causes": ["security", "data_loss", "outage"],
                    "severities": ["critical", "high", "medium", "low"], "clause": "I5"},
        "terms": {"minimum_term": "", "all_products": False, "scope": None, "not_covered": [],
                  "not_available_for": {"products": [], "countries": [], "clause": ""}},
        "note": "Sold with the machine.",
    }  # fmt: skip
    assert sheet["escalation"]["levels"] == [
        {"after": "15 min", "tell": {"csm": ["ada"], "ada": ["ada"]}, "channels": [], "kind": "page"}
    ]
    assert sheet["valid"] == {"from": "2026-01-01", "to": None}


def test_a_plan_that_pages_nobody_says_so_and_whose_people_are_is_told(tmp_path: Path) -> None:
    text = OWN.replace("roles: {csm: [ada]}", "roles: {csm: [ada], contact: [leo]}, people: {leo: {name: Leo Ricci}}")
    assert "    escalation: calls\n" in text
    file = tmp_path / "own.yaml"
    file.write_text(text.replace("    escalation: calls\n", "    escalation: none\n"))
    said = slad("contract", "show", "acme", "--catalogue", file)
    assert "escalation: none; no one is paged, and the operators are informed of a breach once" in said.out
    people = slad("contract", "show", "acme", "--catalogue", file, "--json").json["people"]
    assert {one["id"]: one["side"] for one in people} == {"ada": "support", "leo": "customer"}


def test_a_plan_over_a_base_names_both(tmp_path: Path) -> None:
    sheet = sheet_of(builtin_catalogue(), builtin_catalogue().rulebook.contracts[_over_a_base()].id)
    assert sheet["plan"]["id"].startswith("hpe-flexcare")
    assert sheet["base_plan"]["id"].startswith("hpe-enterprise")


def _over_a_base() -> str:
    contracts = builtin_catalogue().rulebook.contracts.values()
    return next(one.id for one in contracts if one.base_plan)  # type: ignore[return-value]


def test_contracts_are_listed_and_a_wrong_name_is_told(own: Path) -> None:
    said = slad("contract", "list", "--catalogue", own)
    assert "acme (default)" in said.out
    listed = slad("contract", "list", "--catalogue", own, "--json").json
    assert [(one["contract"], one["plan"], one["customers"]) for one in listed] == [("acme", "gold", ["Acme"])]
    assert "known: acme" in slad("contract", "show", "acne", "--catalogue", own).err
    assert len(slad("contract", "list", "--json").json) == len(CONTRACTS)
