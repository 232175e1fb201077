"""Webhooks of Zammad's triggers, in the shape that Zammad documents and its source writes."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

STATES = {"new": 1, "open": 2, "pending reminder": 3, "closed": 4, "merged": 5, "removed": 6, "pending close": 7}


def person(number: int, first: str, mail: str, *roles: str) -> dict[str, Any]:
    return {
        "id": number, "firstname": first, "lastname": "", "login": mail, "email": mail, "roles": list(roles),
        "active": True, "organization": "Acme",
    }  # fmt: skip


ANN, BOB = person(8, "Ann", "ann@acme.example", "Customer"), person(5, "Bob", "bob@desk.example", "Agent")
NOBODY = person(1, "-", "-")


def time(when: str) -> str:
    return instant(when).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def article(when: str, sender: str = "Agent", by: dict[str, Any] = BOB, number: int = 110, **values: Any) -> Any:
    return {
        "id": number, "ticket_id": 81, "sender": sender, "internal": False, "type": "web", "body": "All of it",
        "content_type": "text/html", "from": f"{by['firstname']} <{by['email']}>", "to": "Desk", "origin_by": None,
        "created_at": time(when), "updated_at": time(when), "created_by": by, "created_by_id": by["id"],
        "attachments": [], "accounted_time": 0,
    } | values  # fmt: skip


def body(when: str = "Mon 09:00", said: Any = None, **ticket: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": 81, "number": "10081", "title": "Down", "state": "new", "group": {"id": 3, "name": "Shop"},
        "group_id": 3, "priority": {"id": 2, "name": "2 normal"}, "priority_id": 2, "customer": ANN,
        "customer_id": 8, "owner": NOBODY, "owner_id": 1, "organization": {"id": 3, "name": "Acme", "vip": False},
        "organization_id": 3, "article_count": 2, "article_ids": [104, 110], "created_at": time("Mon 09:00"),
        "updated_at": time(when), "close_at": None, "last_close_at": None, "created_by": ANN, "updated_by": BOB,
    }  # fmt: skip
    shown |= ticket
    return {"ticket": shown | {"state_id": STATES.get(shown["state"], 9)}, "article": said or {}}


def opened(**ticket: Any) -> dict[str, Any]:
    first = article("Mon 09:00", "Customer", ANN, 104)
    return body("Mon 09:00", first, article_count=1, article_ids=[104], **ticket)


def story() -> list[tuple[str, dict[str, Any]]]:
    told = [("Mon 09:00", opened())]
    stands: dict[str, Any] = {}

    def event(when: str, said: Any = None, **now: Any) -> None:
        stands.update(now)
        told.append((when, body(when, said, **stands)))

    event("Mon 09:05", owner=BOB, owner_id=5)
    event("Mon 09:10", state="pending reminder")
    event("Mon 09:20", article("Mon 09:20", "Customer", ANN))
    event("Mon 09:21", state="open")
    event("Mon 09:30", article("Mon 09:30"))
    event("Mon 09:40", priority={"id": 3, "name": "3 high"}, priority_id=3)
    event("Mon 10:00", state="closed", close_at=time("Mon 10:00"), last_close_at=time("Mon 10:00"))
    event("Mon 10:30", state="open")
    event("Mon 11:00", state="closed", last_close_at=time("Mon 11:00"))
    return told
