"""Contracts that stand in no file: built one by one by what the files' contracts are built by, and judged alike."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.catalogue.made import loaded, problems

from sla_catalogue import (
    Catalogue,
    CatalogueInvalid,
    FindingLevel,
    builtin_catalogue,
    dates_overlap,
    load_catalogue,
    load_text,
)
from sla_catalogue import calendars as made_calendars
from sla_catalogue.canonical import parse_stored
from sla_catalogue.tree import Plain, read_tree
from sla_domain.contract import Contract, ContractId
from sla_domain.plan import Plan, PlanId, written_name
from sla_domain.roles import level_roster

ROOT = Path(__file__).parents[3]
FILES = """\
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
  shop: {hours: {mon-sat: "08:00-20:00"}, holidays: none}
people:
  anna: {name: Anna, email: anna@example.com}
  mute: {name: Mute}
  ben: {name: Ben, email: ben@example.com}
rotas:
  turns: {zone: Europe/Warsaw, people: [anna, ben], handover: {every: day, at: "09:00"}, starts: 2026-11-30}
escalations:
  desk: {levels: [{after: 0m, tell: on_call}]}
metrics:
  visit: {like: first_response}
plans:
  gold:
    priorities: [{id: P1}, {id: P2}]
    targets:
      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}
    escalation: desk
  open:
    priorities: [{id: P1}]
    targets: [{metric: first_response, coverage: office, time: unspecified}]
    escalation: desk
  family:
    requires_base: gold
    targets: [{metric: resolution, coverage: office, time: 8h}]
contracts:
  house: {plan: gold, zone: Europe/Warsaw, country: PL, roles: {on_call: [anna]}}
"""
DAY = timedelta(days=1)
ACME = "customers: [Acme], plan: gold, zone: Europe/Warsaw, country: PL, roles: {on_call: [anna]}"


FOLDERS = (
    "examples/catalogue",
    "tests/unit/catalogue/every_key/base.yaml",
    "tests/integration/deploy/catalogue.yaml",
    "tests/integration/ingest/catalogue.yaml",
    "tests/integration/notifier/catalogue.yaml",
)


def section(text: str) -> dict[str, Plain]:
    values = read_tree(f"{{{text}}}", "contract").data
    assert isinstance(values, dict)
    return values


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return loaded(tmp_path, FILES)


def compiled(catalogue: Catalogue, text: str) -> tuple[Contract, Mapping[PlanId, Plan]]:
    made = catalogue.compiler.compile("acme", section(text))
    return made.contract, made.plans


def codes_of(catalogue: Catalogue, text: str, level: FindingLevel | None = None) -> list[str]:
    found = catalogue.compiler.check("acme", section(text))
    return [problem.code for problem in found if level in (None, problem.severity)]


# -- as in files ------------------------------------------------------------------------------------------


def _stored(name: str) -> Catalogue:
    """The catalogue from its stored text, for that is where the sections are."""
    if name == "format 1":
        return load_text((ROOT / "tests/golden/catalogue/format-1.json").read_text())
    if name == "vendors":
        return load_text(builtin_catalogue().text)
    words = {"PAGER_URL": "https://pager.example", "SPARE_URL": "https://spare.example", "DESK_SECRET": "a secret"}
    return load_text(load_catalogue(ROOT / name, environment=words).text)


@pytest.mark.parametrize("name", ["vendors", "format 1", *FOLDERS])
def test_a_contract_is_what_the_whole_catalogue_makes_of_the_same_section(name: str) -> None:
    catalogue = _stored(name)
    sections = parse_stored(catalogue.text).sections["contracts"]
    assert isinstance(sections, dict)
    assert sections
    for id_, values in sections.items():
        assert isinstance(values, dict)
        whole = catalogue.rulebook.contracts[ContractId(id_)]
        alone = catalogue.compiler.compile(id_, values)
        assert _unplaced(alone.contract) == _unplaced(whole), id_
        for plan in alone.plans.values():
            assert plan == catalogue.rulebook.plans[plan.id]
        assert set(alone.plans) == {one.plan for one in whole.bought if "@" in one.plan}
        later = catalogue.compiler.compile(id_, values, version=7)
        assert written_name(later.contract.plan) == written_name(whole.plan)
        assert set(later.plans) == {PlanId(f"{plan}.v7") for plan in alone.plans}


def _unplaced(contract: Contract) -> Contract:
    """The contract without the places of its targets: only a file has lines."""
    return replace(contract, targets=tuple(replace(target, line="") for target in contract.targets))


# What is wrong with it, and with which severity, is what `slad check` says of the same contract in a file.
WRONG = [
    ACME,
    ACME.replace("gold", "gould"),
    ACME.replace("Europe/Warsaw", "Europe/Warszawa"),
    ACME.replace("zone: Europe/Warsaw, ", ""),
    ACME.replace("country: PL, ", ""),
    ACME.replace("country: PL", "country: XX"),
    ACME.replace("[Acme]", "[Acme, Acme]"),
    ACME.replace("plan: gold", "plan: family"),
    ACME.replace("plan: gold", "plan: family, base_plan: gold"),
    ACME.replace("plan: gold", "plan: open"),
    ACME.replace("plan: gold", "plan: open, leaves_unspecified: [first_response]"),
    ACME.replace("[anna]", "[ana]"),
    ACME.replace("[anna]", "[mute]"),
    ACME.replace("[anna]", "[{person: anna, coverage: shop, outside: true}]"),
    ACME.replace("on_call: [anna]", "contact: [anna]"),
    ACME.replace("on_call:", "on_cal:"),
    ACME.replace(", roles: {on_call: [anna]}", ""),
    f"{ACME}, plann: gold",
    f"{ACME}, languages: [qq]",
    f"{ACME}, valid: {{from: 2027-01-01, to: 2026-01-01}}",
    f"{ACME}, valid: {{from: 1900-01-01}}",
    f"{ACME}, valid: {{from: yesterday}}",
    f"{ACME}, people: {{bo: {{name: Bo, email: not an address, language: pl}}}}",
    f"{ACME}, coverages: {{office: {{hours: {{mon-fri: '18:00-09:00'}}}}}}",
    f"{ACME}, coverages: {{own: {{any_of: [own, office]}}}}",
    f"{ACME}, targets: [{{metric: first_response, coverage: office, time: 1h, working_days: counted}}]",
    f"{ACME}, targets: [{{metric: first_respons, coverage: ofice, priority: P9, time: 1h}}]",
    f"{ACME}, targets: [{{metric: resolution, coverage: office, priority: P9, time: 1h, when: {{prodct: a}}}}]",
    f"{ACME}, targets: [{{metric: visit, coverage: office, time: 1h, warn: [2h before]}}]",
    f"{ACME}, targets: [{{metric: first_response, coverage: office, time: 1h}}, "
    "{metric: first_response, coverage: office, time: 2h}]",
    ACME.replace("[Acme]", f"[{'A' * 1000}]"),
    ACME.replace("[anna]", "[{rota: turns}]"),
    ACME.replace("[anna]", "[{rota: turn}]"),
    ACME.replace("[anna]", "[{rota: turns, coverage: ofice}]"),
    ACME.replace("[anna]", "[{rota: turns, person: anna}]"),
    f"{ACME}, people: {{bo: {{name: Bo, email: bo@example.com, zone: Europe/Warszawa}}}}",
    f"{ACME}, people: {{bo: {{name: Bo, email: bo@example.com, hours: {{mon: ['09:00-12:00', '11:00-13:00']}}}}}}",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_what_is_wrong_with_it_in_a_file(tmp_path: Path, catalogue: Catalogue, text: str) -> None:
    before = set(problems(tmp_path, FILES))
    settings = "settings: {default_contract: house}\n"
    in_files = [each for each in problems(tmp_path, f"{FILES}  acme: {{{text}}}\n{settings}") if each not in before]
    alone = catalogue.compiler.check("acme", section(text))
    assert sorted((p.severity, p.code) for p in alone) == sorted({(p.severity, p.code) for p in in_files})
    if any(p.severity is FindingLevel.ERROR for p in alone):
        assert any(p.severity is FindingLevel.ERROR for p in in_files)
    else:
        compiled(catalogue, text)


def test_nothing_is_said_of_the_catalogue_or_of_other_contracts(tmp_path: Path) -> None:
    doubtful = FILES.replace("name: Mute", "name: Mute, language: fi").replace("{P1: 1h, P2: 4h}", "{P1: 1h}")
    hours = "    coverages: {desk: {hours: {mon: '00:00-23:59', tue: '00:00-24:00'}}}\n"
    catalogue = loaded(tmp_path, doubtful.replace("  open:\n", f"{hours}  open:\n"))
    expected = ["no-mail-texts", "rota-unused", "unused-metric", "gap", "sliver"]
    assert [problem.code for problem in catalogue.warnings] == expected
    assert codes_of(catalogue, ACME) == []
    own = f"{ACME}, coverages: {{shop: {{hours: {{mon-fri: '10:00-12:00'}}}}}}"
    assert codes_of(catalogue, own) == ["gap"], "of the plan that is this contract's own"


# -- rotas ------------------------------------------------------------------------------------------------


def test_a_role_of_such_a_contract_may_be_held_by_a_rota(catalogue: Catalogue) -> None:
    for book in (catalogue, load_text(catalogue.text)):
        contract, _ = compiled(book, ACME.replace("[anna]", "[{rota: turns, coverage: office}]"))
        assert [(holder.rota, holder.coverage) for holder in contract.roles] == [("turns", "office")]
        assert set(contract.people) == {"anna", "ben"}, "all of the rota, though no role names them"
        tuesday = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)  # 9:30 in Warsaw, where Ben has taken over at 9:00
        told = [level_roster(book.rulebook, contract, ("on_call",), at) for at in (tuesday, tuesday + DAY)]
        assert [[each.person.id for each in roster.on_duty] for roster in told] == [["ben"], ["anna"]]


# -- places -----------------------------------------------------------------------------------------------


def test_a_finding_says_where_in_the_contract_it_is(catalogue: Catalogue) -> None:
    (found,) = catalogue.compiler.check("acme", section(ACME.replace("gold", "gould")))
    assert (found.path, found.pointer, found.hint) == (("plan",), "/plan", "did you mean 'gold'?")
    (found,) = catalogue.compiler.check(
        "acme", section(f"{ACME}, targets: [{{metric: first_response, coverage: office, by_priority: {{P9/a: 1h}}}}]")
    )
    assert (found.code, found.pointer) == ("unknown-priority", "/targets/0/by_priority/P9~1a")
    whole = catalogue.compiler.check("acme", section(ACME.replace("plan: gold", "plan: family")))
    assert [(each.code, each.path) for each in whole] == [("base-plan", ())]


def test_a_target_is_named_by_its_number_in_the_contract(catalogue: Catalogue) -> None:
    text = (
        f"{ACME}, targets: [{{metric: first_response, coverage: office, time: 1h}}, "
        "{metric: first_response, coverage: shop, by_priority: {P1: 2h}}]"
    )
    made = catalogue.compiler.compile("acme", section(text))
    assert [row.line for row in made.contract.targets] == ["contracts.acme.targets:1", "contracts.acme.targets:2"]
    made = catalogue.compiler.compile("acme", section(text), version=3)
    assert made.contract.targets[0].line == "contracts.acme.v3.targets:1"
    (found,) = catalogue.compiler.check("acme", section(text))
    assert (found.code, found.path) == ("unreachable-row", ("targets", 1, "by_priority", "P1"))
    assert "contracts.acme.targets:1" in found.message


def test_what_cannot_be_built_is_refused_with_its_place(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueInvalid) as refused:
        compiled(catalogue, ACME.replace("[anna]", "[{person: anna, coverage: ofice}]"))
    (problem,) = refused.value.problems
    assert (problem.file, problem.code) == ("contracts.acme.roles.on_call[0]", "unknown-coverage")
    with pytest.raises(CatalogueInvalid):
        compiled(catalogue, "plan: gold")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"title": "a\0b"}, "control-character"),
        ({"customers": ["a\0b"]}, "control-character"),
        ({"note": {"e\0n": "x"}}, "control-character"),
        ({"customers": [1.5]}, "shape"),
        ({"customers": {"a": [[[]]]}}, "shape"),
        ({"default": "true"}, "default-contract"),
        ({"people": {"bo": {"name": "Bo", "email": "${MAILBOX}"}}}, "email"),
    ],
)
def test_hostile_values_are_refused(catalogue: Catalogue, values: dict[str, Any], code: str) -> None:
    found = catalogue.compiler.check("acme", {**section(ACME), **values})
    assert code in [problem.code for problem in found if problem.severity is FindingLevel.ERROR]


def test_a_contract_without_an_id_is_refused(catalogue: Catalogue) -> None:
    assert [problem.code for problem in catalogue.compiler.check("", section(ACME))] == ["contract-id"]


def test_the_environment_is_not_read(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    contract, _ = compiled(catalogue, f"{ACME}, title: 'the ${{SECRET}}'")
    assert contract.title == "the ${SECRET}"


def test_two_contracts_meet_on_the_days_they_have_in_common(catalogue: Catalogue) -> None:
    first, _ = compiled(catalogue, f"{ACME}, valid: {{from: 2026-01-01, to: 2027-01-01}}")
    second, _ = compiled(catalogue, f"{ACME}, valid: {{from: 2027-01-01}}")
    endless, _ = compiled(catalogue, ACME)
    assert not dates_overlap(first, second)
    assert dates_overlap(first, endless)
    assert dates_overlap(endless, second)


# -- plans ------------------------------------------------------------------------------------------------


def test_a_plan_over_its_base_is_built_once_for_all(catalogue: Catalogue) -> None:
    text = ACME.replace("plan: gold", "plan: family, base_plan: gold")
    one = catalogue.compiler.compile("one", section(text))
    two = catalogue.compiler.compile("two", section(text), version=2)
    assert set(one.plans) == {PlanId("family+gold")}
    assert one.plans[PlanId("family+gold")] is two.plans[PlanId("family+gold")]


def test_a_plan_that_cannot_lie_over_its_base_is_refused_each_time(tmp_path: Path) -> None:
    """Each alone is sound; together they have two priorities of one name."""
    catalogue = loaded(
        tmp_path, FILES.replace("requires_base: gold\n", "requires_base: gold\n    priorities: [{id: X, also: [P1]}]\n")
    )
    text = ACME.replace("plan: gold", "plan: family, base_plan: gold")
    for _ in range(2):
        assert codes_of(catalogue, text, FindingLevel.ERROR) == ["duplicate-priority"]
        with pytest.raises(CatalogueInvalid):
            compiled(catalogue, text)
    assert "family+gold" not in catalogue.compiler.plans.built


def test_the_plans_of_two_versions_are_two(catalogue: Catalogue) -> None:
    text = section(f"{ACME}, coverages: {{office: {{hours: {{mon-fri: '10:00-12:00'}}}}}}")
    first = catalogue.compiler.compile("acme", text, version=1)
    text["coverages"] = {"office": {"hours": {"mon-fri": "10:00-13:00"}}}
    second = catalogue.compiler.compile("acme", text, version=2)
    assert (first.contract.plan, second.contract.plan) == ("gold@acme.v1", "gold@acme.v2")
    assert written_name(first.contract.plan) == written_name(second.contract.plan) == "gold"
    assert first.plans[first.contract.plan] != second.plans[second.contract.plan]
    assert not [id_ for id_ in catalogue.compiler.plans.built if "@" in id_], "what is one contract's is not kept"


# -- calendars --------------------------------------------------------------------------------------------


def test_holidays_of_a_country_that_no_file_uses_are_known(tmp_path: Path, catalogue: Catalogue) -> None:
    """Wednesday 2 December 2026 is a working day; in the United Arab Emirates it is the national day."""
    monday = datetime(2026, 12, 1, 12, tzinfo=UTC)
    for book in (catalogue, load_text(catalogue.text)):
        assert set(book.holidays) == {"PL"}
        contract, _ = compiled(book, ACME.replace("Europe/Warsaw", "Asia/Dubai").replace("PL", "AE"))
        calendar = book.rulebook.calendars.calendar(contract, book.rulebook.plans[contract.plan].coverages["office"])
        assert calendar.add(monday, timedelta(hours=2)) == datetime(2026, 12, 4, 6, tzinfo=UTC)
        assert set(book.holidays) == {"PL"}, "what is stored is what the files need"


def test_days_that_the_files_add_to_a_country_close_its_subdivisions_too(tmp_path: Path) -> None:
    (tmp_path / "feed.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261203\n"
        "SUMMARY:Works outing\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    own = (
        "holidays: {DE: {feeds: [{file: feed.ics}], remove: [{date: 2026-12-25, reason: worked}], "
        "add: [{date: 2026-12-04, name: Bridge, reason: agreed}]}}\n"
    )
    text = ACME.replace("Europe/Warsaw", "Europe/Berlin").replace("country: PL", "country: DE, subdivision: BY")
    catalogue = loaded(tmp_path, own + FILES)
    whole = loaded(tmp_path, f"{own}{FILES}  acme: {{{text}}}\nsettings: {{default_contract: house}}\n")
    (tmp_path / "feed.ics").unlink()
    for book in (catalogue, load_text(catalogue.text)):
        compiled(book, text)
        assert book.compiler.calendars.tables["DE-BY"] == whole.holidays["DE-BY"]


def test_contracts_share_the_calendars_that_are_the_same(catalogue: Catalogue) -> None:
    office = catalogue.rulebook.plans[PlanId("gold")].coverages["office"]
    made = [catalogue.compiler.compile(f"c{number}", section(ACME)).contract for number in range(50)]
    found = {id(catalogue.rulebook.calendars.calendar(contract, office)) for contract in made}
    elsewhere, _ = compiled(catalogue, ACME.replace("country: PL", "country: DE"))
    idle, _ = compiled(catalogue, f"{ACME}, holidays: false")
    assert len(found) == 1
    assert id(catalogue.rulebook.calendars.calendar(elsewhere, office)) not in found
    assert id(catalogue.rulebook.calendars.calendar(idle, office)) not in found
    assert len(catalogue.compiler.calendars._made) == 3


def test_a_plan_made_for_one_contract_has_the_hours_of_its_original(tmp_path: Path) -> None:
    hours = "    coverages: {desk: {hours: 24x7}, both: {all_of: [desk, shop]}, same: {all_of: [desk, office]}}\n"
    catalogue = loaded(tmp_path, FILES.replace("  open:\n", f"{hours}  open:\n"))
    gold = catalogue.rulebook.plans[PlanId("gold")]
    contract, plans = compiled(catalogue, f"{ACME}, coverages: {{shop: {{hours: {{sat: '10:00-12:00'}}}}}}")
    own = plans[contract.plan]
    same = {name for name, hours in gold.coverages.items() if own.coverages[name] is hours}
    assert same == {"office", "desk", "same"}
    contract, plans = compiled(catalogue, f"{ACME}, targets: [{{metric: visit, coverage: both, time: 1h}}]")
    assert plans[contract.plan].coverages["both"] is gold.coverages["both"]
    both = f"{ACME}, coverages: {{shop: {{hours: 24x7}}}}, targets: [{{metric: visit, coverage: both, time: 1h}}]"
    contract, plans = compiled(catalogue, both)
    assert plans[contract.plan].coverages["same"] is gold.coverages["same"]


def test_a_calendar_that_is_in_use_stays_the_same_when_others_push_it_out(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_calendars, "_REMEMBERED", 8)
    calendars, plan = catalogue.rulebook.calendars, catalogue.rulebook.plans[PlanId("gold")]
    contract, _ = compiled(catalogue, ACME)
    both, own = compiled(catalogue, f"{ACME}, coverages: {{office: {{all_of: [shop, desk]}}, desk: {{hours: 24x7}}}}")
    combined = own[both.plan].coverages["office"]
    held, joined = calendars.calendar(contract, plan.coverages["office"]), calendars.calendar(both, combined)
    for number in range(20):
        other = section(f"{ACME}, coverages: {{office: {{hours: {{mon-fri: '00:{number:02}-17:00'}}}}}}")
        one = catalogue.compiler.compile(f"c{number}", other)
        calendars.calendar(one.contract, one.plans[one.contract.plan].coverages["office"])
    made_calendars._compiled.cache_clear()
    gc.collect()
    assert len(catalogue.compiler.calendars._made) == 8
    assert calendars.calendar(contract, plan.coverages["office"]) is held
    assert calendars.calendar(both, combined) is joined
