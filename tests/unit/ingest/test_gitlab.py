"""GitLab: what each action means, as a table, whose words notes are, and the story of one issue."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import clock_of
from tests.unit.ingest.made import events, phases, said, source, translated

from sla_catalogue.source import Dialect, Lookup
from sla_domain.clock import ClockState
from sla_domain.event import EventId, IncidentEvent, IncidentId
from sla_domain.fold import fold
from sla_domain.fold.carried import COPIED, copy_for_survivor
from sla_domain.phase import Phase

RULES = rulebook(plan(row("first_response", "1h"), row("resolution", "8h")), contract(customers=("acme",)))
LAB = source(
    Dialect.GITLAB, customer=Lookup(constant="acme"), labels=phases(needs_info="waiting_customer", wont_do="cancelled"),
    priority_labels={"sev1": "P1"}, priorities={"high": "P2"}, staff=frozenset({"bob"}),
)  # fmt: skip
ANN, BOB, EVE = ({"id": n, "username": name, "name": name.title()} for n, name in ((1, "ann"), (2, "bob"), (3, "eve")))
LABEL = {
    "sev1": {"id": 1, "title": "sev1"},
    "needs info": {"id": 2, "title": "needs info"},
    "wont do": {"title": "wont do"},
}


def issue(action: str, *, at: str = "10:00", user: Any = BOB, changes: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "object_kind": "issue", "event_type": "issue", "user": user, "changes": changes or {},
        "project": {"id": 5, "name": "shop", "namespace": "Acme", "path_with_namespace": "acme/shop"},
        "assignees": [BOB],
        "object_attributes": {
            "id": 301, "iid": 23, "title": "Down", "description": "All of it", "author_id": 1, "assignee_ids": [2],
            "created_at": "2026-11-20 09:00:00 UTC", "updated_at": f"2026-11-20 {at}:00 UTC", "closed_at": None,
            "url": "https://gitlab.example/acme/shop/-/issues/23", "state": "opened", "action": action, "labels": [],
            "severity": "unknown", "type": "Incident", **more,
        },
    }  # fmt: skip


def labels(before: list[str], after: list[str], **more: Any) -> dict[str, Any]:
    was, now = ([LABEL[name] for name in names] for names in (before, after))
    return issue("update", changes={"labels": {"previous": was, "current": now}}, labels=now, **more)


def note(user: Any, *, at: str = "10:00", of: Any = None, **more: Any) -> dict[str, Any]:
    said_ = {
        "id": 9, "note": "Hello", "noteable_type": "Issue", "noteable_id": 301, "system": False, "internal": False,
        "created_at": f"2026-11-20 {at}:00 UTC", "updated_at": f"2026-11-20 {at}:00 UTC", "action": "create", **more,
    }  # fmt: skip
    whole = {**issue("x")["object_attributes"], "action": None, "updated_at": f"2026-11-20 {at}:00 UTC"}
    project = issue("x")["project"]
    return {
        "object_kind": "note", "user": user, "project": project, "object_attributes": said_,
        "issue": whole if of is None else of,
    }  # fmt: skip


CHANGED = {"previous": "a", "current": "b"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (issue("open"), "opened"),
        (issue("open", labels=[LABEL["needs info"]]), "opened; waiting customer"),
        ({**issue("open"), "object_kind": "work_item"}, "opened"),
        (issue("close", state="closed"), "resolved"),
        (issue("close", state="closed", duplicated_to_id=7), "merged desk:7"),
        (issue("close", state="closed", duplicated_to_id=301), "cancelled"),
        (issue("close", state="closed", labels=[LABEL["wont do"]]), "cancelled"),
        (issue("close", state="closed", moved_to_id=302), "renamed desk:301 as desk:302"),
        (issue("reopen"), "reopened"),
        (issue("update", changes={"title": {"previous": "Up", "current": "Down"}}), "described Down"),
        (issue("update", changes={"assignees": {"previous": [], "current": [BOB]}}), "assigned bob"),
        (issue("update", changes={"severity": CHANGED}, severity="high"), "priority_changed P2"),
        (issue("update", changes={"severity": CHANGED}), "priority_changed -"),
        (issue("update", changes={"type": CHANGED}), "reclassified Incident"),
        (issue("update", changes={"escalation_status": {"current": "acknowledged"}}), "responded"),
        (issue("update", changes={"escalation_status": {"current": "resolved"}}), "nothing_relevant"),
        (issue("update", changes={"weight": CHANGED}), "nothing_relevant"),
        (labels([], ["sev1"]), "priority_changed P1"),
        (labels(["sev1"], []), "priority_changed -"),
        (labels([], ["needs info"]), "waiting customer"),
        (labels(["needs info"], []), "resumed"),
        (labels(["needs info"], [], state="closed"), "nothing_relevant"),
        (issue("merge"), "unknown_action"),
        (issue(""), "ping"),
        (note(BOB), "responded"),
        (note(ANN), "customer_replied"),
        (note(EVE), "commented"),
        (note({"id": 44, "username": "support-bot"}), "customer_replied"),
        (note({"id": 45, "username": "project_5_bot_1a2b"}), "bot_comment"),
        (note(BOB, noteable_type="WorkItem"), "responded"),
        (note(BOB, internal=True), "internal_comment"),
        (note(BOB, system=True), "nothing_relevant"),
        (note(BOB, action="update"), "comment_changed"),
        (note(BOB, action=None, updated_at="2026-11-20 11:00:00 UTC"), "comment_changed"),
        (note(BOB, action=None), "responded"),
        (note(BOB, noteable_type="MergeRequest"), "unrelated"),
        (note(BOB, noteable_id=None, of={}), "422 /object_attributes/noteable_id"),
        (issue("open", id=None), "422 /object_attributes/id"),
        ({"object_kind": "push"}, "unrelated"),
        ({"object_kind": "novelty"}, "unknown_type"),
        ({}, "422 /object_kind"),
        ({"action": "opened", "issue": {"id": 1}}, "422 /object_kind"),
    ],
)
def test_what_a_delivery_of_gitlab_means(body: Any, says: str) -> None:
    assert said(translated(body, LAB).outcome) == says


def test_whom_the_issue_is_assigned_to_is_taken_for_staff_with_a_remark() -> None:
    bare = source(Dialect.GITLAB)
    outcome = translated(note(BOB), bare).outcome
    assert said(outcome) == "responded"
    assert [one.remark.code for one in outcome.events[0].remarks] == ["staff_assumed"]  # type: ignore[union-attr]
    assert said(translated(note(BOB), source(Dialect.GITLAB, staff=frozenset({"eve"}), only_staff=True)).outcome) == (
        "commented"
    )


def test_a_redelivery_is_the_same_and_a_signed_id_names_it() -> None:
    assert translated(issue("open"), LAB).delivery == translated(issue("open"), LAB).delivery
    assert translated(issue("open"), LAB, webhook_id="msg_1").delivery == "msg_1"


def _told(*bodies: Any) -> list[IncidentEvent]:
    return [event for body in bodies for event in events(translated(body, LAB).outcome)]


STORY = [
    issue("open", at="09:00", user=ANN),
    note(BOB, at="09:20"),
    labels([], ["needs info"], at="09:30"),
    note(ANN, at="10:30", of={**issue("x")["object_attributes"], "labels": [LABEL["needs info"]], "action": None}),
    issue("close", at="11:00", state="closed", closed_at="2026-11-20 11:00:00 UTC"),
]


def test_the_story_of_an_issue_ends_resolved_with_the_wait_taken_out() -> None:
    incident = fold(_told(*STORY), RULES)
    assert incident.phase is Phase.RESOLVED
    assert clock_of(incident, "first_response").state is ClockState.MET
    assert clock_of(incident, "resolution").consumed.total_seconds() == 3600


@pytest.mark.parametrize("lost", range(5))
def test_whichever_delivery_is_lost_the_last_one_tells_where_the_issue_stands(lost: int) -> None:
    last = note(BOB, at="11:30", of={**STORY[-1]["object_attributes"], "action": None})
    incident = fold(_told(*(body for n, body in enumerate(STORY) if n != lost), last), RULES)
    assert (incident.phase, str(incident.opened_at)) == (Phase.RESOLVED, "2026-11-20 09:00:00+00:00")


def test_what_was_asked_on_a_duplicate_is_waited_for_on_the_issue_that_goes_on() -> None:
    """A customer's word on an issue that is then closed as a duplicate is due on the other one."""
    asked, merged = note(ANN, at="09:40"), issue("close", at="10:00", state="closed", duplicated_to_id=7)
    other = {**STORY[0], "object_attributes": {**STORY[0]["object_attributes"], "id": 7}}
    carried = [copy_for_survivor(event, IncidentId("desk:7"), EventId(f"c-{n}"))
               for n, event in enumerate(_told(STORY[0], asked, merged)) if event.kind in COPIED]  # fmt: skip
    answered = note(BOB, at="09:30", of={**other["object_attributes"], "action": None})
    answered["object_attributes"]["noteable_id"] = 7
    rules = rulebook(plan(row("next_response", "1h"), row("resolution", "8h")), contract(customers=("acme",)))
    incident = fold([*_told(other, answered), *carried], rules)
    running = {clock.metric for clock in incident.clocks if clock.state is ClockState.RUNNING}
    assert running == {"next_response", "resolution"}


def test_a_moved_issue_stays_one_incident() -> None:
    moved = issue("close", at="10:00", state="closed", moved_to_id=302)
    (event,) = _told(moved)
    assert (event.incident, event.known_as) == ("desk:301", "desk:302")
    assert event.snapshot is not None
    assert event.snapshot.phase is None
