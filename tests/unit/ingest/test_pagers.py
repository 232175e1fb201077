"""PagerDuty and Opsgenie: what each event or action means, as a table, and stories of one incident."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import clock_of
from tests.unit.ingest.made import events, phases, said, source, translated

from sla_catalogue.source import Dialect, Lookup
from sla_domain.clock import ClockState
from sla_domain.event import Actor, IncidentEvent
from sla_domain.fold import fold
from sla_domain.phase import Phase
from sla_ingest.dialect import Ignored

RULES = rulebook(plan(row("first_response", "1h"), row("resolution", "8h")), contract(customers=("acme",)))
ACME = Lookup(constant="acme")
DUTY = source(
    Dialect.PAGERDUTY, priorities={"p1": "P1", "sev2": "P2", "high": "P3"}, customer=ACME, bots=frozenset({"pbot"})
)
GENIE = source(
    Dialect.OPSGENIE, priorities={"p1": "P1", "p3": "P3"}, customer=ACME, labels=phases(on_hold="waiting_vendor"),
    statuses=phases(askcustomer="waiting_customer", snoozed="waiting_other"), priority_labels={"vip": "P1"},
)  # fmt: skip
PERSON = {"id": "PUSER", "summary": "Ann", "type": "user_reference"}
SERVICE = {"id": "PSVC", "summary": "Monitor", "type": "service_reference"}


MERGE = {"type": "merge_resolve_reason", "incident": {"id": "PTARGET", "type": "incident_reference"}}


def duty(kind: str, *, at: str = "10:00", agent: Any = PERSON, data: Any = None, **changed: Any) -> dict[str, Any]:
    incident = {
        "id": "PINC", "type": "incident", "number": 7, "status": "triggered", "title": "Down", "urgency": "high",
        "html_url": "https://acme.pagerduty.com/incidents/PINC", "created_at": "2026-11-20T09:00:00Z",
        "service": {"id": "PS", "summary": "Shop", "type": "service_reference"}, "assignees": [PERSON],
        "priority": {"id": "PX", "summary": "P1", "type": "priority_reference"}, **changed,
    }  # fmt: skip
    event = {
        "id": f"E{kind}{at}", "event_type": kind, "resource_type": "incident", "agent": agent,
        "occurred_at": f"2026-11-20T{at}:00.123Z", "data": incident if data is None else data,
    }  # fmt: skip
    return {"event": event}


def within(kind: str) -> Any:
    return {"id": "PNOTE", "type": kind, "incident": {"id": "PINC", "type": "incident_reference"}, "message": "Soon"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (duty("incident.triggered"), "opened"),
        (duty("incident.acknowledged"), "responded"),
        (duty("incident.unacknowledged"), "nothing_relevant"),
        (duty("incident.reassigned"), "assigned Ann"),
        (duty("incident.delegated"), "assigned Ann"),
        (duty("incident.escalated"), "escalated; assigned Ann"),
        (duty("incident.escalated", agent=SERVICE), "assigned Ann"),
        (duty("incident.priority_updated"), "priority_changed P1"),
        (duty("incident.priority_updated", priority={"id": "sev2", "summary": "Major"}), "priority_changed P2"),
        (duty("incident.priority_updated", priority=None), "priority_changed P3"),
        (duty("incident.priority_updated", priority=None, urgency="low"), "priority_changed -"),
        (duty("incident.service_updated"), "reclassified acme Shop"),
        (duty("incident.reopened"), "reopened"),
        (duty("incident.resolved"), "resolved"),
        (duty("incident.resolved", status="resolved", resolve_reason=None), "resolved"),
        (duty("incident.resolved", status="resolved", resolve_reason=MERGE), "merged desk:PTARGET"),
        (duty("incident.resolved", status="resolved", resolve_reason={**MERGE, "incident": None}), "cancelled"),
        (duty("incident.resolved", id="PTARGET", resolve_reason=MERGE), "cancelled"),
        (duty("incident.status_update_published", data=within("incident_status_update")), "updated"),
        (duty("incident.annotated", data=within("incident_note")), "internal_comment"),
        (duty("incident.responder.added", data=within("incident_responder")), "nothing_relevant"),
        (duty("incident.custom"), "unknown_type"),
        (duty("incident.triggered", data={"type": "incident"}), "no_incident"),
        (duty("incident.resolved", data={"id": "X", "type": "note"}), "no_incident"),
        (duty("service.updated", data={"id": "PS", "type": "service"}), "unrelated"),
        (duty("pagey.ping", data={"message": "Hello", "type": "ping"}), "ping"),
        (duty("other.thing"), "unknown_type"),
        ({}, "422 /event/event_type"),
        ({"action": "opened", "issue": {}}, "422 /event/event_type"),
    ],
)
def test_what_an_event_of_pagerduty_means(body: Any, says: str) -> None:
    assert said(translated(body, DUTY).outcome) == says


def test_pagerduty_opens_at_the_incident_s_own_time_under_the_event_s_id() -> None:
    found = translated(duty("incident.triggered", agent=SERVICE), DUTY)
    (event,) = events(found.outcome)
    assert (found.delivery, str(event.occurred_at)) == ("Eincident.triggered10:00", "2026-11-20 09:00:00+00:00")
    assert event.actor is Actor.BOT
    assert event.attributes == {
        "title": "Down", "url": "https://acme.pagerduty.com/incidents/PINC", "key": "7", "priority": "P1",
        "assignee": "Ann", "product": "Shop", "customer": "acme",
    }  # fmt: skip


def test_an_incident_that_was_merged_into_another_is_resolved_by_nobody() -> None:
    told = _told(DUTY, duty("incident.triggered"), duty("incident.resolved", status="resolved", resolve_reason=MERGE))
    later = translated(duty("incident.responder.added", status="resolved", resolve_reason=MERGE), DUTY).outcome
    assert isinstance(later, Ignored)
    assert later.observed is not None
    for history in (told, [*told, later.observed.event]):
        incident = fold(history, RULES)
        assert (incident.phase, incident.merged_into) == (Phase.MERGED, "desk:PTARGET")
        assert {clock.state for clock in incident.clocks} == {ClockState.CANCELLED}


def test_an_old_body_without_a_time_of_creation_opens_when_it_happened() -> None:
    body = duty("incident.triggered")
    del body["event"]["data"]["created_at"]
    assert str(events(translated(body, DUTY).outcome)[0].occurred_at) == "2026-11-20 10:00:00.123000+00:00"


def test_a_program_that_acknowledges_has_not_answered() -> None:
    for agent, state in (
        (PERSON, ClockState.MET),
        (SERVICE, ClockState.RUNNING),
        ({**PERSON, "id": "PBOT"}, ClockState.RUNNING),
    ):
        told = [*_told(DUTY, duty("incident.triggered"), duty("incident.acknowledged", at="09:30", agent=agent))]
        assert clock_of(fold(told, RULES), "first_response").state is state


def _told(by: Any, *bodies: Any) -> list[IncidentEvent]:
    return [event for body in bodies for event in events(translated(body, by).outcome)]


def test_pagerduty_is_answered_reopened_and_resolved_and_the_first_of_it_may_be_lost() -> None:
    story = [
        duty("incident.triggered"),
        duty("incident.acknowledged", at="09:20", status="acknowledged"),
        duty("incident.resolved", at="10:00", status="resolved"),
        duty("incident.reopened", at="11:00"),
        duty("incident.resolved", at="12:00", status="resolved"),
    ]
    incident = fold(_told(DUTY, *story), RULES)
    assert (incident.phase, clock_of(incident, "resolution").state) == (Phase.RESOLVED, ClockState.MET)
    late = fold(_told(DUTY, *story[1:]), RULES)
    assert (late.phase, str(late.opened_at)) == (Phase.RESOLVED, "2026-11-20 09:00:00+00:00")


# -- Opsgenie ---------------------------------------------------------------------------------------------


def genie(action: str, *, minute: int = 0, **more: Any) -> dict[str, Any]:
    made = 1_795_165_200_000  # 2026-11-20T09:00:00Z
    alert = {
        "alertId": "052652ac", "alias": "down", "tinyId": "23", "message": "Down", "username": "ann@vendor.example",
        "userId": "u1", "createdAt": made, "updatedAt": (made + minute * 60_000) * 1_000_000 + 2246, "tags": ["a"],
        "priority": "P3", **more,
    }  # fmt: skip
    return {"action": action, "alert": alert, "source": {"name": "", "type": "web"}, "integrationName": "slad"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (genie("Create"), "opened"),
        (genie("Create", tags=["on hold"]), "opened; waiting vendor"),
        (genie("Acknowledge"), "responded"),
        (genie("UnAcknowledge"), "nothing_relevant"),
        (genie("AddNote", note="done?"), "internal_comment"),
        (genie("TakeOwnership"), "assigned ann@vendor.example"),
        (genie("AssignOwnership", owner="bob@vendor.example"), "assigned bob@vendor.example"),
        (genie("UpdatePriority", priority="P1", oldPriority="P3"), "priority_changed P1"),
        (genie("UpdatePriority", priority=1), "priority_changed P1"),
        (genie("UpdatePriority", tags=["vip"]), "priority_changed P1"),
        (genie("UpdateMessage", message="Up"), "described Up"),
        (genie("UpdateDescription", description="More"), "described More"),
        (genie("AddTags", tags=["a", "on hold"], addedTags=["on hold"]), "waiting vendor"),
        (genie("AddTags", tags=["a", "on hold"], addedTags="on hold,a"), "waiting vendor"),
        (genie("RemoveTags", tags=["a"], removedTags=["on hold"]), "resumed"),
        (genie("AddTags", tags=["b"], addedTags=["b"]), "nothing_relevant"),
        (genie("Snooze"), "reopened; waiting other"),
        (genie("SnoozeEnded"), "resumed"),
        (genie("AskCustomer"), "reopened; waiting customer"),
        (genie("TestAction"), "unknown_action"),
        (genie("EscalateNext"), "escalated"),
        (genie("AddTeam"), "nothing_relevant"),
        (genie("Close"), "resolved"),
        (genie("Delete"), "cancelled"),
        ({"action": "Escalate", "alert": {"alertId": "x"}, "escalationTime": 0}, "nothing_relevant"),
        ({"action": "Close", "alert": {}}, "no_incident"),
        ({"alert": {"alertId": "x"}}, "422 /action"),
        ({}, "422 /action"),
    ],
)
def test_what_an_action_of_opsgenie_means(body: Any, says: str) -> None:
    assert said(translated(body, GENIE).outcome) == says


def test_opsgenie_counts_the_opening_in_milliseconds_and_what_follows_in_nanoseconds() -> None:
    opened, answered = _told(GENIE, genie("Create"), genie("Acknowledge", minute=20))
    assert str(opened.occurred_at) == "2026-11-20 09:00:00+00:00"
    assert str(answered.occurred_at) == "2026-11-20 09:20:00.000002+00:00"


def test_an_alert_whose_creation_was_missed_is_opened_by_what_came_after() -> None:
    story = [genie("Create"), genie("Acknowledge", minute=20), genie("Close", minute=60)]
    for told in (_told(GENIE, *story), _told(GENIE, *story[1:])):
        incident = fold(told, RULES)
        assert (incident.phase, str(incident.opened_at)) == (Phase.RESOLVED, "2026-11-20 09:00:00+00:00")
        assert clock_of(incident, "resolution").state is ClockState.MET
