"""Bodies of Zendesk's triggers, by the template of docs/connect/zendesk.md with its placeholders filled in."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN = {"id": "1", "name": "Ann", "email": "ann@acme.example"}
BOB = {"id": "2", "name": "Bob", "email": "bob@desk.example"}


def minute(when: str) -> str:
    return instant(when).strftime("%Y-%m-%dT%H:%MZ")


def body(
    kind: str, when: str = "Mon 09:00", by: str = "", user: dict[str, str] = BOB, comment: Any = None, **detail: Any
) -> dict[str, Any]:
    ticket = {
        "id": "71447", "subject": "Down", "url": "https://acme.zendesk.example/agent/tickets/71447", "status": "Open",
        "priority": "High", "type": "Incident", "created_at": minute("Mon 09:00"), "updated_at": minute(when),
        "organization_id": "9", "organization_name": "Acme", "brand_name": "Shop", "requester_id": "1",
        "requester_name": "Ann", "assignee_name": "", "tags": "shop",
    }  # fmt: skip
    return {
        "type": f"slad:trigger:{kind}", "performed_by": by, "detail": ticket | detail, "current_user": user,
        "comment": {"id": "", "is_public": ""} if comment is None else comment,
    }  # fmt: skip


def story() -> list[tuple[str, dict[str, Any]]]:
    told = [("Mon 09:00", body("created", user=ANN))]
    stands: dict[str, Any] = {}

    def event(when: str, **now: Any) -> None:
        stands.update(now)
        told.append((when, body("updated", when, **stands)))

    def says(when: str, by: str, user: dict[str, str]) -> None:
        said = {"id": f"c {when}", "is_public": "true"}
        told.append((when, body("commented", when, by, user, said, **stands)))

    event("Mon 09:05", assignee_name="Bob")
    event("Mon 09:10", status="Pending")
    says("Mon 09:20", "end_user", ANN)
    event("Mon 09:21", status="Open")
    says("Mon 09:30", "agent", BOB)
    event("Mon 09:40", priority="Urgent")
    event("Mon 10:00", status="Solved")
    event("Mon 10:30", status="Open")
    event("Mon 11:00", status="Closed")
    return told
