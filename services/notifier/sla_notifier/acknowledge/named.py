"""What an alert is about and who acknowledged it, in words for people. Pure."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_notifier.alert.alert import Alert
from sla_notifier.notification.directory import metric_in_words, person_name
from sla_notifier.text.words import one_line
from sla_platform.wire import NoticeData


def subject_of(catalogue: Catalogue, alert: Alert, language: str) -> str:
    """Return one line on what an alert is about, at most 200 characters long.

    For a clock, the line names the metric, the customer (or contract) and the ticket. For a critical fix, the line is
    the title of the notice.

    Args:
        language: The tag of the language for the metric's title.
    """
    content = alert.content
    if isinstance(content, NoticeData):
        return one_line(content.title, 200)
    ticket = f"{content.ticket_key} {content.title}".strip()
    metric = metric_in_words(catalogue, content.plan, content.metric, language)
    return one_line(f"{metric}, {content.customer or content.contract}, {ticket}", 200)


def name_of(catalogue: Catalogue, alert: Alert, person: str) -> str:
    """Return the name of a person in the contract of an alert, or the person's id if the contract lacks the person.

    Args:
        person: The person's id.
    """
    return person_name(catalogue, alert.contract, person)
