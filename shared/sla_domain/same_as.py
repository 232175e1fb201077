"""The attribute `same_as`: tickets of other systems that are the same incident, as a text."""

from __future__ import annotations

import re

from sla_domain.bounds import INCIDENT
from sla_domain.event import IncidentId
from sla_domain.ticket_key import key_in_url

SAME_AS = "same_as"
MOST = 10
"""Tickets that one ticket may name, and tickets that may be one incident."""
_BETWEEN = re.compile(r"[\s,;]+")


def linked_names(text: str) -> tuple[IncidentId, ...]:
    """Return the ids of the incidents that a ticket's attribute `same_as` names.

    The attribute names tickets of other systems that are the same incident. At most 10 ids are returned, each once.
    Words that are no ids are ignored.

    Args:
        text: The attribute's value: ids such as `jira:SUP-77`, with commas, semicolons or spaces between them.
    """
    names = (IncidentId(word) for word in _BETWEEN.split(text) if 0 < word.find(":") < len(word) - 1)
    return tuple(dict.fromkeys(name for name in names if len(name) <= INCIDENT))[:MOST]


def linked_words(text: str) -> list[str]:
    """Split the value of an attribute `same_as` into its words, whether or not they are ids of incidents.

    The attribute names tickets of other systems that are the same incident. Words are separated by commas, semicolons
    or spaces.
    """
    return [word for word in _BETWEEN.split(text) if word]


def names_of_tickets(text: str, source: str) -> str:
    """Convert names of tickets, as people write them in a field, to a value of the attribute `same_as`.

    The attribute names tickets that are the same incident. For example, `SUP-77` of the source `jira` becomes
    `jira:SUP-77`.

    Args:
        text: Ids, keys such as `SUP-77` or addresses of pages, with commas, semicolons or spaces between them.
        source: The name of the source (ticketing system) to which the tickets belong.
    """
    words = linked_words(text)
    return ", ".join(dict.fromkeys(f"{source}:{_ticket(word, source)}" for word in words))


def _ticket(word: str, source: str) -> str:
    if "://" in word:
        path = word.partition("#")[0].partition("?")[0].rstrip("/")
        return key_in_url(word) or path.rpartition("/")[2]
    return word.removeprefix(f"{source}:")
