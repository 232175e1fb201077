"""The person behind a Jira delivery: accounts by id (Cloud), key or name (Server); customers, staff and apps."""

from __future__ import annotations

from sla_catalogue.source import Source, fold_case
from sla_ingest.dialect.read import Node, array_at, object_at, text_at
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of


def account_of(person: Node) -> str:
    """Return the account id of a person in a Jira delivery; else the key; else the name.

    The result is "" for an empty object. The mail address is never returned.
    """
    return text_at(person, "accountId") or text_at(person, "key") or text_at(person, "name")


def display_name(person: Node) -> str:
    """Return the display name of a person in a Jira delivery, or the account if there is no name."""
    return text_at(person, "displayName") or account_of(person)


def reporter_of(fields: Node) -> Node:
    """Return the person who reported an issue; an empty object if there is none.

    The reporter is in the field `reporter`. If the issue lacks that field, the reporter is in `creator`.

    Args:
        fields: The issue's fields.
    """
    return object_at(fields, "reporter") if "reporter" in fields else object_at(fields, "creator")


def states_reporter(fields: Node) -> bool:
    """Return whether the issue has the field `reporter` or `creator`, even if it is empty.

    In deliveries of comments, the shortened issue has neither.
    """
    return "reporter" in fields or "creator" in fields


def speaker_of(source: Source, person: Node, fields: Node) -> Speaker:
    """Return whether a person in a Jira issue is customer, staff, bot or unknown.

    Args:
        source: The sender's settings, which name staff, customers and bots.
        person: The person, as the delivery describes them.
        fields: The issue's fields. The reporter is a customer.
    """
    account = account_of(person)
    return side_of(
        source, _person(person, fields), reported=bool(account) and account == account_of(reporter_of(fields))
    )


def _person(person: Node, fields: Node) -> AccountDetails:
    account, address = account_of(person), _address(text_at(person, "emailAddress"))
    kind = text_at(person, "accountType")
    names = (account, text_at(person, "key"), text_at(person, "name"), address)
    return AccountDetails(
        names=frozenset(filter(None, names)),
        shown=text_at(person, "displayName"),
        account=account,
        groups=_groups(person),
        domain=mail_domain(address),
        bot=kind == "app",
        customer=kind == "customer",
        assumed=_assumed(account, kind, fields),
    )


def _assumed(account: str, kind: str, fields: Node) -> str:
    if account and account == account_of(object_at(fields, "assignee")):
        return "to whom the issue is assigned"
    if kind == "atlassian" and text_at(fields, "project", "projectTypeKey") == "service_desk":
        return "a licensed account in a service project"
    return ""


def _groups(person: Node) -> frozenset[str]:
    """Names of groups: a list of them, or Jira's own `{"items": [{"name": …}]}`."""
    listed = array_at(person, "groups") or array_at(person, "groups", "items")
    names = (text_at(each, "name") if isinstance(each, dict) else each for each in listed)
    return frozenset(fold_case(name) for name in names if isinstance(name, str) and name.strip())


def _address(written: str) -> str:
    """A mail address; Server may write it masked, as `ann at acme dot example`."""
    return written.replace(" at ", "@").replace(" dot ", ".") if " at " in written else written
