"""The story as far as pagers and monitors can tell it: PagerDuty, Opsgenie, Alertmanager and Grafana."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

Told = list[tuple[str, dict[str, Any]]]
BOB = {"id": "PBOB", "summary": "Bob", "type": "user_reference"}


def pagerduty() -> Told:
    incident: dict[str, Any] = {
        "id": "PINC", "type": "incident", "title": "Down", "status": "triggered", "assignees": [], "urgency": "high",
        "created_at": instant("Mon 09:00").isoformat(), "priority": {"id": "P", "summary": "High"},
    }  # fmt: skip
    told: Told = []

    def event(when: str, kind: str, **now: Any) -> None:
        incident.update(now)
        said = {"id": f"{kind} {when}", "event_type": f"incident.{kind}", "agent": BOB, "data": {**incident}}
        told.append((when, {"event": {**said, "occurred_at": instant(when).isoformat()}}))

    event("Mon 09:00", "triggered")
    event("Mon 09:05", "reassigned", assignees=[BOB])
    event("Mon 09:30", "acknowledged", status="acknowledged")
    event("Mon 09:40", "priority_updated", priority={"id": "P", "summary": "Urgent"})
    event("Mon 10:00", "resolved", status="resolved")
    event("Mon 10:30", "reopened", status="triggered")
    event("Mon 11:00", "resolved", status="resolved")
    return told


def opsgenie() -> Told:
    made = int(instant("Mon 09:00").timestamp())
    alert: dict[str, Any] = {
        "alertId": "a-1", "message": "Down", "username": "bob@vendor.example", "createdAt": made * 1_000, "tags": [],
        "priority": "P2",
    }  # fmt: skip
    told: Told = []

    def action(when: str, name: str, **now: Any) -> None:
        alert.update(now, updatedAt=int(instant(when).timestamp()) * 1_000_000_000)
        told.append((when, {"action": name, "alert": {**alert}, "source": {"name": "", "type": "web"}}))

    action("Mon 09:00", "Create")
    action("Mon 09:05", "AssignOwnership", owner="bob@vendor.example")
    action("Mon 09:10", "AskCustomer")
    action("Mon 09:21", "GoOn")
    action("Mon 09:30", "Acknowledge")
    action("Mon 09:40", "UpdatePriority", priority="P1")
    action("Mon 10:00", "Close")
    return told


def alertmanager() -> Told:
    def notified(when: str, status: str, ends: str) -> tuple[str, dict[str, Any]]:
        alert = {
            "status": status, "labels": {"alertname": "Down", "severity": "high"}, "annotations": {"summary": "Down"},
            "startsAt": instant("Mon 09:00").isoformat(), "endsAt": ends,
        }  # fmt: skip
        return when, {"version": "4", "groupKey": "{}", "status": status, "alerts": [alert]}

    return [
        notified("Mon 09:00", "firing", "0001-01-01T00:00:00Z"),
        notified("Mon 10:00", "resolved", instant("Mon 10:00").isoformat()),
    ]


def grafana() -> Told:
    return [(when, {**body, "version": "1", "orgId": 1}) for when, body in alertmanager()]
