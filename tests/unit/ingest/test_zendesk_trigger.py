"""Zendesk's triggers: payload → outcome, by the template that the page on connecting gives to paste."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.build.story import instant
from tests.unit.ingest.desk_bodies import zendesk_trigger as bodies
from tests.unit.ingest.made import events, said, source, translated
from tests.unit.ingest.test_same_story import RULES, cloudevents, received, state_of

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, EventKind
from sla_domain.fold import fold
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Ignored, IngestRemark

PAGE = (Path(__file__).parents[3] / "docs/connect/zendesk.md").read_text()
ZENDESK = source(
    Dialect.ZENDESK, statuses={"wird geprüft": TicketPhase.WAITING_VENDOR}, priorities={"high": "P2", "urgent": "P1"},
    customer=Lookup(field="detail.organization_name"),
)  # fmt: skip


def t(kind: str, by: str = "", user: Any = bodies.BOB, comment: Any = None, **detail: Any) -> Any:
    return bodies.body(kind, "Mon 10:00", by, user, comment, **detail)


PUBLIC, PRIVATE = {"id": "7", "is_public": "true"}, {"id": "8", "is_public": "false"}
CASES: dict[str, tuple[Any, str]] = {
    "created": (t("created"), "opened"),
    "created as pending": (bodies.body("created", status="Pending"), "opened; waiting customer"),
    "created on hold, in capitals": (bodies.body("created", status="ON-HOLD"), "opened; waiting vendor"),
    "changed": (t("updated", status="Solved"), "nothing_relevant"),
    "an answer": (t("commented", "agent", comment=PUBLIC), "responded"),
    "a reply": (t("commented", "end_user", bodies.ANN, PUBLIC), "customer_replied"),
    "the requester's, and no word on whose": (t("commented", "", bodies.ANN, PUBLIC), "customer_replied"),
    "an agent who asked for something": (t("commented", "agent", bodies.ANN, PUBLIC), "customer_replied"),
    "a machine's": (t("commented", "system", comment=PUBLIC), "bot_comment"),
    "nobody says whose": (t("commented", "", comment=PUBLIC), "commented"),
    "a note": (t("commented", "agent", comment=PRIVATE), "internal_comment"),
    "a status of another language": (t("updated", status="Wird geprüft"), "nothing_relevant"),
    "a status nobody names": (t("updated", status="Moon"), "observed"),
    "deleted": (t("deleted"), "cancelled"),
    "something new": (t("sublimated"), "unknown_type"),
    "no id": (t("created", id=""), "422 /detail/id"),
    "no status": (t("created", status=""), "422 /detail/status"),
    "a template of somebody else": ({"ticket_id": "1", "status": "open"}, "422 /type"),
}


def test_what_a_merge_has_closed_is_resolved_by_nobody() -> None:
    outcome = translated(t("updated", status="Closed", tags="vip closed_by_merge"), ZENDESK).outcome
    assert isinstance(outcome, Ignored)
    assert outcome.observed is not None
    assert outcome.observed.event.snapshot is not None
    assert outcome.observed.event.snapshot.phase is Phase.CANCELLED


@pytest.mark.parametrize("what", CASES)
def test_zendesk_trigger(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, ZENDESK).outcome) == expected


def test_the_story_told_by_triggers_ends_in_the_same_fold() -> None:
    found = fold(received(Dialect.ZENDESK, bodies.story()), RULES)
    assert state_of(found) == state_of(fold(received(Dialect.CLOUDEVENTS, cloudevents()), RULES))
    assert found.phase is Phase.CLOSED


def test_the_state_that_is_shown_and_its_end() -> None:
    outcome = translated(t("updated", status="Solved", assignee_name="Bob", priority="-"), ZENDESK).outcome
    assert isinstance(outcome, Ignored)
    assert outcome.observed is not None
    shown = outcome.observed.event.snapshot
    assert shown is not None
    assert (shown.phase, shown.at, shown.ended_at) == (Phase.RESOLVED, instant("Mon 10:00"), instant("Mon 10:00"))
    assert (shown.attributes["assignee"], shown.attributes["priority"], shown.attributes["customer"]) == (
        "Bob",
        "",
        "Acme",
    )


def test_comments_of_one_minute_are_told_apart_by_their_number() -> None:
    first, second = (t("commented", "agent", comment={"id": n, "is_public": "true"}) for n in ("7", "9"))
    assert translated(first, ZENDESK).delivery != translated(second, ZENDESK).delivery
    assert translated(first, ZENDESK).delivery == translated(first, ZENDESK).delivery


def test_who_updated_the_ticket_is_named() -> None:
    (one,) = events(translated(t("commented", "agent", comment=PUBLIC), ZENDESK).outcome)
    assert (one.kind, one.actor, one.actor_name) == (EventKind.RESPONDED, Actor.STAFF, "Bob")


def test_a_status_that_no_table_has_is_remarked_beside_a_comment_too() -> None:
    outcome = translated(t("commented", "agent", comment=PUBLIC, status="Moon"), ZENDESK).outcome
    assert isinstance(outcome, Accepted)
    assert [note.remark for note in outcome.events[0].remarks] == [IngestRemark.UNMAPPED_STATUS]


def test_the_template_of_the_page_has_the_fields_that_are_read() -> None:
    (template,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    written = orjson.loads(template)
    filled = t("commented", "agent", comment=PUBLIC)
    assert written.keys() == filled.keys()
    for part in ("detail", "current_user", "comment"):
        assert written[part].keys() == filled[part].keys()
        assert all(value.startswith("{{") and value.endswith("}}") for value in written[part].values())
