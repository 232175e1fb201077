"""People of Intercom: on which side the author of a conversation's or a ticket's part stands."""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_ingest.dialect.read import Node, text_at
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of

CUSTOMERS = frozenset({"user", "lead", "contact"})
"""The types of people who ask."""
_BOTS = frozenset({"bot", "operator"})
_STAFF = frozenset({"admin", "team"})


def author_of(source: Source, author: Node) -> tuple[Speaker, str]:
    """Return the side and the name of the author of a part of a conversation or ticket.

    The side is customer, staff, bot or unknown. It follows from the type of author that Intercom gives, and from the
    settings.

    Args:
        source: The settings of the sender.
        author: The author, with `type`, `id`, `name` and `email`.
    """
    kind, account, address = (text_at(author, name) for name in ("type", "id", "email"))
    person = AccountDetails(
        names=frozenset(filter(None, (account, address))),
        shown=text_at(author, "name"),
        account=account,
        domain=mail_domain(address),
        bot=kind in _BOTS,
        customer=kind in CUSTOMERS,
        member=kind in _STAFF,
    )
    return side_of(source, person, reported=False), text_at(author, "name") or address or account
