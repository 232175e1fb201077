"""What a message says before it is put into words: from a fact or a notice to labelled values and links. Pure."""

from __future__ import annotations

from sla_domain.fact import reason_of
from sla_domain.plan import PlanId
from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.state import Kind
from sla_notifier.telling.directory import contract_of, title_of
from sla_notifier.telling.notification import Recipient
from sla_notifier.telling.surroundings import Surroundings
from sla_notifier.telling.timing import Timing, timing_of
from sla_notifier.text.content import Action, Content, Value
from sla_notifier.text.words import one_line, paragraphs, spoken, web_link
from sla_platform.wire import ClockFact, NoticeData


def content_of(around: Surroundings, occasion: Occasion, recipient: Recipient) -> Content:
    """The content of one notification, for this recipient."""
    if isinstance(occasion.content, NoticeData):
        return _of_notice(around, occasion, occasion.content, recipient)
    return _of_clock(around, occasion, occasion.content, recipient)


def _of_clock(around: Surroundings, occasion: Occasion, fact: ClockFact, recipient: Recipient) -> Content:
    contract = contract_of(around.catalogue, fact.contract)
    broken = occasion.due_at or fact.at
    due = fact.due_at or broken
    timing = _timing(around, occasion, fact)
    spoken_in = around.texts.language(recipient.language)  # a title in one language amid sentences in another jars
    metric = _metric(around, fact, spoken_in)
    values: dict[str, Value] = {
        "customer": one_line(fact.customer) or title_of(around.catalogue, fact.contract),
        "contract": title_of(around.catalogue, fact.contract),
        "incident": one_line(f"{fact.incident} {fact.title}", 160) if fact.title else fact.incident,
        "metric": metric,
        "priority": one_line(fact.priority) or "–",
        "product": one_line(fact.product),
        "promise": f"{metric}, {fact.allowed}" if fact.allowed else "",
        "due": due,
        "broken": broken,
        "ended": fact.at,
        "again": _again(around, occasion),
        "level": occasion.level,
        "round": occasion.round,
        "outcome": occasion.outcome,
        **timing.values,
        "because": one_line(reason_of(fact.body), 200),
    }
    return Content(
        kind=occasion.kind,
        zone=contract.zone if fact.zone == "UTC" else fact.zone,
        values=values,
        rows=("customer", "incident", "promise", "priority", "product", *_dates(occasion.kind)),
        notes=("provisional",) if fact.provisional else (),
        actions=_actions(around, occasion, fact, recipient),
        why=recipient.why,
        data=_clock_data(around, occasion, fact, recipient),
    )


def _timing(around: Surroundings, occasion: Occasion, fact: ClockFact) -> Timing:
    broken = occasion.due_at or fact.at
    until = fact.at if occasion.kind is Kind.RESOLVED else around.now
    return timing_of(around.catalogue.rulebook, fact, around.now, fact.due_at or broken, broken, until)


def _again(around: Surroundings, occasion: Occasion) -> bool:
    """Whether this contract's people were paged for this very breach in an earlier episode: it is no news now."""
    if occasion.kind not in (Kind.PAGE, Kind.NOTICE) or occasion.due_at is None:
        return False
    place = (occasion.alert, occasion.contract, occasion.due_at)
    return around.paged_of.get(place, occasion.episode) < occasion.episode


def _dates(kind: Kind) -> tuple[str, ...]:
    match kind:
        case Kind.WARNING:
            return ("due", "left_both")
        case Kind.PAGE | Kind.NOTICE:
            return ("due", "late_both")
        case Kind.RESOLVED:
            return ("due", "ended")
        case Kind.UNPROMISED:
            return ()
        case _:
            return ("due",)


def _metric(around: Surroundings, fact: ClockFact, language: str) -> str:
    """The metric's title in the plan, in the reader's language or English; else its id in words, and never nothing:
    the plan may be gone by now."""
    plan = around.catalogue.rulebook.plans.get(PlanId(fact.plan))
    metric = None if plan is None else next((metric for metric in plan.metrics if metric.id == fact.metric), None)
    titles = {} if metric is None else metric.titles
    title = titles.get(language) or titles.get(language.partition("-")[0]) or titles.get("en") or ""
    return one_line(title) or one_line(spoken(fact.metric)) or around.texts.words(language)["promise"]


def _actions(around: Surroundings, occasion: Occasion, fact: ClockFact, recipient: Recipient) -> tuple[Action, ...]:
    answer = acknowledge_link(around, occasion, recipient)
    return (
        Action("acknowledge", answer, main=True),
        Action("open_incident", around.links.incident(fact.incident)),
        Action("open_ticket", web_link(fact.url)),
    )


def acknowledge_link(around: Surroundings, occasion: Occasion, recipient: Recipient) -> str:
    """Only what asks for an answer has one."""
    if occasion.kind not in (Kind.PAGE, Kind.FIX) or not recipient.person:
        return ""
    return around.links.acknowledge(occasion.alert, recipient.person, around.now)


def _clock_data(around: Surroundings, occasion: Occasion, fact: ClockFact, recipient: Recipient) -> dict[str, object]:
    """For programs: the fact's own values, nothing formatted."""
    return {
        "occasion": occasion.id,
        "alert": occasion.alert,
        "incident": fact.incident,
        "title": one_line(fact.title),
        "contract": fact.contract,
        "customer": one_line(fact.customer),
        "plan": fact.plan,
        "metric": fact.metric,
        "priority": fact.priority,
        "product": one_line(fact.product),
        "generation": fact.generation,
        "threshold": fact.threshold,
        "level": occasion.level,
        "round": occasion.round,
        "outcome": occasion.outcome,
        "episode": occasion.episode,
        "again": _again(around, occasion),
        "at": fact.at,
        "due_at": fact.due_at,
        "provisional": fact.provisional,
        **_timing(around, occasion, fact).data,
        "recipient": recipient.person,
        "why": recipient.why,
        "acknowledge_url": acknowledge_link(around, occasion, recipient),
        "incident_url": around.links.incident(fact.incident),
        "ticket_url": web_link(fact.url),
    }


def _of_notice(around: Surroundings, occasion: Occasion, notice: NoticeData, recipient: Recipient) -> Content:
    contract = contract_of(around.catalogue, occasion.contract)
    title = one_line(notice.title, 200) or notice.id
    products = ", ".join(f"{each.product} {each.versions}".strip() for each in notice.products)
    answer = acknowledge_link(around, occasion, recipient)
    return Content(
        kind=Kind.FIX,
        zone=contract.zone,
        values={
            "title": title,
            "severity": notice.severity,
            "products": one_line(products, 1_000),
            "published": notice.published_at,
            "contract": title_of(around.catalogue, occasion.contract),
            "level": occasion.level,
        },
        rows=("severity", "products", "published"),
        body=paragraphs(notice.text),
        actions=(Action("acknowledge", answer, main=True), Action("open_link", web_link(notice.link))),
        why=recipient.why,
        data={
            "notice": notice.id,
            "alert": occasion.alert,
            "title": title,
            "severity": notice.severity,
            "products": [each.model_dump() for each in notice.products],
            "link": web_link(notice.link),
            "body": paragraphs(notice.text, 8_000),
            "contract": occasion.contract,
            "published_at": notice.published_at,
            "level": occasion.level,
            "recipient": recipient.person,
            "acknowledge_url": answer,
        },
    )
