"""Notifications of Intercom about a conversation, in the shape of the real ones."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN = {"type": "user", "id": "5c95", "name": "Ann", "email": "ann@acme.example"}
BOB = {"type": "admin", "id": "1957471", "name": "Bob"}
BOT = {"type": "bot", "id": "8", "name": "Fin"}


def seconds(when: str) -> int:
    return int(instant(when).timestamp())


def body(
    topic: str, when: str = "Mon 09:00", by: dict[str, str] = BOB, part: str = "comment", **item: Any
) -> dict[str, Any]:
    said = {
        "type": "conversation_part", "id": f"p {when}", "part_type": part, "body": "<p>Words</p>",
        "created_at": seconds(when), "author": by,
    }  # fmt: skip
    conversation = {
        "type": "conversation", "id": "213", "created_at": seconds("Mon 09:00"), "updated_at": seconds(when),
        "user": ANN, "assignee": {"type": "nobody_admin", "id": None}, "priority": "not_priority",
        "conversation_message": {"type": "conversation_message", "subject": "", "body": "<p>It is <b>down</b></p>"},
        "conversation_parts": {"conversation_parts": [said], "total_count": 1}, "open": True, "state": "open",
        "links": {"conversation_web": "https://app.intercom.example/conversations/213"},
    }  # fmt: skip
    return {
        "type": "notification_event", "app_id": "i6", "id": f"notif {topic} {when}", "topic": topic,
        "created_at": seconds(when) + 1, "data": {"type": "notification_event_data", "item": conversation | item},
    }  # fmt: skip


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    stands: dict[str, Any] = {}

    def event(when: str, topic: str, by: dict[str, str] = BOB, **now: Any) -> None:
        stands.update(now)
        told.append((when, body(f"conversation.{topic}", when, by, **stands)))

    event("Mon 09:00", "user.created", ANN)
    event("Mon 09:05", "admin.assigned", assignee=BOB)
    event("Mon 09:10", "admin.snoozed", state="snoozed")
    event("Mon 09:20", "user.replied", ANN)
    event("Mon 09:21", "admin.unsnoozed", state="open")
    event("Mon 09:30", "admin.replied")
    event("Mon 09:40", "priority.updated", priority="priority")
    told[-1][1]["created_at"] -= 1
    event("Mon 10:00", "admin.closed", state="closed", open=False)
    event("Mon 10:30", "admin.opened", state="open", open=True)
    event("Mon 11:00", "admin.closed", state="closed", open=False)
    return told
