"""Other engines' exports in the shapes that their documents show, read into the same words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_standalone.compare import (
    ENGINES,
    BadExport,
    ReadOptions,
    TheirClock,
    TheirVerdict,
    UnreadableRow,
    read_export,
)

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
CSV = """Task,SLA definition,Target,Stage,Has breached,Start time,Stop time,Breach time,Pause duration
INC0010001,P1 response,Response,Completed,false,2026-03-02 09:00:00,2026-03-02 09:10:00,2026-03-02 09:15:00,
INC0010001,P1 resol,Resolution,Completed,true,2026-03-02 09:00:00,2026-03-02 15:00,2026-03-02 13:00,1 Hour 30 Minutes
INC0010002,P2 resolution,,In progress,true,2026-03-02 09:00:00,,2026-03-02 17:00:00,1970-01-01 02:00:00
INC0010003,P2 resolution,,Paused,false,2026-03-02 09:00:00,,2026-03-09 17:00:00,90
INC0010004,P2 resolution,,Cancelled,false,2026-03-02 09:00:00,2026-03-02 10:00:00,2026-03-02 17:00:00,
INC0010005,Gold,,Completed,false,2026-03-02 09:00:00,,2026-03-02 17:00:00,
INC0010006,P2 resolution,,Completed,maybe,2026-03-02 09:00:00,,2026-03-02 17:00:00,
INC0010007,P2 resolution,,Completed,false,soon,,,
,P2 resolution,,Completed,false,,,,
"""


def read(engine: str, path: Path, **options: Any) -> tuple[list[TheirClock], dict[int, str]]:
    found = list(ENGINES[engine].read(read_export(path), ReadOptions(NOW, **options)))
    clocks = [one for one in found if isinstance(one, TheirClock)]
    return clocks, {one.row: one.reason for one in found if isinstance(one, UnreadableRow)}


def written(folder: Path, content: Any, name: str = "export.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_task_sla_as_a_list_shows_it(tmp_path: Path) -> None:
    clocks, unread = read("servicenow", written(tmp_path, CSV, "task_sla.csv"))
    assert [(one.names[0][-1], one.metric, one.verdict.value) for one in clocks] == [
        ("1", "first_response", "met"), ("1", "resolution", "missed"), ("2", "resolution", "overdue"),
        ("3", "resolution", "open"), ("4", "resolution", "cancelled"),
    ]  # fmt: skip
    assert [one.paused for one in clocks] == [
        None, timedelta(minutes=90), timedelta(hours=2), timedelta(seconds=90), None,
    ]  # fmt: skip
    assert clocks[1].due_at == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert unread == {
        7: "SLA 'Gold' says neither response nor resolution: give --metric 'Gold'=METRIC",
        8: "has_breached 'maybe' is neither true nor false",
        9: "start_time 'soon' is no time",
        10: "it names no task",
    }
    named, _ = read("servicenow", written(tmp_path, CSV, "task_sla.csv"), metrics={"gold": "update"})
    assert [(one.metric, one.verdict.value) for one in named if one.label == "Gold"] == [("update", "met")]
    local, _ = read("servicenow", written(tmp_path, CSV, "task_sla.csv"), zone="Europe/Warsaw")
    assert local[0].due_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


def test_task_sla_as_the_table_api_gives_it(tmp_path: Path) -> None:
    row = {
        "task": {"display_value": "INC0010001", "link": "https://x.service-now.com/api/now/table/task/1"},
        "sla": {"display_value": "Priority 1 resolution (8 hour)", "link": "https://x/2"},
        "stage": "in_progress", "has_breached": "false", "start_time": "2026-03-02 09:00:00", "end_time": "",
        "planned_end_time": "2026-03-04 09:00:00", "pause_duration": "1970-01-01 00:00:00",
        "business_percentage": "12.5",
    }  # fmt: skip
    (clock,), unread = read("servicenow", written(tmp_path, {"result": [row]}))
    assert (clock.names, clock.metric, clock.verdict, unread) == (("INC0010001",), "resolution", TheirVerdict.OPEN, {})
    assert clock.paused == timedelta()


def test_a_ticket_of_zammad_has_up_to_three_targets(tmp_path: Path) -> None:
    running = {
        "id": 3, "number": "72003", "created_at": "2026-03-02T09:00:00.000Z", "first_response_at": None,
        "first_response_escalation_at": "2026-03-02T10:00:00.000Z", "first_response_in_min": None,
        "first_response_diff_in_min": None, "update_escalation_at": "2026-03-03T13:00:00.000Z",
        "update_diff_in_min": -5, "close_at": None, "close_escalation_at": None, "close_diff_in_min": None,
        "escalation_at": "2026-03-02T10:00:00.000Z",
    }  # fmt: skip
    closed: Mapping[str, Any] = {
        "id": 4, "number": "72004", "created_at": "2026-03-02T09:00:00Z", "first_response_at": "2026-03-02T09:30:00Z",
        "first_response_escalation_at": None, "first_response_diff_in_min": 30, "update_escalation_at": None,
        "update_diff_in_min": None, "close_at": "2026-03-02T18:00:00Z", "close_escalation_at": None,
        "close_diff_in_min": -60,
    }  # fmt: skip
    kept = {"id": 5, "close_at": "2026-03-02T18:00:00Z", "close_escalation_at": "2026-03-02T18:00:00Z"}
    clocks, unread = read("zammad", written(tmp_path, [running, closed, kept, {"title": "x"}]))
    assert [(one.names[0], one.metric, one.verdict.value) for one in clocks] == [
        ("72003", "first_response", "overdue"), ("72003", "update", "open"),
        ("72004", "first_response", "met"), ("72004", "resolution", "missed"), ("5", "resolution", "met"),
    ]  # fmt: skip
    assert (clocks[2].label, clocks[3].label) == ("first_response, kept with 30 min", "close, missed by 60 min")
    assert unread == {4: "it has neither number nor id"}
    replies, _ = read("zammad", written(tmp_path, {"tickets": [running]}), metrics={"update": "next_response"})
    assert [one.metric for one in replies] == ["first_response", "next_response"]


def test_an_issue_of_linear_has_one_sla(tmp_path: Path) -> None:
    issue = {
        "id": "u1",
        "identifier": "ENG-1",
        "slaStartedAt": "2026-03-02T09:00:00.000Z",
        "slaType": "onlyBusinessDays",
    }
    due = {"slaBreachesAt": "2026-03-03T09:00:00.000Z"}
    issues = [
        issue | due | {"completedAt": "2026-03-03T09:00:00.000Z"},
        issue | due | {"id": "u2", "identifier": "ENG-2", "completedAt": "2026-03-03T09:00:01.000Z"},
        issue | due | {"id": "u3", "identifier": "ENG-3"},
        issue | {"id": "u4", "identifier": "ENG-4", "slaBreachesAt": "2026-03-09T09:00:00.000Z"},
        issue | {"id": "u5", "identifier": "ENG-5", "slaBreachesAt": None},
        issue | due | {"id": "u6", "identifier": "ENG-6", "canceledAt": "2026-03-02T10:00:00.000Z"},
        {"title": "nameless"},
        issue | {"id": "u7", "slaBreachesAt": "never"},
    ]
    graph = {"data": {"issues": {"nodes": issues, "pageInfo": {"hasNextPage": False}}}}
    clocks, unread = read("linear", written(tmp_path, graph))
    assert {one.names[0]: one.verdict.value for one in clocks} == {
        "ENG-1": "met", "ENG-2": "missed", "ENG-3": "overdue", "ENG-4": "open", "ENG-6": "cancelled",
    }  # fmt: skip
    assert clocks[0].label == "SLA, onlyBusinessDays"
    assert unread == {7: "it names no issue", 8: "slaBreachesAt 'never' is no time"}
    edges = {"data": {"issues": {"edges": [{"cursor": "a", "node": issues[0]}]}}}
    assert read("linear", written(tmp_path, edges))[0] == clocks[:1]


def test_of_linears_webhooks_the_last_counts(tmp_path: Path) -> None:
    issue = {"id": "u1", "identifier": "ENG-1", "slaBreachesAt": "2026-03-09T09:00:00.000Z"}
    hooks = [{"type": "IssueSLA", "action": action, "issueData": issue} for action in ("set", "highRisk", "breached")]
    (clock,), _ = read("linear", written(tmp_path, "\n".join(map(json.dumps, hooks)), "hooks.jsonl"))
    assert (clock.verdict, clock.row) == (TheirVerdict.OVERDUE, 3)


def transition(thread: str, kind: str, status: str, **times: str) -> dict[str, Any]:
    return {
        "timestamp": "2026-03-02T09:00:00.000Z", "workspaceId": "w_1",
        "payload": {
            "eventType": "thread.service_level_agreement_status_transitioned",
            "serviceLevelAgreement": {"id": f"sla_{kind}", "type": kind},
            "thread": {"id": thread, "externalId": None},
            "serviceLevelAgreementStatusDetail": {"status": status, **times},
        },
    }  # fmt: skip


def test_plain_tells_an_sla_status_by_status(tmp_path: Path) -> None:
    first, following = "FIRST_RESPONSE_TIME", "NEXT_RESPONSE_TIME"
    hooks = [
        transition("th_1", first, "PENDING", breachTime="2026-03-02T10:00:00Z"),
        transition("th_1", first, "ACHIEVED", achievedAt="2026-03-02T09:30:00Z"),
        transition("th_1", following, "PENDING", breachingAt="2026-03-02T12:00:00Z"),
        transition("th_1", following, "BREACHING", breachedAt="2026-03-02T12:00:00Z"),
        transition(
            "th_1", following, "BREACHED", breachedAt="2026-03-02T12:00:00Z", completedAt="2026-03-02T13:00:00Z"
        ),
        transition("th_1", following, "PENDING", breachingAt="2026-03-03T11:00:00Z"),
        transition("th_2", first, "CANCELLED", cancelledAt="2026-03-02T12:00:00Z"),
        transition("th_3", "FIRST_RESOLUTION_TIME", "IMMINENT_BREACH", breachingAt="2026-03-09T12:00:00Z"),
        {"payload": {"eventType": "thread.created"}},
        transition("th_4", "NEW_KIND", "PENDING"),
        transition("th_4", first, "DREAMING"),
        {"payload": {"eventType": "thread.service_level_agreement_status_transitioned"}},
    ]
    clocks, unread = read("plain", written(tmp_path, "\n".join(map(json.dumps, hooks)), "hooks.jsonl"))
    told = [(one.names[0], one.metric, one.verdict.value, one.due_at and one.due_at.hour) for one in clocks]
    assert told == [
        ("th_1", "first_response", "met", 10), ("th_1", "next_response", "missed", 12),
        ("th_1", "next_response", "overdue", 11), ("th_2", "first_response", "cancelled", None),
        ("th_3", "resolution", "open", 12),
    ]  # fmt: skip
    assert clocks[1].ended_at == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert unread == {
        10: "the SLA type 'NEW_KIND' is not known: give --metric 'NEW_KIND'=METRIC",
        11: "the status 'DREAMING' is not known",
        12: "it has no thread",
    }


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "", "is empty"),
        ("a.json", "", "is empty"),
        ("a.json", "7", "holds no records"),
        ("a.json", "{}\nno json", "a.json:2 is no JSON"),
        ("a.csv", "\udcff", "is no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_export(tmp_path: Path, name: str, content: str, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadExport, match=why):
        list(read_export(path))


def test_every_engine_says_what_it_exports() -> None:
    assert set(ENGINES) == {"servicenow", "zammad", "linear", "plain"}
    assert all(engine.metrics and engine.exports for engine in ENGINES.values())
