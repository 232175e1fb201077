"""Redmine: payload → outcome, in the shapes that Redmine 7 sends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.desk_bodies import redmine
from tests.unit.ingest.made import events, said, source, translated

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, EventKind, TimeQuality, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, IngestRemark

REDMINE = source(
    Dialect.REDMINE, priorities={"high": "P2", "4": "P1"}, customer=Lookup(field="fields.Customer"),
    statuses={
        "1": TicketPhase.OPEN, "2": TicketPhase.IN_PROGRESS, "3": TicketPhase.RESOLVED, "5": TicketPhase.CLOSED,
        "feedback": TicketPhase.WAITING_CUSTOMER, "4": TicketPhase.WAITING_CUSTOMER,
    },
    staff=frozenset({"7"}), bots=frozenset({"9"}),
)  # fmt: skip
CAT = {"id": 7, "name": "Cat"}


def r(*changes: tuple[str, Any, Any], by: Any = redmine.BOB, notes: str = "", kind: str = "attr", **now: Any) -> Any:
    return redmine.body("updated", "Mon 10:00", redmine.journal(*changes, by=by, notes=notes, kind=kind), **now)


CASES: dict[str, tuple[Any, str]] = {
    "created": (redmine.body("created"), "opened"),
    "created as feedback": (redmine.body("created", status=4), "opened; waiting customer"),
    "taken up": (r(("status_id", 1, 2), status=2), "updated"),
    "for feedback": (r(("status_id", 2, 4), status=4), "waiting customer"),
    "back": (r(("status_id", 4, 2), status=2), "resumed"),
    "back from a number nobody names": (r(("status_id", 8, 2), status=2), "reopened; resumed"),
    "resolved": (r(("status_id", 2, 3), status=3), "resolved"),
    "closed": (r(("status_id", 3, 5), status=5), "closed"),
    "reopened": (r(("status_id", 5, 2), status=2), "reopened"),
    "rejected": (r(("status_id", 1, 6), status=6), "cancelled"),
    "closed by a status nobody names": (r(("status_id", 2, 7), status=7), "closed"),
    "open in a status nobody names": (r(("status_id", 1, 8), status=8), "observed"),
    "raised": (r(("priority_id", 3, 4), priority=4), "priority_changed P1"),
    "assigned": (r(("assigned_to_id", None, 2), assigned_to=redmine.BOB), "assigned Bob"),
    "given back": (r(("assigned_to_id", 2, None)), "assigned -"),
    "renamed": (r(("subject", "?", "Down")), "described Down"),
    "a custom field": (r(("3", "Bolt", "Acme"), kind="cf"), "reclassified Acme Shop Bug"),
    "another project": (r(("project_id", 9, 1)), "reclassified Acme Shop Bug"),
    "a date": (r(("due_date", None, "2026-12-01")), "nothing_relevant"),
    "a file": (r(("12", None, "log.txt"), kind="attachment"), "nothing_relevant"),
    "the author's note": (r(by=redmine.ANN, notes="Hello"), "customer_replied"),
    "a note of the staff": (r(by=CAT, notes="Hello"), "responded"),
    "a note of whom it is assigned to": (r(notes="Hello", assigned_to=redmine.BOB), "responded"),
    "a note of nobody known": (r(notes="Hello"), "commented"),
    "a note of a bot": (r(by={"id": 9, "name": "CI"}, notes="Built"), "bot_comment"),
    "a note and an end": (r(("status_id", 2, 3), by=CAT, notes="Done", status=3), "resolved; responded"),
    "an end by a bot": (r(("status_id", 2, 3), by={"id": 9}, notes="Done", status=3), "resolved"),
    "nobody tells what": (redmine.body("updated", "Mon 10:00"), "nothing_relevant"),
    "deleted": (redmine.body("deleted"), "cancelled"),
    "something new": (redmine.body("sublimated"), "unknown_type"),
    "a page": ({"type": "wiki_page.created", "data": {"wiki_page": {}}}, "unrelated"),
    "work": ({"type": "time_entry.created", "data": {"time_entry": {"hours": 2.5}}}, "unrelated"),
    "a plugin's": ({"type": "invoice.created", "data": {}}, "unknown_type"),
    "no id": (redmine.body("created", id=None), "422 /data/issue/id"),
    "another body": ({"issue": {}}, "422 /type"),
}


@pytest.mark.parametrize("what", CASES)
def test_redmine(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, REDMINE).outcome) == expected


def test_the_whole_issue_is_shown_and_its_end_while_it_is_closed() -> None:
    (one,) = events(translated(r(("status_id", 3, 5), status=5), REDMINE).outcome)
    shown = one.snapshot
    assert shown is not None
    assert (shown.phase, shown.ended_at, one.quality) == (Phase.CLOSED, one.occurred_at, TimeQuality.EXACT)
    assert shown.attributes["customer"] == "Acme"
    again = r(("status_id", 5, 3), status=3, closed_on=redmine.time("Mon 09:30"))
    (again_,) = events(translated(again, REDMINE).outcome)  # from closed to resolved is book-keeping
    assert again_.kind is EventKind.OBSERVED
    assert again_.snapshot is not None
    assert again_.snapshot.ended_at is None


def test_changes_of_one_second_are_ordered_by_the_journals_number() -> None:
    first, second = (
        events(translated(redmine.body("updated", "Mon 10:00", redmine.journal(one, number=n)), REDMINE).outcome)[0]
        for n, one in enumerate([("subject", "?", "Down"), ("assigned_to_id", 2, None)], 90)
    )
    assert first.occurred_at == second.occurred_at
    assert (first.version, second.version) == (90, 91)


def test_a_status_before_that_nobody_names_is_remarked_with_the_setting() -> None:
    outcome = translated(r(("status_id", 8, 2), status=2), REDMINE).outcome
    assert isinstance(outcome, Accepted)
    (note,) = [one for one in outcome.events[0].remarks if one.remark is IngestRemark.STATUS_BEFORE]
    assert "number 8; say it under sources.desk.statuses" in str(note)


def test_whoever_the_issue_is_assigned_to_is_taken_for_staff_with_a_remark() -> None:
    outcome = translated(r(notes="Hello", assigned_to=redmine.BOB), REDMINE).outcome
    assert isinstance(outcome, Accepted)
    (one,) = outcome.events
    assert (one.event.actor, one.event.actor_name) == (Actor.STAFF, "Bob")
    assert [note.remark for note in one.remarks] == [IngestRemark.STAFF_ASSUMED]


def test_feedback_waits_for_nobody_named_until_the_catalogue_says_for_whom() -> None:
    bare = source(Dialect.REDMINE)
    (opened, waiting) = events(translated(redmine.body("created", status=4), bare).outcome)
    assert (opened.snapshot, waiting.waiting_on) == (None, WaitingOn.OTHER)
