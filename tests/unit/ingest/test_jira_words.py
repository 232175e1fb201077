"""What Jira's statuses, resolutions and priorities mean, in whatever language they are shown: id, name, category."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.made import events, said, source, translated
from tests.unit.ingest.test_jira import BOB, delivery, issue, item, updated

from sla_catalogue.source import Dialect, Source, TicketPhase
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect import Accepted


def desk(**values: Any) -> Source:
    return source(Dialect.JIRA, staff=frozenset({"bob"}), **values)


def status(name: str, id_: str = "", category: str = "", **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "id": id_, **more}
    if category:
        shown["statusCategory"] = {"key": category}
    return {"status": shown}


def moved(before: tuple[str, str], after: tuple[str, str], present: dict[str, Any], **values: Any) -> dict[str, Any]:
    """From and to as (name, id), and the status that the issue shows."""
    change = item("status", before[0], after[0], **{"from": before[1], "to": after[1]})
    return updated(change, fields=present, **values)


def outcome(given: dict[str, Any], by: Source | None = None) -> Any:
    return translated(given, by or desk()).outcome


def noted(found: Any) -> list[str]:
    assert isinstance(found, Accepted)
    return [one.remark.code for event in found.events for one in event.remarks]


OPEN = ("Open", "1")
VERIFIED: dict[str, Any] = {"verified": TicketPhase.RESOLVED}

STATUSES: dict[str, tuple[dict[str, Any], Source, str, list[str]]] = {
    "the changelog speaks the language of whoever acts, the issue another": (
        moved(OPEN, ("已完成", "10105"), status("Verified", "10105", "done")),
        desk(statuses=VERIFIED), "resolved", [],
    ),
    "by the category, which leaves a remark": (
        moved(OPEN, ("已完成", "10105"), status("已完成", "10105", "done")), desk(), "resolved", ["status_by_category"],
    ),
    "by the category's number": (
        moved(OPEN, ("Zakończone", "10105"), status("Zakończone", "10105", statusCategory={"id": 3})),
        desk(), "resolved", ["status_by_category"],
    ),
    "the catalogue's id": (
        moved(OPEN, ("已完成", "10105"), status("已完成", "10105", "done")),
        desk(statuses={"10105": TicketPhase.CLOSED}), "closed", [],
    ),
    "the id is stronger than the name": (
        moved(OPEN, ("Done", "10105"), status("Done", "10105", "done")),
        desk(statuses={"done": TicketPhase.RESOLVED, "10105": TicketPhase.CANCELLED}), "cancelled", [],
    ),
    "the untranslated name": (
        moved(OPEN, ("Завершено", "7"), status("Завершено", "7", "done", untranslatedName="Verified")),
        desk(statuses=VERIFIED), "resolved", [],
    ),
    "the catalogue is stronger than the category": (
        moved(OPEN, ("Shipped", "9"), status("Shipped", "9", "indeterminate")),
        desk(statuses={"shipped": TicketPhase.RESOLVED}), "resolved", [],
    ),
    "a usual name is weaker than the category": (
        moved(("Open", "1"), ("Completed", "9"), status("Completed", "9", "indeterminate")),
        desk(), "updated", ["status_by_category"],
    ),
    "and the other way round": (
        moved(OPEN, ("In Review", "9"), status("In Review", "9", "done")), desk(), "resolved", ["status_by_category"],
    ),
    "a usual name within its category": (
        moved(OPEN, ("Waiting for customer", "9"), status("Waiting for customer", "9", "indeterminate")),
        desk(), "waiting customer", [],
    ),
    "a wait in a language that nobody knows is in progress, and that is said": (
        moved(OPEN, ("Warten auf Kunden", "10104"), status("Warten auf Kunden", "10104", "indeterminate")),
        desk(), "updated", ["status_by_category"],
    ),
    "even where nothing follows from it": (
        moved(("In Progress", "3"), ("In attesa", "9"), status("In attesa", "9", "indeterminate")),
        desk(), "observed", ["status_by_category"],
    ),
    "no category, no table": (
        moved(OPEN, ("Limbo", "9"), status("Limbo", "9")), desk(), "observed", ["unmapped_status"],
    ),
    "no category is a category too": (
        moved(OPEN, ("Limbo", "9"), status("Limbo", "9", "undefined")), desk(), "observed", ["unmapped_status"],
    ),
    "the issue has moved on since": (
        moved(OPEN, ("已完成", "9"), status("重新打开", "4", "new")), desk(), "observed", ["unmapped_status"],
    ),
    "Jira's own closed": (
        moved(OPEN, ("Geschlossen", "6"), status("Geschlossen", "6", "done")), desk(), "closed", [],
    ),
    "nobody knows what the status before was": (
        moved(("Warten auf Kunden", "10104"), ("In Progress", "3"), status("In Progress", "3", "indeterminate")),
        desk(), "reopened; resumed", ["status_before"],
    ),
    "the status before by its id": (
        moved(("Warten auf Kunden", "10104"), ("In Progress", "3"), status("In Progress", "3", "indeterminate")),
        desk(statuses={"10104": TicketPhase.WAITING_CUSTOMER}), "resumed", [],
    ),
    "an end by its name alone may have been none": (
        moved(("Completed", "9"), ("Resolved", "5"), status("Resolved", "5", "done")), desk(), "resolved", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", STATUSES)
def test_a_status(what: str) -> None:
    given, by, expected, remarks = STATUSES[what]
    found = outcome(given, by)
    assert (said(found), noted(found)) == (expected, remarks)


def test_what_was_judged_by_category_names_the_setting() -> None:
    found = outcome(moved(OPEN, ("Warten auf Kunden", "10104"), status("Warten auf Kunden", "10104", "indeterminate")))
    (one,) = found.events[0].remarks
    assert one.detail.startswith("Warten auf Kunden (10104)")
    assert "sources.desk.statuses" in one.detail


@pytest.mark.parametrize(
    ("present", "by", "expected", "remarks"),
    [
        (status("待办", "10001", "new"), desk(), "opened", ["status_by_category"]),
        (status("已完成", "10002", "done"), desk(), "opened; resolved", ["status_by_category"]),
        (status("已完成", "10002"), desk(statuses={"10002": TicketPhase.RESOLVED}), "opened; resolved", []),
        (status("Completed", "10002", "indeterminate"), desk(), "opened", ["status_by_category"]),
        (status("Limbo", "10002"), desk(), "opened", ["unmapped_status"]),
        ({"status": None}, desk(), "opened", []),
    ],
)
def test_an_issue_is_born_by_the_same_rules(
    present: dict[str, Any], by: Source, expected: str, remarks: list[str]
) -> None:
    found = outcome(delivery("jira:issue_created", issue=issue(**present)), by)
    assert (said(found), noted(found)) == (expected, remarks)


# -- resolutions ------------------------------------------------------------------------------------------


def resolved(
    before: tuple[str, str] | None, after: tuple[str, str] | None, *more: dict[str, Any], **fields: Any
) -> Any:
    was, now = before or (None, None), after or (None, None)
    change = item("resolution", was[0], now[0], **{"from": was[1], "to": now[1]})
    shown = {"resolution": {"name": now[0], "id": now[1]} if after else None}
    return updated(change, *more, fields=shown | fields)


DONE, DUPLICATE = ("Done", "10000"), ("Duplicate", "10002")
DECLINED = ("Wird nicht erledigt", "10001")
TO_CLOSED = item("status", "Open", "Closed", **{"from": "1", "to": "6"})
RESOLUTIONS: dict[str, tuple[dict[str, Any], Source, str, list[str]]] = {
    "nobody knows it": (resolved(None, DECLINED), desk(), "resolved", ["unmapped_resolution"]),
    "the catalogue's id": (
        resolved(None, DECLINED), desk(resolutions={"10001": TicketPhase.CANCELLED}), "cancelled", [],
    ),
    "the catalogue's name": (
        resolved(None, DECLINED), desk(resolutions={"wird nicht erledigt": TicketPhase.CANCELLED}), "cancelled", [],
    ),
    "the catalogue against the usual": (
        resolved(None, ("Won't Do", "10001")), desk(resolutions={"won't do": TicketPhase.RESOLVED}), "resolved", [],
    ),
    "with a typographic apostrophe": (resolved(None, ("Won\u2019t Do", "10001")), desk(), "cancelled", []),
    "an old Jira's number in another language": (resolved(None, ("Doublon", "3")), desk(), "cancelled", []),
    "a usual name is stronger than an old number": (resolved(None, ("Fixed", "3")), desk(), "resolved", []),
    "declined by a status that closes": (resolved(None, ("Won't Fix", "2"), TO_CLOSED), desk(), "cancelled", []),
    "done into a duplicate": (resolved(DONE, DUPLICATE), desk(), "reopened; cancelled", []),
    "a duplicate after all done": (resolved(DUPLICATE, DONE), desk(), "reopened; resolved", []),
    "done in other words": (resolved(DONE, ("Fixed", "1")), desk(), "nothing_relevant", []),
    "from one that nobody knows to a declined one": (
        resolved(("Erledigt", "10000"), DUPLICATE), desk(), "reopened; cancelled", [],
    ),
    "cleared": (resolved(DONE, None), desk(), "reopened", []),
    "cleared while the status is still an end": (
        resolved(DONE, None, **status("Done", "10002", "done")), desk(), "nothing_relevant", [],
    ),
    "set while the status goes on": (
        resolved(None, DONE, item("status", "Open", "In Progress")), desk(), "resolved", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RESOLUTIONS)
def test_a_resolution(what: str) -> None:
    given, by, expected, remarks = RESOLUTIONS[what]
    found = outcome(given, by)
    assert (said(found), noted(found) if isinstance(found, Accepted) else []) == (expected, remarks)


def test_an_end_after_a_reopening_of_the_same_change_is_read_behind_it() -> None:
    again, end = events(outcome(resolved(DUPLICATE, DONE)))
    assert (again.kind, end.kind) == (EventKind.REOPENED, EventKind.RESOLVED)
    assert again.order < end.order
    assert "from Duplicate to Done" in end.reason


# -- priorities -------------------------------------------------------------------------------------------

ENGLISH = {"highest": "P1", "high": "P2"}
PRIORITIES: dict[str, tuple[dict[str, Any] | None, dict[str, str], str, list[str]]] = {
    "by id": ({"name": "最高", "id": "10100"}, {"10100": "P1"}, "P1", []),
    "the id is stronger than the name": ({"name": "High", "id": "7"}, {"high": "P2", "7": "P4"}, "P4", []),
    "by the untranslated name": ({"name": "Hoch", "id": "9", "untranslatedName": "High"}, ENGLISH, "P2", []),
    "by Jira's number, which is said": ({"name": "最高", "id": "1"}, ENGLISH, "P1", ["priority_by_number"]),
    "a number of the site's own": ({"name": "最高", "id": "10100"}, ENGLISH, "最高", ["unmapped_priority"]),
    "another English name keeps it": ({"name": "Low", "id": "2"}, ENGLISH, "Low", ["unmapped_priority"]),
    "without a table the plan decides": ({"name": "最高", "id": "1"}, {}, "最高", []),
    "taken away": (None, ENGLISH, "-", []),
}  # fmt: skip


@pytest.mark.parametrize("what", PRIORITIES)
def test_a_priority(what: str) -> None:
    value, table, expected, remarks = PRIORITIES[what]
    id_, name = (value["id"], value["name"]) if value else (None, None)
    changed = updated(item("priority", "x", name, to=id_), fields={"priority": value})
    found = outcome(changed, desk(priorities=table))
    assert (said(found), noted(found)) == (f"priority_changed {expected}", remarks)
    born = outcome(delivery("jira:issue_created", issue=issue(priority=value, status=None)), desk(priorities=table))
    assert events(born)[0].attributes.get("priority", "-") == expected
    assert noted(born) == remarks


def test_a_priority_label_that_is_gone_gives_way_to_the_field() -> None:
    by = desk(priority_labels={"sev1": "P1"}, priorities=ENGLISH)
    assert said(outcome(updated(item("labels", "sev1", "")), by)) == "priority_changed P2"


# -- when it happened -------------------------------------------------------------------------------------


def test_without_a_timestamp_the_issue_says_when() -> None:
    shown = {"updated": "2026-11-20T12:15:00.000+0200"}
    given = updated(item("status", "Open", "Resolved"), fields=shown)
    for missing in ({}, {"timestamp": None}, {"timestamp": ""}):
        body = {name: value for name, value in given.items() if name != "timestamp"} | missing
        (event,) = events(outcome(body))
        assert (event.occurred_at.isoformat(), event.quality) == (
            "2026-11-20T10:15:00+00:00", TimeQuality.OBJECT_UPDATED,
        )  # fmt: skip
    workflow = {"transition": {"from_status": "Open", "to_status": "Resolved"}, "issue": issue(**shown), "user": BOB}
    (event,) = events(outcome(workflow))
    assert (event.kind, event.occurred_at.hour) == (EventKind.RESOLVED, 10)
    (event,) = events(
        outcome({name: value for name, value in given.items() if name != "timestamp"} | {"issue": issue()})
    )
    assert event.quality is TimeQuality.RECEIPT
