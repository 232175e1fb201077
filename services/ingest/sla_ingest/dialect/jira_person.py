"""Who did it, in Jira's words: accounts by id (Cloud), key or name (Server); customers, staff and apps."""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_domain.event import Actor
from sla_ingest.dialect.read import Node, node, text


def account_of(person: Node) -> str:
    """What identifies an account; never its mail address."""
    return text(person, "accountId") or text(person, "key") or text(person, "name")


def who_is(source: Source, person: Node, fields: Node) -> Actor:
    """The catalogue's lists first, then Cloud's account type, then whether the person reported the issue.

    Somebody who is neither reporter nor customer and may comment or edit is of the staff.
    """
    account = account_of(person)
    names = {name for name in (account, text(person, "name"), text(person, "displayName")) if name}
    if any(source.is_bot(name) for name in names) or text(person, "accountType") == "app":
        return Actor.BOT
    if any(source.is_staff(name) for name in names):
        return Actor.STAFF
    if text(person, "accountType") == "customer":
        return Actor.CUSTOMER
    if not account:
        return Actor.UNKNOWN
    reporter = node(fields, "reporter") or node(fields, "creator")
    return Actor.CUSTOMER if account == account_of(reporter) else Actor.STAFF
