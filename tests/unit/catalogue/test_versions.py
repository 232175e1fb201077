"""A catalogue under a version: what changes it, what is stored of it, and what a bad edit does to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, loaded, written

from sla_catalogue import CatalogueError, CatalogueInvalid, diff_tables, load_catalogue, load_text, reload_catalogue
from sla_catalogue.canonical import UnreadableText
from sla_domain.calendar import tzdata_version
from sla_domain.contract import ContractId
from sla_domain.plan import PlanId


def test_the_version_is_the_contents(tmp_path: Path) -> None:
    version = loaded(tmp_path, SOUND).version
    assert loaded(tmp_path, "# a comment\n\n" + SOUND).version == version
    head, tail = SOUND.split("contracts:\n")
    written(tmp_path, head, "split/b.yaml")
    written(tmp_path, "contracts:\n" + tail, "split/a.yaml")
    assert load_catalogue(tmp_path / "split", environment={}).version == version
    assert loaded(tmp_path, changed("P1: 1h", "P1: 2h")).version != version
    assert loaded(tmp_path, changed("[Acme]", "[Acme, ACME]")).version != version


def test_the_rulebook_carries_the_versions_of_everything_behind_it(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND)
    book = catalogue.rulebook
    assert (book.version, book.tzdata_version) == (catalogue.version, tzdata_version())
    assert book.holidays_version
    assert loaded(tmp_path, changed("    country: PL\n", "    holidays: false\n")).rulebook.holidays_version == ""


def test_a_stored_text_rebuilds_the_same_rulebook(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND)
    stored = load_text(catalogue.text)
    assert (stored.version, stored.text) == (catalogue.version, catalogue.text)
    assert stored.rulebook.plans[PlanId("gold")] == catalogue.rulebook.plans[PlanId("gold")]
    assert stored.rulebook.contracts == catalogue.rulebook.contracts
    assert stored.holidays == catalogue.holidays


def test_a_stored_text_keeps_its_holidays_whatever_the_package_says_now(tmp_path: Path) -> None:
    """docs/architecture.md: contract in force, never today's."""
    catalogue = loaded(tmp_path, SOUND)
    content = json.loads(catalogue.text)
    rows = content["holidays"]["PL"]["rows"]
    rows.append(["2026-11-12", "closed", "A day of then", "holidays 0.1", None])
    stored = load_text(json.dumps(content))
    contract = stored.rulebook.contracts[ContractId("acme")]
    office = stored.rulebook.plans[PlanId("gold")].coverages["office"]
    start = datetime(2026, 11, 10, 15, 30, tzinfo=UTC)
    due = stored.rulebook.calendars.calendar(contract, office).add(start, timedelta(hours=1))
    assert due == datetime(2026, 11, 13, 8, 30, tzinfo=UTC)
    (moved,) = diff_tables(stored.holidays, catalogue.holidays)
    assert [row.date for row in moved.removed] == [date(2026, 11, 12)]
    assert moved.added == ()


def test_a_stored_text_keeps_the_values_of_its_environment(tmp_path: Path) -> None:
    text = changed("zone: Europe/Warsaw", "zone: ${ZONE}")
    one, other = (loaded(tmp_path, text, {"ZONE": zone}) for zone in ("Europe/Warsaw", "Europe/Paris"))
    assert one.version != other.version
    assert load_text(other.text).rulebook.contracts[ContractId("acme")].zone == "Europe/Paris"


def test_a_stored_text_quotes_the_places_of_its_rows(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND)
    (row, _) = load_text(catalogue.text).rulebook.plans[PlanId("gold")].targets
    assert row.line.endswith("catalogue.yaml:7")


def test_a_borrowed_plan_is_stored_with_the_catalogue(tmp_path: Path) -> None:
    stored = load_text(loaded(tmp_path, changed("plan: gold", "plan: express-8x5")).text)
    assert PlanId("express-8x5") in stored.rulebook.plans


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "catalogue": {}}'])
def test_what_is_no_stored_catalogue_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText):
        load_text(text)


def test_a_stored_catalogue_that_no_longer_fits_is_refused_like_a_file(tmp_path: Path) -> None:
    content = json.loads(loaded(tmp_path, SOUND).text)
    del content["catalogue"]["plans"]
    with pytest.raises(CatalogueInvalid) as refused:
        load_text(json.dumps(content))
    assert isinstance(refused.value, CatalogueError)


def test_a_bad_edit_changes_nothing_and_says_why(tmp_path: Path) -> None:
    file = written(tmp_path, SOUND)
    old = load_catalogue(file, environment={})
    written(tmp_path, changed("plan: gold", "plan: golden"))
    outcome = reload_catalogue(old, file, environment={})
    assert outcome.catalogue is old
    assert not outcome.replaced
    assert [problem.code for problem in outcome.problems] == ["unknown-plan"]
    file.unlink()
    assert reload_catalogue(old, file, environment={}).catalogue is old


def test_a_good_edit_takes_the_place_of_the_old(tmp_path: Path) -> None:
    file = written(tmp_path, SOUND)
    old = load_catalogue(file, environment={})
    written(tmp_path, changed("P1: 1h", "P1: 2h"))
    outcome = reload_catalogue(old, file, environment={})
    assert outcome.replaced
    assert outcome.catalogue.version != old.version
    assert outcome.problems == ()


def test_equal_calendars_are_compiled_once(tmp_path: Path) -> None:
    one, other = loaded(tmp_path, SOUND), loaded(tmp_path, changed("P1: 1h", "P1: 2h"))
    found = [
        catalogue.rulebook.calendars.calendar(
            catalogue.rulebook.contracts[ContractId("acme")],
            catalogue.rulebook.plans[PlanId("gold")].coverages["office"],
        )
        for catalogue in (one, one, other)
    ]
    assert found[0] is found[1] is found[2]
    contract = replace(one.rulebook.contracts[ContractId("acme")], id=ContractId("else"), zone="Europe/Paris")
    coverage = one.rulebook.plans[PlanId("gold")].coverages["office"]
    assert one.rulebook.calendars.calendar(contract, coverage) is not found[0]


def test_hundreds_of_contracts_load_and_none_is_lost(tmp_path: Path) -> None:
    contract = "  c{n}: {{customers: [C{n}], plan: gold, zone: UTC, country: PL, roles: {{on_call: [anna]}}}}\n"
    people = "people: {anna: {name: Anna, email: anna@example.com}}\nsettings: {default_contract: c0}\n"
    head = SOUND.split("contracts:\n")[0]
    text = head + people + "contracts:\n" + "".join(contract.format(n=n) for n in range(500))
    assert len(loaded(tmp_path, text).rulebook.contracts) == 500
