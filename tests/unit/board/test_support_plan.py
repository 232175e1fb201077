"""The support plan of a contract: said in five languages, about this contract alone, and nothing that is not so."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from sla_board.page.render import Pages
from sla_board.plan.build import plan_json, support_plan
from sla_board.plan.listed import listed_contracts
from sla_board.plan.model import PlanTable, SupportPlan, Week
from sla_board.plan.words import words_in
from sla_catalogue import builtin_catalogue
from sla_domain.contract import ContractId
from sla_domain.window import BookedWindow

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


def test_the_list_finds_by_customer_and_a_key_of_one_contract_sees_that_one() -> None:
    book = CATALOGUE.rulebook
    found, more = listed_contracts(book, "example hpe", None)
    assert ([one.id for one in found], more) == (["hpe-flexcare-pl", "hpe-flexcare-tw"], False)
    assert [one.id for one in listed_contracts(book, "", "express-8x5")[0]] == ["express-8x5"]
    assert "Example HPE Polska" in Pages().contracts(found, "", more, NOW)
