"""Webhooks of GLPI 11 about tickets, follow-ups and solutions, in the shape that its source writes."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

STATUSES = {1: "New", 2: "Processing (assigned)", 4: "Pending", 5: "Solved", 6: "Closed"}


def member(role: str, number: int, name: str) -> dict[str, Any]:
    return {
        "role": role, "name": name.lower(), "realname": name, "firstname": "", "display_name": name,
        "href": f"/front/user.form.php?id={number}",
    }  # fmt: skip


ASKS = member("requester", 8, "Ann")
HOLDS = member("assigned", 5, "Bob")
ANN, BOB = {"id": 8, "name": "ann"}, {"id": 5, "name": "bob"}


def ticket(when: str = "Mon 09:00", status: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "id": 42, "name": "Down", "content": "<p>All of it</p>", "is_deleted": False, "category": None,
        "location": None, "urgency": 3, "impact": 3, "priority": 4, "actiontime": 0, "type": 1, "external_id": None,
        "date": instant("Mon 09:00").isoformat(), "date_creation": instant("Mon 09:00").isoformat(),
        "date_mod": instant(when).isoformat(), "request_type": {"id": 1, "name": "Helpdesk"},
        "status": {"id": status, "name": STATUSES.get(status, "Own")},
        "entity": {"id": 3, "name": "Acme", "completename": "Root entity > Acme"}, "team": [ASKS],
    } | values  # fmt: skip


def body(event: str = "update", when: str = "Mon 09:00", status: int = 1, **values: Any) -> dict[str, Any]:
    return {"item": ticket(when, status, **values), "event": event}


def followup(when: str, user: Any, parent: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    item = {
        "id": 300, "itemtype": "Ticket", "items_id": 42, "content": "Words", "is_private": False, "user": user,
        "user_editor": None, "request_type": None, "date_creation": instant(when).isoformat(),
        "date_mod": instant(when).isoformat(),
    } | values  # fmt: skip
    return {"item": item, "event": "new", "parent_item": ticket(when) if parent is None else parent}


def solution(when: str, user: Any, parent: dict[str, Any] | None = None) -> dict[str, Any]:
    item = {"id": 7, "itemtype": "Ticket", "items_id": 42, "content": "Done", "user": user, "user_editor": None}
    return {"item": item, "event": "new", "parent_item": ticket(when, 5) if parent is None else parent}


def story() -> list[tuple[str, dict[str, Any]]]:
    told = [("Mon 09:00", body("new"))]
    stands: dict[str, Any] = {}

    def event(when: str, status: int | None = None, **now: Any) -> None:
        stands.update(now if status is None else {**now, "status": status})
        told.append((when, body("update", when, **stands)))

    def says(when: str, user: Any) -> None:
        told.append((when, followup(when, user, ticket(when, **stands))))

    event("Mon 09:05", team=[ASKS, HOLDS])
    event("Mon 09:10", 4)
    says("Mon 09:20", ANN)
    event("Mon 09:21", 2)
    says("Mon 09:30", BOB)
    event("Mon 09:40", priority=5)
    event("Mon 10:00", 5)
    event("Mon 10:30", 2)
    event("Mon 11:00", 6)
    return told
