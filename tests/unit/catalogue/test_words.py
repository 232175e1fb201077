"""Words that may be a slip, and words that are none: languages, attributes, roles, nights, lookups."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, errors, loaded, problems

import sla_notifier.text.render as mails
from sla_catalogue.rule.word import ATTRIBUTES, MAIL_LANGUAGES, is_language
from sla_domain.contract import ContractId


def person(language: str) -> str:
    return changed("name: Anna,", f"name: Anna, language: {language},")


@pytest.mark.parametrize("tag", ["en", "EN", "en-GB", "zh-TW", "zh_Hant_TW", "pl", "fil", "yue", "sr-Latn"])
def test_a_language_there_is(tag: str) -> None:
    assert is_language(tag)


@pytest.mark.parametrize("tag", ["xx", "english", "jp", "klingon", "", "e", "gr"])
def test_a_language_there_is_not(tag: str, tmp_path: Path) -> None:
    assert not is_language(tag)
    if tag:
        assert errors(tmp_path, person(tag)) == ["unknown-language"]
        plan = changed("    priorities: [{id: P1}", f"    languages: [en, {tag}]\n    priorities: [{{id: P1}}")
        assert "unknown-language" in errors(tmp_path, plan)


def test_mails_are_written_in_the_languages_the_check_says() -> None:
    folders = {folder.name for folder in mails.FOLDER.iterdir() if folder.is_dir() and not folder.name.startswith("_")}
    assert folders == MAIL_LANGUAGES


def test_whoever_reads_another_language_is_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, person("fi"))
    assert (found.code, found.severity.value) == ("no-mail-texts", "warning")
    assert found.message == "slad has no words for mails in fi: anna is written to in the contract's language"
    assert codes(tmp_path, person("en-GB")) == []


def test_a_contract_in_languages_that_slad_cannot_write_is_written_to_in_english(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("country: PL", "country: PL\n    languages: [de, pt-BR]"))
    assert (found.code, found.severity.value) == ("no-mail-texts", "warning")
    assert found.message == "slad has no words for mails in de, pt-BR: who names no language is written to in English"
    assert codes(tmp_path, changed("country: PL", "country: PL\n    languages: [de, pl]")) == []


def test_a_contract_in_a_language_its_plan_is_not_served_in(tmp_path: Path) -> None:
    text = changed("    priorities: [{id: P1}", "    languages: [en, pl]\n    priorities: [{id: P1}")
    assert codes(tmp_path, changed("country: PL", "country: PL\n    languages: [pl]", text)) == []
    assert codes(tmp_path, changed("country: PL", "country: PL\n    languages: [it]", text)) == ["language-not-served"]
    assert codes(tmp_path, text) == []


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ('{mon-thu: "08:00-16:00", fri: "16:00-08:00"}', ["over-midnight"]),
        ('{mon-fri: "17:00-09:00"}', ["over-midnight"]),  # sixteen hours: more likely turned around
        ('{mon-fri: "22:00-06:00"}', []),
        ('{mon-fri: "20:00-08:00"}', []),  # twelve hours: a night shift
        ('{mon-thu: "08:00-20:00", fri: "20:00-08:00"}', ["over-midnight"]),
        ('{mon-thu: "08:00-16:00", fri: "22:00-06:00"}', []),
        ('{sat: "18:00-24:00"}', []),
        ("24x7", []),
    ],
)
def test_hours_over_midnight(tmp_path: Path, hours: str, found: list[str]) -> None:
    text = changed('{hours: {mon-fri: "09:00-17:00"}, holidays: contract}', f"{{hours: {hours}, holidays: contract}}")
    assert codes(tmp_path, text) == found


def test_hours_of_a_plan_and_of_a_contract_are_looked_at_too(tmp_path: Path) -> None:
    slip = '{NAME: {hours: {mon: "16:00-08:00", tue: "16:00-08:00"}}}'
    own = slip.replace("NAME", "office")
    assert codes(tmp_path, changed("country: PL", f"country: PL\n    coverages: {own}")) == ["over-midnight"]
    late = slip.replace("NAME", "late")
    text = changed("    priorities: [{id: P1}", f"    coverages: {late}\n    priorities: [{{id: P1}}")
    assert codes(tmp_path, text) == ["over-midnight"]


@pytest.mark.parametrize(
    "written",
    [
        "people: {ada: {name: Ada, email: ada@example.com, zone: Europe/Berlin, hours: HOURS}}",
        "rotas: {desk: {zone: Europe/Berlin, people: [ada], handover: {every: week, on: mon, at: '09:00'},"
        " starts: 2026-11-02, hours: HOURS}}",
        "rotas: {desk: {zone: Europe/Berlin, layers: [{people: [ada], handover: {every: week, on: mon, at: '09:00'},"
        " starts: 2026-11-02, hours: HOURS}]}}",
    ],
    ids=["a person", "a rota", "a layer"],
)
def test_hours_of_people_and_rotas_are_looked_at_too(tmp_path: Path, written: str) -> None:
    ada = "" if written.startswith("people") else "people: {ada: {name: Ada, email: ada@example.com}}\n"
    for hours, found in (('{mon-thu: "08:00-16:00", fri: "16:00-08:00"}', 1), ('{mon-fri: "22:00-06:00"}', 0)):
        text = f"{SOUND}{ada}{written.replace('HOURS', hours)}\n"
        assert codes(tmp_path, text).count("over-midnight") == found


@pytest.mark.parametrize(
    ("attribute", "found"),
    [("prodct", ["attribute-misspelt"]), ("Product", ["attribute-misspelt"]), ("product", []), ("business_unit", [])],
)
def test_a_condition_on_an_attribute(tmp_path: Path, attribute: str, found: list[str]) -> None:
    row = "      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}\n"
    narrow = f"      - {{metric: first_response, coverage: office, time: 2h, when: {{{attribute}: X}}}}\n"
    assert codes(tmp_path, changed(row, narrow + row)) == found


@pytest.mark.parametrize(
    ("scope", "found"), [("outt", ["unknown-scope"]), ("[in, of]", ["unknown-scope"]), ("Out", [])]
)
def test_a_condition_on_a_scope_that_no_incident_has(tmp_path: Path, scope: str, found: list[str]) -> None:
    row = "      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}\n"
    narrow = f"      - {{metric: first_response, coverage: office, time: 2h, when: {{scope: {scope}}}}}\n"
    assert errors(tmp_path, changed(row, narrow + row)) == found


def test_what_a_source_states_is_known_and_what_slad_states_is_its_own(tmp_path: Path) -> None:
    row = "      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}\n"
    narrow = "      - {metric: first_response, coverage: office, time: 2h, when: {products: X}}\n"
    source = "sources: {s: {dialect: jira, authentication: {secret: x}, attributes: {ATTRIBUTE: {field: a.b}}}}\n"
    assert codes(tmp_path, changed(row, narrow + row)) == ["attribute-misspelt"]
    assert codes(tmp_path, changed(row, narrow + row) + source.replace("ATTRIBUTE", "products")) == []
    for name in ("scope", "plan", "base_plan", "contract"):
        assert name in ATTRIBUTES
        assert errors(tmp_path, SOUND + source.replace("ATTRIBUTE", name)) == ["own-attribute"]


def test_a_role_nobody_asks_for(tmp_path: Path) -> None:
    text = changed("    priorities: [{id: P1}", "    roles: [on_call]\n    priorities: [{id: P1}")
    assert codes(tmp_path, changed("on_call: [anna]", "on_call: [anna], oncall: [anna]", text)) == ["role-unasked"]
    assert codes(tmp_path, changed("on_call: [anna]", "on_call: [anna], sales: [anna]", text)) == []


@pytest.mark.parametrize(
    ("lookup", "found"),
    [
        ("{}", ["empty-lookup"]),
        ("{values: {a: b}}", ["empty-lookup"]),
        ("{constant: Acme, values: {a: b}}", ["empty-lookup"]),
        ("{field: issue.x, values: {a: Acme}}", []),
        ("Acme", []),
    ],
)
def test_a_lookup_that_finds_nothing(tmp_path: Path, lookup: str, found: list[str]) -> None:
    source = f"sources: {{s: {{dialect: jira, authentication: {{secret: x}}, customer: {lookup}}}}}\n"
    assert errors(tmp_path, SOUND + source) == found


@pytest.mark.parametrize(
    ("person", "contract", "tag"),
    [
        ("", "", "en"),
        ("", "languages: [pl, en]", "pl"),
        ("language: it", "languages: [pl, en]", "it"),
        ("languages: [fi, ru-RU]", "languages: [pl]", "ru"),
        ("language: fi", "languages: [sv, zh-Hant]", "zh-TW"),
        ("language: fi", "languages: [sv]", "en"),
        ("language: en", "languages: [pl]", "en"),
    ],
)
def test_a_person_is_written_to_in_their_own_language_else_in_the_contracts(
    person: str, contract: str, tag: str, tmp_path: Path
) -> None:
    text = changed("name: Anna,", f"name: Anna, {person}," if person else "name: Anna,")
    text = changed("country: PL", f"country: PL\n    {contract}" if contract else "country: PL", text)
    found = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")].people["anna"]
    assert found.language == tag


@pytest.mark.parametrize(
    ("version", "refused"),
    [(">=4.0", True), ("4.x", True), ("4.2.*", True), ("4.1 || 4.2", True), ("4.2+", True), ("", True),
     ("4.2", False), ("v4.2-sp1", False), ("2026.1 hotfix 3", False), ("1.0.0+build.7", False), ("xenial", False)],
)  # fmt: skip
def test_a_range_is_no_version_that_a_customer_runs(tmp_path: Path, version: str, refused: bool) -> None:
    text = changed("country: PL", f"country: PL\n    environment: [{{product: shop, versions: ['4.1', '{version}']}}]")
    assert errors(tmp_path, text) == ["version-range"] * refused
