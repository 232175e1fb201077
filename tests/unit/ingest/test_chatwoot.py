"""Chatwoot: payload → outcome, in the shapes that Chatwoot documents and its source writes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.story import instant
from tests.unit.ingest.desk_bodies import chatwoot
from tests.unit.ingest.made import events, said, source, translated

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, EventKind, TimeQuality, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Ignored, IngestRemark

CHATWOOT = source(
    Dialect.CHATWOOT, priorities={"urgent": "P1", "high": "P2"}, bots=frozenset({"flow@desk.example"}),
    statuses={"snoozed": TicketPhase.WAITING_CUSTOMER},
    attributes={"tier": Lookup(field="conversation.custom_attributes.tier")},
)  # fmt: skip
FLOW = {"id": 2, "name": "Flow", "email": "flow@desk.example", "type": "user"}


def c(event: str, *changes: tuple[str, Any, Any], **values: Any) -> Any:
    return chatwoot.body(event, "Mon 10:00", *changes, **values)


def m(by: Any, **values: Any) -> Any:
    return chatwoot.message("Mon 10:00", by, **values)


CSAT = {"submitted_values": {"csat_survey_response": {"rating": 4, "feedback_message": ""}}}
CASES: dict[str, tuple[Any, str]] = {
    "created": (c("created"), "opened"),
    "created while a bot has it": (c("created", status="pending"), "opened"),
    "created as snoozed": (chatwoot.body("created", status="snoozed"), "opened; waiting customer"),
    "created, and snoozed since": (c("created", status="snoozed"), "opened"),
    "snoozed": (c("status_changed", ("status", "open", "snoozed"), status="snoozed"), "waiting customer"),
    "woken": (c("status_changed", ("status", "snoozed", "open")), "resumed"),
    "resolved": (c("status_changed", ("status", "open", "resolved"), status="resolved"), "resolved"),
    "resolved, then sent late": (c("status_changed", ("status", "open", "resolved"), status="open"), "resolved"),
    "reopened": (c("status_changed", ("status", "resolved", "open")), "reopened"),
    "handed over by a bot": (c("status_changed", ("status", "pending", "open")), "observed"),
    "reopened, of an old version": (c("opened"), "reopened; resumed"),
    "resolved, of an old version": (c("resolved", status="resolved"), "resolved"),
    "nothing says what before": (c("status_changed", status="snoozed"), "reopened; waiting customer"),
    "raised": (c("updated", ("priority", "high", "urgent"), priority="urgent"), "priority_changed P1"),
    "no priority any more": (c("updated", ("priority", "high", None)), "priority_changed -"),
    "assigned": (c("updated", ("assignee_id", None, 1), meta=chatwoot.held_by("Bob")), "assigned Bob"),
    "given back": (c("updated", ("assignee_id", 1, None)), "assigned -"),
    "another tier": (
        c("updated", ("custom_attributes", {}, {"tier": "gold"}), custom_attributes={"tier": "gold"}),
        "reclassified Acme gold",
    ),
    "a label": (c("updated", ("label_list", [], ["vip"])), "nothing_relevant"),
    "a changed status beside its own delivery": (
        c("updated", ("status", "open", "resolved"), status="resolved"), "nothing_relevant",
    ),
    "an answer": (m(chatwoot.BOB), "responded"),
    "a question": (m(chatwoot.ANN), "customer_replied"),
    "the first message": (chatwoot.message("Mon 09:00", chatwoot.ANN), "opened"),
    "a note": (m(chatwoot.BOB, private=True), "internal_comment"),
    "a bot": (m(chatwoot.BOT), "bot_comment"),
    "an automation": (m(None), "bot_comment"),
    "an account of a machine": (m(FLOW), "bot_comment"),
    "a greeting": (m(None, message_type="template"), "bot_comment"),
    "an activity": (m(None, message_type="activity"), "bot_comment"),
    "kinds by number": (m(chatwoot.BOB, message_type=1), "responded"),
    "a kind that nobody knows": (m(chatwoot.BOB, message_type="moon"), "bot_comment"),
    "edited words": (m(chatwoot.BOB, event="updated"), "comment_changed"),
    "a rating": (m(None, event="updated", content_type="input_csat", content_attributes=CSAT), "rated"),
    "a contact of an old version": (
        m(None, message_type="incoming") | {"contact": {"id": 12, "name": "Ann"}}, "customer_replied",
    ),
    "a rule of the account": (c("created") | {"event": "automation_event.conversation_created"}, "nothing_relevant"),
    "typing": ({"event": "conversation_typing_on", "conversation": {}}, "unrelated"),
    "a contact": ({"event": "contact_updated", "id": 2}, "unrelated"),
    "something new": (c("sublimated"), "unknown_type"),
    "no conversation": (m(chatwoot.BOB, conversation={}), "422 /conversation/id"),
    "no id": (c("created", id=None), "422 /id"),
    "another body": ({"id": 1, "status": "open"}, "422 /event"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_chatwoot(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, CHATWOOT).outcome) == expected


def test_the_time_is_that_of_the_change_else_of_the_conversation_else_of_sending() -> None:
    change = ("status", "open", "resolved")
    told = c("status_changed", change, ("updated_at", None, "2026-11-16T08:59:00.123Z"), status="resolved")
    sent = str(chatwoot.seconds("Mon 10:02"))
    own = c("status_changed", change, status="resolved")
    bare = {name: value for name, value in own.items() if name != "updated_at"}

    def of(body: Any, **headers: str) -> tuple[Any, TimeQuality]:
        (one,) = events(translated(body, CHATWOOT, **headers).outcome)
        return one.occurred_at, one.quality

    assert of(told)[0].isoformat() == "2026-11-16T08:59:00.123000+00:00"
    assert of(own) == (instant("Mon 10:00"), TimeQuality.EXACT)
    assert of(bare, x_chatwoot_timestamp=sent) == (instant("Mon 10:02"), TimeQuality.OBJECT_UPDATED)
    assert of(bare) == (instant("Mon 09:00"), TimeQuality.OBJECT_UPDATED)


def test_the_delivery_that_tells_the_end_dates_it_and_a_message_does_not() -> None:
    (one,) = events(translated(c("resolved", status="resolved"), CHATWOOT).outcome)
    assert one.snapshot is not None
    assert (one.snapshot.phase, one.snapshot.ended_at) == (Phase.RESOLVED, instant("Mon 10:00"))
    stands = {"status": "resolved"}
    (said_,) = events(translated(chatwoot.message("Mon 10:00", chatwoot.BOB, stands), CHATWOOT).outcome)
    assert said_.snapshot is not None
    assert (said_.snapshot.phase, said_.snapshot.ended_at) == (Phase.RESOLVED, None)


def test_what_the_conversation_shows() -> None:
    (one,) = events(translated(c("created", priority="high", status="snoozed"), CHATWOOT).outcome)[-1:]
    assert one.snapshot is not None
    shown = one.snapshot
    assert (shown.phase, shown.waiting_on) == (Phase.WAITING, WaitingOn.CUSTOMER)
    expected = {"customer": "Acme", "priority": "P2", "reporter": "Ann", "reporter_id": "12"}
    assert expected.items() <= shown.attributes.items()


def test_the_first_message_describes_the_conversation_that_it_made() -> None:
    (one,) = events(translated(chatwoot.message("Mon 09:00", chatwoot.ANN), CHATWOOT).outcome)
    assert (one.kind, one.actor, one.attributes["description"]) == (EventKind.OPENED, Actor.CUSTOMER, "Words")
    assert one.occurred_at == instant("Mon 09:00")


def test_a_contact_is_not_mistaken_for_the_member_of_staff_with_the_same_number() -> None:
    named = source(Dialect.CHATWOOT, staff=frozenset({"user:12"}))
    assert said(translated(m(chatwoot.ANN), named).outcome) == "customer_replied"


def test_a_status_that_no_table_has_is_remarked() -> None:
    outcome = translated(c("status_changed", ("status", "open", "parked"), status="parked"), CHATWOOT).outcome
    assert isinstance(outcome, Accepted)
    assert [note.remark for note in outcome.events[0].remarks] == [IngestRemark.UNMAPPED_STATUS]


def test_a_changed_status_is_shown_by_the_other_delivery_too() -> None:
    outcome = translated(c("updated", ("status", "open", "resolved"), status="resolved"), CHATWOOT).outcome
    assert isinstance(outcome, Ignored)
    assert outcome.observed is not None
    assert outcome.observed.event.snapshot is not None
    assert outcome.observed.event.snapshot.phase is Phase.RESOLVED
