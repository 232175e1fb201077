"""Freshdesk, Intercom, ServiceNow and Zendesk: payload → outcome, real ones where they are at hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.shared_data import SHARED, needs_shared
from tests.translated import translate
from tests.unit.ingest.desk_bodies import freshdesk, intercom, servicenow, zendesk
from tests.unit.ingest.made import RECEIVED, events, said, source, translated

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Delivery, Ignored, IngestRemark

FRESHDESK = source(
    Dialect.FRESHDESK, statuses={"8": TicketPhase.WAITING_VENDOR}, priorities={"high": "P2", "urgent": "P1"},
    staff=frozenset({"bob"}),
)  # fmt: skip
INTERCOM = source(Dialect.INTERCOM, priorities={"priority": "P1"}, bots=frozenset({"77"}))
ZENDESK = source(
    Dialect.ZENDESK, statuses={"42": TicketPhase.WORKAROUND}, priorities={"high": "P2", "urgent": "P1"},
    customer=Lookup(field="detail.organization_id", values={"9": "Acme"}),
)  # fmt: skip
WAITS = {"ticket_status": "Waiting on Customer"}
ZENDESK_WORDS = zendesk.comment


REAL = {
    "freshdesk/inline_images": "opened",
    "freshdesk/ticket_created": "opened; waiting other",
    "freshdesk/private_note": "internal_comment",
    "freshdesk/status_changed": "reopened; waiting customer",
    "freshdesk-2020-malformed/status_changed": "400 ",
    "intercom/company_created": "unrelated",
    "intercom/contact_created": "unrelated",
    "intercom/contact_tag_created": "unrelated",
    "intercom/conversation_admin_assigned": "assigned Tim Abbott",
    "intercom/conversation_admin_noted": "internal_comment",
    "intercom/conversation_admin_replied": "responded",
    "intercom/conversation_admin_snoozed": "waiting other",
    "intercom/conversation_part_tag_created": "nothing_relevant",
    "intercom/conversation_user_replied": "customer_replied",
    "intercom/ping": "ping",
    "intercom/user_deleted": "unrelated",
    "intercom/user_tag_created": "unrelated",
    "intercom/user_unsubscribed": "unrelated",
}


@needs_shared
@pytest.mark.parametrize("name", REAL)
def test_a_real_body(name: str) -> None:
    dialect = Dialect.INTERCOM if name.startswith("intercom") else Dialect.FRESHDESK
    body = (SHARED / "data" / "webhooks" / f"{name}.json").read_bytes()
    assert said(translated(body, source(dialect)).outcome) == REAL[name]


@needs_shared
@pytest.mark.parametrize("folder", ["freshdesk", "freshdesk-2020-malformed", "intercom"])
def test_every_real_body_has_its_row(folder: str) -> None:
    found = {f"{folder}/{path.stem}" for path in (SHARED / "data" / "webhooks" / folder).glob("*.json")}
    assert found == {name for name in REAL if name.startswith(f"{folder}/")}


FRESHDESKS: dict[str, tuple[Any, str]] = {
    "created": (freshdesk.body("{ticket_action:created}"), "opened"),
    "created as waiting": (freshdesk.body("{ticket_action:created}", **WAITS), "opened; waiting customer"),
    "created with spaces": (freshdesk.body(" {ticket_action: created} "), "opened"),
    "updated": (freshdesk.body("{ticket_action:update}"), "nothing_relevant"),
    "deleted": (freshdesk.body("{ticket_action:deleted}"), "cancelled"),
    "to waiting": (freshdesk.body("{status:{from:2,to:6}}", **WAITS), "waiting customer"),
    "back": (freshdesk.body("{status:{from:6,to:2}}"), "reopened; resumed"),
    "pending and back": (freshdesk.body("{status:{from:3,to:2}}"), "resumed"),
    "to a status of the account": (freshdesk.body("{status:{from:2,to:8}}", ticket_status="Courier"), "waiting vendor"),
    "to a status nobody knows": (freshdesk.body("{status:{from:2,to:9}}", ticket_status="Moon"), "observed"),
    "resolved": (freshdesk.body("{status:{from:2,to:4}}", ticket_status="Resolved"), "resolved"),
    "resolved to closed": (freshdesk.body("{status:{from:4,to:5}}", ticket_status="Closed"), "closed"),
    "reopened": (freshdesk.body("{status:{from:5,to:2}}"), "reopened"),
    "raised": (freshdesk.body("{priority:{from:3,to:4}}"), "priority_changed P1"),
    "assigned": (freshdesk.body("{responder_id:{from:,to:7}}", ticket_agent_name="Bob"), "assigned Bob"),
    "typed": (freshdesk.body("{ticket_type:{from:Incident,to:Question}}"), "reclassified Question"),
    "a private note": (freshdesk.body("{note_type:private}"), "internal_comment"),
    "a public note": (freshdesk.body("{note_type:public}"), "responded"),
    "the requester's": (freshdesk.body("{reply_sent:sent}", performed_by="requester"), "customer_replied"),
    "nobody says whose": (freshdesk.body("{reply_sent:sent}", performed_by=""), "commented"),
    "the system's": (freshdesk.body("{reply_sent:sent}", performed_by="system"), "bot_comment"),
    "a tag": (freshdesk.body("{tag_names:{from:,to:vip}}"), "nothing_relevant"),
    "something new": (freshdesk.body("{moon:full}"), "unknown_type"),
    "another notation": (freshdesk.body("status changed"), "unknown_type"),
    "no id": (freshdesk.body("{ticket_action:created}", ticket_id=""), "422 /freshdesk_webhook/ticket_id"),
    "another body": ({"ticket": {}}, "422 /freshdesk_webhook"),
}


@pytest.mark.parametrize("what", FRESHDESKS)
def test_freshdesk(what: str) -> None:
    given, expected = FRESHDESKS[what]
    assert said(translated(given, FRESHDESK).outcome) == expected


INTERCOMS: dict[str, tuple[Any, str]] = {
    "asked": (intercom.body("conversation.user.created", by=intercom.ANN), "opened"),
    "answered": (intercom.body("conversation.admin.replied"), "responded"),
    "answered by a bot": (intercom.body("conversation.operator.replied", by=intercom.BOT), "bot_comment"),
    "answered by an app": (intercom.body("conversation.admin.replied", by=intercom.BOT | {"id": "77"}), "bot_comment"),
    "asked again": (intercom.body("conversation.user.replied", by=intercom.ANN), "customer_replied"),
    "a note": (intercom.body("conversation.admin.noted"), "internal_comment"),
    "assigned": (intercom.body("conversation.admin.open.assigned", assignee=intercom.BOB), "assigned Bob"),
    "given back": (intercom.body("conversation.admin.assigned"), "assigned -"),
    "snoozed": (intercom.body("conversation.admin.snoozed", state="snoozed"), "waiting other"),
    "woken": (intercom.body("conversation.admin.unsnoozed"), "resumed"),
    "closed": (intercom.body("conversation.admin.closed", state="closed"), "resolved"),
    "opened": (intercom.body("conversation.admin.opened"), "reopened; resumed"),
    "raised": (intercom.body("conversation.priority.updated", priority="priority"), "priority_changed P1"),
    "lowered": (intercom.body("conversation.priority.updated"), "priority_changed -"),
    "rated": (intercom.body("conversation.rating.added", conversation_rating={"rating": 4}), "rated"),
    "rated out of reach": (
        intercom.body("conversation.rating.added", conversation_rating={"rating": 6}), "nothing_relevant",
    ),
    "deleted": (intercom.body("conversation.deleted"), "cancelled"),
    "read": (intercom.body("conversation.read"), "nothing_relevant"),
    "staff wrote first": (intercom.body("conversation.admin.single.created"), "nothing_relevant"),
    "a ticket": (intercom.body("ticket.created"), "opened"),
    "something new": (intercom.body("conversation.sublimated"), "unknown_type"),
    "no conversation": (intercom.body("conversation.admin.closed", id=None), "no_incident"),
    "another body": ({"topic": "conversation.user.created"}, "422 /topic"),
}  # fmt: skip


@pytest.mark.parametrize("what", INTERCOMS)
def test_intercom(what: str) -> None:
    given, expected = INTERCOMS[what]
    assert said(translated(given, INTERCOM).outcome) == expected


def z(kind: str, event: dict[str, Any] | None = None, **detail: Any) -> Any:
    return zendesk.body(kind, "Mon 10:00", event, **detail)


ZENDESKS: dict[str, tuple[Any, str]] = {
    "created": (z("created"), "opened"),
    "created as on hold": (zendesk.body("created", status="HOLD"), "opened; waiting vendor"),
    "pending": (z("status_changed", zendesk.changed("OPEN", "PENDING"), status="PENDING"), "waiting customer"),
    "pending in lower case": (z("status_changed", zendesk.changed("open", "pending")), "waiting customer"),
    "taken up": (z("status_changed", zendesk.changed("NEW", "OPEN")), "observed"),
    "back": (z("status_changed", zendesk.changed("PENDING", "OPEN")), "resumed"),
    "solved": (z("status_changed", zendesk.changed("OPEN", "SOLVED"), status="SOLVED"), "resolved"),
    "solved, then sent late": (z("status_changed", zendesk.changed("OPEN", "SOLVED"), status="OPEN"), "resolved"),
    "reopened": (z("status_changed", zendesk.changed("SOLVED", "OPEN")), "reopened"),
    "closed": (z("status_changed", zendesk.changed("SOLVED", "CLOSED")), "closed"),
    "a status of the account": (
        z("status_changed", zendesk.changed("OPEN", "OPEN"), custom_status="42"), "workaround_provided",
    ),
    "raised": (z("priority_changed", zendesk.changed("HIGH", "URGENT")), "priority_changed P1"),
    "no priority any more": (z("priority_changed", zendesk.changed("HIGH", None)), "priority_changed -"),
    "assigned": (z("agent_assignment_changed", zendesk.changed(None, "2")), "assigned 2"),
    "given back": (z("agent_assignment_changed", zendesk.changed("2", "0")), "assigned -"),
    "renamed": (z("subject_changed", zendesk.changed("Down", "All down")), "described All down"),
    "staff": (z("comment_added", ZENDESK_WORDS(zendesk.BOB)), "responded"),
    "the requester": (z("comment_added", ZENDESK_WORDS(zendesk.ANN)), "customer_replied"),
    "a note": (z("comment_added", ZENDESK_WORDS(zendesk.BOB, public=False)), "internal_comment"),
    "a machine": (z("comment_added", ZENDESK_WORDS({"id": "zd:answer_bot", "is_staff": True})), "bot_comment"),
    "nobody says who": (z("comment_added", ZENDESK_WORDS({"id": "5"})), "commented"),
    "another organization": (z("organization_changed", zendesk.changed("8", "9")), "reclassified Acme 3 incident"),
    "the requester, an agent": (z("comment_added", ZENDESK_WORDS(zendesk.BOB), requester_id="2"), "customer_replied"),
    "deleted": (z("soft_deleted"), "cancelled"),
    "closed by a merge": (
        z("status_changed", zendesk.changed("OPEN", "CLOSED"), status="CLOSED", tags=["vip", "closed_by_merge"]),
        "cancelled",
    ),
    "merged": (z("merged", {"target_ticket_id": 71500}, status="CLOSED"), "merged desk:71500"),
    "merged into what is an object": (z("merged", {"target_ticket": {"id": "71500"}}), "merged desk:71500"),
    "merged, and nobody says into what": (z("merged"), "cancelled"),
    "merged into itself": (z("merged", {"target_ticket_id": "71447"}), "cancelled"),
    "a survey": (z("csat_requested"), "nothing_relevant"),
    "a tag": (z("tags_changed"), "nothing_relevant"),
    "something new": (z("sublimated"), "unknown_type"),
    "a user": ({"type": "zen:event-type:user.created", "detail": {"id": "1"}}, "unrelated"),
    "another body": ({"type": "ticket.created"}, "422 /type"),
}  # fmt: skip


@pytest.mark.parametrize("what", ZENDESKS)
def test_zendesk(what: str) -> None:
    given, expected = ZENDESKS[what]
    assert said(translated(given, ZENDESK).outcome) == expected


SERVICENOW = source(Dialect.SERVICENOW, priorities={"1": "P1", "2": "P2"}, statuses={"3:4": TicketPhase.WAITING_VENDOR})


def s(previous: dict[str, Any] | None = None, by: Any = servicenow.BOB, operation: str = "update", **now: Any) -> Any:
    return servicenow.body(operation, "Mon 10:00", by, previous, **now)


HOLD = {"state": "1", "hold_reason": ""}
SERVICENOWS: dict[str, tuple[Any, str]] = {
    "inserted": (s(operation="insert", by=servicenow.ANN), "opened"),
    "inserted on hold": (servicenow.body("insert", state="3", hold_reason="1"), "opened; waiting customer"),
    "for the caller": (s(HOLD, state="3", hold_reason="1"), "waiting customer"),
    "for the reason of the instance": (s(HOLD, state="3", hold_reason="4"), "waiting vendor"),
    "for a reason by name": (
        s(HOLD, state="3", hold_reason={"value": "9", "display_value": "Awaiting Vendor"}), "waiting vendor",
    ),
    "for no known reason": (s(HOLD, state="3", hold_reason="9"), "waiting other"),
    "another reason": (s({"hold_reason": "9"}, state="3", hold_reason="1"), "waiting customer"),
    "resolved": (s({"state": "2"}, state="6"), "resolved"),
    "reopened": (s({"state": "6"}, state="2"), "reopened"),
    "closed": (s({"state": "6"}, state="7"), "closed"),
    "cancelled": (s({"state": "1"}, state="8"), "cancelled"),
    "a state of the instance": (s({"state": "1"}, state="-5"), "observed"),
    "raised": (s({"priority": "2"}, priority="1"), "priority_changed P1"),
    "raised by display value": (s({"priority": "2 - High"}, priority="1 - Critical"), "priority_changed P1"),
    "assigned": (s({"assigned_to": ""}, assigned_to={"value": "b2", "display_value": "Bob"}), "assigned Bob"),
    "renamed": (s({"short_description": "?"}), "described Down"),
    "all at once": (
        s({"priority": "2", "state": "1"}, priority="1", state="6", comment=True),
        "priority_changed P1; resolved; responded",
    ),
    "an answer": (s(comment=True), "responded"),
    "the caller's words": (s(comment=True, by=servicenow.ANN), "customer_replied"),
    "a caller who is of the staff": (s(comment=True, by=servicenow.ANN | {"is_staff": True}), "customer_replied"),
    "nobody says whose": (s(comment=True, by={}), "commented"),
    "work notes": (s(), "nothing_relevant"),
    "deleted": (s(operation="delete"), "cancelled"),
    "an operation nobody knows": (s(operation="query"), "unknown_type"),
    "a bare record": (s()["record"], "nothing_relevant"),
    "no sys_id": (s(sys_id=""), "422 /record/sys_id"),
    "another body": ({"incident": {}}, "422 /record"),
}  # fmt: skip


@pytest.mark.parametrize("what", SERVICENOWS)
def test_servicenow(what: str) -> None:
    given, expected = SERVICENOWS[what]
    assert said(translated(given, SERVICENOW).outcome) == expected


def test_a_bare_record_opens_what_is_not_known_by_what_it_shows() -> None:
    outcome = translated(s(state="3", hold_reason="1")["record"], SERVICENOW).outcome
    assert isinstance(outcome, Ignored)
    assert outcome.observed is not None
    shown = outcome.observed.event.snapshot
    assert shown is not None
    assert (shown.phase, shown.waiting_on, shown.attributes["priority"]) == (Phase.WAITING, WaitingOn.CUSTOMER, "P2")


def test_a_template_without_a_time_tells_equal_changes_apart_by_their_receipt() -> None:
    """A ticket may go to Pending twice; with a time, the same body is the same delivery."""
    timeless = freshdesk.body("{status:{from:2,to:3}}", event_time="")
    timed = freshdesk.body("{status:{from:2,to:3}}")

    def ids(body: Any) -> set[str]:
        first = Delivery(body=orjson.dumps(body), headers={}, received_at=RECEIVED)
        later = Delivery(body=orjson.dumps(body), headers={}, received_at=RECEIVED + timedelta(hours=1))
        return {translate(one, FRESHDESK).delivery for one in (first, later)}

    assert (len(ids(timeless)), len(ids(timed))) == (2, 1)


def test_a_redelivery_has_the_id_of_the_first() -> None:
    first, again = intercom.body("conversation.admin.closed"), intercom.body("conversation.admin.closed")
    again["delivery_attempts"] = 2
    assert translated(first, INTERCOM).delivery == translated(again, INTERCOM).delivery
    assert translated(z("created"), ZENDESK).delivery == "created Mon 10:00"


def test_the_state_is_that_which_the_ticket_shows() -> None:
    (one,) = events(translated(intercom.body("conversation.admin.replied", state="snoozed"), INTERCOM).outcome)
    assert one.snapshot is not None
    assert (one.snapshot.phase, one.snapshot.waiting_on) == (Phase.WAITING, WaitingOn.OTHER)
    assert one.snapshot.attributes["title"] == "It is down"


def test_words_that_no_table_has_are_remarked_and_name_the_setting() -> None:
    outcome = translated(freshdesk.body("{status:{from:2,to:9}}", ticket_status="Moon"), FRESHDESK).outcome
    assert isinstance(outcome, Accepted)
    (one,) = outcome.events
    assert [note.remark for note in one.remarks] == [IngestRemark.UNMAPPED_STATUS]
    assert "sources.desk.statuses" in str(one.remarks[0])
    assert one.event.actor is Actor.STAFF
