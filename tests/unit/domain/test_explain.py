"""N5: the explanation's segments add up, name their reasons, and read well in five languages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, clock_of

from sla_domain.breakdown import Holder, clock_breakdown
from sla_domain.clock import ClockState
from sla_domain.event import EventKind, WaitingOn
from sla_domain.explain import (
    Explanation,
    RowOutcome,
    StepKind,
    as_dict,
    calendar_of,
    events_known_at,
    explain,
    localized_dict,
    render,
)
from sla_domain.explain.language import LANGUAGES
from sla_domain.fold import fold

HOUR = timedelta(hours=1)
RULES = rulebook(
    plan(
        row("resolution", "1h", priority="P2", when={"product": "x"}, clause="A1"),
        row("resolution", "8h", priority=["P1", "P2"], warn=[75, "30m"], clause="A2", line="plan.yaml:12"),
        row("resolution", "2 working days", clause="A3"),
    ),
    contract(country="PL"),
    holidays={"PL": [date(2026, 11, 18)]},
    version="c1",
)


def told() -> Telling:
    story = Telling().opened("Tue 16:00", "P1", assignee="ann").waits("Tue 16:30", WaitingOn.VENDOR, reason="ticket 7")
    return story.resumed("Thu 10:00").happened(EventKind.ASSIGNED, "Thu 12:00", assignee="bob")


def only(story: Telling, at: str) -> Explanation:
    return explain(story.fold(RULES), RULES, story.at(at))[0]


def test_every_stretch_has_its_reason_and_the_sums_add_up() -> None:
    found = only(told(), "Thu 13:00")
    assert [(s.kind, s.reason, s.counted / HOUR, s.total / HOUR, s.ahead) for s in found.steps] == [
        (StepKind.COUNTED, "", 0.5, 0.5, False),
        (StepKind.PAUSED, "ticket 7", 0, 0.5, False),
        (StepKind.COUNTED, "", 3, 3.5, False),
        (StepKind.COUNTED, "", 4, 7.5, True),
        (StepKind.OUTSIDE_HOURS, "", 0, 7.5, True),
        (StepKind.COUNTED, "", 0.5, 8, True),
    ]
    assert found.steps[1].waiting_on is WaitingOn.VENDOR
    assert (found.consumed, found.allowed, found.remaining) == (3.5 * HOUR, 8 * HOUR, 4.5 * HOUR)
    assert found.steps[-1].end == found.due_at


def test_a_holiday_is_named() -> None:
    found = only(Telling().opened("Tue 16:00"), "Fri 10:00")
    assert [(s.kind, s.reason) for s in found.steps if s.kind is StepKind.HOLIDAY] == [
        (StepKind.HOLIDAY, "holiday of 2026-11-18")
    ]


def test_time_beyond_the_due_instant_is_cut_there() -> None:
    found = only(Telling().opened("Mon 09:00"), "Tue 12:00")
    upto_due = [step for step in found.steps if step.end <= Telling().at("Mon 17:00")]
    assert upto_due[-1].total == found.allowed == 8 * HOUR
    assert found.consumed == 11 * HOUR
    assert found.remaining == -3 * HOUR


def test_the_rows_that_did_not_match_and_why() -> None:
    found = only(told().priority("Thu 14:00", "P2"), "Thu 15:00")
    assert [(r.target.clause, r.outcome, r.condition and r.condition.attribute, r.actual) for r in found.rows] == [
        ("A1", RowOutcome.FAILED, "product", ""),
        ("A2", RowOutcome.MATCHED, None, ""),
    ]


def test_versions_of_all_it_rests_on() -> None:
    versions = only(told(), "Thu 13:00").versions
    assert (versions.catalogue, versions.holidays) == ("c1", "as given")
    assert versions.tzdata
    assert versions.calendar.startswith("acme/office@")


def test_a_pause_of_a_working_day_target_says_how_far_it_moves_the_date() -> None:
    found = only(Telling().opened("Thu 10:00", "P4").waits("Thu 16:00").resumed("Fri 10:00"), "Fri 11:00")
    (pause,) = [step for step in found.steps if step.kind is StepKind.PAUSED]
    assert pause.credited == 2 * HOUR
    assert found.due_at == Telling().at("2026-11-23 12:00")
    assert found.steps[-1].total == found.allowed


def test_as_it_stood_at_an_earlier_instant() -> None:
    story = told().resolved("Fri 10:00")
    then = fold(events_known_at(story.events, story.at("Wed 10:00")), RULES)
    found = explain(then, RULES, story.at("Wed 10:00"))[0]
    assert (found.state, found.due_at, found.consumed) == (ClockState.PAUSED, None, HOUR / 2)


def test_shares_by_holder_sum_to_the_consumed_time() -> None:
    story = told().resolved("Fri 10:00")
    incident = story.fold(RULES)
    clock = clock_of(incident, "resolution")
    found = clock_breakdown(clock, incident, calendar_of(clock, incident, RULES), story.at("Fri 10:00"))
    counted = {held: sums.counted for held, sums in found.by_holder().items()}
    assert counted == {Holder("ann"): 2.5 * HOUR, Holder("bob"): 6 * HOUR}
    assert sum(counted.values(), timedelta()) == clock.consumed


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_reads_in_every_language(language: str) -> None:
    story = told().agreed("Thu 14:00", "resolution", "Fri 16:00")
    story.happened(EventKind.EXEMPTED, "Thu 15:00", reason="storm", actor_name="Bob")
    text = render(only(story, "Thu 16:00"), language)
    words = LANGUAGES[language]
    for expected in (
        words.steps[StepKind.PAUSED],
        words.parties[WaitingOn.VENDOR],
        "ticket 7",
        "Anna and Bob",
        "storm",
    ):
        assert expected in text
    assert "{" not in text
    if language != "en":
        assert "Thu " not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_agreement_without_a_reason_names_none(language: str) -> None:
    found = only(told().agreed("Thu 14:00", "resolution", "Fri 16:00"), "Thu 16:00")
    text = render(replace(found, agreed_reason=""), language)
    (line,) = [line for line in text.splitlines() if "Anna and Bob" in line]
    assert f" {LANGUAGES[language].nothing}" not in line
    assert "spare part" not in line
    assert line != next(line for line in render(found, language).splitlines() if "Anna and Bob" in line)


def test_languages_differ_and_an_unknown_one_is_english() -> None:
    found = only(told(), "Thu 13:00")
    assert len({render(found, language) for language in LANGUAGES}) == len(LANGUAGES) == 5
    assert render(found, "de") == render(found, "en")
    assert render(found, "zh") == render(found, "zh-TW")


def test_as_plain_values_it_is_json_with_exact_seconds() -> None:
    plain = json.loads(json.dumps(as_dict(only(told(), "Thu 13:00:00.000001"))))
    assert plain["consumed_seconds"] == 12600.000001
    assert plain["due_at"] == "2026-11-20T08:30:00+00:00"
    assert plain["rows"][0]["failed"] == {"attribute": "priority", "actual": "P1", "values": ["P2"], "negated": False}


ANSWERED = rulebook(plan(row("first_response", "1h", warn=[75]), row("resolution", "8h", warn=[75])), contract())


def open_clock(at: str, metric: str = "first_response", story: Telling | None = None) -> Explanation:
    told_so_far = story or Telling().opened("Tue 10:00", "P1")
    found = explain(told_so_far.fold(ANSWERED), ANSWERED, told_so_far.at(at))
    return next(one for one in found if one.metric == metric)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("metric", ["first_response", "resolution"])
def test_a_broken_clock_says_since_when_and_that_nobody_has_answered(language: str, metric: str) -> None:
    found, words = open_clock("Wed 16:00", metric), LANGUAGES[language]
    text = render(found, language)
    head = text.splitlines()[0]
    since = {"first_response": "2026-11-17 11:00 +0100", "resolution": "2026-11-18 10:00 +0100"}[metric]
    open_still = words.unanswered if metric == "first_response" else words.unfulfilled
    before, after = open_still.split("{since}")
    assert before in head
    assert since in head
    assert head.endswith(after)
    assert words.states[ClockState.RUNNING] not in head
    assert f"({words.ahead})" not in text
    said = localized_dict(found, language)
    assert said["state"] == head[-len(said["state"]) :]
    assert not [line for line in said["instants"] if words.ahead in line]


def test_only_what_lies_ahead_is_expected() -> None:
    found = open_clock("Tue 10:50")
    assert [as_dict(found)["broken_since"]] + [mark["pending"] for mark in as_dict(found)["marks"]] == [
        None,
        False,
        True,
    ]
    lines = [line for line in render(found).splitlines() if line.startswith(("Warning", "Breach"))]
    assert lines == ["Warning 75 % at Tue 2026-11-17 10:45 +0100", "Breach at Tue 2026-11-17 11:00 +0100 (expected)"]
    assert render(found).splitlines()[0].endswith(": running")
    broken = as_dict(open_clock("Tue 11:30"))
    assert broken["broken_since"] == "2026-11-17T10:00:00+00:00"
    assert (broken["state"], [mark["pending"] for mark in broken["marks"]]) == ("running", [False, False])


def test_a_paused_clock_says_that_it_is_broken_too_and_an_ended_one_says_how_it_ended() -> None:
    story = Telling().opened("Tue 10:00", "P1").waits("Wed 12:00")
    head = render(open_clock("Wed 13:00", "resolution", story)).splitlines()[0]
    assert head.endswith("paused, breached since Wed 2026-11-18 10:00 +0100")
    assert open_clock("Wed 13:00", "resolution", story.resolved("Wed 12:30")).broken_since is None


def test_at_the_due_instant_itself_there_is_still_time_to_answer() -> None:
    found = open_clock("Tue 11:00")
    assert (found.broken_since, found.remaining) == (None, timedelta())
    assert open_clock("Tue 11:00:00.000001").broken_since is not None
