"""Linear: what each delivery means, as a table, what a redelivery is, and the story of one issue."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import clock_of
from tests.unit.ingest.made import RECEIVED, events, phases, said, source, translated

from sla_catalogue.source import Dialect, Lookup
from sla_domain.clock import ClockState
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.phase import Phase
from sla_ingest.dialect import DIALECTS, Accepted, Delivery, IngestRemark

RULES = rulebook(plan(row("first_response", "1h"), row("resolution", "8h")), contract(customers=("acme",)))
LINE = source(
    Dialect.LINEAR, customer=Lookup(constant="acme"), statuses=phases(ask_acme="waiting_customer"),
    priorities={"urgent": "P1", "2": "P2"}, labels=phases(on_hold="waiting_vendor"), bots=frozenset({"u-bot"}),
)  # fmt: skip
ANN, BOB, BOT = ({"id": f"u-{name}", "name": name.title(), "type": "user"} for name in ("ann", "bob", "bot"))
TODO = {"id": "s-1", "name": "Todo", "type": "unstarted"}
WORKS = {"id": "s-2", "name": "In Progress", "type": "started"}
ASKS = {"id": "s-3", "name": "Ask Acme", "type": "started"}
DONE = {"id": "s-4", "name": "Done", "type": "completed"}
DROPPED = {"id": "s-5", "name": "Dropped", "type": "canceled"}
HOLD = {"id": "l-1", "name": "on hold"}


def at(time: str) -> str:
    return f"2026-11-20T{time}:00.123Z"


def issue(action: str, *, when: str = "10:00", actor: Any = BOB, before: Any = None, **more: Any) -> dict[str, Any]:
    data = {
        "id": "i-1", "number": 7, "identifier": "SUP-7", "title": "Down", "description": "All of it", "priority": 3,
        "priorityLabel": "Medium", "createdAt": at("09:00"), "updatedAt": at(when), "state": TODO, "labels": [],
        "team": {"id": "t-1", "key": "SUP", "name": "Support"}, "creatorId": "u-ann",
        "assignee": {"name": "Bob"}, **more,
    }  # fmt: skip
    changed = {} if before is None else {"updatedFrom": {"updatedAt": at("09:00"), **before}}
    return {
        "type": "Issue", "action": action, "actor": actor, "createdAt": at(when), "data": data, **changed,
        "url": "https://linear.app/acme/issue/SUP-7", "webhookTimestamp": 1_795_165_200_000,
    }  # fmt: skip


def moved(state: Any, **more: Any) -> dict[str, Any]:
    before = {"stateId": "s-0", **more.pop("before", {})}
    return issue("update", before=before, state=state, **more)


def comment(action: str = "create", *, when: str = "10:00", **more: Any) -> dict[str, Any]:
    data = {"id": "c-1", "issueId": "i-1", "createdAt": at(when), "body": "Hello", "user": BOB, **more}
    return {"type": "Comment", "action": action, "createdAt": at(when), "data": data, "webhookTimestamp": 1}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (issue("create"), "opened"),
        (issue("create", state=ASKS), "opened; waiting customer"),
        (issue("create", labels=[HOLD]), "opened; waiting vendor"),
        (moved(WORKS), "reopened; resumed"),
        (moved(ASKS), "reopened; waiting customer"),
        (moved(DONE), "resolved"),
        (moved(DROPPED), "cancelled"),
        (moved(TODO, before={"completedAt": at("09:30")}), "reopened"),
        (moved({**TODO, "name": "Waiting for customer", "type": "started"}), "reopened; waiting customer"),
        (moved({"id": "s-9"}), "nothing_relevant"),
        (issue("update", before={"priority": 3}, priority=1, priorityLabel="Urgent"), "priority_changed P1"),
        (issue("update", before={"priority": 3}, priority=2, priorityLabel="High"), "priority_changed P2"),
        (issue("update", before={"priority": 3}, priority=0, priorityLabel="No priority"), "priority_changed -"),
        (issue("update", before={"priority": 1}, priority=4, priorityLabel="Low"), "priority_changed Low"),
        (issue("update", before={"assigneeId": None}), "assigned Bob"),
        (issue("update", before={"assigneeId": "u-bob"}, assignee=None), "assigned -"),
        (issue("update", before={"title": "Up"}), "described Down"),
        (issue("update", before={"labelIds": []}, labels=[HOLD]), "waiting vendor"),
        (issue("update", before={"sortOrder": 3}), "nothing_relevant"),
        (issue("remove"), "cancelled"),
        (issue("archive"), "unknown_action"),
        (issue("create", id=None), "422 /data/id"),
        (comment(), "responded"),
        (comment(user=BOT), "bot_comment"),
        (comment(botActor={"name": "Slack"}), "bot_comment"),
        (comment(externalUser={"id": "x-1", "name": "Eve"}), "customer_replied"),
        (comment("update"), "comment_changed"),
        (comment("remove"), "comment_changed"),
        (comment("odd"), "unknown_action"),
        (comment(issueId=None, projectUpdateId="p"), "unrelated"),
        ({"type": "Project", "action": "update", "data": {}}, "unrelated"),
        ({"type": "IssueSLA", "action": "breached", "issueData": {}}, "unrelated"),
        ({"type": "Novelty", "action": "create"}, "unknown_type"),
        ({"type": "Issue"}, "422 /action"),
        ({}, "422 /type"),
        ({"action": "opened", "issue": {"id": 1}}, "422 /type"),
    ],
)
def test_what_a_delivery_of_linear_means(body: Any, says: str) -> None:
    assert said(translated(body, LINE).outcome) == says


def test_the_opening_has_what_the_issue_states() -> None:
    (event,) = events(translated(issue("create"), LINE).outcome)
    assert str(event.occurred_at) == "2026-11-20 09:00:00.123000+00:00"
    assert event.attributes == {
        "title": "Down", "description": "All of it", "key": "SUP-7", "url": "https://linear.app/acme/issue/SUP-7",
        "reporter_id": "u-ann", "status": "Todo", "assignee": "Bob", "priority": "Medium", "customer": "acme",
        "product": "Support",
    }  # fmt: skip


def test_a_comment_is_the_reporter_s_if_the_account_turns_out_to_be_theirs() -> None:
    for body, account in ((comment(), "u-bob"), (comment(externalUser={"id": "x"}), "")):
        (one,) = translated(body, LINE).outcome.events  # type: ignore[union-attr]
        assert one.unless_reporter == account


def test_a_signed_redelivery_differs_only_in_the_time_of_the_attempt_and_is_the_same() -> None:
    again = {**issue("create"), "webhookTimestamp": 1_795_165_260_000}
    first, second = (
        DIALECTS[Dialect.LINEAR].by_body(Delivery(body=orjson.dumps(body), headers={}, received_at=RECEIVED))
        for body in (issue("create"), again)
    )
    assert first == second
    assert b"webhookTimestamp" not in first.body
    for body in (b"[1]", b"{", b"", b'{"type":"Issue"}'):
        delivery = Delivery(body=body, headers={}, received_at=RECEIVED)
        assert DIALECTS[Dialect.LINEAR].by_body(delivery) == delivery


def _told(*bodies: Any) -> list[IncidentEvent]:
    return [event for body in bodies for event in events(translated(body, LINE).outcome)]


STORY = [
    issue("create", when="09:00"),
    comment(when="09:20"),
    moved(ASKS, when="09:30"),
    moved(WORKS, when="10:30"),
    moved(DONE, when="11:00", completedAt=at("11:00")),
]


def test_the_story_of_an_issue_ends_resolved_with_the_wait_taken_out() -> None:
    incident = fold(_told(*STORY), RULES)
    assert (incident.phase, clock_of(incident, "first_response").state) == (Phase.RESOLVED, ClockState.MET)
    assert round(clock_of(incident, "resolution").consumed.total_seconds()) == 3600


@pytest.mark.parametrize("lost", range(5))
def test_whichever_delivery_is_lost_the_last_one_tells_where_the_issue_stands(lost: int) -> None:
    last = issue("update", when="11:30", before={"title": "Up"}, state=DONE, completedAt=at("11:00"))
    incident = fold(_told(*(body for n, body in enumerate(STORY) if n != lost), last), RULES)
    assert (incident.phase, str(incident.opened_at)[:19]) == (Phase.RESOLVED, "2026-11-20 09:00:00")


@pytest.mark.parametrize(
    ("state", "remarked"),
    [(WORKS, False), (ASKS, False), (DONE, False), (DROPPED, True),
     ({"id": "s-9", "name": "Warten auf Teile", "type": "started"}, True),
     ({"id": "s-9", "name": "Waiting for customer", "type": "started"}, False)],
)  # fmt: skip
def test_a_state_that_its_type_alone_explains_is_remarked(state: Any, remarked: bool) -> None:
    for body in (issue("create", state=state, priority=2), moved(state, before={"stateId": "s-1"}, priority=2)):
        outcome = translated(body, LINE).outcome
        assert isinstance(outcome, Accepted)
        noted = [
            note for one in outcome.events for note in one.remarks if note.remark is IngestRemark.STATUS_BY_CATEGORY
        ]
        assert bool(noted) is remarked, body["action"]
        assert all("sources.desk.statuses" in str(note) for note in noted)
