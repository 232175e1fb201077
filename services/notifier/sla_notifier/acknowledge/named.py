"""What an alert is about and who acknowledged it, in words for people. Pure."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_notifier.alert.alert import Alert
from sla_notifier.notification.directory import contract_of
from sla_notifier.text.words import id_as_words, one_line
from sla_platform.wire import NoticeData


def subject_of(alert: Alert) -> str:
    """Return in one line what an alert is about: metric, customer and ticket, or the title of a critical fix."""
    content = alert.content
    if isinstance(content, NoticeData):
        return one_line(content.title, 200)
    ticket = f"{content.incident} {content.title}".strip()
    return one_line(f"{id_as_words(content.metric)}, {content.customer or content.contract}, {ticket}", 200)


def name_of(catalogue: Catalogue, alert: Alert, person: str) -> str:
    """Return the name of a person of the alert's contract; `person` itself if unknown there, as an API key's id is."""
    found = catalogue.rulebook.person(contract_of(catalogue, alert.contract), person)
    return found.name if found is not None else person
