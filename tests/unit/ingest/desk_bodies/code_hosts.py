"""The story told by GitLab and Linear, in the shapes of their documentation."""

from __future__ import annotations

from typing import Any

from tests.build.story import instant

Told = list[tuple[str, dict[str, Any]]]


def gitlab() -> Told:
    ann, bob = {"id": 1, "username": "ann"}, {"id": 2, "username": "bob"}
    sev1, sev2, waits = ({"title": title} for title in ("sev1", "sev2", "waits"))
    issue: dict[str, Any] = {
        "id": 301, "title": "Down", "author_id": 1, "assignee_ids": [], "state": "opened", "labels": [sev2],
        "created_at": _utc("Mon 09:00"), "closed_at": None,
    }  # fmt: skip
    told: Told = []

    def event(when: str, action: str, by: Any = bob, changes: Any = None, people: Any = (), **now: Any) -> None:
        issue.update(now, updated_at=_utc(when))
        whole = {"object_attributes": {**issue, "action": action}, "assignees": list(people), "changes": changes or {}}
        told.append((when, {"object_kind": "issue", "user": by, "project": {"name": "shop"}, **whole}))

    def note(when: str, by: Any) -> None:
        said = {
            "id": 9, "noteable_type": "Issue", "noteable_id": 301, "system": False, "action": "create",
            "created_at": _utc(when), "updated_at": _utc(when),
        }  # fmt: skip
        body = {"object_kind": "note", "user": by, "project": {"name": "shop"}, "object_attributes": said}
        told.append((when, {**body, "issue": {**issue, "updated_at": _utc(when)}}))

    def labelled(when: str, *labels: Any) -> None:
        event(when, "update", changes={"labels": {"previous": issue["labels"], "current": labels}}, labels=list(labels))

    event("Mon 09:00", "open", ann)
    event("Mon 09:05", "update", changes={"assignees": {"current": [bob]}}, people=[bob], assignee_ids=[2])
    labelled("Mon 09:10", sev2, waits)
    note("Mon 09:20", ann)
    labelled("Mon 09:21", sev2)
    note("Mon 09:30", bob)
    labelled("Mon 09:40", sev1)
    event("Mon 10:00", "close", state="closed", closed_at=_utc("Mon 10:00"))
    event("Mon 10:30", "reopen", state="opened", closed_at=None)
    event("Mon 11:00", "close", state="closed", closed_at=_utc("Mon 11:00"))
    return told


def _utc(when: str) -> str:
    return instant(when).strftime("%Y-%m-%d %H:%M:%S UTC")


def linear() -> Told:
    ann, bob = {"id": "u-1", "name": "Ann"}, {"id": "u-2", "name": "Bob", "type": "user"}
    todo, asks, done = (
        {"id": f"s-{name}", "name": name, "type": kind}
        for name, kind in (("Todo", "unstarted"), ("Asks", "started"), ("Done", "completed"))
    )
    issue: dict[str, Any] = {
        "id": "i-1", "title": "Down", "priority": 2, "priorityLabel": "High", "state": todo, "labels": [],
        "creatorId": "u-1", "createdAt": instant("Mon 09:00").isoformat(), "completedAt": None,
    }  # fmt: skip
    told: Told = []

    def event(when: str, action: str, by: Any = bob, before: Any = None, **now: Any) -> None:
        at = instant(when).isoformat()
        issue.update(now, updatedAt=at)
        changed = {} if before is None else {"updatedFrom": before}
        told.append(
            (when, {"type": "Issue", "action": action, "actor": by, "createdAt": at, "data": {**issue}, **changed})
        )

    def comment(when: str, **by: Any) -> None:
        at = instant(when).isoformat()
        data = {"id": when, "issueId": "i-1", "createdAt": at, "updatedAt": at, **by}
        told.append((when, {"type": "Comment", "action": "create", "createdAt": at, "data": data}))

    def moves(when: str, state: Any, before: Any = None, **now: Any) -> None:
        event(when, "update", before={"stateId": issue["state"]["id"], **(before or {})}, state=state, **now)

    event("Mon 09:00", "create")
    event("Mon 09:05", "update", before={"assigneeId": None}, assignee=bob)
    moves("Mon 09:10", asks)
    comment("Mon 09:20", externalUser=ann)
    moves("Mon 09:21", todo)
    comment("Mon 09:30", user=bob)
    event("Mon 09:40", "update", before={"priority": 2}, priority=1, priorityLabel="Urgent")
    ten, eleven = instant("Mon 10:00").isoformat(), instant("Mon 11:00").isoformat()
    moves("Mon 10:00", done, before={"completedAt": None}, completedAt=ten)
    moves("Mon 10:30", todo, before={"completedAt": ten}, completedAt=None)
    moves("Mon 11:00", done, before={"completedAt": None}, completedAt=eleven)
    return told
