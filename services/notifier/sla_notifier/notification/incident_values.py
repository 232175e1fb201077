"""What every message about a fact of an incident shows: values for people, values for programs, and the zone. Pure."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.fact import Amended
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.directory import contract_of, metric_in_words, priority_in_words, title_of
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.words import one_line
from sla_platform.wire import ClockFact


def incident_values(context: PipelineContext, fact: ClockFact, language: str) -> dict[str, str]:
    """Return the texts with which a message names an incident and what was promised: name in the template -> text.

    Args:
        fact: The published event about the incident.
        language: The language of the message, in which titles are given.
    """
    metric = metric_in_words(context.catalogue, fact.plan, fact.metric, language)
    return {
        "customer": one_line(fact.customer) or title_of(context.catalogue, fact.contract),
        "contract": title_of(context.catalogue, fact.contract),
        "incident": one_line(f"{fact.ticket_key} {fact.title}".strip(), 160),
        "metric": metric or context.texts.words(language)["promise"],
        "priority": one_line(fact.priority) or "–",
        "priority_titled": priority_in_words(context.catalogue, fact.plan, fact.priority, language) or "–",
        "product": one_line(fact.product),
    }


def incident_data(fact: ClockFact) -> dict[str, object]:
    """Return the values about an incident for the payload of a webhook: name -> unformatted value.

    Args:
        fact: The published event about the incident.
    """
    return {
        "incident": fact.incident,
        "ticket": one_line(fact.ticket_key),
        "title": one_line(fact.title),
        "contract": fact.contract,
        "customer": one_line(fact.customer),
        "plan": fact.plan,
        "metric": fact.metric,
        "priority": fact.priority,
        "product": one_line(fact.product),
    }


def zone_of(context: PipelineContext, fact: ClockFact) -> str:
    """Return the time zone (IANA name) in which a message about a fact (published event) shows instants.

    The zone is that of the fact. If that is UTC, it is the zone of the fact's contract.
    """
    return contract_of(context.catalogue, fact.contract).zone if fact.zone == "UTC" else fact.zone


def outcome_of(request: NotificationRequest, fact: ClockFact) -> str:
    """Return how a target ended, such as `missed`, for the words of a message.

    This is the outcome in the request, with one exception. If the message takes back a breach because the clock now
    belongs to another incident, the outcome is `elsewhere`.

    Args:
        request: What the message is about.
        fact: The published event about the clock (the timer of the target).
    """
    body = fact.body
    elsewhere = isinstance(body, Amended) and body.new_state is ClockState.CANCELLED and bool(body.why)
    return "elsewhere" if elsewhere and request.kind is MessageKind.TAKEN_BACK else request.outcome
