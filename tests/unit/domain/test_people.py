"""Who is told: roles at an instant, the steps of an escalation, the contracts a critical fix concerns."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import ALWAYS, OFFICE, contract, coverage, plan, row, rulebook
from tests.build.story import instant

from sla_domain.contract import ContractId, EnvironmentItem, Person, RoleHolder, Side
from sla_domain.errors import InvalidNotice
from sla_domain.escalation import REPEAT, round_steps
from sla_domain.notice import Affected, Notice, NoticeId, NoticeReason, match_notice
from sla_domain.notice_terms import Cause, Severity
from sla_domain.roles import RoleReason, level_recipients, level_roster
from sla_domain.version import VersionRange, compare_versions

PEOPLE = {id_: Person(id=id_, name=id_.title(), addresses=()) for id_ in ("nase", "group", "tam", "late")} | {
    "client": Person(id="client", name="Client", addresses=(), side=Side.CUSTOMER)
}
ROLES = (
    RoleHolder(role="first_contact", person="nase", coverage="office"),
    RoleHolder(role="first_contact", person="group", coverage="office", outside=True),
    RoleHolder(role="nase", person="nase", coverage="office"),
    RoleHolder(role="group", person="group", coverage="office", outside=True),
    RoleHolder(role="escalation", person="tam"),
    RoleHolder(role="office_only", person="nase", coverage="office"),
    RoleHolder(role="evening", person="late", coverage="evening"),
    RoleHolder(role="contact", person="client"),
)
EVENING = coverage("evening", "mon-fri 17:00-20:00")
RULES = rulebook(
    plan(row("resolution", "8h"), coverages=(OFFICE, ALWAYS, EVENING)), contract(people=PEOPLE, roles=ROLES)
)
ACME = RULES.contracts[ContractId("acme")]


def told(names: str, at: str, *before: str) -> str:
    """Who is told, or `wait` and until when."""
    answer = level_recipients(level_roster(RULES, ACME, names.split(), instant(at)), before)
    if answer.until is not None:
        assert answer.now == ()
        return f"wait {answer.until.astimezone(ZoneInfo(ACME.zone)):%a %H:%M}"
    return " ".join(holding.person.id for holding in answer.now)


@pytest.mark.parametrize(
    ("names", "at", "people"),
    [
        ("first_contact", "Mon 10:00", "nase"),
        ("first_contact", "Mon 08:59", "group"),
        ("first_contact", "Mon 09:00", "nase"),
        ("first_contact", "Mon 17:00", "group"),
        ("first_contact", "Sat 10:00", "group"),
        ("nase group", "Mon 10:00", "nase"),
        ("nase group", "Mon 16:59", "nase"),
        ("nase group", "Mon 17:00", "group"),
        ("nase group", "Sat 10:00", "group"),
        ("escalation", "Sat 10:00", "tam"),
        ("office_only", "Sat 10:00", "nase"),
        ("office_only evening", "Sat 10:00", "nase late"),
        ("office_only evening", "Mon 18:00", "late"),
        ("office_only escalation", "Sat 10:00", "tam"),
        ("unknown", "Mon 10:00", ""),
        ("tam", "Sat 10:00", "tam"),
        ("contact", "Mon 10:00", ""),
        ("client", "Mon 10:00", ""),
        ("contact office_only", "Sat 10:00", "nase"),
    ],
)
def test_h5_roles_of_a_level_take_turns_and_only_a_level_without_anybody_tells_all(
    names: str, at: str, people: str
) -> None:
    assert told(names, at) == people


@pytest.mark.parametrize(
    ("names", "at", "before", "people"),
    [
        ("office_only", "Mon 10:00", "nase", "nase"),
        ("office_only", "Sat 00:55", "nase", "wait Mon 09:00"),
        ("office_only", "Sat 00:55", "late", "nase"),
        ("office_only evening", "Sat 00:55", "nase", "late"),
        ("office_only evening", "Mon 16:00", "nase late", "nase"),
        ("office_only evening", "Fri 18:00", "nase late", "late"),
        ("evening office_only", "Sat 00:55", "nase late", "wait Mon 09:00"),
        ("evening", "Mon 10:00", "late", "wait Mon 17:00"),
        ("group", "Mon 10:00", "group", "wait Mon 17:00"),
        ("escalation", "Sat 00:55", "tam", "tam"),
    ],
)
def test_outside_their_hours_people_hear_once_and_reminders_wait(names: str, at: str, before: str, people: str) -> None:
    assert told(names, at, *before.split()) == people


@pytest.mark.parametrize(
    ("names", "at", "reason"),
    [
        ("nase", "Mon 10:00", RoleReason.IN_HOURS),
        ("group", "Sat 10:00", RoleReason.OUT_OF_HOURS),
        ("escalation", "Sat 10:00", RoleReason.ALWAYS),
        ("tam", "Sat 10:00", RoleReason.NAMED),
        ("office_only", "Sat 10:00", RoleReason.EVERYBODY),
    ],
)
def test_who_is_told_is_told_why(names: str, at: str, reason: RoleReason) -> None:
    assert {each.reason for each in level_recipients(level_roster(RULES, ACME, [names], instant(at)), ()).now} == {
        reason
    }


def test_a_round_of_an_escalation_has_its_later_levels_before_it_and_then_the_next_round() -> None:
    start, minute = instant("Mon 09:00"), timedelta(minutes=1)
    delays = [0 * minute, 10 * minute, 20 * minute]

    def round_(number: int, repeats: int = 1, after: timedelta | None = 15 * minute) -> list[tuple[int, int, int]]:
        found = round_steps(delays, number, start, repeat_after=after, repeats=repeats)
        return [(step.round, step.level, (step.at - start) // minute) for step in found]

    assert round_(0) == [(0, 2, 10), (0, 3, 20), (0, REPEAT, 35)]
    assert round_(1) == [(1, 2, 10), (1, 3, 20)], "the last round begins no other"
    assert round_(0, after=None) == round_(0, repeats=0) == [(0, 2, 10), (0, 3, 20)]
    assert round_steps([], 0, start, repeat_after=minute, repeats=3) == ()


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
    assert (compare_versions(left, right), compare_versions(right, left)) == (order, -order)


@given(st.lists(st.text("0123456789.rcbpv-", max_size=8), min_size=3, max_size=3))
def test_comparing_versions_is_an_order(texts: list[str]) -> None:
    a, b, c = texts
    if compare_versions(a, b) <= 0 and compare_versions(b, c) <= 0:
        assert compare_versions(a, c) <= 0


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
    "4.2.0..4.2.7", "4.2+", "4.2-", ">=4.2+",
])  # fmt: skip
def test_a_range_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidNotice):
        VersionRange.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4.2.3-4.2.5", "`>=4.2.3 <=4.2.5` for all of them, `=4.2.3-4.2.5` for one"),
        ("12.2.3-12.2.14", "`>=12.2.3 <=12.2.14`"),
        ("v4.2.3-v4.2.5", "`>=v4.2.3 <=v4.2.5`"),
        ("4.2-5.1", "`>=4.2 <=5.1`"),
        ("10.60-2022.11", "`>=10.60 <=2022.11`"),
        ("4.2.3-rc1-4.2.5", "`>=4.2.3-rc1 <=4.2.5`"),
        ("10-10.5", "`>=10 <=10.5`"),
        ("4.2.3-4.2.x", "comparisons (=, !="),
        ("4.2.x-4.3.x", "comparisons (=, !="),
        ("4.2.3:4.2.5", "`>=4.2.3 <=4.2.5`"),
        ("4.18.0-305.25.1", "`=4.18.0-305.25.1` for one"),
        ("10-12", "`>=10 <=12`"),
        ("3.9 || 4.2.3-4.2.5", "`>=4.2.3 <=4.2.5`"),
    ],
)
def test_two_versions_with_a_dash_are_refused_with_both_ways_to_write_what_is_meant(text: str, said: str) -> None:
    with pytest.raises(InvalidNotice) as refused:
        VersionRange.parse(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("=4.2.3-4.2.5", "4.2.3-4.2.5", "4.2.4"),
        (">=4.18.0-305.25.1", "4.18.0-305.26", "4.18.0-305.25"),
        ("2.0-1", "2.0-1", "2.0"),
        ("2024-01", "2024-1", "2024-02"),
        ("2024-03-01", "2024.3.1", "2024-03-02"),
        ("2.4.38-3+deb10u5", "2.4.38-3+deb10u5", "2.4.38"),
        ("8.0.33-0ubuntu0.20.04.2", "8.0.33-0ubuntu0.20.04.2", "8.0.33"),
        ("1:2.4.38", "1:2.4.38", "2.4.38"),
        ("1.0.0-alpha.1", "1.0.0-alpha.1", "1.0.0"),
    ],
)
def test_one_version_with_a_dash_stays_one(text: str, inside: str, outside: str) -> None:
    found = VersionRange.parse(text)
    assert (found.holds(inside), found.holds(outside)) == (True, False)


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
        severity=Severity.CRITICAL,
        cause=Cause.SECURITY,
        affected=(Affected("Vertica", VersionRange.parse(">=10,<11")),),
    )
    items = tuple(EnvironmentItem(product=product, versions=versions) for product, versions in environment)
    match = match_notice(notice, contract(environment=items))
    assert (match.reason if match else None) is reason
    assert (match.version if match else "") == version
