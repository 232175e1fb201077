"""The content of a message to somebody of the customer about an incident: what they are promised, in their words. Pure.

The vendor's own people are not named, and what they write to one another is not shown; reasons are, where the contract
owes them (clause E8).
"""

from __future__ import annotations

from collections.abc import Sequence
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
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.directory import metric_in_words, priority_in_words
from sla_notifier.notification.incident_values import incident_data, incident_values, outcome_of, zone_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.question.question import ANSWER_WITHIN, question_id
from sla_notifier.text.content import Action, Content, FactReason, FixedTerm, Item, MetricLine, MetricTally, Value
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import one_line, web_link
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import MetricOutcome

TEMPLATE = "customer"
_ROWS = ("priority_titled", "product", "score", "reason", "answer_by", "advice")
_OF_KIND = {
    MessageKind.WARNING: Happening.WARNED.value,
    MessageKind.UNPROMISED: Happening.UNPROMISED.value,
    MessageKind.INFO: Happening.BREACHED.value,
    MessageKind.RESOLVED: "breach_ended",
    MessageKind.TAKEN_BACK: "taken_back",
}
_CUSTOMER = "customer"  # the actor of an event that is the customer's own
_MOST_REASON = 500


def customer_content(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient
) -> Content:
    """Return the content of a message to one of the customer's people, not yet put into words.

    Args:
        context: The catalogue, the links and the present instant.
        request: What the message is about.
        fact: The published event that reports what happened.
        recipient: The customer's person who receives the message.
    """
    spoken = context.texts.language(recipient.language)
    told = _told(request, fact)
    about = incident_values(context, fact, spoken)
    lines = _lines(context, fact, spoken)
    broken = request.due_at or fact.at
    values: dict[str, Value] = {
        "told": told,
        "news": FixedTerm("told", told if request.answer_by is None else "downgrade_reminder"),
        **about,
        "promised": bool(lines),
        "because": _because(fact),
        "own": False,
        "due": fact.due_at or broken,
        "broken": broken,
        "ended": fact.at,
        "outcome": outcome_of(request, fact),
        "old": "",
        "new": "",
        "answer_by": "",
        "score": "",
        "reason": "",
        "advice": FactReason(one_line("; ".join(fact.advice), 2_000)),
        **_said(context, fact, spoken),
    }
    leave = context.links.opt_out(request.contract, recipient.person, context.now)
    asking = ""
    if told == Happening.DOWNGRADE_PROPOSED.value:
        values["answer_by"] = request.answer_by or context.now + ANSWER_WITHIN
        asking = context.links.question(_question(request), recipient.person, context.now)
    return Content(
        kind=request.kind,
        template=TEMPLATE,
        zone=zone_of(context, fact),
        values=values,
        rows=_ROWS,
        notes=("provisional",) if fact.provisional else (),
        items=tuple(Item(line) for line in lines),
        actions=(
            Action("answer_question", asking, main=True),
            Action("open_ticket", web_link(fact.url)),
            Action("opt_out", leave),
        ),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        data=_data(context, request, fact, recipient, told) | {"answer_url": asking, "unsubscribe_url": leave},
    )


def _question(request: NotificationRequest) -> str:
    """A reminder's id goes on from that of the event, as the first message's does."""
    return question_id(request.id.rpartition("#")[0])


def _told(request: NotificationRequest, fact: ClockFact) -> str:
    """Which of the messages to customers it is; a closed incident that nobody resolved is not called resolved."""
    if request.happening is Happening.RESOLVED and fact.phase != Happening.RESOLVED.value:
        return "closed"
    if request.kind is not MessageKind.HAPPENING:
        return _OF_KIND[request.kind]
    happened = request.happening or Happening.OPENED
    if happened is Happening.PROMISE_MADE and fact.turned == Happening.OPENED.value:
        return Happening.OPENED.value  # the promise stands in the answer to the report
    return happened.value


def _lines(context: PipelineContext, fact: ClockFact, language: str) -> Sequence[MetricLine | MetricTally]:
    """What is promised, or what was kept; nothing where the fact does not say."""

    def titled(metric: str) -> str:
        return metric_in_words(context.catalogue, fact.plan, metric, language)

    if fact.outcomes:
        return [_outcome(titled(each.metric), each) for each in fact.outcomes]
    body = fact.body
    if not isinstance(body, PromiseMade | PromiseMoved):
        return ()
    old = body.old if isinstance(body, PromiseMoved) else {}
    dues = sorted(body.lines.items(), key=lambda pair: (pair[1], pair[0]))
    return [MetricLine(titled(metric), due, before=old.get(metric)) for metric, due in dues]


def _outcome(metric: str, outcome: MetricOutcome) -> MetricLine | MetricTally:
    if outcome.met + outcome.missed != 1 or outcome.due_at is None or outcome.stopped_at is None:
        return MetricTally(metric, outcome.met, outcome.missed)
    return MetricLine(metric, outcome.due_at, ended=outcome.stopped_at, outcome="met" if outcome.met else "missed")


def _because(fact: ClockFact) -> FixedTerm:
    """Why a promise moved. No sentence of the staff's: a term that each language words."""
    body = fact.body
    if not isinstance(body, PromiseMoved):
        return FixedTerm("moved", "")
    return FixedTerm("moved", "terms" if body.catalogue else body.because.value if body.because is not None else "")


def _said(context: PipelineContext, fact: ClockFact, language: str) -> dict[str, Value]:
    """Return the values that only a fact of this kind has."""

    def titled(priority: str) -> str:
        return priority_in_words(context.catalogue, fact.plan, priority, language)

    match body := fact.body:
        case EscalationMade():
            own = body.actor == _CUSTOMER
            return {"own": own, "reason": one_line(body.reason, _MOST_REASON) if own else ""}
        case RatingGiven():
            return {} if body.score is None else {"score": str(body.score)}
        case DowngradeProposed() | PriorityCorrected():
            old, new = titled(body.old), titled(body.new)
            return {"reason": one_line(body.reason, _MOST_REASON), "old": old, "new": new, "priority_titled": ""}
        case Retargeted():
            return {} if body.new_due_at is None else {"due": body.new_due_at}
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
        case PromiseMade() | PromiseMoved() | PromiseNone() | ContractChanged() | PhaseChanged():
            return {}
        case DowngradeSettled():
            return {}
        case _:
            assert_never(body)


def _data(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient, told: str
) -> dict[str, object]:
    """For programs of the customer: the fact's own values, nothing formatted, no name of the vendor's people."""
    body = fact.body
    promised = dict(body.lines) if isinstance(body, PromiseMade | PromiseMoved) else {}
    return {
        "occasion": request.id,
        "happening": told,
        **incident_data(fact),
        "at": fact.at,
        "due_at": fact.due_at,
        "promised": promised,
        "outcomes": [each.model_dump(mode="json") for each in fact.outcomes],
        "advice": list(fact.advice),
        "provisional": fact.provisional,
        "recipient": recipient.person,
        "why": context.texts.phrases_in_words(recipient.why, ENGLISH),
        "ticket_url": web_link(fact.url),
    }
