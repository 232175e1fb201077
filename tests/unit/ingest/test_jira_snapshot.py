"""How the issue of a Jira delivery stands: what is stated, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.ingest.made import RECEIVED, said, source, translated
from tests.unit.ingest.test_jira import ANN, BOB, JIRA, PAT, SELF, TIME, comment, delivery, issue, item, updated

from sla_catalogue.source import Dialect, Lookup, Source
from sla_catalogue.source import TicketPhase as Word
from sla_domain.event import EventKind, Snapshot, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Ignored

WHOLE = {
    "updated": "2026-11-20T12:20:00.000+0100",
    "labels": ["a"],
    "assignee": BOB,
    "resolution": None,
    "resolutiondate": None,
}


def shown(given: Any, by: Source = JIRA) -> Snapshot:
    """The snapshot of the last event of a delivery, or the look that an ignored one brings."""
    found = translated(given, by).outcome
    if isinstance(found, Ignored):
        assert found.observed is not None
        event = found.observed.event
    else:
        assert isinstance(found, Accepted)
        assert [one.event.snapshot for one in found.events[:-1]] == [None] * (len(found.events) - 1)
        event = found.events[-1].event
    assert event.snapshot is not None
    return event.snapshot


def standing(fields: dict[str, Any], by: Source = JIRA) -> tuple[Phase | None, WaitingOn | None]:
    seen = shown(updated(fields=WHOLE | fields), by)
    return seen.phase, seen.waiting_on


def test_an_issue_states_everything_it_carries() -> None:
    seen = shown(updated(item("summary", "a", "b"), fields=WHOLE))
    assert (seen.at, seen.created_at) == (
        datetime(2026, 11, 20, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC),
    )  # fmt: skip
    assert (seen.phase, seen.ended_at, seen.version) == (Phase.OPEN, None, 900)
    assert dict(seen.attributes) == {
        "key": "SUP-41",
        "url": "https://acme.atlassian.net/browse/SUP-41",
        "title": "It is down",
        "description": "All of it.",
        "reporter": "Ann",
        "reporter_id": "ann",
        "assignee": "Bob",
        "type": "Incident",
        "status": "To Do",
        "priority": "P2",
        "customer": "Acme",
        "product": "SUP",
    }


def test_what_an_issue_has_not_is_stated_as_none() -> None:
    seen = shown(
        updated(fields=WHOLE | {"assignee": None, "priority": None, "reporter": None, "customfield_10002": None})
    )
    assert {name: seen.attributes[name] for name in ("assignee", "priority", "reporter_id", "customer")} == {
        "assignee": "", "priority": "", "reporter_id": "", "customer": "",
    }  # fmt: skip


def test_a_thin_issue_states_only_what_it_carries() -> None:
    thin = {"summary": "x", "status": {"name": "Done", "statusCategory": {"key": "done"}}, "priority": {"name": "High"}}
    given = delivery("comment_created", issue={"id": "10040", "key": "SUP-41", "self": SELF, "fields": thin})
    seen = shown(given | {"comment": comment(PAT)})
    assert seen.attributes.keys() == {"key", "url", "title", "status", "priority"}
    assert (seen.created_at, seen.phase, seen.ended_at) == (None, Phase.RESOLVED, None)
    assert seen.at == datetime.fromtimestamp(TIME / 1000, UTC)
    labelled = source(Dialect.JIRA, priority_labels={"sev1": "P1"}, customer=Lookup(label="customer:", constant="A"))
    assert shown(given | {"comment": comment(PAT)}, labelled).attributes.keys() == {"key", "url", "title", "status"}


def test_without_an_issue_nothing_is_stated() -> None:
    found = translated({"webhookEvent": "comment_created", "comment": comment(PAT), "timestamp": TIME}, JIRA).outcome
    assert isinstance(found, Accepted)
    assert found.events[0].event.snapshot is None


DONE = {"name": "Done", "statusCategory": {"key": "done"}}
WON_T = {"id": "10001", "name": "Won't Do"}
FIXED = {"id": "10000", "name": "Done"}
EARLY, LATE = "2026-11-20T10:00:00.000+0100", "2026-11-20T11:00:00.000+0100"
LIVE = {"name": "In Progress", "statusCategory": {"key": "indeterminate"}}
PHASES: dict[str, tuple[dict[str, Any], Phase | None, WaitingOn | None]] = {
    "live": ({"status": LIVE}, Phase.OPEN, None),
    "waiting": ({"status": {"name": "Parked For Now"}}, Phase.WAITING, WaitingOn.OTHER),
    "done": ({"status": DONE}, Phase.RESOLVED, None),
    "done and resolved": ({"status": DONE, "resolution": FIXED}, Phase.RESOLVED, None),
    "closed and resolved": ({"status": {"name": "Closed"}, "resolution": FIXED}, Phase.CLOSED, None),
    "declined": ({"status": DONE, "resolution": WON_T}, Phase.CANCELLED, None),
    "closed and declined": ({"status": {"name": "Closed"}, "resolution": WON_T}, Phase.CANCELLED, None),
    "cancelled by the status": ({"status": {"name": "Canceled"}, "resolution": FIXED}, Phase.CANCELLED, None),
    "no status": ({"status": None}, None, None),
    "no status, but resolved": ({"status": None, "resolution": FIXED}, Phase.RESOLVED, None),
    "a status that nobody knows": ({"status": {"name": "Limbo"}}, None, None),
    "resolved and live, undated": ({"status": LIVE, "resolution": FIXED}, None, None),
    "resolved, then taken up again": (
        {"status": LIVE, "resolution": FIXED, "resolutiondate": EARLY, "statuscategorychangedate": LATE},
        Phase.OPEN, None,
    ),
    "taken up, then resolved": (
        {"status": LIVE, "resolution": FIXED, "resolutiondate": LATE, "statuscategorychangedate": EARLY},
        Phase.RESOLVED, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PHASES)
def test_status_and_resolution_together_are_the_phase(what: str) -> None:
    fields, phase, waiting_on = PHASES[what]
    assert standing(fields) == (phase, waiting_on)


def test_a_label_says_more_than_a_status_that_goes_on_and_less_than_one_that_has_ended() -> None:
    by = source(Dialect.JIRA, labels={"hold": Word.WAITING_VENDOR})
    assert standing({"labels": ["hold"], "status": LIVE}, by) == (Phase.WAITING, WaitingOn.VENDOR)
    assert standing({"labels": ["hold"], "status": DONE}, by) == (Phase.RESOLVED, None)


@pytest.mark.parametrize(
    ("dates", "ended_at"),
    [
        ({"resolutiondate": EARLY, "statuscategorychangedate": LATE}, datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ({"statuscategorychangedate": LATE}, datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ({}, None),
    ],
)
def test_when_it_ended(dates: dict[str, str], ended_at: datetime | None) -> None:
    assert shown(updated(fields=WHOLE | {"status": DONE} | dates)).ended_at == ended_at
    assert shown(updated(fields=WHOLE | {"status": LIVE} | dates)).ended_at is None


LOOKS: dict[str, tuple[Any, str]] = {
    "created": (delivery("jira:issue_created"), "opened"),
    "changed": (updated(item("priority", "x", "High")), "priority_changed P2"),
    "nothing relevant": (updated(item("Fix Version", "1", "2")), "nothing_relevant"),
    "an edited comment": (delivery("comment_updated", comment=comment(BOB)), "comment_changed"),
    "an internal comment": (delivery("comment_created", comment=comment(BOB, jsdPublic=False)), "internal_comment"),
    "a bot's comment": (delivery("comment_created", comment=comment({"name": "Automation"})), "bot_comment"),
    "a comment of the customer": (delivery("comment_created", comment=comment(ANN)), "customer_replied"),
    "work logged": (delivery("jira:worklog_updated"), "unrelated"),
    "a change that nobody can read": (updated(item("status", "To Do", "Limbo")), "observed"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOOKS)
def test_every_delivery_with_an_issue_shows_how_it_stands(what: str) -> None:
    given, expected = LOOKS[what]
    assert said(translated(given, JIRA).outcome) == expected
    assert shown(given).attributes["priority"] == "P2"


def test_a_deleted_issue_stands_nowhere() -> None:
    seen = shown(delivery("jira:issue_deleted"))
    assert (seen.phase, seen.created_at is not None) == (None, True)


def test_a_change_that_nobody_can_read_needs_no_issue() -> None:
    given = updated(item("status", "To Do", "Limbo"))
    given["issue"] = {"id": "10040", "self": SELF}
    assert shown(given) == Snapshot(at=datetime.fromtimestamp(TIME / 1000, UTC))
    (event,) = (one.event for one in translated(given, JIRA).outcome.events)  # type: ignore[union-attr]
    assert event.kind is EventKind.OBSERVED


def test_an_issue_that_does_not_say_when_stands_so_at_the_receipt() -> None:
    given = updated(item("priority", "x", "High"), timestamp=None)
    assert shown(given).at == RECEIVED


def test_a_move_keeps_the_incident_and_its_names_follow() -> None:
    key = item("Key", "SUP-41", "OPS-7", **{"from": None, "to": None})
    project = item("project", "Support", "Operations", **{"from": "1", "to": "2"})
    given = updated(key, project, fields=WHOLE | {"project": {"key": "OPS"}})
    given["issue"]["key"] = "OPS-7"
    found = translated(given, JIRA).outcome
    assert isinstance(found, Accepted)
    (one,) = found.events
    stayed = updated(item("priority", "x", "High"))
    before = translated(stayed, JIRA).outcome
    assert isinstance(before, Accepted)
    assert one.event.incident == before.events[0].event.incident
    names = {"key": "OPS-7", "url": "https://acme.atlassian.net/browse/OPS-7", "product": "OPS"}
    assert (one.event.kind, dict(one.event.attributes)) == (EventKind.RECLASSIFIED, names)
    assert names.items() <= shown(given).attributes.items()


def test_a_look_remarks_on_the_words_that_it_could_only_guess() -> None:
    live = {"status": {"id": "10104", "name": "Warten auf Kunden", "statusCategory": {"key": "indeterminate"}}}
    odd = (
        WHOLE | live | {"priority": {"id": "10100", "name": "Hoch"}, "resolution": {"id": "10001", "name": "Abgelehnt"}}
    )
    found = translated(delivery("comment_deleted", issue=issue(**odd)), JIRA).outcome
    assert isinstance(found, Ignored)
    assert found.observed is not None
    assert [noted.remark.code for noted in found.observed.remarks] == [
        "status_by_category", "unmapped_resolution", "unmapped_priority",
    ]  # fmt: skip
