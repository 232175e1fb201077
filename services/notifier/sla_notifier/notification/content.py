"""The content of a message before it is put into words: labelled values and links. Pure."""

from __future__ import annotations

from datetime import datetime

from sla_catalogue.duration import BadDuration, parse_allowed
from sla_domain.contract import Side
from sla_domain.fact import Retargeted, reason_of
from sla_domain.plan import Allowed
from sla_notifier.alert.contract_news import AllowanceNews, WindowNews
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.contract_content import contract_content
from sla_notifier.notification.customer_content import customer_content
from sla_notifier.notification.directory import person_name
from sla_notifier.notification.happening_content import happening_content
from sla_notifier.notification.incident_values import incident_data, incident_values, outcome_of, zone_of
from sla_notifier.notification.notice_content import acknowledge_link, notice_content
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.objective_content import objective_content
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.notification.report_content import report_content
from sla_notifier.notification.timing import Timing, timing_of
from sla_notifier.text.content import Action, Content, FactReason, PromiseTerms, ShortInstant, Value
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import one_line, web_link
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact


def content_of(
    context: PipelineContext, request: NotificationRequest, recipient: Recipient, contracts: tuple[str, ...] = ()
) -> Content:
    """Return the content of a message (values, table rows, links), not yet put into words.

    Args:
        context: The catalogue, the links and the present instant.
        request: What the message is about.
        recipient: Who receives the message.
        contracts: For a message about a notice of a critical fix, the ids of the contracts that the message names. If
            empty, the contract of the request is named.
    """
    if isinstance(request.content, NoticeData):
        return notice_content(context, request, request.content, recipient, contracts or (request.contract,))
    if isinstance(request.content, ReportFact):
        return report_content(context, request, request.content, recipient)
    if isinstance(request.content, WindowNews | AllowanceNews):
        return contract_content(context, request, request.content, recipient)
    if isinstance(request.content, ObjectiveFact):
        return objective_content(context, request, request.content, recipient)
    if recipient.side is Side.CUSTOMER:
        return customer_content(context, request, request.content, recipient)
    if request.kind is MessageKind.HAPPENING:
        return happening_content(context, request, request.content, recipient)
    return _of_clock(context, request, request.content, recipient)


def _of_clock(context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient) -> Content:
    broken = request.due_at or fact.at
    due = fact.due_at or broken
    timing = _timing(context, request, fact)
    passed = request.passed
    about = incident_values(context, fact, context.texts.language(recipient.language))
    values: dict[str, Value] = {
        **about,
        "promise": PromiseTerms(about["metric"], _allowed(fact.allowed)) if fact.allowed else "",
        "due": due,
        "broken": broken,
        "since": broken,
        "due_short": ShortInstant(due, context.now),
        "since_short": ShortInstant(broken, context.now),
        "ended": _ended_at(fact, broken),
        "again": _again(context, request),
        "level": request.level,
        "round": request.round,
        "outcome": outcome_of(request, fact),
        "lapsed_by": "" if request.lapsed is None else person_name(context.catalogue, fact.contract, request.lapsed.by),
        "lapsed_at": "" if request.lapsed is None else request.lapsed.at,
        "passed_by": "" if passed is None else person_name(context.catalogue, fact.contract, passed.by),
        "passed_to": "" if passed is None else person_name(context.catalogue, fact.contract, passed.to),
        **timing.values,
        "because": FactReason(one_line(reason_of(fact.body), 500)),
    }
    return Content(
        kind=request.kind,
        zone=zone_of(context, fact),
        values=values,
        rows=("customer", "incident", "promise", "priority_titled", "product", *_dates(request.kind)),
        notes=("provisional",) if fact.provisional else (),
        actions=_actions(context, request, fact, recipient),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        data=_clock_data(context, request, fact, recipient),
    )


def _timing(context: PipelineContext, request: NotificationRequest, fact: ClockFact) -> Timing:
    broken = request.due_at or fact.at
    until = _ended_at(fact, broken) if request.kind is MessageKind.RESOLVED else context.now
    return timing_of(context.catalogue.rulebook, fact, context.now, fact.due_at or broken, broken, until)


def _ended_at(fact: ClockFact, broken: datetime) -> datetime:
    """When a promise that was broken ended. A target that no event made holds from when slad noticed."""
    body = fact.body
    no_event = isinstance(body, Retargeted) and (body.catalogue or fact.at < broken)
    return (fact.fired_at or fact.at) if no_event else fact.at


def _again(context: PipelineContext, request: NotificationRequest) -> bool:
    """Whether this contract's people were paged for this very breach in an earlier episode: it is no news now."""
    if request.kind not in (MessageKind.PAGE, MessageKind.INFO) or request.due_at is None:
        return False
    place = (request.alert, request.contract, request.due_at)
    return context.paged_of.get(place, request.episode) < request.episode


def _dates(kind: MessageKind) -> tuple[str, ...]:
    match kind:
        case MessageKind.WARNING:
            return ("due", "left_both")
        case MessageKind.PAGE | MessageKind.INFO:
            return ("since", "late_both")
        case MessageKind.RESOLVED:
            return ("due", "ended")
        case MessageKind.UNPROMISED:
            return ()
        case _:
            return ("due",)


def _allowed(written: str) -> Allowed | str:
    """Return the target that a fact spells (`4h`, `2 working days`, `1h by the wall clock`), or as it is written."""
    try:
        return parse_allowed(written.replace(" by the wall clock", " wall"))
    except BadDuration:
        return one_line(written)


def _actions(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient
) -> tuple[Action, ...]:
    answer = acknowledge_link(context, request, recipient)
    return (
        Action("acknowledge", answer, main=True),
        Action("open_incident", context.links.incident(fact.incident)),
        Action("open_ticket", web_link(fact.url)),
    )


def _clock_data(
    context: PipelineContext, request: NotificationRequest, fact: ClockFact, recipient: Recipient
) -> dict[str, object]:
    """For programs: the fact's own values, nothing formatted."""
    return {
        "occasion": request.id,
        "alert": request.alert,
        **incident_data(fact),
        "generation": fact.generation,
        "threshold": fact.threshold,
        "level": request.level,
        "round": request.round,
        "outcome": request.outcome,
        "episode": request.episode,
        "again": _again(context, request),
        "lapsed_by": "" if request.lapsed is None else request.lapsed.by,
        "lapsed_at": None if request.lapsed is None else request.lapsed.at,
        "passed_by": "" if request.passed is None else request.passed.by,
        "passed_to": "" if request.passed is None else request.passed.to,
        "at": fact.at,
        "due_at": fact.due_at,
        "provisional": fact.provisional,
        **_timing(context, request, fact).data,
        "recipient": recipient.person,
        "why": context.texts.phrases_in_words(recipient.why, ENGLISH),
        "acknowledge_url": acknowledge_link(context, request, recipient),
        "incident_url": context.links.incident(fact.incident),
        "ticket_url": web_link(fact.url),
    }
