"""Webhooks of Redmine 7 about an issue, in the shape that its source writes."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN, BOB = {"id": 5, "name": "Ann"}, {"id": 2, "name": "Bob"}
STATUSES = {
    1: ("New", False), 2: ("In Progress", False), 3: ("Resolved", False), 4: ("Feedback", False), 5: ("Closed", True),
    6: ("Rejected", True), 7: ("Deployed", True), 8: ("Parked", False),
}  # fmt: skip
PRIORITIES = {1: "Low", 2: "Normal", 3: "High", 4: "Urgent"}


def time(when: str) -> str:
    return instant(when).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(when: str = "Mon 09:00", status: int = 1, priority: int = 3, **values: Any) -> dict[str, Any]:
    name, closed = STATUSES[status]
    shown = {
        "id": 4711, "project": {"id": 1, "name": "Shop"}, "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": status, "name": name, "is_closed": closed},
        "priority": {"id": priority, "name": PRIORITIES[priority]}, "author": ANN, "subject": "Down",
        "description": "All of it", "start_date": None, "due_date": None, "done_ratio": 0, "is_private": False,
        "estimated_hours": None, "total_estimated_hours": None,
        "custom_fields": [{"id": 3, "name": "Customer", "value": "Acme"}],
        "created_on": time("Mon 09:00"), "updated_on": time(when), "closed_on": time(when) if closed else None,
    }  # fmt: skip
    return shown | values


def body(action: str, when: str = "Mon 09:00", journal: dict[str, Any] | None = None, **now: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"issue": issue(when, **now)}
    if journal is not None:
        data["journal"] = {"created_on": time(when)} | journal
    return {"type": f"issue.{action}", "timestamp": time(when), "data": data}


def journal(
    *changes: tuple[str, Any, Any], by: dict[str, Any] = BOB, notes: str = "", kind: str = "attr", number: int = 90
) -> dict[str, Any]:
    details = [
        {"property": kind, "prop_key": key, "old_value": _text(old), "value": _text(new)} for key, old, new in changes
    ]
    return {"id": number, "notes": notes, "user": by, "details": details}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    stands: dict[str, Any] = {}

    def event(when: str, *changes: tuple[str, Any, Any], by: dict[str, Any] = BOB, notes: str = "", **now: Any) -> None:
        stands.update(now)
        told.append((when, body("updated", when, journal(*changes, by=by, notes=notes, number=len(told)), **stands)))

    told.append(("Mon 09:00", body("created")))
    event("Mon 09:05", ("assigned_to_id", None, 2), assigned_to=BOB)
    event("Mon 09:10", ("status_id", 1, 4), status=4)
    event("Mon 09:20", by=ANN, notes="Here it is")
    event("Mon 09:21", ("status_id", 4, 2), status=2)
    event("Mon 09:30", notes="We are on it")
    event("Mon 09:40", ("priority_id", 3, 4), priority=4)
    event("Mon 10:00", ("status_id", 2, 3), status=3)
    event("Mon 10:30", ("status_id", 3, 2), status=2)
    event("Mon 11:00", ("status_id", 2, 5), status=5)
    return told
