"""GitHub Issues: every documented action of `issues` and `issue_comment`, and the events beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.ingest.made import events, phases, said, source, translated

from sla_catalogue.source import Dialect, Lookup, TicketPhase
from sla_domain.event import Actor, TimeQuality
from sla_ingest.dialect import Ignored, Parked

GITHUB = source(
    Dialect.GITHUB,
    priority_labels={"sev1": "P1", "sev2": "P2"},
    priorities={"incident": "P1"},
    labels={
        "needs-info": TicketPhase.WAITING_CUSTOMER,
        "upstream": TicketPhase.WAITING_VENDOR,
        "patched": TicketPhase.WORKAROUND,
    },
    customer=Lookup(label="customer:", constant="Anybody"),
    staff=frozenset({"helpdesk"}),
    bots=frozenset({"robot"}),
)
MEMBER = {"login": "member", "type": "User"}
REPORTER = {"login": "reporter", "type": "User"}


def payload(action: str, *, labels: tuple[str, ...] = (), issue: dict[str, Any] | None = None, **values: Any) -> Any:
    return {
        "action": action,
        "issue": {
            "id": 77,
            "title": "It is down",
            "body": "All of it.",
            "state": "open",
            "html_url": "https://github.example/acme/shop/issues/7",
            "user": REPORTER,
            "labels": [{"name": label} for label in labels],
            "assignee": {"login": "ann"},
            "created_at": "2026-11-20T09:00:00Z",
            "updated_at": "2026-11-20T10:00:00Z",
            "closed_at": None,
        }
        | (issue or {}),
        "repository": {"name": "shop", "full_name": "acme/shop", "owner": {"login": "acme"}},
        "sender": MEMBER,
    } | values


def outcome(payload: Any, event: str = "issues") -> Any:
    return translated(payload, GITHUB, x_github_event=event, x_github_delivery="d-1").outcome


def label(name: str) -> dict[str, dict[str, str]]:
    return {"label": {"name": name}}


ACTIONS: dict[str, tuple[Any, str]] = {
    "opened": (payload("opened"), "opened"),
    "opened as waiting": (payload("opened", labels=("needs-info",)), "opened; waiting customer"),
    "edited title": (payload("edited", changes={"title": {"from": "x"}}), "described It is down"),
    "edited text": (payload("edited", changes={"body": {"from": ""}}), "described All of it."),
    "edited nothing": (payload("edited", changes={}), "nothing_relevant"),
    "closed": (payload("closed", issue={"state": "closed"}), "resolved"),
    "closed as completed": (payload("closed", issue={"state_reason": "completed"}), "resolved"),
    "closed as not planned": (payload("closed", issue={"state_reason": "not_planned"}), "cancelled"),
    "closed as duplicate": (payload("closed", issue={"state_reason": "duplicate"}), "cancelled"),
    "closed for a reason not known yet": (payload("closed", issue={"state_reason": "moonshot"}), "resolved"),
    "reopened while closed_at is set": (payload("reopened", issue={"closed_at": "2026-11-20T09:30:00Z"}), "reopened"),
    "assigned": (payload("assigned", assignee={"login": "ann"}), "assigned ann"),
    "unassigned": (payload("unassigned", issue={"assignee": None}), "assigned -"),
    "labeled priority": (payload("labeled", labels=("sev2",), **label("sev2")), "priority_changed P2"),
    "labeled a lesser priority": (payload("labeled", labels=("sev1", "sev2"), **label("sev2")), "nothing_relevant"),
    "labeled in another case": (payload("labeled", labels=("SEV1",), **label("SEV1")), "priority_changed P1"),
    "unlabeled the greater": (payload("unlabeled", labels=("sev2",), **label("sev1")), "priority_changed P2"),
    "unlabeled the last": (payload("unlabeled", **label("sev1")), "priority_changed -"),
    "labeled waiting": (payload("labeled", labels=("needs-info",), **label("needs-info")), "waiting customer"),
    "unlabeled waiting": (payload("unlabeled", **label("needs-info")), "resumed"),
    "unlabeled one of two waiting": (
        payload("unlabeled", labels=("upstream",), **label("needs-info")),
        "waiting vendor",
    ),
    "labeled workaround": (payload("labeled", labels=("patched",), **label("patched")), "workaround_provided"),
    "labeled customer": (
        payload("labeled", labels=("customer:Polaris",), **label("customer:Polaris")),
        "reclassified Polaris",
    ),
    "unlabeled customer": (payload("unlabeled", **label("customer:Polaris")), "reclassified Anybody"),
    "labeled with meaning nothing": (payload("labeled", labels=("bug",), **label("bug")), "nothing_relevant"),
    "labeled with no label": (payload("labeled"), "nothing_relevant"),
    "unlabeled on a closed issue": (
        payload("unlabeled", issue={"state": "closed"}, **label("needs-info")),
        "nothing_relevant",
    ),
    "typed": (payload("typed", type={"name": "Bug"}), "reclassified Bug"),
    "typed as a priority": (payload("typed", type={"name": "Incident"}), "reclassified Incident; priority_changed P1"),
    "typed, but a label decides": (
        payload("typed", labels=("sev2",), type={"name": "Incident"}),
        "reclassified Incident",
    ),
    "untyped": (payload("untyped", type={"name": "Bug"}), "reclassified -"),
    "untyped a priority": (payload("untyped", type={"name": "Incident"}), "reclassified -; priority_changed -"),
    "transferred": (
        payload("transferred", changes={"new_issue": {"id": 99}, "new_repository": {"full_name": "acme/other"}}),
        "renamed Anybody desk:77 as desk:99",
    ),
    "transferred, with all there is": (
        payload(
            "transferred",
            changes={
                "new_issue": {
                    "id": 99,
                    "title": "Down",
                    "html_url": "https://g.example/9",
                    "labels": [{"name": "customer:Polaris"}],
                },
                "new_repository": {"full_name": "acme/other", "name": "other"},
            },
        ),
        "renamed Down https://g.example/9 Polaris other desk:77 as desk:99",
    ),
    "transferred to itself": (payload("transferred", changes={"new_issue": {"id": 77}}), "422 /changes/new_issue/id"),
    "opened by a transfer": (
        payload("opened", changes={"old_issue": {"id": 55}, "old_repository": {"full_name": "acme/old"}}),
        "renamed It is down All of it. https://github.example/acme/shop/issues/7 reporter reporter ann Anybody shop"
        " desk:55 as desk:77",
    ),
    "opened by a transfer from itself": (payload("opened", changes={"old_issue": {"id": 77}}), "opened"),
    "opened by a transfer from nobody knows where": (payload("opened", changes={"old_issue": None}), "opened"),
    "transferred nobody knows where": (payload("transferred"), "cancelled"),
    "deleted": (payload("deleted"), "cancelled"),
    **{
        quiet: (payload(quiet), "nothing_relevant")
        for quiet in (
            "pinned",
            "unpinned",
            "locked",
            "unlocked",
            "milestoned",
            "demilestoned",
            "field_added",
            "field_removed",
        )
    },
    "an action nobody knows": (payload("sublimated"), "unknown_action"),
}


@pytest.mark.parametrize("what", ACTIONS)
def test_an_action_on_an_issue(what: str) -> None:
    given, expected = ACTIONS[what]
    assert said(outcome(given)) == expected


def comment(author: dict[str, str], association: str = "NONE", action: str = "created", **values: Any) -> Any:
    said = {"id": 1, "user": author, "author_association": association, "created_at": "2026-11-20T10:30:00Z"}
    return payload(action, comment=said, sender=author, **values)


COMMENTS: dict[str, tuple[Any, str]] = {
    "a member": (comment(MEMBER, "MEMBER"), "responded"),
    "an owner": (comment(MEMBER, "OWNER"), "responded"),
    "a collaborator": (comment(MEMBER, "COLLABORATOR"), "responded"),
    # a member whose membership is private looks like this, too
    "a contributor": (comment(MEMBER, "CONTRIBUTOR"), "commented"),
    "a stranger": (comment(MEMBER), "commented"),
    "the reporter": (comment(REPORTER), "customer_replied"),
    "the reporter who is a member": (comment(REPORTER, "OWNER"), "customer_replied"),
    "somebody the catalogue calls staff": (comment({"login": "Helpdesk", "type": "User"}), "responded"),
    "a bot by type": (comment({"login": "x", "type": "Bot"}, "MEMBER"), "bot_comment"),
    "a bot by name": (comment({"login": "ci[bot]", "type": "User"}, "MEMBER"), "bot_comment"),
    "a bot by the catalogue": (comment({"login": "robot", "type": "User"}, "MEMBER"), "bot_comment"),
    "an edited comment": (comment(MEMBER, "MEMBER", "edited"), "comment_changed"),
    "a deleted comment": (comment(MEMBER, "MEMBER", "deleted"), "comment_changed"),
    "a pinned comment": (comment(MEMBER, "MEMBER", "pinned"), "comment_changed"),
    "an unknown action": (comment(MEMBER, "MEMBER", "sung"), "unknown_action"),
    "a pull request's comment": (comment(MEMBER, "MEMBER", issue={"pull_request": {"url": "x"}}), "pull_request"),
}


@pytest.mark.parametrize("who", COMMENTS)
def test_a_comment(who: str) -> None:
    given, expected = COMMENTS[who]
    assert said(outcome(given, "issue_comment")) == expected


def test_staff_who_reported_for_a_customer_respond() -> None:
    desk = {"login": "helpdesk", "type": "User"}
    assert said(outcome(comment(desk, issue={"user": desk}), "issue_comment")) == "responded"


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("ping", {"zen": "z", "hook_id": 1}, "ping"),
        ("push", {"ref": "refs/heads/main"}, "unrelated"),
        ("pull_request", {"action": "opened", "pull_request": {}}, "unrelated"),
        ("label", {"action": "created", "label": {}}, "unrelated"),
        ("sub_issues", {"action": "sub_issue_added", "sub_issue": {"id": 1}, "parent_issue": {"id": 2}}, "unrelated"),
        ("installation", {"action": "created"}, "unrelated"),
        ("issue_telepathy", {"action": "sent", "issue": {"id": 1}}, "contradicted"),
        ("issues", comment(MEMBER, "MEMBER", "deleted"), "contradicted"),
        ("issue_comment", payload("deleted"), "contradicted"),
        ("issue_comment", payload("opened"), "contradicted"),
        ("ping", payload("opened"), "contradicted"),
        ("issues", {"zen": "z", "hook_id": 1}, "contradicted"),
        ("", comment(MEMBER, "MEMBER", "deleted"), "comment_changed"),
        ("", {"zen": "z", "hook_id": 1}, "ping"),
        ("", payload("opened"), "opened"),
        ("", comment(MEMBER, "MEMBER"), "responded"),
        ("issues", {"action": "opened"}, "422 /issue"),
        ("issues", {"action": "opened", "issue": {"title": "x"}}, "422 /issue/id"),
        ("issues", {"action": "opened", "issue": {"id": True}}, "422 /issue/id"),
        ("issues", {"issue": {"id": 1}}, "422 /action"),
        ("issues", [], "422 "),
    ],
)
def test_what_kind_of_delivery_it_is(event: str, payload: Any, expected: str) -> None:
    assert said(outcome(payload, event)) == expected


def test_the_opening_says_everything_it_knows() -> None:
    (event,) = events(outcome(payload("opened", labels=("sev1", "customer:Polaris"), issue={"type": {"name": "Bug"}})))
    assert dict(event.attributes) == {
        "title": "It is down",
        "description": "All of it.",
        "url": "https://github.example/acme/shop/issues/7",
        "reporter": "reporter",
        "reporter_id": "reporter",
        "assignee": "ann",
        "type": "Bug",
        "priority": "P1",
        "customer": "Polaris",
        "product": "shop",
    }
    assert (event.incident, event.id) == ("desk:77", "desk/d-1/0")
    assert (event.occurred_at.hour, event.quality) == (9, TimeQuality.EXACT)


def test_a_change_states_the_time_the_issue_was_updated() -> None:
    (event,) = events(outcome(payload("reopened")))
    assert (event.occurred_at.hour, event.quality, event.actor) == (10, TimeQuality.OBJECT_UPDATED, Actor.STAFF)


def test_a_deletion_is_dated_to_the_latest_instant_that_its_body_shows() -> None:
    (event,) = events(outcome(payload("deleted")))
    assert (event.occurred_at, event.quality) == (datetime(2026, 11, 20, 10, tzinfo=UTC), TimeQuality.OBJECT_UPDATED)
    shown = {"name": "shop", "updated_at": "2026-11-20T10:20:00Z", "pushed_at": "2026-11-20T10:40:00Z"}
    (event,) = events(outcome(payload("deleted", repository=shown)))
    assert event.occurred_at == datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
    # what people write is not GitHub's: the date of a milestone lies ahead
    (event,) = events(outcome(payload("deleted", issue={"milestone": {"due_on": "2027-01-01T00:00:00Z"}})))
    assert event.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_deletion_without_any_time_is_parked() -> None:
    timeless = {"created_at": None, "updated_at": "soon", "closed_at": None}
    assert said(outcome(payload("deleted", issue=timeless))) == "no_time"


def test_who_does_it() -> None:
    def actor(sender: dict[str, str]) -> Actor:
        return events(outcome(payload("closed", sender=sender)))[0].actor

    assert actor(REPORTER) is Actor.CUSTOMER
    assert actor(MEMBER) is Actor.STAFF
    assert actor({"login": "stale[bot]", "type": "Bot"}) is Actor.BOT


def test_the_catalogue_says_what_declined_work_means() -> None:
    lenient = source(Dialect.GITHUB, resolutions={"not_planned": TicketPhase.RESOLVED})
    given = payload("closed", issue={"state_reason": "not_planned"})
    assert said(translated(given, lenient, x_github_event="issues").outcome) == "resolved"


def test_without_tables_only_unmistakable_labels_pause() -> None:
    bare = source(Dialect.GITHUB)

    def labelled(name: str) -> str:
        given = payload("labeled", labels=(name,), **label(name))
        return said(translated(given, bare, x_github_event="issues").outcome)

    assert labelled("Waiting for customer") == "waiting customer"
    assert labelled("blocked") == "nothing_relevant"


def test_a_delivery_without_id_is_known_by_its_body() -> None:
    one, two = (translated(payload(action), GITHUB, x_github_event="issues") for action in ("pinned", "locked"))
    assert one.delivery == translated(payload("pinned"), GITHUB, x_github_event="issues").delivery
    assert one.delivery != two.delivery
    assert isinstance(one.outcome, Ignored)


def test_an_overlong_delivery_id_is_replaced_by_its_digest() -> None:
    found = translated(payload("opened"), GITHUB, x_github_event="issues", x_github_delivery="d" * 5_000)
    assert len(found.delivery) < 160
    assert found.delivery.startswith("sha256-")
    assert not isinstance(found.outcome, Parked)


def test_labels_as_plain_words_and_phases_with_spaces_are_read_too() -> None:
    spaced = source(Dialect.GITHUB, labels=phases(on_ice="waiting_other"))
    given = payload("labeled", issue={"labels": ["On Ice"]}, label="On Ice")
    assert said(translated(given, spaced, x_github_event="issues").outcome) == "waiting other"
