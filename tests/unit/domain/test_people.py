"""Who is told: roles at an instant, the steps of an escalation, the contracts a critical fix concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import instant

from sla_domain.contract import EnvironmentItem, Person, RoleHolder
from sla_domain.errors import InvalidNotice
from sla_domain.escalation import Level, Policy, TellKind, steps
from sla_domain.notice import Affected, Notice, NoticeId, NoticeReason, Severity, matches
from sla_domain.roles import RoleReason, who_holds
from sla_domain.version import VersionRange, compare

PEOPLE = {id_: Person(id=id_, name=id_.title(), addresses=()) for id_ in ("nase", "group", "tam")}
ROLES = (
    RoleHolder(role="first_contact", person="nase", coverage="office"),
    RoleHolder(role="first_contact", person="group", coverage="office", outside=True),
    RoleHolder(role="escalation", person="tam"),
    RoleHolder(role="office_only", person="nase", coverage="office"),
)
RULES = rulebook(plan(row("resolution", "8h")), contract(people=PEOPLE, roles=ROLES))


@pytest.mark.parametrize(
    ("role", "at", "people", "reason"),
    [
        ("first_contact", "Mon 10:00", ["nase"], RoleReason.IN_HOURS),
        ("first_contact", "Mon 17:00", ["group"], RoleReason.OUT_OF_HOURS),
        ("first_contact", "Sat 10:00", ["group"], RoleReason.OUT_OF_HOURS),
        ("escalation", "Sat 10:00", ["tam"], RoleReason.ALWAYS),
        ("office_only", "Sat 10:00", ["nase"], RoleReason.EVERYBODY),
        ("unknown", "Mon 10:00", [], RoleReason.UNASSIGNED),
    ],
)
def test_h5_a_role_is_held_in_or_out_of_hours(role: str, at: str, people: list[str], reason: RoleReason) -> None:
    answer = who_holds(RULES, RULES.contracts["acme"], role, instant(at))
    assert ([person.id for person in answer.people], answer.reason) == (people, reason)


def test_an_escalation_names_every_step_of_every_round_in_order() -> None:
    policy = Policy(
        id="p",
        levels=(
            Level(after=timedelta(), roles=("first_contact",)),
            Level(after=timedelta(minutes=10)),
            Level(after=timedelta(minutes=20), people=("tam",), kind=TellKind.NOTICE),
        ),
        repeat=1,
        pause=timedelta(minutes=10),
    )
    start = instant("Mon 09:00")
    assert [(s.round, s.level, (s.at - start) // timedelta(minutes=1), s.kind) for s in steps(policy, start)] == [
        (0, 0, 0, TellKind.PAGE),
        (0, 2, 20, TellKind.NOTICE),
        (1, 0, 30, TellKind.PAGE),
        (1, 2, 50, TellKind.NOTICE),
    ]


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("2.0", "2.0.0", 0),
        ("v2.0", "2.0", 0),
        ("2.10", "2.9", 1),
        ("2.0rc1", "2.0", -1),
        ("2.0-beta2", "2.0-rc1", -1),
        ("2.0p1", "2.0", 1),
        ("2.0p1", "2.0.1", -1),
        ("2.0.0p1", "2.0p1", 0),
        ("11.31_SP2", "11.31 sp10", -1),
        ("2024-03-01", "2024.3.1", 0),
    ],
)
def test_versions_are_compared_with_tolerance(left: str, right: str, order: int) -> None:
    assert (compare(left, right), compare(right, left)) == (order, -order)


@given(st.lists(st.text("0123456789.rcbpv-", max_size=8), min_size=3, max_size=3))
def test_comparing_versions_is_an_order(texts: list[str]) -> None:
    a, b, c = texts
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=2.0,<2.4", ["2.0", "2.3.9", "2.4rc1"], ["1.9", "2.4", "2.0beta"]),
        ("2.3.*", ["2.3", "2.3.1"], ["2.30", "2.4"]),
        ("!=2.3", ["2.4"], ["2.3.0"]),
        ("2.3", ["2.3.0"], ["2.3.1"]),
        (">=4.2 <4.2.7", ["4.2", "4.2.6"], ["4.1", "4.2.7"]),
        (">= 4.2 ,  < 4.2.7", ["4.2.6"], ["4.2.7"]),
        ("4.1 || 4.2", ["4.1", "4.2.0"], ["4.2.1", "4.3"]),
        ("<2 || >=4.2 <4.2.7 || 3.0.x", ["1.9", "4.2.1", "3.0", "3.0.9"], ["2.0", "4.2.7", "3.1"]),
        ("4.2.x", ["4.2", "4.2.9"], ["4.3", "4.20"]),
        ("!=4.2.X", ["4.3"], ["4.2.1"]),
        ("x", ["anything"], []),
        ("*", ["anything"], []),
        ("", ["anything"], []),
    ],
)
def test_version_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    found = VersionRange.parse(text)
    assert all(found.holds(version) for version in inside)
    assert not any(found.holds(version) for version in outside)


@pytest.mark.parametrize("text", [
    ">=", ">=2.0,", "about -", ">2.*", ">=4.x", "^1.2", "~1.2", "4.1 - 4.2", "[4.1,4.2)", "4.1 4.2", "4.1,4.2",
    "4.1 ||", "|| 4.1", "||", "4.1|4.2", ">=2,,<3", ">>4", "4.*.2", "12.2 SP1", "latest", ">4 and <5", "*, <5",
])  # fmt: skip
def test_a_range_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidNotice):
        VersionRange.parse(text)


def test_the_refusal_says_what_a_range_looks_like() -> None:
    with pytest.raises(InvalidNotice, match=r"alternatives joined by \|\|"):
        VersionRange.parse("^4.2")


@pytest.mark.parametrize(
    ("environment", "reason", "version"),
    [
        ([("Vertica", ("9.1", "10.0"))], NoticeReason.VERSION, "10.0"),
        ([("vertica", ())], NoticeReason.UNKNOWN_VERSION, ""),
        ([("Vertica", ()), ("Vertica", ("10.1",))], NoticeReason.VERSION, "10.1"),
        ([("Vertica", ("9.1",))], None, ""),
        ([("ArcSight", ("10.0",))], None, ""),
        ([], None, ""),
    ],
)
def test_h6_a_fix_concerns_contracts_with_an_affected_version_in_use(
    environment: list[tuple[str, tuple[str, ...]]], reason: NoticeReason | None, version: str
) -> None:
    notice = Notice(
        id=NoticeId("n1"),
        title="Fix",
        text="…",
        severity=Severity.SECURITY,
        affected=(Affected("Vertica", VersionRange.parse(">=10,<11")),),
    )
    items = tuple(EnvironmentItem(product=product, versions=versions) for product, versions in environment)
    match = matches(notice, contract(environment=items))
    assert (match.reason if match else None) is reason
    assert (match.version if match else "") == version
