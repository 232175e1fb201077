"""The tests that catalogue files carry: what they can say, and what they say when it is not so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, loaded

from sla_catalogue import ScenarioResult, run_scenarios

PLAN = changed(
    ROW := "{metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}",
    f"{ROW[:-1]}, warn: [50%]}}\n      - {{metric: resolution, coverage: office, by_priority: {{P1: 4h, P2: 8h}}}}",
)


def run(tmp_path: Path, test: str) -> ScenarioResult:
    text = PLAN + "tests:\n  - name: t\n    contract: acme\n    priority: P1\n" + test
    (result,) = run_scenarios(loaded(tmp_path, text))
    return result


STORY = """\
    opened: 2026-11-16T09:00
    events:
      - {at: "2026-11-16T09:20", event: responded, by: staff}
      - {at: "2026-11-16T10:00", event: waiting, waiting_on: customer}
      - {at: "2026-11-16T12:00", event: customer_replied, by: customer}
"""


def test_a_story_with_everything_as_expected(tmp_path: Path) -> None:
    expect = """\
    expect:
      first_response: {state: met, due: "2026-11-16T10:00", breach: never}
      resolution: {state: running, due: "2026-11-16T15:00", clause: ""}
    now: 2026-11-16T14:59
"""
    assert run(tmp_path, STORY + expect).failures == ()


def test_a_breach_by_now_is_told_by_its_due_instant(tmp_path: Path) -> None:
    expect = "    expect: {resolution: {breach: '2026-11-16T15:00'}}\n    now: 2026-11-16T15:00\n"
    assert run(tmp_path, STORY + expect).passed
    expect = "    expect: {resolution: {breach: '2026-11-16T15:00'}}\n    now: 2026-11-16T14:59\n"
    assert run(tmp_path, STORY + expect).failures == ("resolution: breach expected 2026-11-16 15:00, found none",)


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        ("{resolution: '2026-11-16T16:00'}", "resolution: due expected 2026-11-16 16:00, found 2026-11-16 15:00"),
        ("{resolution: {breach: never}}", "resolution: no breach expected, found 2026-11-16 15:00"),
        ("{resolution: {state: paused}}", "resolution: state expected paused, found running"),
        ("{resolution: {warn: ['2026-11-16T14:00']}}", "resolution: warnings expected 2026-11-16 14:00, found none"),
        ("{resolution: {clause: X1}}", "resolution: clause expected X1, found none"),
        ("{resolution: unspecified}", "resolution: a target without a number was expected"),
        ("{workaround: {state: running}}", "workaround: no clock was started; no row matched, or nothing started it"),
    ],
)
def test_what_is_not_so_is_said_in_the_contracts_time(tmp_path: Path, expect: str, failure: str) -> None:
    result = run(tmp_path, STORY + f"    expect: {expect}\n    now: 2026-11-16T20:00\n")
    assert result.failures == (failure,)


def test_warnings_are_those_told_and_those_ahead(tmp_path: Path) -> None:
    opened = "    opened: 2026-11-16T09:00\n    expect: {first_response: {warn: ['2026-11-16T09:30']}}\n"
    assert run(tmp_path, opened).passed


def test_times_with_an_offset_are_taken_as_they_are(tmp_path: Path) -> None:
    opened = "    opened: 2026-11-16T09:00+00:00\n    expect: {first_response: '2026-11-16T11:00'}\n"
    assert run(tmp_path, opened).passed


def test_an_agreed_date_is_an_event_like_any_other(tmp_path: Path) -> None:
    """clause B5."""
    story = """\
    opened: 2026-11-16T09:00
    events:
      - at: 2026-11-16T10:00
        event: target_agreed
        by: staff
        agreed: {metric: resolution, due: "2026-11-20T12:00", by: both parties}
        reason: needs a new part
    expect: {resolution: "2026-11-20T12:00"}
"""
    assert run(tmp_path, story).passed


def test_cycles_are_told_apart(tmp_path: Path) -> None:
    text = changed("priorities:", "metrics: {resolution: {on_reopen: new_cycle}}\n    priorities:", PLAN)
    story = """\
tests:
  - name: t
    contract: acme
    priority: P1
    opened: 2026-11-16T09:00
    events:
      - {at: "2026-11-16T10:00", event: resolved, by: staff}
      - {at: "2026-11-17T10:00", event: reopened, by: customer}
    expect: {resolution/0: {state: met}, resolution/1: {state: running, due: "2026-11-17T14:00"}}
"""
    (result,) = run_scenarios(loaded(tmp_path, text + story))
    assert result.failures == ()


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("{name: t, contract: acne, opened: 2026-11-16T09:00, expect: {}}", "unknown-contract"),
        ("{name: t, contract: acme, opened: tomorrow, expect: {}}", "date"),
        ("{name: t, contract: acme, opened: '9999-12-31T23:59', expect: {}}", "date"),
        ("{name: t, contract: acme, opened: '0001-01-01T00:00+14:00', expect: {}}", "date"),
        ("{name: t, contract: acme, opened: 2026-11-16T09:00, now: '9999-12-31T23:59-14:00', expect: {}}", "date"),
        ("{name: t, contract: acme, opened: 2026-11-16T09:00}", "missing-key"),
        ("{name: t, contract: acme, opened: 2026-11-16T09:00, expect: {}, events: [{at: 2026-11-16T10:00, event: x}]}",
         "unknown-event"),
        ("{name: t, contract: acme, opened: 2026-11-16T09:00, expect: {x: {state: late}}}", "unknown-value"),
    ],
)  # fmt: skip
def test_a_test_that_cannot_be_run_is_a_problem(tmp_path: Path, test: str, code: str) -> None:
    assert codes(tmp_path, SOUND + f"tests:\n  - {test}\n") == [code]


# -- remarks, channels, and metrics that wait for others ----------------------------------------------------


CHANNELS = changed("priorities: [", "channels: [email, phone]\n    urgent_channels: [phone]\n    priorities: [", PLAN)


@pytest.mark.parametrize(
    ("priority", "channel", "remarks"),
    [("P1", "phone", "[]"), ("P1", "email", "[urgent_channel]"), ("P2", "email", "[]"),
     ("P1", "fax", "[urgent_channel, channel_not_entitled]"), ("P1", "", "[]")],
)  # fmt: skip
def test_the_most_urgent_are_advised_to_use_another_channel(
    tmp_path: Path, priority: str, channel: str, remarks: str
) -> None:
    """clause B6: accepted and flagged."""
    test = f"""\
tests:
  - name: t
    contract: acme
    priority: {priority}
    opened: 2026-11-16T09:00
    attributes: {{channel: "{channel}"}}
    remarks: {remarks}
"""
    (result,) = run_scenarios(loaded(tmp_path, CHANNELS + test))
    assert result.failures == ()


def test_remarks_that_are_missing_or_too_many_are_said(tmp_path: Path) -> None:
    test = (
        "    opened: 2026-11-16T09:00\n    attributes: {description: '', channel: fax}\n    remarks: [urgent_channel]\n"
    )
    assert run(tmp_path, test).failures == ("remarks expected urgent_channel, found none",)
    (result,) = run_scenarios(
        loaded(tmp_path, CHANNELS + "tests:\n  - name: t\n    contract: acme\n    priority: P1\n" + test)
    )
    assert result.failures == ("remarks expected urgent_channel, found channel_not_entitled, urgent_channel",)


CADENCE = """\
    opened: 2026-11-16T09:00
    events:
      - {at: "2026-11-16T09:10", event: responded, by: staff}
      - {at: "2026-11-16T09:30", event: workaround_provided, by: staff}
      - {at: "2026-11-16T10:00", event: updated, by: staff}
"""


@pytest.mark.parametrize(
    ("metric", "state"),
    [
        ("", "{update/1: {state: absent}}"),  # as built in: a word at least every hour until there is a way around
        ("update: {until: none}", "{update/1: {state: running, due: '2026-11-16T11:00'}}"),
        ("update: {until: resolution}", "{update/1: {state: running, due: '2026-11-16T11:00'}}"),
        ("update: {until: first_response}", "{update/0: {state: absent}}"),
        ("update: {after: resolution}", "{update/0: {state: absent}}"),
        ("update: {after: none, start: [opened], until: none}", "{update/0: {due: '2026-11-16T10:00'}}"),
    ],
)
def test_a_cadence_ends_with_the_metric_that_its_plan_names(tmp_path: Path, metric: str, state: str) -> None:
    """Also where the plan promises nothing for that metric: it is timed because another waits for it."""
    rows = "    targets:\n      - {metric: update, coverage: office, time: 1h}\n"
    text = changed("    targets:\n      - " + ROW + "\n", f"    metrics: {{{metric}}}\n" + rows)
    text += f"tests:\n  - name: t\n    contract: acme\n    priority: P1\n{CADENCE}    expect: {state}\n"
    (result,) = run_scenarios(loaded(tmp_path, text))
    assert result.failures == ()
