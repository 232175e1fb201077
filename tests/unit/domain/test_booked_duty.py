"""Who is told of a breach in hours that are booked: the booking's people, else the holders of the window's role."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from tests.build.rulebook import ALWAYS, OFFICE, contract, plan, row, rulebook
from tests.build.story import instant

from sla_catalogue.calendars import CatalogueCalendars
from sla_catalogue.horizon import Horizon
from sla_domain.booked_duty import booked_people
from sla_domain.contract import ContractId, Person, RoleHolder, Side
from sla_domain.roles import RoleReason, level_recipients, level_roster
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookableWindow, BookedWindow, windows_for

PEOPLE = {id_: Person(id=id_, name=id_.title(), addresses=()) for id_ in ("desk", "night", "standby", "named", "tam")}
PEOPLE["theirs"] = Person(id="theirs", name="Theirs", addresses=(), side=Side.CUSTOMER)
PEOPLE["left"] = Person(id="left", name="Left", addresses=(), until=date(2026, 11, 20))
ROLES = (
    RoleHolder(role="first", person="desk", coverage="office"),
    RoleHolder(role="first", person="night", coverage="office", outside=True),
    RoleHolder(role="standby", person="standby", coverage="office"),
    RoleHolder(role="second", person="tam"),
    RoleHolder(role="second", person="named", coverage="office", outside=True),
)
SATURDAY = BookedWindow(
    id="go-live",
    window="weekend",
    start=instant("Sat 08:00"),
    end=instant("Sat 20:00"),
    priorities=frozenset({"P1"}),
    products=frozenset({"Press"}),
    people=("named", "theirs", "left"),
)
UNNAMED = replace(SATURDAY, people=())


def book(role: str | None = "standby") -> Rulebook:
    window = BookableWindow(id="weekend", titles={}, role=role)
    made = replace(plan(row("resolution", "8h"), coverages=(OFFICE, ALWAYS)), windows=(window,))
    made_of = rulebook(made, contract(people=PEOPLE, roles=ROLES, holidays=False))
    return replace(made_of, calendars=CatalogueCalendars({}, Horizon(2026, 2027)))  # these know booked windows


def told(
    booked: BookedWindow, at: str, names: str = "first", *, first: bool = True, role: str | None = "standby",
    priority: str = "P1", product: str = "press",
) -> list[tuple[str, str]]:  # fmt: skip
    """Who is told, and as what."""
    rules = book(role)
    acme = replace(rules.contracts[ContractId("acme")], windows=(booked,))
    open_ = windows_for(acme.windows, priority, product)
    answer = level_recipients(level_roster(rules, acme, names.split(), instant(at), open_, first), ())
    return [(one.person.id, one.reason.name) for one in answer.now]


NAMED, DESK, NIGHT = ("named", "BOOKED"), ("desk", "IN_HOURS"), ("night", "OUT_OF_HOURS")


@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("Sat 07:59", [NIGHT]),
        ("Sat 08:00", [NAMED, DESK]),
        ("Sat 19:59", [NAMED, DESK]),
        ("Sat 20:00", [NIGHT]),
        ("Fri 10:00", [DESK]),
        ("Sun 10:00", [NIGHT]),
    ],
)
def test_whom_the_booking_names_is_on_duty_in_it_and_its_hours_are_those_of_the_role(
    at: str, people: list[tuple[str, str]]
) -> None:
    assert told(SATURDAY, at) == people


def test_a_booking_without_people_puts_the_holders_of_its_role_on_duty() -> None:
    assert told(UNNAMED, "Sat 10:00") == [("standby", "BOOKED"), DESK]
    assert told(UNNAMED, "Sat 21:00") == [NIGHT]
    assert told(UNNAMED, "Sat 10:00", role=None) == [DESK], "the plan names no role"


@pytest.mark.parametrize("other", [{"priority": "P2"}, {"product": "mill"}, {"product": ""}])
def test_incidents_that_the_window_does_not_count_for_are_told_as_on_any_saturday(other: dict[str, str]) -> None:
    assert told(SATURDAY, "Sat 10:00", **other) == [NIGHT]  # type: ignore[arg-type]


def test_later_levels_tell_whom_they_list_and_a_booking_puts_these_on_duty() -> None:
    assert told(SATURDAY, "Sat 10:00", first=False) == [DESK]
    assert told(SATURDAY, "Sat 10:00", "second", first=False) == [("tam", "ALWAYS"), NAMED]
    assert told(UNNAMED, "Sat 10:00", "second", first=False) == [("tam", "ALWAYS")]


def test_the_customers_own_people_and_those_who_have_left_are_on_no_duty() -> None:
    rules = book()
    acme = rules.contracts[ContractId("acme")]
    at: datetime = instant("Sat 10:00")
    assert [one.id for one in booked_people(rules, acme, SATURDAY, at)] == ["named"]
    nobody = replace(SATURDAY, people=("theirs", "left"))
    assert booked_people(rules, acme, nobody, at) == ()
    assert RoleReason.BOOKED.value == "is on duty in the booked hours"
