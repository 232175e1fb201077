"""Alertmanager and Grafana: notifications of many alerts, each an incident of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.translated import translate
from tests.unit.ingest.made import RECEIVED, events, said, source

from sla_catalogue.source import Dialect, Lookup
from sla_domain.event import Actor, IncidentEvent
from sla_domain.fold import fold
from sla_domain.phase import Phase
from sla_ingest.dialect import DIALECTS, Delivery, DoesNotFit, Translation

BEGAN, ENDED, NEVER = "2026-11-20T10:00:00.123456789Z", "2026-11-20T11:00:00Z", "0001-01-01T00:00:00Z"
RULES = rulebook(plan(row("resolution", "8h")), contract(customers=("acme",)))
PAGER = source(
    Dialect.ALERTMANAGER, priorities={"critical": "P1"}, customer=Lookup(field="alert.labels.customer"),
    product=Lookup(label="service:"),
)  # fmt: skip
GRAFANA = source(Dialect.GRAFANA)


def alert(status: str = "firing", name: str = "Disk", print_: str = "a1", **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical", "customer": "acme", "service": "shop"},
        "annotations": {"summary": "Disk full", "description": "It is full"},
        "startsAt": BEGAN,
        "endsAt": ENDED if status == "resolved" else NEVER,
        "generatorURL": "http://prometheus/graph",
        "fingerprint": print_,
        **more,
    }


def notification(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": list(alerts), **more}


def taken(body: Any, by: Any = PAGER) -> list[Translation]:
    """As intake takes it in: split, and each part translated."""
    body = {**body, "orgId": 1} if by.dialect is Dialect.GRAFANA and "alerts" in body else body
    delivery = Delivery(body=orjson.dumps(body), headers={}, received_at=RECEIVED)
    parts = DIALECTS[by.dialect].parts(delivery, by)
    return [translate(one, by) for one in (parts if parts is not None else [delivery])]


def told(body: Any, by: Any = PAGER) -> list[IncidentEvent]:
    return [event for one in taken(body, by) for event in events(one.outcome)]


def test_a_firing_alert_opens_an_incident_at_its_own_time() -> None:
    (event,) = told(notification(alert()))
    assert event.incident == "desk:a1@2026-11-20T10:00:00.123+00:00"
    assert (event.occurred_at.isoformat(), event.actor) == ("2026-11-20T10:00:00.123456+00:00", Actor.BOT)
    assert event.attributes == {
        "title": "Disk full", "description": "It is full", "url": "http://prometheus/graph", "type": "Disk",
        "priority": "P1", "customer": "acme", "product": "shop",
    }  # fmt: skip


def test_one_body_may_hold_alerts_that_fire_and_alerts_that_have_ended() -> None:
    body = notification(alert("resolved", print_="b2"), alert(), status="firing")
    assert [(event.kind.value, event.incident[:7]) for event in told(body)] == [
        ("resolved", "desk:b2"), ("opened", "desk:a1"),
    ]  # fmt: skip


def test_a_repeated_notification_is_the_same_delivery_whatever_fires_beside_it() -> None:
    (alone,) = taken(notification(alert(), commonLabels={"a": "b"}))
    beside = taken(notification(alert("resolved", print_="b2"), alert(), status="resolved", commonLabels={}))
    assert alone.delivery == beside[1].delivery


def test_an_alert_that_fires_again_is_another_incident_and_a_lost_firing_is_made_up_for() -> None:
    first, again = told(notification(alert())), told(notification(alert(startsAt="2026-11-20T11:30:00Z")))
    assert first[0].incident != again[0].incident
    incident = fold(told(notification(alert("resolved"))), RULES)
    assert (incident.phase, incident.opened_at) == (Phase.RESOLVED, first[0].occurred_at)
    assert incident.attributes["customer"] == "acme"


def test_other_annotations_describe_the_incident_anew_and_leave_its_clocks() -> None:
    changed = alert(annotations={"summary": "Disk fuller"})
    once, twice = told(notification(alert())), told(notification(changed))
    assert once[0].id != twice[0].id
    ended = [*once, *twice, *told(notification(alert("resolved")))]
    both, one = fold(ended, RULES), fold([once[0], ended[-1]], RULES)
    assert [clock.state for clock in both.clocks] == [clock.state for clock in one.clocks]
    assert both.phase is Phase.RESOLVED


@pytest.mark.parametrize("late", [False, True])
def test_the_end_may_come_before_the_beginning(late: bool) -> None:
    happened = [*told(notification(alert())), *told(notification(alert("resolved")))]
    incident = fold(sorted(happened[::-1] if late else happened, key=lambda one: one.order), RULES)
    assert (incident.phase, str(incident.ended_at)) == (Phase.RESOLVED, "2026-11-20 11:00:00+00:00")


def test_an_old_sender_names_neither_fingerprint_nor_status_of_an_alert() -> None:
    bare = {"labels": {"alertname": "Disk"}, "startsAt": BEGAN, "endsAt": ENDED}
    fires, ends = (told(notification(bare, status=status))[0] for status in ("firing", "resolved"))
    assert (fires.kind.value, ends.kind.value, fires.incident == ends.incident) == ("opened", "resolved", True)


def test_alerts_that_the_sender_left_out_are_remarked() -> None:
    (one,) = taken(notification(alert(), truncatedAlerts=3))
    assert [note.remark.code for note in one.outcome.events[0].remarks] == ["truncated"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "422 /alerts"),
        ({"alerts": {}}, "422 /alerts"),
        ({"alerts": []}, "unrelated"),
        (notification("x"), "422 /alerts/0"),
        (notification(alert("odd")), "unknown_action"),
        (notification({"status": "firing"}), "no_incident"),
        (notification(alert(endsAt=NEVER, status="resolved")), "resolved"),
        ({"issue": {"id": 1}, "action": "opened"}, "422 /alerts"),
    ],
)
def test_a_body_that_is_no_notification_is_answered_with_the_place(body: Any, says: str) -> None:
    assert [said(one.outcome) for one in taken(body)] == [says]


def test_an_end_without_a_time_counts_from_its_receipt() -> None:
    (one,) = taken(notification(alert("resolved", endsAt=NEVER)))
    (event,) = events(one.outcome)
    assert (event.occurred_at, event.quality.value) == (RECEIVED, "receipt")


def test_parts_keep_their_order_and_the_notification_s_receipt() -> None:
    delivery = Delivery(body=orjson.dumps(notification(alert(), alert("resolved"))), headers={}, received_at=RECEIVED)
    parts = DIALECTS[Dialect.ALERTMANAGER].parts(delivery, source(Dialect.ALERTMANAGER))
    assert parts is not None
    assert parts[0].received_at < parts[1].received_at == RECEIVED


def test_a_notification_that_is_no_json_is_refused_as_a_whole() -> None:
    with pytest.raises(DoesNotFit):
        DIALECTS[Dialect.GRAFANA].parts(Delivery(body=b"{", headers={}, received_at=RECEIVED), source(Dialect.GRAFANA))


def test_grafana_links_the_panel_and_its_test_is_a_ping() -> None:
    (event,) = told(notification(alert(panelURL="http://grafana/p", dashboardURL="http://grafana/d")), GRAFANA)
    assert event.attributes["url"] == "http://grafana/p"
    test = notification({**alert(), "labels": {"alertname": "TestAlert", "instance": "Grafana"}})
    assert [said(one.outcome) for one in taken(test, GRAFANA)] == ["ping"]


@pytest.mark.parametrize("state", ["alerting", "ok", "no_data", "paused"])
def test_grafana_s_first_alerting_is_parked(state: str) -> None:
    assert [said(one.outcome) for one in taken({"ruleId": 3, "state": state}, GRAFANA)] == ["unknown_type"]
    assert [said(one.outcome) for one in taken({"ruleId": 3, "state": state}, replace(PAGER))] == ["422 /alerts"]


def test_a_notification_of_the_other_sender_is_refused_with_the_remedy() -> None:
    for sent, dialect in (({"orgId": 1}, Dialect.ALERTMANAGER), ({}, Dialect.GRAFANA)):
        body = orjson.dumps(notification(alert(), **sent))
        found = translate(Delivery(body=body, headers={}, received_at=RECEIVED), source(dialect)).outcome
        assert said(found) == "422 /orgId"
