"""Bodies of ServiceNow by the sender of docs/connect/servicenow.md."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

ANN = {"id": "a1", "user_name": "ann", "name": "Ann", "is_staff": False}
BOB = {"id": "b2", "user_name": "bob", "name": "Bob", "is_staff": True}
NOBODY = {"value": "", "display_value": ""}


def written(when: str) -> str:
    return instant(when).strftime("%Y-%m-%d %H:%M:%S")


def body(
    operation: str = "update",
    when: str = "Mon 09:00",
    by: dict[str, Any] = BOB,
    previous: dict[str, Any] | None = None,
    *,
    comment: bool = False,
    **record: Any,
) -> dict[str, Any]:
    whole = {
        "sys_id": "9d385017c611228701d22104cc95c371", "number": "INC0010001", "short_description": "Down",
        "description": "All of it", "category": "network", "state": "1", "hold_reason": "", "priority": "2",
        "opened_at": written("Mon 09:00"), "sys_created_on": written("Mon 09:00"), "resolved_at": "", "closed_at": "",
        "sys_updated_on": written(when), "sys_mod_count": "0", "caller_id": {"value": "a1", "display_value": "Ann"},
        "assigned_to": NOBODY, "company": {"value": "c1", "display_value": "Acme"},
        "business_service": {"value": "s1", "display_value": "Shop"},
    }  # fmt: skip
    return {
        "operation": operation, "sent_at": written(when), "comment": comment, "actor": by, "record": whole | record,
        "previous": previous or {}, "url": "https://acme.example/incident.do?sys_id=9d38",
    }  # fmt: skip


def story() -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    stands: dict[str, Any] = {}

    def event(when: str, by: dict[str, Any] = BOB, *, comment: bool = False, **now: Any) -> None:
        before = {name: stands.get(name, {"state": "1", "priority": "2"}.get(name, "")) for name in now}
        stands.update(now, sys_mod_count=str(len(told)))
        operation = "update" if told else "insert"
        told.append((when, body(operation, when, by, before, comment=comment, **stands)))

    event("Mon 09:00", ANN)
    event("Mon 09:05", assigned_to={"value": "b2", "display_value": "Bob"})
    event("Mon 09:10", state="3", hold_reason="1")
    event("Mon 09:20", ANN, comment=True)
    event("Mon 09:21", state="1", hold_reason="")
    event("Mon 09:30", comment=True)
    event("Mon 09:40", priority="1")
    event("Mon 10:00", state="6", resolved_at=written("Mon 10:00"))
    event("Mon 10:30", state="2", resolved_at="")
    event("Mon 11:00", state="7", closed_at=written("Mon 11:00"))
    return told
