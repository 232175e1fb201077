"""Jira Cloud and Server: kinds of deliveries, changelogs, comments, identity."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.made import events, phases, said, source, translated

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, TimeQuality
from sla_ingest.dialect import Accepted

JIRA = source(
    Dialect.JIRA,
    statuses=phases(parked_for_now="waiting_other", shipped="resolved"),
    priorities={"highest": "P1", "high": "P2"},
    customer=Lookup(field="issue.fields.customfield_10002", values={"acme inc": "Acme"}),
    staff=frozenset({"desk", "bob"}),
    bots=frozenset({"automation"}),
)
SELF = "https://acme.atlassian.net/rest/api/2/issue/10040"
ANN = {"accountId": "ann", "displayName": "Ann", "accountType": "atlassian"}
BOB = {"accountId": "bob", "displayName": "Bob", "accountType": "atlassian"}
PAT = {"accountId": "pat", "displayName": "Pat", "accountType": "atlassian"}  # on nobody's side
TIME = 1_795_174_200_123  # 2026-11-20T10:50:00.123Z... see the test of times


def issue(**fields: Any) -> dict[str, Any]:
    usual = {
        "summary": "It is down",
        "description": "All of it.",
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        "priority": {"name": "High"},
        "issuetype": {"name": "Incident"},
        "project": {"key": "SUP"},
        "reporter": ANN,
        "created": "2026-11-20T10:00:00.000+0100",
        "customfield_10002": [{"id": "1", "name": "Acme Inc"}],
    }
    return {"id": "10040", "key": "SUP-41", "self": SELF, "fields": usual | fields}


def delivery(event: str, **values: Any) -> dict[str, Any]:
    return {"timestamp": TIME, "webhookEvent": event, "user": BOB, "issue": issue()} | values


def item(field: str, before: str | None, after: str | None, **values: Any) -> dict[str, Any]:
    return {"field": field, "fieldId": field.lower(), "fromString": before, "toString": after} | values


def updated(*changed: dict[str, Any], fields: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    log = {"id": "900", "items": list(changed)}
    return delivery("jira:issue_updated", issue=issue(**(fields or {})), changelog=log, **values)


def status(name: str, category: str = "indeterminate") -> dict[str, Any]:
    return {"status": {"name": name, "statusCategory": {"key": category}}}


def outcome(payload: Any) -> Any:
    return translated(payload, JIRA).outcome


CHANGES: dict[str, tuple[Any, str]] = {
    "started": (updated(item("status", "To Do", "In Progress"), fields=status("In Progress")), "updated"),
    "the label of the field in another case": (
        updated({"field": "Status", "fromString": "Open", "toString": "Closed"}),
        "closed",
    ),
    "waiting for the customer": (updated(item("status", "Open", "Waiting for customer")), "waiting customer"),
    "waiting by the catalogue's word": (updated(item("status", "Open", "Parked For Now")), "waiting other"),
    "from one wait to another": (updated(item("status", "Pending", "Waiting for vendor")), "waiting vendor"),
    "answered": (updated(item("status", "Waiting for customer", "Waiting for support")), "resumed"),
    "resolved by status": (updated(item("status", "Open", "Resolved")), "resolved"),
    "resolved by resolution alone": (updated(item("resolution", None, "Done")), "resolved"),
    "resolved by both is one event": (
        updated(item("resolution", None, "Done"), item("status", "Open", "Done")),
        "resolved",
    ),
    "resolved by a category": (updated(item("status", "Open", "Live"), fields=status("Live", "done")), "resolved"),
    "closed with a resolution": (
        updated(item("resolution", None, "Fixed"), item("status", "Open", "Closed")),
        "resolved; closed",
    ),
    "closed after resolved": (updated(item("status", "Resolved", "Closed")), "closed"),
    "resolved after closed": (updated(item("status", "Closed", "Resolved")), "nothing_relevant"),
    "reopened by resolution alone": (updated(item("resolution", "Done", None)), "reopened"),
    "reopened by both": (updated(item("resolution", "Done", None), item("status", "Resolved", "Reopened")), "reopened"),
    "reopened into a wait": (updated(item("status", "Done", "Waiting for customer")), "reopened; waiting customer"),
    "another resolution": (updated(item("resolution", "Done", "Fixed")), "nothing_relevant"),
    "declined by resolution": (
        updated(item("resolution", None, "Won't Do"), item("status", "Open", "Done")),
        "cancelled",
    ),
    "a duplicate": (updated(item("resolution", None, "Duplicate")), "cancelled"),
    "cancelled by status": (updated(item("status", "Open", "Canceled")), "cancelled"),
    "taken up again after cancelling": (updated(item("status", "Declined", "Open")), "reopened"),
    # nobody has said a word: the change is only seen
    "an unknown status": (updated(item("status", "Open", "Limbo"), fields={"status": {"name": "Limbo"}}), "observed"),
    # what is not known to be an end is reopened all the same: an unsaid reopening would leave the clocks stopped
    "out of an unknown status": (updated(item("status", "Limbo", "Open")), "reopened; resumed"),
    "priority": (updated(item("priority", "High", "Highest")), "priority_changed P1"),
    "priority without an entry": (updated(item("priority", "High", "Trivial")), "priority_changed Trivial"),
    "priority taken away": (updated(item("priority", "High", None)), "priority_changed -"),
    "priority and status": (
        updated(item("priority", "High", "Highest"), item("status", "Open", "Pending")),
        "priority_changed P1; waiting other",
    ),
    "assignee": (updated(item("assignee", None, "Ann")), "assigned Ann"),
    "unassigned": (updated(item("assignee", "Ann", None)), "assigned -"),
    "summary": (updated(item("summary", "a", "b")), "described It is down"),
    "description": (updated(item("description", "", "b")), "described All of it."),
    "type": (updated(item("issuetype", "Bug", "Incident")), "reclassified Incident"),
    "moved to another project": (
        updated(item("project", "A", "B", fieldId="project")),
        "reclassified SUP-41 https://acme.atlassian.net/browse/SUP-41 SUP",
    ),
    "the customer's field": (updated(item("Organizations", "", "x", fieldId="customfield_10002")), "reclassified Acme"),
    "another field": (updated(item("Fix Version", "v1", "v2", fieldId="fixVersions")), "nothing_relevant"),
    "an empty changelog": (updated(), "nothing_relevant"),
    "a changelog of nonsense": (delivery("jira:issue_updated", changelog={"items": [7, None, []]}), "nothing_relevant"),
    "a workflow's own webhook": (
        {
            "timestamp": TIME,
            "transition": {"from_status": "Open", "to_status": "Resolved"},
            "issue": issue(),
            "user": BOB,
        },
        "resolved",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change(what: str) -> None:
    given, expected = CHANGES[what]
    assert said(outcome(given)) == expected


def test_an_unknown_status_is_remarked() -> None:
    found = outcome(updated(item("status", "Open", "Limbo"), fields={"status": {"name": "Limbo"}}))
    assert isinstance(found, Accepted)
    assert [(noted.remark.code, noted.detail) for noted in found.events[0].remarks] == [("unmapped_status", "Limbo")]


KINDS: dict[str, tuple[Any, str]] = {
    "created": (delivery("jira:issue_created"), "opened"),
    "created as waiting": (delivery("jira:issue_created", issue=issue(**status("Pending"))), "opened; waiting other"),
    "created as done": (delivery("jira:issue_created", issue=issue(**status("Shipped"))), "opened; resolved"),
    "deleted": (delivery("jira:issue_deleted"), "cancelled"),
    **{
        quiet: (delivery(quiet), "unrelated")
        for quiet in (
            "jira:worklog_updated",
            "worklog_created",
            "worklog_updated",
            "worklog_deleted",
            "issuelink_created",
            "issuelink_deleted",
            "issue_property_set",
            "issue_property_deleted",
            "sprint_created",
            "sprint_started",
            "sprint_closed",
            "board_created",
            "board_configuration_changed",
            "jira:version_released",
            "project_created",
            "project_soft_deleted",
            "user_created",
            "option_voting_changed",
            "attachment_created",
            "issuetype_created",
            "jira_expression_evaluation_failed",
        )
    },
    "an unknown kind": (delivery("issue_levitated"), "unknown_type"),
    "an unknown kind of comment": (delivery("comment_sung"), "unknown_type"),
    "no kind": ({"issue": issue()}, "unknown_type"),
    "an empty object": ({}, "unknown_type"),
    "no issue anywhere": ({"webhookEvent": "comment_created", "comment": {"id": "1"}}, "no_incident"),
    "a list": ([], "422 "),
}


@pytest.mark.parametrize("what", KINDS)
def test_a_kind_of_delivery(what: str) -> None:
    given, expected = KINDS[what]
    assert said(outcome(given)) == expected


def comment(author: dict[str, Any], **values: Any) -> dict[str, Any]:
    times = {"created": "2026-11-20T10:30:00.000+0100", "updated": "2026-11-20T10:30:00.000+0100"}
    return {"id": "5", "self": f"{SELF}/comment/5", "author": author, "body": "hm"} | times | values


COMMENTS: dict[str, tuple[Any, str]] = {
    "staff": (delivery("comment_created", comment=comment(BOB)), "responded"),
    "the reporter": (delivery("comment_created", comment=comment(ANN)), "customer_replied"),
    "somebody on nobody's side": (delivery("comment_created", comment=comment(PAT)), "commented"),
    "a customer of the portal": (
        delivery("comment_created", comment=comment(PAT | {"accountType": "customer"})),
        "customer_replied",
    ),
    "an app": (delivery("comment_created", comment=comment(BOB | {"accountType": "app"})), "bot_comment"),
    "a bot by the catalogue": (delivery("comment_created", comment=comment({"name": "Automation"})), "bot_comment"),
    "staff by the catalogue, who reported": (
        delivery("comment_created", issue=issue(reporter={"name": "desk"}), comment=comment({"name": "desk"})),
        "responded",
    ),
    "internal by jsdPublic": (delivery("comment_created", comment=comment(BOB, jsdPublic=False)), "internal_comment"),
    "public by jsdPublic": (delivery("comment_created", comment=comment(BOB, jsdPublic=True)), "responded"),
    "internal by visibility": (
        delivery("comment_created", comment=comment(BOB, visibility={"type": "role", "value": "Admins"})),
        "internal_comment",
    ),
    "internal by property": (
        delivery(
            "comment_created",
            comment=comment(BOB, properties=[{"key": "sd.public.comment", "value": {"internal": True}}]),
        ),
        "internal_comment",
    ),
    "updated": (delivery("comment_updated", comment=comment(BOB)), "comment_changed"),
    "deleted": (delivery("comment_deleted", comment=comment(BOB)), "comment_changed"),
    "server, named": (
        delivery("jira:issue_updated", issue_event_type_name="issue_commented", comment=comment(BOB)),
        "responded",
    ),
    "server, named as edited": (
        delivery("jira:issue_updated", issue_event_type_name="issue_comment_edited", comment=comment(BOB)),
        "comment_changed",
    ),
    "old server, new": (delivery("jira:issue_updated", comment=comment(BOB)), "responded"),
    "old server, edited": (
        delivery("jira:issue_updated", comment=comment(BOB, updated="2026-11-20T10:31:00.000+0100")),
        "comment_changed",
    ),
    "with a change of status": (
        updated(item("status", "Open", "Waiting for customer"), comment=comment(BOB)),
        "waiting customer; responded",
    ),
    "internal with a change of status": (
        updated(item("status", "Open", "Resolved"), comment=comment(BOB, jsdPublic=False)),
        "resolved",
    ),
}


@pytest.mark.parametrize("what", COMMENTS)
def test_a_comment(what: str) -> None:
    given, expected = COMMENTS[what]
    assert said(outcome(given)) == expected


def test_a_thin_comment_leaves_the_reporter_to_be_found_out() -> None:
    thin = {"id": "10040", "self": SELF, "fields": {"summary": "x"}}
    found = outcome(delivery("comment_created", issue=thin, comment=comment(PAT)))
    assert isinstance(found, Accepted)
    assert found.events[0].unless_reporter == "pat"
    for who, given in ((PAT, issue()), (BOB, thin)):  # the issue names its reporter, or the catalogue the account
        known = outcome(delivery("comment_created", issue=given, comment=comment(who)))
        assert isinstance(known, Accepted)
        assert known.events[0].unless_reporter == ""


def test_the_opening_says_everything_it_knows() -> None:
    (event,) = events(outcome(delivery("jira:issue_created")))
    assert dict(event.attributes) == {
        "title": "It is down",
        "description": "All of it.",
        "url": "https://acme.atlassian.net/browse/SUP-41",
        "key": "SUP-41",
        "reporter": "Ann",
        "reporter_id": "ann",
        "type": "Incident",
        "status": "To Do",
        "priority": "P2",
        "product": "SUP",
        "customer": "Acme",
    }
    assert event.occurred_at.isoformat() == "2026-11-20T09:00:00+00:00"


def test_a_change_happened_at_the_timestamp_and_is_ordered_by_its_changelog() -> None:
    (event,) = events(outcome(updated(item("assignee", None, "Ann"))))
    assert (event.occurred_at.isoformat(), event.quality) == ("2026-11-20T11:30:00.123000+00:00", TimeQuality.EXACT)
    assert (event.version, event.actor, event.actor_name) == (900, Actor.STAFF, "Bob")


def test_a_deletion_that_states_no_time_is_dated_to_the_latest_instant_that_its_issue_shows() -> None:
    shown = issue(created="2026-11-20T09:00:00.000+0000", updated="2026-11-20T10:30:00.000+0000")
    (event,) = events(outcome(delivery("jira:issue_deleted", timestamp=None, issue=shown)))
    assert (event.occurred_at.isoformat(), event.quality) == ("2026-11-20T10:30:00+00:00", TimeQuality.OBJECT_UPDATED)
    timeless = {"id": "10040", "self": "https://acme.atlassian.net/rest/api/2/issue/10040", "fields": {}}
    assert said(outcome(delivery("jira:issue_deleted", timestamp=None, issue=timeless))) == "no_time"
    (event,) = events(outcome(delivery("jira:issue_deleted")))
    assert event.quality is TimeQuality.EXACT


def test_several_events_of_one_delivery_are_numbered() -> None:
    both = updated(item("priority", "High", "Highest"), item("status", "Open", "Pending"))
    found = translated(both, JIRA, x_atlassian_webhook_identifier="w-1")
    assert [event.id for event in events(found.outcome)] == ["desk/w-1/0", "desk/w-1/1"]


@pytest.mark.parametrize(
    ("payload", "incident"),
    [
        (delivery("jira:issue_deleted"), "desk:acme.atlassian.net~10040"),
        (
            delivery(
                "jira:issue_deleted", issue=issue() | {"self": "http://jira.corp:8080/jira/rest/api/2/issue/10040"}
            ),
            "desk:jira.corp:8080~10040",
        ),
        (
            delivery(
                "jira:issue_deleted",
                issue=issue() | {"self": "https://api.atlassian.com/ex/jira/cloud-1/rest/api/3/issue/10040"},
            ),
            "desk:cloud-1~10040",
        ),
        (delivery("jira:issue_deleted", issue={"id": 10040}, user={}), "desk:10040"),
        ({"webhookEvent": "comment_created", "comment": comment(BOB)}, "desk:acme.atlassian.net~10040"),
        (delivery("jira:issue_deleted", issue=issue() | {"self": "https://[broken"}, user={}), "desk:10040"),
        (
            delivery("jira:issue_deleted", issue=issue() | {"self": "https://u:p@host/rest/api/2/issue/1"}),
            "desk:host~10040",
        ),
    ],
)
def test_an_incident_is_a_site_and_a_number(payload: Any, incident: str) -> None:
    assert events(outcome(payload))[0].incident == incident


def test_without_a_delivery_id_what_makes_it_unique_counts_not_how_it_is_written() -> None:
    one = updated(item("assignee", None, "Ann"))
    same = {**dict(reversed(one.items())), "extra": 1}
    later = one | {"timestamp": TIME + 1}
    assert translated(one, JIRA).delivery == translated(same, JIRA).delivery
    assert translated(one, JIRA).delivery != translated(later, JIRA).delivery


def test_a_description_in_the_document_format_is_its_words() -> None:
    document = {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "All"}, {"text": "of it"}]}],
    }
    (event,) = events(outcome(delivery("jira:issue_created", issue=issue(description=document))))
    assert event.attributes["description"] == "All of it"


def test_labels_may_decide_priority_and_phase() -> None:
    labelled = source(Dialect.JIRA, priority_labels={"sev1": "P1"}, labels={"hold": TicketPhase.WAITING_OTHER})
    given = updated(item("labels", "a", "a sev1 hold"), fields={"labels": ["a", "sev1", "hold"]})
    assert said(translated(given, labelled).outcome) == "priority_changed P1; waiting other"
    # and then the priority field has no say
    other = updated(item("priority", "High", "Low"), fields={"labels": ["sev1"]})
    assert said(translated(other, labelled).outcome) == "nothing_relevant"
