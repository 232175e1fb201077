"""Intercom's tickets: payload → outcome, in the shapes that its reference describes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.story import instant
from tests.unit.ingest.desk_bodies import intercom_ticket as bodies
from tests.unit.ingest.desk_bodies.intercom import BOT
from tests.unit.ingest.made import events, said, source, translated
from tests.unit.ingest.test_same_story import RULES, cloudevents, received, state_of

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, EventKind
from sla_domain.fold import fold
from sla_domain.phase import Phase

INTERCOM = source(
    Dialect.INTERCOM, statuses={"with the courier": TicketPhase.WAITING_VENDOR, "77": TicketPhase.WORKAROUND},
    attributes={"site": Lookup(field="ticket.ticket_attributes.Site")},
)  # fmt: skip


def t(topic: str, part: Any = None, state: str = "submitted", **ticket: Any) -> Any:
    return bodies.body(topic, "Mon 10:00", part, state, **ticket)


def p(author: Any, **values: Any) -> Any:
    return bodies.part("Mon 09:59", author, **values)


def was(state: str) -> Any:
    return p(None, part_type="ticket_state_updated_by_admin", previous_ticket_state=state)


COURIER = {"type": "ticket_state", "id": "40", "category": "in_progress", "internal_label": "With the courier"}
CASES: dict[str, tuple[Any, str]] = {
    "created": (t("created"), "opened"),
    "created as asked": (bodies.body("created", state="waiting_on_customer"), "opened; waiting customer"),
    "asked": (t("state.updated", was("in_progress"), "waiting_on_customer"), "waiting customer"),
    "back": (t("state.updated", was("waiting_on_customer"), "in_progress"), "resumed"),
    "nothing says what before": (t("state.updated", None, "in_progress"), "reopened; resumed"),
    "a part that tells of something else": (t("state.updated", was("in_progress"), "in_progress"), "reopened; resumed"),
    "resolved": (t("state.updated", was("in_progress"), "resolved"), "resolved"),
    "resolved, by its own topic": (t("resolved", None, "resolved"), "resolved"),
    "closed": (t("closed", None, "resolved", open=False), "closed"),
    "closed, of an old version that closes by resolving": (t("closed", None, "resolved"), "resolved"),
    "a state of the account": (t("state.updated", was("in_progress"), ticket_state=COURIER), "waiting vendor"),
    "a state of the account by number": (
        t("state.updated", was("in_progress"), ticket_state=COURIER | {"id": "77"}), "workaround_provided",
    ),
    "a state in one word": (t("state.updated", None, ticket_state="waiting_on_customer"), "reopened; waiting customer"),
    "an answer": (t("admin.replied", p(bodies.BOB)), "responded"),
    "a reply": (t("contact.replied", p(bodies.ANN)), "customer_replied"),
    "an answer of a bot": (t("admin.replied", p(BOT)), "bot_comment"),
    "an answer without a part": (t("admin.replied"), "responded"),
    "a reply without a part": (t("contact.replied"), "customer_replied"),
    "a note": (t("note.created", p(bodies.BOB)), "internal_comment"),
    "assigned": (t("admin.assigned", admin_assignee_id=7), "assigned 7"),
    "given back": (t("admin.assigned"), "assigned -"),
    "to a team": (t("team.assigned"), "nothing_relevant"),
    "another site": (t("attribute.updated"), "reclassified North"),
    "a rating": (t("rating.provided"), "nothing_relevant"),
    "a translated answer": (t("admin.replied.translated", p(bodies.BOB)), "nothing_relevant"),
    "deleted": (t("deleted"), "cancelled"),
    "something new": (t("sublimated"), "unknown_type"),
    "no ticket": (t("created", id=None), "no_incident"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_intercom_ticket(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, INTERCOM).outcome) == expected


def test_the_story_told_by_tickets_ends_in_the_same_fold() -> None:
    """A ticket of Intercom has no priority."""
    own = [
        (when, event | {"data": {key: value for key, value in event["data"].items() if key != "priority"}})
        for when, event in cloudevents()
        if "priority_changed" not in event["type"]
    ]
    found = fold(received(Dialect.INTERCOM, bodies.story()), RULES)
    assert state_of(found) == state_of(fold(received(Dialect.CLOUDEVENTS, own), RULES))
    assert found.phase is Phase.CLOSED


def test_a_part_has_its_own_time_and_author() -> None:
    (one,) = events(translated(t("admin.replied", p(bodies.BOB)), INTERCOM).outcome)
    assert (one.occurred_at, one.kind, one.actor_name) == (instant("Mon 09:59"), EventKind.RESPONDED, "Bob")


def test_what_the_ticket_shows() -> None:
    (one,) = events(translated(t("created", admin_assignee_id=7), INTERCOM).outcome)
    assert one.snapshot is not None
    expected = {"key": "1390", "title": "Down", "type": "Bug", "status": "New", "assignee": "7", "site": "North"}
    assert expected.items() <= one.snapshot.attributes.items()
    assert (one.snapshot.phase, one.snapshot.created_at) == (Phase.OPEN, instant("Mon 09:00"))
    assert one.actor is Actor.UNKNOWN


def test_a_conversation_that_became_a_ticket_stays_one_incident() -> None:
    (one,) = events(translated(t("created"), INTERCOM).outcome)
    assert one.incident == "desk:215"
