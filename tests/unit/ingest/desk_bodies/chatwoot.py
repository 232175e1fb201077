"""Webhooks of a Chatwoot account about a conversation and its messages, in the shape that Chatwoot's source writes."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN = {"id": 12, "name": "Ann", "email": "ann@acme.example", "type": "contact"}
BOB = {"id": 1, "name": "Bob", "email": "bob@desk.example", "type": "user"}
BOT = {"id": 3, "name": "Otto", "type": "agent_bot"}


def seconds(when: str) -> int:
    return int(instant(when).timestamp())


def conversation(when: str = "Mon 09:00", **values: Any) -> dict[str, Any]:
    contact = {**ANN, "additional_attributes": {"company_name": "Acme"}, "custom_attributes": {}, "phone_number": None}
    return {
        "additional_attributes": {}, "can_reply": True, "channel": "Channel::WebWidget", "id": 10, "inbox_id": 1,
        "contact_inbox": {"id": 12, "contact_id": 12, "inbox_id": 1, "source_id": "405f"}, "messages": [],
        "labels": [], "meta": {"sender": contact, "assignee": None, "team": None, "hmac_verified": False},
        "status": "open", "custom_attributes": {}, "snoozed_until": None, "unread_count": 0, "priority": None,
        "first_reply_created_at": None, "waiting_since": 0, "agent_last_seen_at": 0, "contact_last_seen_at": 0,
        "last_activity_at": seconds("Mon 09:00"), "timestamp": seconds("Mon 09:00"),
        "created_at": seconds("Mon 09:00"), "updated_at": float(seconds(when)),
    } | values  # fmt: skip


def held_by(name: str | None) -> dict[str, Any]:
    meta = conversation()["meta"]
    return {**meta, "assignee": None if name is None else {"id": 1, "name": name, "type": "user"}}


def body(event: str, when: str = "Mon 09:00", *changes: tuple[str, Any, Any], **values: Any) -> dict[str, Any]:
    changed = [{name: {"previous_value": old, "current_value": new}} for name, old, new in changes]
    return conversation(when, **values) | {"event": f"conversation_{event}", "changed_attributes": changed or None}


def message(
    when: str, by: dict[str, Any] | None, stands: dict[str, Any] | None = None, event: str = "created", **values: Any
) -> dict[str, Any]:
    came = by is not None and by["type"] == "contact"
    return {
        "id": 118, "content": "Words", "created_at": instant(when).strftime("%Y-%m-%dT%H:%M:%S.250Z"),
        "message_type": "incoming" if came else "outgoing", "content_type": "text", "private": False,
        "content_attributes": {}, "source_id": None, "sender": by, "inbox": {"id": 1, "name": "Shop"},
        "conversation": conversation(when, **(stands or {})), "account": {"id": 1, "name": "Desk"},
        "event": f"message_{event}",
    } | values  # fmt: skip


def story() -> list[tuple[str, dict[str, Any]]]:
    stands: dict[str, Any] = {"priority": "high"}
    told = [("Mon 09:00", body("created", **stands))]

    def event(when: str, kind: str, name: str, old: Any, new: Any, **now: Any) -> None:
        stands.update(now or {name: new})
        told.append((when, body(kind, when, (name, old, new), **stands)))

    def says(when: str, by: dict[str, Any]) -> None:
        told.append((when, message(when, by, stands, created_at=instant(when).isoformat())))

    event("Mon 09:05", "updated", "assignee_id", None, 1, meta=held_by("Bob"))
    event("Mon 09:10", "status_changed", "status", "open", "snoozed")
    says("Mon 09:20", ANN)
    event("Mon 09:21", "status_changed", "status", "snoozed", "open")
    says("Mon 09:30", BOB)
    event("Mon 09:40", "updated", "priority", "high", "urgent")
    event("Mon 10:00", "status_changed", "status", "open", "resolved")
    event("Mon 10:30", "status_changed", "status", "resolved", "open")
    event("Mon 11:00", "status_changed", "status", "open", "resolved")
    return told
