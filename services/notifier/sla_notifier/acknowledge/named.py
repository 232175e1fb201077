"""What an alert is about and who acknowledged it, in words for people. Pure."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_notifier.alert.alert import Alert
from sla_notifier.notification.directory import contract_of
from sla_notifier.text.words import id_as_words, one_line
from sla_platform.wire import NoticeData


def subject_of(alert: Alert) -> str:
    """Return one line on what an alert is about, at most 200 characters long.

    For an alert about a clock, the line has the metric, the customer (or contract) and the ticket. For an alert about a
    critical fix, it has the title of the notice.
    """
    content = alert.content
    if isinstance(content, NoticeData):
        return one_line(content.title, 200)
    ticket = f"{content.ticket_key} {content.title}".strip()
    return one_line(f"{id_as_words(content.metric)}, {content.customer or content.contract}, {ticket}", 200)


def name_of(catalogue: Catalogue, alert: Alert, person: str) -> str:
    """Return a person's name from the contract of an alert.

    If the contract does not have this person, the id is returned.

    Args:
        person: The person's id.
    """
    found = catalogue.rulebook.person(contract_of(catalogue, alert.contract), person)
    return found.name if found is not None else person
