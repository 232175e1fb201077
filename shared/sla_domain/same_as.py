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
    """Return the incidents that the attribute `same_as` names, each once, at most 10.

    Args:
        text: Names such as `jira:SUP-77`, with commas, semicolons or spaces between them. Other words are left out.
    """
    names = (IncidentId(word) for word in _BETWEEN.split(text) if 0 < word.find(":") < len(word) - 1)
    return tuple(dict.fromkeys(name for name in names if len(name) <= INCIDENT))[:MOST]


def linked_words(text: str) -> list[str]:
    """Return the words of an attribute `same_as`, whatever they name."""
    return [word for word in _BETWEEN.split(text) if word]


def names_of_tickets(text: str, source: str) -> str:
    """Return the attribute `same_as` for tickets that a field names as people call them.

    Args:
        text: Ids, keys such as `SUP-77` or addresses of pages, with commas, semicolons or spaces between them.
        source: The name of the source whose tickets they are.
    """
    words = linked_words(text)
    return ", ".join(dict.fromkeys(f"{source}:{_ticket(word, source)}" for word in words))


def _ticket(word: str, source: str) -> str:
    if "://" in word:
        path = word.partition("#")[0].partition("?")[0].rstrip("/")
        return key_in_url(word) or path.rpartition("/")[2]
    return word.removeprefix(f"{source}:")
