"""A word of a sender that nobody has explained: what slad makes of it is said, with the setting that says better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ingest.desk_bodies import intercom_ticket, redmine, servicenow, zendesk
from tests.unit.ingest.made import phases, translated
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_github import payload as github
from tests.unit.ingest.test_same_story import SOURCES

from sla_catalogue.source import Dialect, Source, TicketPhase
from sla_domain.event import EventKind
from sla_ingest.dialect import Accepted, Ignored
from sla_ingest.dialect.port import IngestRemark

JIRA_LIKE = mapped(
    map={"incident": "id", "status": "status", "resolution": "resolution"}, statuses={"done": "resolved"}
)
HELD = {"state": "2", "hold_reason": ""}
WAITING = {"id": "77", "category": "in_progress", "internal_label": "Waiting for the bank", "external_label": "Bank"}
BY_CATEGORY, NO_RESOLUTION = IngestRemark.STATUS_BY_CATEGORY, IngestRemark.UNMAPPED_RESOLUTION
# what -> (source, body, what it becomes all the same, the remark, the table that says better, the word there)
GUESSES: dict[str, tuple[Source, Any, EventKind | None, IngestRemark, str, str]] = {
    "zendesk, a custom status": (
        SOURCES[Dialect.ZENDESK],
        zendesk.body("status_changed", "Mon 10:00", zendesk.changed("PENDING", "OPEN"), custom_status="42"),
        EventKind.RESUMED, BY_CATEGORY, "statuses", "42",
    ),
    "intercom, a label of the account": (
        SOURCES[Dialect.INTERCOM],
        intercom_ticket.body("state.updated", "Mon 10:00", ticket_state=WAITING),
        EventKind.RESUMED, BY_CATEGORY, "statuses", "waiting for the bank",
    ),
    "servicenow, a reason of the instance": (
        SOURCES[Dialect.SERVICENOW],
        servicenow.body("update", "Mon 10:00", servicenow.BOB, HELD, state="3", hold_reason="9"),
        EventKind.WAITING, BY_CATEGORY, "statuses", "3:9",
    ),
    "servicenow, a code of the instance": (
        SOURCES[Dialect.SERVICENOW],
        servicenow.body("update", "Mon 10:00", servicenow.BOB, {"state": "2"}, state="6", close_code="Not worth it"),
        EventKind.RESOLVED, NO_RESOLUTION, "resolutions", "not worth it",
    ),
    "redmine, a status of the instance": (
        SOURCES[Dialect.REDMINE],
        redmine.body("updated", "Mon 10:00", redmine.journal(("status_id", "2", "7")), status=7),
        EventKind.CLOSED, BY_CATEGORY, "statuses", "deployed",
    ),
    "github, a reason that is new": (
        SOURCES[Dialect.GITHUB],
        github("closed", issue={"state": "closed", "state_reason": "moonshot"}),
        EventKind.RESOLVED, NO_RESOLUTION, "resolutions", "moonshot",
    ),
    "github, the closing was missed": (
        SOURCES[Dialect.GITHUB],
        github("pinned", issue={"state": "closed", "state_reason": "moonshot"}),
        None, NO_RESOLUTION, "resolutions", "moonshot",
    ),
    "a map, a resolution without a table": (
        JIRA_LIKE,
        {"id": "1", "status": "Done", "resolution": "Wird nicht erledigt"},
        EventKind.RESOLVED, NO_RESOLUTION, "resolutions", "wird nicht erledigt",
    ),
}  # fmt: skip


def told(source: Source, body: Any) -> tuple[list[EventKind], list[IngestRemark], str]:
    found = translated(body, source, **{"x-github-event": "issues"}).outcome
    assert isinstance(found, Accepted | Ignored), found
    one = found.events if isinstance(found, Accepted) else (found.observed,) if found.observed else ()
    remarks = [remark for event in one for remark in event.remarks]
    kinds = [event.event.kind for event in one] if isinstance(found, Accepted) else []
    return kinds, [remark.remark for remark in remarks], " ".join(remark.detail for remark in remarks)


@pytest.mark.parametrize("what", GUESSES)
def test_a_guess_is_said_with_the_setting(what: str) -> None:
    source, body, kind, remark, table, _ = GUESSES[what]
    kinds, remarks, said = told(source, body)
    assert kind is None or kind in kinds
    assert remark in remarks
    assert f"sources.{source.id}.{table}" in said


@pytest.mark.parametrize("what", GUESSES)
def test_what_the_catalogue_says_is_no_guess(what: str) -> None:
    source, body, _, remark, table, word = GUESSES[what]
    meaning = TicketPhase.WAITING_OTHER if table == "statuses" else TicketPhase.CANCELLED
    known = replace(source, **{table: {**getattr(source, table), **phases(**{word: meaning})}})
    kinds, remarks, _ = told(known, body)
    assert remark not in remarks
    if isinstance(translated(body, known, **{"x-github-event": "issues"}).outcome, Accepted):
        assert {EventKind.WAITING, EventKind.CANCELLED} & set(kinds)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("", EventKind.RESOLVED), ("Solution provided", EventKind.RESOLVED), ("Duplicate", EventKind.CANCELLED),
        ("Not Solved (Too Costly)", EventKind.CANCELLED),
    ],
)  # fmt: skip
def test_servicenow_ends_as_its_code_says(code: str, kind: EventKind) -> None:
    body = servicenow.body("update", "Mon 10:00", servicenow.BOB, {"state": "2"}, state="6", close_code=code)
    kinds, remarks, _ = told(SOURCES[Dialect.SERVICENOW], body)
    assert (kinds, remarks) == ([kind], [])


def test_a_label_of_intercom_is_in_the_words_of_the_account() -> None:
    """A state that the account calls resolved goes on, if its category says so."""
    odd = WAITING | {"internal_label": "Resolved", "external_label": ""}
    body = intercom_ticket.body("state.updated", ticket_state=odd)
    assert told(SOURCES[Dialect.INTERCOM], body)[0] == [EventKind.REOPENED, EventKind.RESUMED]
