"""The support plan of a contract: said in five languages, about this contract alone, and nothing that is not so."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.catalogue.test_recorded import keep

from sla_board.page.render import Pages
from sla_board.plan import listed
from sla_board.plan.build import plan_json, support_plan
from sla_board.plan.listed import listed_contracts
from sla_board.plan.model import Heading, PlanTable, SupportPlan, Week
from sla_board.plan.words import words_in
from sla_catalogue import Catalogue, builtin_catalogue, load_catalogue
from sla_catalogue.recorded import RecordedCatalogue
from sla_domain.contract import ContractId
from sla_domain.window import BookedWindow
from sla_platform.contracts.shelf import RecordShelf

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LANGUAGES = ("en", "pl", "it", "ru", "zh-TW")
CATALOGUE = builtin_catalogue()
CONTRACTS = sorted(CATALOGUE.rulebook.contracts)


def plan_of(contract: str, language: str = "en") -> SupportPlan:
    found = CATALOGUE.rulebook.contracts[ContractId(contract)]
    return support_plan(CATALOGUE, found, NOW, language)


def cells(plan: SupportPlan, section: str) -> list[tuple[str, ...]]:
    parts = next(one.parts for one in plan.sections if one.id == section)
    return [row for part in parts if isinstance(part, PlanTable) for row in part.rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_of_its_own(language: str) -> None:
    words, english = words_in(language), words_in("en")
    texts = [one.name for one in fields(words) if isinstance(getattr(words, one.name), str)]
    assert words.language == language
    assert all(getattr(words, name) for name in texts)
    same = {name for name in texts if getattr(words, name) == getattr(english, name)}
    assert language == "en" or same <= {"escalation", "is_one_of", "per", "plan"}
    assert words.periods.keys() == english.periods.keys()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_shipped_contract_has_its_page_in_every_language(contract: str) -> None:
    pages = Pages()
    for language in LANGUAGES:
        plan = plan_of(contract, language)
        html = pages.support_plan(plan, NOW)
        assert f'lang="{language}"' in html
        assert all(f'id="{section.id}"' in html for section in plan.sections)
        assert plan_json(plan)["sections"]


def test_only_holidays_of_its_own_country_are_listed() -> None:
    """Other plans of the same catalogue close on other days."""
    names = {row[1] for row in cells(plan_of("hpe-flexcare-pl", "pl"), "holidays")}
    assert "Narodowe Święto Niepodległości" in names
    assert not any("праздник" in name.lower() or "каникулы" in name for name in names)


def test_targets_say_for_which_priority_in_its_words() -> None:
    rows = cells(plan_of("hpe-flexcare-pl", "pl"), "targets")
    assert rows[0][:3] == ("Pierwsza reakcja", "L1 Pierwszy poziom skutków", "1 godz.")


def test_a_night_shift_reaches_into_the_next_day_and_hours_around_the_clock_fill_it() -> None:
    weeks = [part for one in plan_of("express-24x7").sections for part in one.parts if isinstance(part, Week)]
    full = next(week for week in weeks if week.hours == "around the clock")
    assert all(spans == ((0, 1440),) for _, spans in full.days)


ROTAS = """
coverages:
  desk:
    hours: {mon-fri: "09:00-17:00"}
    seasons:
      - {from: 07-01, to: 09-01, hours: {mon-fri: "08:00-15:00"}}
      - {from: 2026-12-24, to: 2027-01-03, hours: {}}
  summer: {hours: {}, seasons: [{from: 07-01, to: 09-01, hours: {sat: "08:00-15:00"}}]}
people:
  ann: {name: Ann, email: ann@example.com, languages: [pl, en]}
  bob: {name: Bob, email: bob@example.com}
rotas:
  first: {title: {en: First line, pl: Pierwsza linia}, zone: UTC, people: [ann, bob], starts: 2026-10-05}
escalations: {desk: {levels: [{after: 0m, tell: on_call}]}}
plans:
  gold:
    priorities: [{id: P1}, {id: P2}]
    roles: [{id: on_call, title: On call}]
    targets:
      - {metric: first_response, coverage: desk, time: 1h}
      - {metric: resolution, coverage: summer, time: 8h}
    escalation: desk
contracts:
  acme: {customers: [Acme], plan: gold, zone: Europe/Warsaw, roles: {on_call: [{rota: first}]}}
"""


@pytest.fixture
def rotas(tmp_path: Path) -> Catalogue:
    file = tmp_path / "catalogue.yaml"
    file.write_text(ROTAS, encoding="utf-8")
    return load_catalogue(file, environment={})


def test_the_usual_week_is_drawn_and_its_seasons_are_named(rotas: Catalogue) -> None:
    plan = support_plan(rotas, rotas.rulebook.contracts[ContractId("acme")], NOW, "en")
    weeks = {part.title: part for one in plan.sections for part in one.parts if isinstance(part, Week)}
    assert weeks["desk"].days[0] == ("Mon", ((540, 1020),))
    assert weeks["desk"].seasons == (
        ("from July 1 until August 31", "Mon–Fri 08:00–15:00"),
        ("from December 24, 2026 until January 2, 2027", "closed"),
    )
    assert weeks["summer"].hours == "closed", "outside its season"
    assert [spans for _, spans in weeks["summer"].days] == [()] * 7
    html = Pages().support_plan(support_plan(rotas, rotas.rulebook.contracts[ContractId("acme")], NOW, "pl"), NOW)
    assert "<strong>od 1 lipca do 31 sierpnia</strong>: pon.–pt. 08:00–15:00" in html


def test_a_role_that_a_rota_holds_names_the_rota_and_people_with_all_they_speak(rotas: Catalogue) -> None:
    contract = rotas.rulebook.contracts[ContractId("acme")]
    english, polish = (support_plan(rotas, contract, NOW, language) for language in ("en", "pl"))
    assert ("On call", "rota “First line”", "around the clock") in cells(english, "people")
    assert ("0 min", "On call (rota “First line”)") in cells(english, "people")
    assert "dyżury „Pierwsza linia”" in cells(polish, "people")[0]
    assert {("Ann", "pl, en"), ("Bob", "en")} <= set(cells(english, "people"))


def test_a_booked_window_is_shown_in_local_time_until_it_is_over() -> None:
    contract = CATALOGUE.rulebook.contracts[ContractId("hpe-flexcare-pl")]
    window = BookedWindow(
        id="go-live",
        window="weekend-standby",
        start=datetime(2026, 12, 4, 23, tzinfo=UTC),
        end=datetime(2026, 12, 6, 23, tzinfo=UTC),
        people=("nowak",),
        surcharge=50,
    )
    over = replace(window, id="over", start=datetime(2026, 11, 6, tzinfo=UTC), end=datetime(2026, 11, 8, tzinfo=UTC))
    plan = support_plan(CATALOGUE, replace(contract, windows=(window, over)), NOW, "en")
    booked = [row for row in cells(plan, "windows") if "Jan Nowak" in row]
    assert [(row[0], row[-1]) for row in booked] == [("Weekend standby", "+50 %")]
    assert "Dec 5, 2026, 12:00" in booked[0][1]


ENTITLED = """
coverages:
  desk: {title: {en: Desk}, hours: {mon-fri: "09:00-17:00"}}
  late: {title: {en: Late}, hours: {mon-sun: "08:00-22:00"}}
people: {ann: {name: Ann, email: ann@example.com}}
escalations:
  slow: {title: Slow, levels: [{after: 30m, tell: on_call}]}
  fast: {title: Fast, levels: [{after: 5m, tell: on_call}]}
plans:
  base:
    title: Basic
    escalation: none
    priorities: [{id: P9}]
    targets: [{metric: first_response, coverage: desk, time: 40h}]
  gold:
    title: Gold
    priorities: [{id: P1, title: Urgent}]
    roles: [{id: on_call, coverage: late}]
    targets: [{metric: first_response, coverage: late, time: 1h}]
    escalation: fast
  iron:
    title: Iron
    priorities: [{id: P1, title: Down}]
    roles: [{id: on_call, coverage: desk}]
    targets: [{metric: resolution, coverage: desk, time: 9h}]
    escalation: slow
contracts:
  both:
    customers: [Both]
    zone: Europe/Warsaw
    country: PL
    entitlements:
      - {id: db, plan: gold, base_plan: base, products: [Database], valid: {to: 2027-01-01}}
      - {id: os, plan: iron, base_plan: base, products: [System], types: [incident]}
    roles: {on_call: [ann]}
  twice:
    customers: [Twice]
    zone: UTC
    entitlements: [{id: one, plan: iron, products: [A]}, {id: two, plan: iron, products: [B]}]
    roles: {on_call: [ann]}
  over:
    {default: true, customers: [Over], zone: UTC, plan: iron, base_plan: base, products: [System],
     roles: {on_call: [ann]}}
"""


def _headed(plan: SupportPlan, section: str) -> list[str]:
    """The headings of a section, and behind each what stands under it: tables by their cells, weeks by their titles."""
    found: list[str] = []
    for part in next(one.parts for one in plan.sections if one.id == section):
        match part:
            case Heading(text):
                found.append(f"# {text}")
            case PlanTable():
                found += [" | ".join(row) for row in part.rows]
            case Week():
                found.append(part.title)
    return found


def _entitled(tmp_path: Path, contract: str) -> SupportPlan:
    file = tmp_path / "catalogue.yaml"
    file.write_text(ENTITLED, encoding="utf-8")
    book = load_catalogue(file, environment={})
    return support_plan(book, book.rulebook.contracts[ContractId(contract)], NOW, "en")


def test_each_entitlement_has_its_own_targets_hours_and_priorities_under_its_scope_and_dates(tmp_path: Path) -> None:
    plan = _entitled(tmp_path, "both")
    first, second = "# Gold over Basic (Database) · until December 31, 2026", "# Iron over Basic (System) · incident"
    base = "# Basic (all other products)"
    assert _headed(plan, "targets") == [
        first, "First response | every incident | 1 h | Late",
        second, "Resolution | every incident | 9 h | Desk",
        base, "First response | every incident | 40 h | Desk",
    ]  # fmt: skip
    assert _headed(plan, "hours") == [first, "Late", second, base, "Desk"]
    assert _headed(plan, "priorities") == [first, "P1 | Urgent", second, "P1 | Down", base, "P9"]
    people = _headed(plan, "people")
    assert people[:2] == ["on_call | Ann | Late", "Ann | en"]
    assert people[2:] == [first, "5 min | on_call (Ann)", second, "30 min | on_call (Ann)"]
    assert plan.facts["Plan"] == "Gold over Basic (Database); Iron over Basic (System)"
    assert "Products covered" not in plan.facts, "each entitlement has its own"
    html = Pages().support_plan(plan, NOW)
    assert html.count("<h3><bdi>Gold over Basic (Database) · until December 31, 2026</bdi></h3>") == 4


def test_what_is_the_same_under_all_entitlements_is_said_once(tmp_path: Path) -> None:
    plan = _entitled(tmp_path, "twice")
    assert _headed(plan, "targets") == ["Resolution | every incident | 9 h | Desk"]
    assert _headed(plan, "hours") == ["Desk"]


def test_what_the_base_plan_promises_for_other_products_is_on_the_page(tmp_path: Path) -> None:
    plan = _entitled(tmp_path, "over")
    assert _headed(plan, "targets") == [
        "# Iron over Basic (System)", "Resolution | every incident | 9 h | Desk",
        "# Basic (all other products)", "First response | every incident | 40 h | Desk",
    ]  # fmt: skip
    assert plan.facts["Products covered"] == "System"


async def test_the_list_finds_by_customer_and_a_key_of_one_contract_sees_that_one() -> None:
    book = CATALOGUE.rulebook
    found, more = await listed_contracts(book, "example hpe", None)
    assert ([one.id for one in found], more) == (["hpe-flexcare-pl", "hpe-flexcare-tw"], False)
    alone, _ = await listed_contracts(book, "", "express-8x5")
    assert [one.id for one in alone] == ["express-8x5"]
    assert "Example HPE Polska" in Pages().contracts(found, "", more, NOW)


async def test_a_list_that_did_not_look_at_every_contract_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = RecordShelf()
    values = {"customers": ["Polar"], "plan": "bpmonline-basic", "zone": "UTC", "country": "PL"}
    for number in range(5):
        keep(shelf, f"polar-{number}", (NOW, values))
    book = RecordedCatalogue(lambda: CATALOGUE, shelf)().rulebook
    assert (await listed_contracts(book, "polar-4", None))[1] is False
    monkeypatch.setattr(listed, "_MOST_READ", 3)
    found, more = await listed_contracts(book, "polar-4", None)
    assert ([one.id for one in found], more) == (["polar-4"], True), "found by its whole id"
    found, more = await listed_contracts(book, "lar-4", None)
    assert (found, more) == ([], True)
    assert "too many contracts to look at each" in Pages().contracts(found, "lar-4", more, NOW)
    by_customer, more = await listed_contracts(book, "polar", None)
    assert ([one.id for one in by_customer], more) == ([f"polar-{number}" for number in range(5)], False)
