"""Event webhooks of Zendesk tickets, in the shape that Zendesk documents."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN = {"id": "1", "is_staff": False, "name": "Ann"}
BOB = {"id": "2", "is_staff": True, "name": "Bob"}


def body(kind: str, when: str = "Mon 09:00", event: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    ticket = {
        "id": "71447", "subject": "Down", "description": "All of it", "status": "OPEN", "priority": "HIGH",
        "type": "INCIDENT", "created_at": instant("Mon 09:00").isoformat(), "updated_at": instant(when).isoformat(),
        "organization_id": "9", "requester_id": "1", "assignee_id": None, "brand_id": "3", "custom_status": "5",
        "is_public": True, "tags": [], "via": {"channel": "web"},
    }  # fmt: skip
    return {
        "type": f"zen:event-type:ticket.{kind}", "account_id": 1, "id": f"{kind} {when}",
        "time": instant(when).strftime("%Y-%m-%dT%H:%M:%S.000000000Z"), "zendesk_event_version": "2022-11-06",
        "subject": "zen:ticket:71447", "detail": ticket | detail,
        "event": {"meta": {"sequence": {"id": "s", "position": 1}}} | (event or {}),
    }  # fmt: skip


def comment(author: dict[str, Any], *, public: bool = True) -> dict[str, Any]:
    return {"comment": {"id": "c", "body": "Words", "is_public": public, "author": author}}


def changed(previous: str | None, current: str | None) -> dict[str, Any]:
    return {"previous": previous, "current": current}


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    stands: dict[str, Any] = {}

    def event(when: str, kind: str, what: dict[str, Any] | None = None, **now: Any) -> None:
        stands.update(now)
        told.append((when, body(kind, when, what, **stands)))

    event("Mon 09:00", "created")
    event("Mon 09:05", "agent_assignment_changed", changed(None, "2"), assignee_id="2")
    event("Mon 09:10", "status_changed", changed("OPEN", "PENDING"), status="PENDING")
    event("Mon 09:20", "comment_added", comment(ANN))
    event("Mon 09:21", "status_changed", changed("PENDING", "OPEN"), status="OPEN")
    event("Mon 09:30", "comment_added", comment(BOB))
    event("Mon 09:40", "priority_changed", changed("HIGH", "URGENT"), priority="URGENT")
    event("Mon 10:00", "status_changed", changed("OPEN", "SOLVED"), status="SOLVED")
    event("Mon 10:30", "status_changed", changed("SOLVED", "OPEN"), status="OPEN")
    event("Mon 11:00", "status_changed", changed("OPEN", "CLOSED"), status="CLOSED")
    return told
