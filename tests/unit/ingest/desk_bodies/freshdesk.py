"""Bodies of a Freshdesk automation by the template of docs/connect/freshdesk.md."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant


def body(event: str, when: str = "Mon 09:00", **values: Any) -> dict[str, Any]:
    ticket = {
        "triggered_event": event, "event_time": instant(when).isoformat(), "performed_by": "agent",
        "created_time": instant("Mon 09:00").isoformat(), "ticket_id": "11",
        "ticket_url": "http://desk.example/helpdesk/tickets/11", "ticket_type": "Incident", "ticket_subject": "Down",
        "ticket_description": "<div>All of it</div>", "ticket_status": "Open", "ticket_priority": "High",
        "ticket_agent_name": "", "requester_name": "Ann", "requester_email": "ann@acme.example",
    }  # fmt: skip
    return {"freshdesk_webhook": ticket | values}


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    stands: dict[str, Any] = {}

    def event(when: str, what: str, by: str = "agent", **now: Any) -> None:
        stands.update(now)
        told.append((when, body(what, when, **{**stands, "performed_by": by})))

    event("Mon 09:00", "{ticket_action:created}", "requester")
    event("Mon 09:05", "{responder_id:{from:,to:7}}", ticket_agent_name="Bob")
    event("Mon 09:10", "{status:{from:2,to:6}}", ticket_status="Waiting on Customer")
    event("Mon 09:20", "{reply_sent:sent}", "requester")
    event("Mon 09:21", "{status:{from:6,to:2}}", ticket_status="Open")
    event("Mon 09:30", "{note_type:public}")
    event("Mon 09:40", "{priority:{from:3,to:4}}", ticket_priority="Urgent")
    event("Mon 10:00", "{status:{from:2,to:4}}", ticket_status="Resolved")
    event("Mon 10:30", "{status:{from:4,to:2}}", ticket_status="Open")
    event("Mon 11:00", "{status:{from:2,to:5}}", ticket_status="Closed")
    return told
