"""Inheritance, base plans, borrowed plans: what a contract really runs under."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, loaded

from sla_catalogue import Catalogue, builtin_catalogue, load_text
from sla_domain.calendar import AtClose
from sla_domain.contract import ContractId
from sla_domain.plan import PlanId
from sla_domain.preview import preview

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = datetime(2026, 11, 16, 10, tzinfo=WARSAW)

CHILD = """\
  silver:
    extends: gold
    title: Silver
    rank: 2
    metrics: {first_response: {pause: [waiting], resume: [resumed], on_reopen: new_cycle}}
    targets:
      - {metric: first_response, coverage: office, priority: P1, time: 30m, clause: C1}
      - {metric: resolution, coverage: office, by_priority: {P1: 2 working days, P2: PT8H},
         working_days: close_of_nth_day}
    rules: {default: p2, without_description: P2}
"""


def due(catalogue: Catalogue, priority: str, contract: str = "acme", **attributes: str) -> dict[str, datetime | None]:
    found = catalogue.rulebook.contracts[ContractId(contract)]
    lines = preview(found, priority, attributes, MONDAY, catalogue.rulebook).lines
    return {line.metric: line.due_at for line in lines}


def at(hour: int, minute: int = 0, day: int = 16) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=WARSAW)


def test_a_child_replaces_only_what_it_names(tmp_path: Path) -> None:
    text = changed("plan: gold", "plan: silver", changed("contracts:\n", CHILD + "contracts:\n"))
    catalogue = loaded(tmp_path, text)
    assert due(catalogue, "P1") == {"first_response": at(10, 30), "resolution": at(17, 0, 18)}
    assert due(catalogue, "P2") == {"first_response": at(14), "resolution": at(10, 0, 17)}
    plan = catalogue.rulebook.plans[PlanId("silver")]
    assert (plan.titles, plan.rank) == ({"en": "Silver"}, 2)
    assert [priority.id for priority in plan.priorities] == ["P1", "P2"]
    assert plan.rules.default == "P2"
    (response, _) = plan.metrics
    assert [trigger.kind.value for trigger in response.pause] == ["waiting"]
    assert response.on_reopen.value == "new_cycle"
    assert [trigger.kind.value for trigger in response.start] == ["opened"]


def test_the_row_that_matched_can_be_quoted_with_its_place_and_clause(tmp_path: Path) -> None:
    text = changed("plan: gold", "plan: silver", changed("contracts:\n", CHILD + "contracts:\n"))
    catalogue = loaded(tmp_path, text)
    row = catalogue.rulebook.plans[PlanId("silver")].targets[0]
    assert row.clause == "C1"
    assert row.line.endswith("catalogue.yaml:15")


BASE = """\
  base:
    priorities: [{id: P1}, {id: P2}]
    coverages: {support: {hours: 24x7}}
    targets: [{metric: first_response, coverage: support, time: 10h}]
    escalation: none
  extra:
    requires_base: [base]
    targets: [{metric: first_response, coverage: office, priority: P1, time: 1h}]
"""


def test_a_plan_on_top_of_a_base_plan_shows_the_base_where_it_says_nothing(tmp_path: Path) -> None:
    """clause H1: levels 3 and 4 keep the targets of the base contract."""
    text = changed("plan: gold", "plan: extra\n    base_plan: base", changed("contracts:\n", BASE + "contracts:\n"))
    text = changed(
        "targets: [{metric: first_response, coverage: office, priority: P1",
        "priorities: [{id: P1}, {id: P2}]\n    targets: [{metric: first_response, coverage: office, priority: P1",
        text,
    )
    catalogue = loaded(tmp_path, text)
    assert due(catalogue, "P1") == {"first_response": at(11)}
    assert due(catalogue, "P2") == {"first_response": at(20)}
    assert catalogue.rulebook.contracts[ContractId("acme")].plan == "extra+base"


def test_out_of_scope_the_base_plan_applies(tmp_path: Path) -> None:
    """clause H4."""
    text = changed("plan: gold", "plan: extra\n    base_plan: base\n    products: [Ours]", SOUND)
    bases = BASE.replace("    requires_base", "    priorities: [{id: P1}, {id: P2}]\n    requires_base")
    catalogue = loaded(tmp_path, changed("contracts:\n", bases + "contracts:\n", text))
    assert due(catalogue, "P1", product="Ours") == {"first_response": at(11)}
    assert due(catalogue, "P1", product="Theirs") == {"first_response": at(20)}


def test_rows_of_the_contract_come_before_those_of_its_plan(tmp_path: Path) -> None:
    own = "country: PL\n    targets: [{metric: first_response, coverage: office, priority: P1, time: 2h wall}]"
    catalogue = loaded(tmp_path, changed("country: PL", own))
    assert due(catalogue, "P1") == {"first_response": at(12)}
    assert due(catalogue, "P2") == {"first_response": at(14)}


def test_hours_of_the_contract_stand_in_for_those_of_its_plan(tmp_path: Path) -> None:
    own = 'country: PL\n    coverages: {office: {hours: {mon-fri: "13:00-21:00"}}}'
    catalogue = loaded(tmp_path, changed("country: PL", own))
    assert due(catalogue, "P1") == {"first_response": at(14)}
    assert catalogue.rulebook.contracts[ContractId("acme")].plan == "gold@acme"


def test_a_contract_chooses_where_a_deadline_at_a_close_goes(tmp_path: Path) -> None:
    text = changed("{P1: 1h, P2: 4h}", "{P1: 7h, P2: 8h}")
    assert due(loaded(tmp_path, text), "P1") == {"first_response": at(17)}
    text = changed("country: PL", "country: PL\n    at_close: next_open", text)
    catalogue = loaded(tmp_path, text)
    assert catalogue.rulebook.contracts[ContractId("acme")].at_close is AtClose.NEXT_OPEN
    assert due(catalogue, "P1") == {"first_response": at(9, 0, 17)}


def test_a_contract_may_take_no_holidays_or_those_its_plan_does_not(tmp_path: Path) -> None:
    eve = datetime(2026, 11, 10, 16, 30, tzinfo=WARSAW)
    expected = {"": 12, "\n    holidays: false": 11, "\n    holidays: true": 12}
    for said, day in expected.items():
        catalogue = loaded(tmp_path, changed("country: PL", f"country: PL{said}"))
        contract = catalogue.rulebook.contracts[ContractId("acme")]
        (line,) = preview(contract, "P1", {}, eve, catalogue.rulebook).lines
        assert line.due_at == datetime(2026, 11, day, 9, 30, tzinfo=WARSAW), said
    none = changed("holidays: contract", "holidays: none", changed("country: PL", "country: PL\n    holidays: true"))
    catalogue = loaded(tmp_path, none)
    (line,) = preview(catalogue.rulebook.contracts[ContractId("acme")], "P1", {}, eve, catalogue.rulebook).lines
    assert line.due_at == datetime(2026, 11, 12, 9, 30, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("hours", "day"),
    [
        ("24x7", 11),
        ('{mon-sun: ["08:00-20:00", "20:00-08:00"]}', 11),  # a day shift and a night shift
        ('{mon-sun: "00:00-23:00"}', 12),  # an hour short of around the clock
    ],
)
def test_holidays_of_a_contract_do_not_close_what_is_open_around_the_clock(
    tmp_path: Path, hours: str, day: int
) -> None:
    """11 November is a holiday in Poland: 24x7 counts through it, working hours do not."""
    text = changed("country: PL", "country: PL\n    holidays: true")
    text = changed('hours: {mon-fri: "09:00-17:00"}', f"hours: {hours}", text)
    text = changed("holidays: contract", "holidays: none", text)
    catalogue = loaded(tmp_path, text)
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    (line,) = preview(contract, "P1", {}, datetime(2026, 11, 10, 23, 30, tzinfo=WARSAW), catalogue.rulebook).lines
    assert line.due_at is not None
    assert line.due_at.astimezone(WARSAW).day == day


def test_the_shipped_premium_package_promises_new_years_day_too() -> None:
    """A contract that takes the holidays of its country still has its two hours of resolution on 1 January."""
    catalogue = builtin_catalogue()
    contract = replace(catalogue.rulebook.contracts[ContractId("bpmonline-premium")], holidays=True, country="RU")
    at = datetime(2027, 1, 1, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))
    lines = {line.metric: line.due_at for line in preview(contract, "P1", {}, at, catalogue.rulebook).lines}
    assert lines["resolution"] == at + timedelta(hours=2)


def test_shipped_plans_may_be_used_without_copying_them(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, changed("plan: gold", "plan: express-8x5"))
    assert PlanId("express-8x5") in catalogue.rulebook.plans
    assert PlanId("bpmonline-basic") not in catalogue.rulebook.plans
    assert "express" in catalogue.escalations
    assert due(catalogue, "critical")["first_response"] == at(11)
    assert list(catalogue.rulebook.contracts) == ["acme"]


def test_a_shipped_plan_brings_its_preconditions_along(tmp_path: Path) -> None:
    """clause H3: Flexible Care needs a base contract, and Basic was withdrawn from sale."""
    assert "base-plan" in codes(tmp_path, changed("plan: gold", "plan: hpe-flexcare-nase"))
    basic = "plan: hpe-flexcare-nase\n    base_plan: hpe-enterprise-basic\n    leaves_unspecified: [first_response]"
    assert "not-on-sale" in codes(tmp_path, changed("plan: gold", basic))
    bought_in_time = basic + "\n    valid: {from: 2016-12-01}"
    assert "not-on-sale" not in codes(tmp_path, changed("plan: gold", bought_in_time))


def test_the_catalogues_own_plan_hides_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    text = changed("  gold:\n", "  express-8x5:\n", changed("plan: gold", "plan: express-8x5"))
    assert due(loaded(tmp_path, text), "P1") == {"first_response": at(11)}


def test_people_of_a_plan_that_wants_registration_get_no_notices_unasked(tmp_path: Path) -> None:
    """clause I5."""
    text = changed("plan: gold", "plan: infor-xtreme\n    leaves_unspecified: [first_response]")
    (contract,) = loaded(tmp_path, text).rulebook.contracts.values()
    assert not contract.people["anna"].notices
    registered = changed("name: Anna,", "name: Anna, notices: true,", text)
    (contract,) = loaded(tmp_path, registered).rulebook.contracts.values()
    assert contract.people["anna"].notices


def test_a_role_with_hours_keeps_them_for_whoever_holds_it(tmp_path: Path) -> None:
    """clause H5: in service hours one, out of them another."""
    text = changed(
        "priorities:",
        "roles: [{id: day, coverage: office}, {id: night, coverage: office, outside: true}]\n    priorities:",
    )
    text = changed("roles: {on_call: [anna]}", "roles: {day: [anna], night: [anna]}", text)
    (contract,) = loaded(tmp_path, text).rulebook.contracts.values()
    assert [(role.role, role.coverage, role.outside) for role in contract.roles] == [
        ("day", "office", False),
        ("night", "office", True),
    ]


COMBINED = """\
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
  taipei: {hours: {mon-fri: "09:00-18:00"}, zone: Asia/Taipei, holidays: TW}
  late: {hours: {mon-fri: "12:00-20:00"}}
  both: {all_of: [office, late]}
  sun: {any_of: [taipei, office]}
"""


def combined(tmp_path: Path, coverage: str) -> Catalogue:
    text = changed('coverages:\n  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}\n', COMBINED)
    return loaded(tmp_path, changed("coverage: office,", f"coverage: {coverage},", text))


def test_vendor_hours_within_customer_hours(tmp_path: Path) -> None:
    catalogue = combined(tmp_path, "both")
    assert due(catalogue, "P1") == {"first_response": at(13)}
    assert due(catalogue, "P2") == {"first_response": at(16)}


def test_one_desk_after_another_around_the_sun(tmp_path: Path) -> None:
    """Open 02:00-11:00 and 09:00-17:00 Warsaw time: fifteen hours a day."""
    catalogue = combined(tmp_path, "sun")
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    sun = catalogue.rulebook.plans[PlanId("gold")].coverages["sun"]
    calendar = catalogue.rulebook.calendars.calendar(contract, sun)
    assert calendar.between(at(0), at(0, 0, 17)) == timedelta(hours=15)
    holiday = datetime(2026, 11, 11, tzinfo=WARSAW)
    assert calendar.between(holiday, holiday + timedelta(days=1)) == timedelta(hours=9)
    assert set(catalogue.holidays) == {"PL", "TW"}
    stored = load_text(catalogue.text).rulebook
    again = stored.calendars.calendar(contract, stored.plans[PlanId("gold")].coverages["sun"])
    assert again.between(at(0), at(0, 0, 17)) == timedelta(hours=15)


@pytest.mark.parametrize(
    ("coverage", "code"),
    [
        ("all_of: [office, evening]", "unknown-coverage"),
        ("all_of: [x]", "cycle"),
        ("all_of: [office, weekend]", "empty-calendar"),
        ("all_of: [office], any_of: [weekend]", "coverage"),
        ("all_of: [office], hours: 24x7", "coverage"),
        ("all_of: [office], zone: UTC", "coverage"),
        ("title: x", "coverage"),
    ],
)
def test_what_cannot_be_made_of_coverages(tmp_path: Path, coverage: str, code: str) -> None:
    more = f"  weekend: {{hours: {{weekend: '09:00-17:00'}}}}\n  x: {{{coverage}}}\nplans:\n"
    text = changed("plans:\n", more)
    assert codes(tmp_path, changed("coverage: office,", "coverage: x,", text)) == [code]


def test_a_contract_may_have_a_target_for_a_metric_its_plan_does_not_speak_of(tmp_path: Path) -> None:
    own = "targets: [{metric: workaround, coverage: office, time: 3h}, {metric: triage, coverage: office, time: 2h}]"
    triage = "metrics: {triage: {start: [opened], stop: [assigned]}}\n"
    catalogue = loaded(tmp_path, changed("country: PL", f"country: PL\n    {own}") + triage)
    assert due(catalogue, "P1") == {"first_response": at(11), "workaround": at(13), "triage": at(12)}
    assert "workaround" not in {metric.id for metric in catalogue.rulebook.plans[PlanId("gold")].metrics}
