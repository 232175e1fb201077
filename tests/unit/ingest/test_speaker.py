"""Who spoke: staff, the customer, a bot, or somebody of whom nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.made import events, said, source, translated
from tests.unit.ingest.test_github import MEMBER, REPORTER
from tests.unit.ingest.test_github import comment as github_comment
from tests.unit.ingest.test_jira import ANN, PAT, comment, delivery, issue, item, updated

from sla_catalogue.source import Dialect, Membership, Source
from sla_domain.event import Actor, EventKind
from sla_ingest.dialect import Accepted

JIRA, GITHUB, CLOUD = Dialect.JIRA, Dialect.GITHUB, Dialect.CLOUDEVENTS
MAIL = PAT | {"emailAddress": "Pat@Vendor.Example"}
SERVER = {"name": "pat", "key": "JIRAUSER10", "displayName": "Pat", "emailAddress": "pat@vendor.example"}
SERVICE = {"key": "SUP", "projectTypeKey": "service_desk"}


def jira(author: dict[str, Any], by: Source | None = None, **fields: Any) -> Any:
    given = delivery("comment_created", user=author, issue=issue(**fields), comment=comment(author))
    return translated(given, by or source(JIRA)).outcome


def codes(found: Any) -> list[str]:
    assert isinstance(found, Accepted)
    return [noted.remark.code for one in found.events for noted in one.remarks]


# -- Jira without a setting -------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [PAT, SERVER, {"displayName": "Pat"}, {}])
def test_somebody_who_neither_reported_nor_works_on_it_is_on_nobody_s_side(person: dict[str, Any]) -> None:
    found = jira(person)
    assert (said(found), codes(found)) == ("commented", ["speaker_unknown"])
    detail = found.events[0].remarks[0].detail
    assert "sources.desk.staff" in detail
    assert "sources.desk.customers" in detail
    assert found.events[0].event.actor is Actor.UNKNOWN


def test_whom_the_issue_is_assigned_to_is_taken_for_staff_and_that_is_said() -> None:
    found = jira(SERVER, assignee=SERVER)
    assert (said(found), codes(found)) == ("responded", ["staff_assumed"])
    assert "assigned" in found.events[0].remarks[0].detail
    assert said(jira(ANN, assignee=ANN)) == "customer_replied", "the reporter stays the customer"


def test_a_licensed_account_in_a_service_project_is_taken_for_staff_and_that_is_said() -> None:
    found = jira(PAT, project=SERVICE)
    assert (said(found), codes(found)) == ("responded", ["staff_assumed"])
    portal = jira(PAT | {"accountType": "customer"}, project=SERVICE)
    assert (said(portal), codes(portal)) == ("customer_replied", [])
    assert said(jira(SERVER, project=SERVICE)) == "commented", "Server does not tell who is licensed"


def test_nobody_s_reporter_is_nobody_s_customer() -> None:
    """An issue whose reporter was cleared is not its creator's, who may be a mail robot or the service desk."""
    assert said(jira(SERVER, reporter=None, creator=SERVER)) == "commented"


def test_on_a_thin_issue_the_stored_one_decides_whether_it_was_the_reporter() -> None:
    thin = {"id": "10040", "fields": {"summary": "x"}}
    found = translated(delivery("comment_created", issue=thin, comment=comment(PAT)), source(JIRA)).outcome
    assert isinstance(found, Accepted)
    assert (said(found), found.events[0].unless_reporter) == ("commented", "pat")


# -- a changed reporter -----------------------------------------------------------------------------------


def test_a_changed_reporter_is_followed_by_account() -> None:
    moved = updated(item("reporter", "Ann", "Pat", **{"from": "ann", "to": "pat"}), fields={"reporter": PAT})
    (event,) = events(translated(moved, source(JIRA)).outcome)
    assert (event.kind, dict(event.attributes)) == (
        EventKind.RECLASSIFIED, {"reporter": "Pat", "reporter_id": "pat"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"from": "ann", "to": "pat", "toString": "Pat"}, {"reporter": "Pat", "reporter_id": "pat"}),
        ({"to": "old-key", "tmpToAccountId": "pat", "toString": "Pat"}, {"reporter": "Pat", "reporter_id": "pat"}),
        ({"from": "ann", "to": None, "toString": None}, {"reporter": "", "reporter_id": ""}),
    ],
)
def test_without_the_issue_s_own_word_the_changelog_names_the_reporter(
    more: dict[str, Any], expected: dict[str, str]
) -> None:
    given = updated(item("reporter", "Ann", None, **more))
    del given["issue"]["fields"]["reporter"]
    (event,) = events(translated(given, source(JIRA)).outcome)
    assert dict(event.attributes) == expected


def test_after_the_change_customer_and_stranger_have_swapped() -> None:
    assert [said(jira(who, reporter=ANN)) for who in (ANN, PAT)] == ["customer_replied", "commented"]
    assert [said(jira(who, reporter=PAT)) for who in (ANN, PAT)] == ["commented", "customer_replied"]


# -- what can be said -------------------------------------------------------------------------------------

VENDOR = Membership(domains=frozenset({"vendor.example"}), groups=frozenset({"agents"}))
GROUPED = PAT | {"groups": {"size": 1, "items": [{"name": "Agents"}]}}
SIDES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "staff by account": ({"staff": frozenset({"pat"})}, PAT, "responded"),
    "staff by the key of Server": ({"staff": frozenset({"jirauser10"})}, SERVER, "responded"),
    "staff by mail address": ({"staff": frozenset({"pat@vendor.example"})}, MAIL, "responded"),
    "somebody who calls himself like staff": (
        {"staff": frozenset({"bob"})},
        {"accountId": "x", "displayName": "Bob"},
        "commented",
    ),
    "a customer who calls himself like staff": (
        {"staff": frozenset({"bob"})},
        {"accountId": "x", "displayName": "Bob", "accountType": "customer"},
        "customer_replied",
    ),
    "a bot by display name": ({"bots": frozenset({"jira robot"})}, {"displayName": "Jira Robot"}, "bot_comment"),
    "staff by domain": ({"staff_by": VENDOR}, MAIL, "responded"),
    "staff by masked address": ({"staff_by": VENDOR}, PAT | {"emailAddress": "pat at vendor dot example"}, "responded"),
    "another domain": ({"staff_by": VENDOR}, PAT | {"emailAddress": "pat@notvendor.example"}, "commented"),
    "a domain below it": ({"staff_by": VENDOR}, PAT | {"emailAddress": "pat@eu.vendor.example"}, "commented"),
    "staff by group": ({"staff_by": VENDOR}, GROUPED, "responded"),
    "staff by a plain list of groups": ({"staff_by": VENDOR}, PAT | {"groups": ["agents"]}, "responded"),
    "no such group": ({"staff_by": VENDOR}, PAT | {"groups": ["users"]}, "commented"),
    "customer by account": ({"customers": frozenset({"pat"})}, PAT, "customer_replied"),
    "customer by domain": ({"customers_by": VENDOR}, MAIL, "customer_replied"),
    "a named customer of the staff's domain": (
        {"staff_by": VENDOR, "customers": frozenset({"pat"})},
        MAIL,
        "customer_replied",
    ),
    "a bot by account": ({"bots": frozenset({"pat"})}, PAT, "bot_comment"),
}  # fmt: skip


@pytest.mark.parametrize("what", SIDES)
def test_a_side_that_the_catalogue_gives_leaves_no_remark(what: str) -> None:
    given, person, expected = SIDES[what]
    found = jira(person, source(JIRA, **given))
    assert said(found) == expected
    if expected in ("responded", "customer_replied"):
        assert codes(found) == []


def test_whoever_reported_is_the_customer_unless_named_as_staff() -> None:
    """In a company that supports itself everybody has the staff's domain."""
    by_domain = source(JIRA, staff_by=VENDOR)
    assert said(jira(MAIL, by_domain, reporter=MAIL)) == "customer_replied"
    assert said(jira(MAIL, source(JIRA, staff=frozenset({"pat"})), reporter=MAIL)) == "responded"


def test_only_these_closes_the_list() -> None:
    only = source(JIRA, staff=frozenset({"desk"}), only_staff=True)
    for fields in ({"assignee": PAT}, {"project": SERVICE}):
        found = jira(PAT, only, **fields)
        assert (said(found), codes(found)) == ("commented", ["speaker_unknown"])
    assert said(jira({"accountId": "desk"}, only)) == "responded"
    assert said(jira(ANN, only)) == "customer_replied"


def test_an_act_of_somebody_unknown_is_no_word_of_the_staff() -> None:
    """Taking the work up counts as an update where staff does it."""
    started = updated(item("status", "To Do", "In Progress"), user=PAT)
    found = translated(started, source(JIRA)).outcome
    assert (said(found), codes(found)) == ("updated", ["speaker_unknown"])
    assert events(found)[0].actor is Actor.UNKNOWN
    known = translated(started, source(JIRA, staff=frozenset({"pat"}))).outcome
    assert (events(known)[0].actor, codes(known)) == (Actor.STAFF, [])
    resolved = translated(updated(item("status", "To Do", "Resolved"), user=PAT), source(JIRA)).outcome
    assert (said(resolved), codes(resolved)) == ("resolved", []), "whoever resolves it, it is resolved"


# -- GitHub -----------------------------------------------------------------------------------------------


def github(author: dict[str, str], association: str, **values: Any) -> Any:
    return translated(
        github_comment(author, association), source(GITHUB, **values), x_github_event="issue_comment"
    ).outcome


@pytest.mark.parametrize(
    "association", ["CONTRIBUTOR", "NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", ""]
)
def test_a_member_whose_membership_is_private_is_not_taken_for_the_customer(association: str) -> None:
    found = github(MEMBER, association)
    assert (said(found), codes(found)) == ("commented", ["speaker_unknown"])
    assert "member; say it under sources.desk.staff" in found.events[0].remarks[0].detail


def by(*associations: str) -> Membership:
    return Membership(associations=frozenset(one.lower() for one in associations))


ASSOCIATIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "named as staff": ({"staff_by": by("CONTRIBUTOR")}, "CONTRIBUTOR", "responded"),
    "named instead of the usual": ({"staff_by": by("OWNER")}, "COLLABORATOR", "commented"),
    "one of the usual": ({}, "COLLABORATOR", "responded"),
    "only those named by account": ({"staff": frozenset({"ann"}), "only_staff": True}, "OWNER", "commented"),
    "only those of an association": ({"staff_by": by("OWNER"), "only_staff": True}, "OWNER", "responded"),
    "strangers are customers": ({"customers_by": by("NONE")}, "NONE", "customer_replied"),
    "the account itself": ({"staff": frozenset({"member"})}, "NONE", "responded"),
    "a customer by account": ({"customers": frozenset({"member"})}, "MEMBER", "customer_replied"),
}  # fmt: skip


@pytest.mark.parametrize("what", ASSOCIATIONS)
def test_associations_can_be_said(what: str) -> None:
    values, association, expected = ASSOCIATIONS[what]
    assert said(github(MEMBER, association, **values)) == expected


def test_the_reporter_is_the_customer_whatever_the_association() -> None:
    assert said(github(REPORTER, "NONE", staff_by=by("NONE"))) == "customer_replied"


# -- CloudEvents ------------------------------------------------------------------------------------------


def cloud(kind: str, data: dict[str, Any], **values: Any) -> Any:
    event = {"specversion": "1.0", "id": "1", "source": "/x", "type": kind, "subject": "1", "data": data}
    given = source(CLOUD, **values)
    return translated(event, given, content_type="application/cloudevents+json").outcome


NAMED: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, Actor]] = {
    "believed": ("responded", {}, {}, "responded", Actor.UNKNOWN),
    "staff by name": ("responded", {"actor_name": "Bob"}, {"staff": frozenset({"bob"})}, "responded", Actor.STAFF),
    "staff by domain": (
        "commented", {"actor_name": "bob@vendor.example"}, {"staff_by": VENDOR}, "responded", Actor.STAFF,
    ),
    "a customer's word is no response": (
        "responded", {"actor_name": "Zoe"}, {"customers": frozenset({"zoe"})}, "customer_replied", Actor.CUSTOMER,
    ),
    "a bot by name": ("responded", {"actor_name": "Bot"}, {"bots": frozenset({"bot"})}, "responded", Actor.BOT),
    "not of those who alone are staff": (
        "responded", {"actor_name": "Eve"}, {"staff": frozenset({"bob"}), "only_staff": True}, "commented",
        Actor.UNKNOWN,
    ),
    "the sender's own word stands": (
        "responded", {"actor": "staff", "actor_name": "Eve"}, {"staff": frozenset({"bob"}), "only_staff": True},
        "responded", Actor.STAFF,
    ),
    "commented by nobody": ("commented", {}, {}, "commented", Actor.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("what", NAMED)
def test_a_cloud_event_is_told_by_its_actor_or_by_the_name(what: str) -> None:
    kind, data, values, expected, actor = NAMED[what]
    found = cloud(kind, data, **values)
    (event,) = events(found)
    assert (event.kind.value, event.actor) == (expected, actor)
    assert ("speaker_unknown" in codes(found)) is (expected == "commented")
