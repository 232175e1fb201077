"""The name by which people call a ticket, such as `SUP-77` or `acme/shop#12`; incident ids are often numbers."""

from __future__ import annotations

import re

LONGEST = 200
_JIRA = re.compile(r"/browse/([A-Za-z][A-Za-z0-9_]*-\d+)/?")
_GITHUB = re.compile(r"/([\w.-]+/[\w.-]+)/issues/(\d+)/?")
_GITLAB = re.compile(r"/([\w./-]+?)/-/(?:issues|work_items)/(\d+)/?")


def ticket_key(incident: str, url: str, stated: str = "") -> str:
    """Return the name that people use for the ticket of an incident.

    The name has at most 200 characters. A name that the ticket states is used first. Otherwise the name is read from
    the URL: `/browse/SUP-77` gives `SUP-77`, `/acme/shop/issues/12` gives `acme/shop#12`. Any other URL gives the
    incident's id without the source before the colon (`SUP-77` for `jira:SUP-77`). If that leaves only a number, it
    gives the whole id.

    Args:
        url: Address of the ticket's page.
        stated: The ticket's attribute `key`. "" if the ticket has none.
    """
    key = " ".join(stated.split())
    rest = incident.partition(":")[2]
    return (key or key_in_url(url) or (incident if rest.isdigit() else rest) or incident)[:LONGEST]


def unstated_key(incident: str, url: str, stated: str) -> str:
    """Return the ticket's own name (`stated`) if it must be stored, else "".

    The name need not be stored if `ticket_key` finds the same name from the incident's id and the URL alone. Store the
    result with the URL, and pass it to `ticket_key` as `stated` later.

    Args:
        url: Address of the ticket's page.
        stated: The ticket's attribute `key`.
    """
    key = " ".join(stated.split())
    return "" if ticket_key(incident, url) == key else key[:LONGEST]


def key_in_url(url: str) -> str:
    """Return the ticket's name that the address of its page contains; "" if there is none.

    The addresses of Jira (`SUP-77`), GitHub and GitLab (`acme/shop#12`) are recognised.
    """
    _, _, place = url.partition("#")[0].partition("?")[0].partition("://")
    path = place[place.find("/") :] if "/" in place else ""
    if found := _JIRA.search(path):
        return found[1].upper()
    whole = _GITHUB.fullmatch(path) or _GITLAB.fullmatch(path)
    return f"{whole[1]}#{whole[2]}" if whole else ""
