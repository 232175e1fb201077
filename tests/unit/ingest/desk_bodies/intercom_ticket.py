"""Notifications of Intercom about a ticket, in the shapes that its reference describes and integrations have met."""

from __future__ import annotations

from typing import Any

from tests.unit.ingest.desk_bodies.intercom import ANN, BOB, seconds

LABELS = {"submitted": "New", "in_progress": "With us", "waiting_on_customer": "Asked", "resolved": "Done"}
__all__ = ["ANN", "BOB", "body", "story"]


def ticket(when: str, state: str = "submitted", **values: Any) -> dict[str, Any]:
    return {
        "type": "ticket", "id": "215", "ticket_id": "1390", "category": "Customer",
        "ticket_attributes": {"_default_title_": "Down", "_default_description_": "All of it", "Site": "North"},
        "ticket_state": {
            "type": "ticket_state", "id": "12", "category": state, "internal_label": LABELS.get(state, state),
            "external_label": "At work",
        },
        "ticket_type": {"type": "ticket_type", "id": "5", "name": "Bug"},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "5c95", "external_id": "70"}]},
        "admin_assignee_id": 0, "team_assignee_id": 0, "created_at": seconds("Mon 09:00"), "updated_at": seconds(when),
        "open": True, "snoozed_until": None,
    } | values  # fmt: skip


def body(
    topic: str, when: str = "Mon 09:00", part: dict[str, Any] | None = None, state: str = "submitted", **values: Any
) -> dict[str, Any]:
    shown = ticket(when, state, **values)
    wrapped = {"type": "ticket_wrapper", "ticket": shown, "ticket_part": part}
    return {
        "type": "notification_event", "app_id": "i6", "id": f"notif ticket.{topic} {when}", "topic": f"ticket.{topic}",
        "created_at": seconds(when), "data": {"type": "notification_event_data", "item": wrapped if part else shown},
    }  # fmt: skip


def part(when: str, author: dict[str, Any] | None, **values: Any) -> dict[str, Any]:
    said = {"type": "ticket_part", "id": f"p {when}", "part_type": "comment", "body": "<p>Words</p>", "author": author}
    return said | {"created_at": seconds(when)} | values


def story() -> list[tuple[str, dict[str, Any]]]:
    told = [("Mon 09:00", body("created"))]
    stands: dict[str, Any] = {}

    def event(when: str, topic: str, said: dict[str, Any] | None = None, **now: Any) -> None:
        stands.update(now)
        told.append((when, body(topic, when, said, **stands)))

    event("Mon 09:05", "admin.assigned", admin_assignee_id=1957471)
    event("Mon 09:10", "state.updated", state="waiting_on_customer")
    event("Mon 09:20", "contact.replied", part("Mon 09:20", ANN))
    event("Mon 09:21", "state.updated", state="in_progress")
    event("Mon 09:30", "admin.replied", part("Mon 09:30", BOB))
    event("Mon 10:00", "state.updated", state="resolved")
    event("Mon 10:30", "state.updated", state="in_progress")
    event("Mon 11:00", "closed", open=False)
    return told
