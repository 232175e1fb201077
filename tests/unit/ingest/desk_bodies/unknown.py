"""The webhooks of a system that slad has no dialect for, and a map of them."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

MAP: dict[str, Any] = {
    "id": "hook.id",
    "incident": "ticket.id",
    "time": "hook.at",
    "created": "ticket.created",
    "status": "ticket.state",
    "status_before": "hook.was",
    "priority": "ticket.urgency",
    "title": "ticket.title",
    "actor": "hook.by",
    "actor_side": "hook.side",
    "attributes": {"assignee": "ticket.owner"},
    "when": [
        {"when": "hook.kind == 'made'", "event": "opened"},
        {"when": "hook.kind == 'given'", "event": "assigned"},
        {"when": "hook.kind == 'urgency'", "event": "priority_changed"},
        {"when": "hook.kind == 'words'", "event": "commented"},
        {"when": "hook.kind == 'state'", "event": "status"},
    ],
}
STATUSES = {"open": "open", "on them": "waiting_customer", "done": "resolved", "shut": "closed"}


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    ticket: dict[str, Any] = {
        "id": 7, "title": "Down", "state": "open", "urgency": "2", "owner": None,
        "created": instant("Mon 09:00").isoformat(),
    }  # fmt: skip

    def event(when: str, kind: str, by: str = "bob", **now: Any) -> None:
        was = ticket["state"]
        ticket.update(now)
        side = "agent" if by == "bob" else "customer"
        hook = {
            "id": f"{kind} {when}",
            "kind": kind,
            "at": instant(when).isoformat(),
            "by": by,
            "side": side,
            "was": was,
        }
        told.append((when, {"hook": hook, "ticket": dict(ticket)}))

    event("Mon 09:00", "made", "ann")
    event("Mon 09:05", "given", owner="bob")
    event("Mon 09:10", "state", state="on them")
    event("Mon 09:20", "words", "ann")
    event("Mon 09:21", "state", state="open")
    event("Mon 09:30", "words")
    event("Mon 09:40", "urgency", urgency="1")
    event("Mon 10:00", "state", state="done")
    event("Mon 10:30", "state", state="open")
    event("Mon 11:00", "state", state="shut")
    return told
