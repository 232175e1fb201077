"""The content of a message on what happened to an incident, before it is put into words: values and links. Pure."""

from __future__ import annotations

from typing import assert_never

from sla_domain.fact import (
    Amended,
    Breached,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    Gone,
    Met,
    Missed,
    Paused,
    PhaseChanged,
    PriorityCorrected,
    PromiseMade,
    PromiseMoved,
    PromiseNone,
    RatingGiven,
    Resumed,
    Retargeted,
    Started,
    Warned,
)
from sla_domain.tell import Happening
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.notification.directory import metric_in_words
from sla_notifier.notification.incident_values import incident_data, incident_values, zone_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Action, Content, FixedTerm, PromiseLines, Value
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import one_line, web_link
from sla_platform.wire import ClockFact

# The rows of the message, those without a value left out.
ROWS = ("customer", "incident", "priority_titled", "product", "promises", "score", "by", "escalated_to", "reason")


def happening_content(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient
) -> Content:
    """Return the content of a message about something that happened to an incident, before it is put into words.

    Args:
        context: The catalogue, the links and the present instant.
        request: Why people are notified. Its `happening` says what happened, such as `opened`.
        fact: The published event that reports what happened.
        recipient: Who receives the message.
    """
    happening = request.happening or Happening.OPENED
    spoken = context.texts.language(recipient.language)
    values: dict[str, Value] = {
        "happening": happening.value,
        "happened": FixedTerm("happened", happening.value),
        **incident_values(context, fact, spoken),
        "due": fact.due_at or fact.at,
        "promises": "",
        "by": "",
        "escalated_to": "",
        "score": "",
        "reason": "",
        "old": "",
        "new": "",
        **_told(context, fact, spoken),
    }
    return Content(
        kind=request.kind,
        zone=zone_of(context, fact),
        values=values,
        rows=ROWS,
        notes=("provisional",) if fact.provisional else (),
        actions=(
            Action("open_incident", context.links.incident(fact.incident), main=True),
            Action("open_ticket", web_link(fact.url)),
        ),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        data=_data(context, request, fact, recipient, happening),
    )


def _told(context: PipelineContext, fact: ClockFact, language: str) -> dict[str, Value]:
    """Return the values that only a fact of this kind has."""
    match body := fact.body:
        case PromiseMade() | PromiseMoved():
            dues = sorted(body.lines.items(), key=lambda pair: (pair[1], pair[0]))
            titled = [(metric_in_words(context.catalogue, fact.plan, metric, language), at) for metric, at in dues]
            return {"promises": PromiseLines(tuple(titled), context.now)}
        case EscalationMade():
            return {"by": _by(body.by), "escalated_to": one_line(body.to), "reason": one_line(body.reason, 500)}
        case RatingGiven():
            score = "" if body.score is None else str(body.score)
            return {"by": _by(body.by), "score": score, "reason": one_line(body.comment, 500)}
        case DowngradeProposed() | PriorityCorrected():
            return {
                "by": _by(body.by),
                "reason": one_line(body.reason, 500),
                "old": one_line(body.old),
                "new": one_line(body.new),
            }
        case Retargeted():
            return {"by": _by(body.agreed_by)}
        case (
            Started()
            | Paused()
            | Resumed()
            | Warned()
            | Breached()
            | Met()
            | Missed()
            | Cancelled()
            | Gone()
            | Amended()
            | Exempted()
        ):
            return {}
        case PromiseNone() | ContractChanged() | PhaseChanged():
            return {}
        case DowngradeSettled():
            return {}
        case _:
            assert_never(body)


def _by(name: str) -> FixedTerm:
    """Where no name is known a fact says which side it was."""
    return FixedTerm("actor", one_line(name))


def _data(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient, happening: Happening
) -> dict[str, object]:
    """For programs: the fact's own values, nothing formatted."""
    return {
        "occasion": request.id,
        "happening": happening.value,
        **incident_data(fact),
        "at": fact.at,
        "due_at": fact.due_at,
        "details": dict(fact.details),
        "provisional": fact.provisional,
        "recipient": recipient.person,
        "why": context.texts.phrases_in_words(recipient.why, ENGLISH),
        "incident_url": context.links.incident(fact.incident),
        "ticket_url": web_link(fact.url),
    }
