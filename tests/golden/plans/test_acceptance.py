"""Every dated acceptance line of clauses.md, from the shipped files, independent of the tests those files carry."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sla_catalogue import builtin_catalogue, load_text, run_scenarios
from sla_catalogue.builtin import builtin_texts
from sla_domain.contract import ContractId
from sla_domain.plan import PlanId
from sla_domain.preview import PreviewLine, preview
from sla_domain.rulebook import Rulebook

WARSAW, TAIPEI, MOSCOW = "Europe/Warsaw", "Asia/Taipei", "Europe/Moscow"

ACCEPTANCE = [
    ("hpe-flexcare-pl", "L1", "2026-11-10T16:30", "first_response", "2026-11-12T08:30", WARSAW),
    ("hpe-flexcare-pl", "L2", "2026-11-10T16:30", "first_response", "2026-11-12T11:30", WARSAW),
    ("hpe-flexcare-pl", "L2", "2026-10-23T15:00", "first_response", "2026-10-26T10:00", WARSAW),
    ("hpe-flexcare-tw", "L1", "2026-10-08T16:30", "first_response", "2026-10-12T08:30", TAIPEI),
    ("hpe-flexcare-tw", "L2", "2026-09-24T15:00", "first_response", "2026-09-29T10:00", TAIPEI),
    ("bpmonline-basic", "P1", "2026-11-20T17:30", "first_response", "2026-11-23T12:30", MOSCOW),
    ("bpmonline-basic", "P3", "2026-11-20T17:30", "first_response", "2026-11-23T16:30", MOSCOW),
    ("bpmonline-business", "P1", "2026-11-20T17:30", "first_response", "2026-11-21T09:30", MOSCOW),
    ("bpmonline-business", "P2", "2026-11-21T16:00", "first_response", "2026-11-22T11:00", MOSCOW),
    ("bpmonline-premium", "P1", "2026-11-21T23:45", "first_response", "2026-11-22T00:15", MOSCOW),
    ("express-8x5", "P1", "2026-11-03T18:00", "resolution", "2026-11-05T14:00", MOSCOW),
    ("express-8x5", "P3", "2026-11-03T18:00", "resolution", "2026-11-06T16:00", MOSCOW),
    ("express-8x5", "P4", "2026-12-30T12:00", "resolution", "2027-01-14T16:00", MOSCOW),
    ("express-24x7", "P1", "2026-11-03T18:00", "resolution", "2026-11-03T23:00", MOSCOW),
    ("express-24x7", "P4", "2026-11-03T18:00", "resolution", "2026-11-11T13:00", MOSCOW),
]

EXAMPLES = {
    "hpe-flexcare-pl",
    "hpe-flexcare-tw",
    "infor-xtreme",
    "infor-premium",
    "infor-elite",
    "bpmonline-basic",
    "bpmonline-business",
    "bpmonline-premium",
    "express-8x5",
    "express-24x7",
    "express-premium",
}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return builtin_catalogue().rulebook


def promised(
    rulebook: Rulebook, contract: str, priority: str, opened: str, **attributes: str
) -> dict[str, PreviewLine]:
    found = rulebook.contracts[ContractId(contract)]
    at = datetime.fromisoformat(opened).replace(tzinfo=ZoneInfo(found.zone))
    return {line.metric: line for line in preview(found, priority, attributes, at, rulebook).lines}


@pytest.mark.parametrize(("contract", "priority", "opened", "metric", "due", "zone"), ACCEPTANCE)
def test_the_dated_cases_of_the_plans(
    rulebook: Rulebook, contract: str, priority: str, opened: str, metric: str, due: str, zone: str
) -> None:
    line = promised(rulebook, contract, priority, opened)[metric]
    assert line.due_at == datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(zone))


def test_the_dated_cases_hold_in_a_stored_catalogue_too() -> None:
    stored = load_text(builtin_catalogue().text).rulebook
    for contract, priority, opened, metric, due, zone in ACCEPTANCE:
        line = promised(stored, contract, priority, opened)[metric]
        assert line.due_at == datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(zone)), (contract, priority)


@pytest.mark.parametrize("name", ["1", "P1", "L1", "S1", "critical"])
def test_a_priority_goes_by_the_names_people_use(rulebook: Rulebook, name: str) -> None:
    for contract in ("hpe-flexcare-pl", "bpmonline-basic", "express-8x5"):
        same = promised(rulebook, contract, "P1", "2026-11-10T16:30")["first_response"].due_at
        assert same is not None
        assert promised(rulebook, contract, name, "2026-11-10T16:30")["first_response"].due_at == same


def test_every_example_contract_goes_by_its_published_name(rulebook: Rulebook) -> None:
    assert set(rulebook.contracts) >= EXAMPLES


def test_the_shipped_files_raise_no_warning() -> None:
    assert [warning.code for warning in builtin_catalogue().warnings] == []


def test_each_shipped_file_carries_its_acceptance_cases_and_they_hold() -> None:
    results = run_scenarios(builtin_catalogue())
    assert [(result.scenario.name, result.failures) for result in results if not result.passed] == []
    tested = {result.scenario.line.split(":")[0] for result in results}
    assert tested == {text.name for text in builtin_texts()}


@pytest.mark.parametrize(
    ("contract", "priority", "metric", "attributes"),
    [
        ("infor-xtreme", "S1", "first_response", {}),
        ("infor-premium", "S2", "first_response", {}),
        ("infor-elite", "S4", "first_response", {}),
        ("express-premium", "P1", "resolution", {}),
        ("express-premium", "P4", "resolution", {"type": "consultation"}),
        ("hpe-flexcare-pl", "L3", "first_response", {}),
        ("hpe-flexcare-tw", "L4", "first_response", {}),
        ("hpe-flexcare-pl", "L1", "first_response", {"product": "somebody else's"}),
        ("hpe-flexcare-tw", "L1", "first_response", {"product": "IDOL"}),
    ],
)
def test_where_a_document_gives_no_number_none_is_invented(
    rulebook: Rulebook, contract: str, priority: str, metric: str, attributes: dict[str, str]
) -> None:
    line = promised(rulebook, contract, priority, "2026-11-10T16:30", **attributes)[metric]
    assert line.due_at is None
    assert metric in line.missing
    assert f"contract {contract} must supply it" in line.missing


def test_premium_resolution_stands_in_hours_and_in_working_days_side_by_side(rulebook: Rulebook) -> None:
    due = {
        priority: promised(rulebook, "bpmonline-premium", priority, "2026-11-20T12:00")["resolution"].due_at
        for priority in ("P1", "P2", "P3", "P4")
    }
    moscow = ZoneInfo(MOSCOW)
    assert due == {
        "P1": datetime(2026, 11, 20, 14, tzinfo=moscow),
        "P2": datetime(2026, 11, 24, 12, tzinfo=moscow),
        "P3": datetime(2026, 12, 4, 12, tzinfo=moscow),
        "P4": datetime(2026, 12, 18, 12, tzinfo=moscow),
    }


def test_consultations_keep_working_hours_in_every_plan(rulebook: Rulebook) -> None:
    for contract in ("express-8x5", "express-24x7", "express-premium"):
        line = promised(rulebook, contract, "P2", "2026-11-07T12:00", type="консультация")["first_response"]
        assert line.coverage == "working-hours", contract
    assert (
        promised(rulebook, "express-24x7", "P2", "2026-11-07T12:00", type="incident")["first_response"].coverage
        == "intake"
    )


def test_every_clause_the_catalogue_is_for_is_named_in_its_file() -> None:
    text = "".join(each.text for each in builtin_texts())
    clauses = [*(f"H{n}" for n in range(1, 12)), *(f"I{n}" for n in range(1, 10))]
    clauses += [*(f"B{n}" for n in range(1, 10)), *(f"E{n}" for n in range(1, 13))]
    assert [clause for clause in clauses if not re.search(rf"\b{clause}\b", text)] == []


def test_priorities_are_defined_in_the_documents_language_and_in_english(rulebook: Rulebook) -> None:
    for plan in ("bpmonline-basic", "express-8x5"):
        for priority in rulebook.plans[PlanId(plan)].priorities:
            assert set(priority.definitions) == {"en", "ru"}, (plan, priority.id)
    titles = rulebook.contracts[ContractId("hpe-flexcare-tw")]
    assert rulebook.plan_of(titles).priorities[0].titles["zh-TW"] == "影響層級一"
