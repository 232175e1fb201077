"""Rules on who is told of what, beside the escalation: which of them a fact meets, and the requests. Pure.

What the escalation tells of the same fact and the rules tell together: of one fact a person gets one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sla_catalogue import Catalogue
from sla_domain.contract import Contract
from sla_domain.errors import CalendarError
from sla_domain.escalation import TellKind
from sla_domain.fact import (
    Amended,
    Breached,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    FactKind,
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
from sla_domain.objective import ObjectiveNews
from sla_domain.plan import PlanId
from sla_domain.rulebook import Rulebook
from sla_domain.tell import Happening, TellRule
from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.alert.request import NotificationRequest, TellRecipients
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, ObjectiveFact

_OF_KIND = {
    FactKind.PROMISE_MADE: Happening.PROMISE_MADE,
    FactKind.PROMISE_MOVED: Happening.PROMISE_MOVED,
    FactKind.PROMISE_NONE: Happening.UNPROMISED,
    FactKind.PRIORITY_CORRECTED: Happening.PRIORITY_CORRECTED,
    FactKind.ESCALATION_MADE: Happening.ESCALATED,
    FactKind.RATING_GIVEN: Happening.RATED,
    FactKind.DOWNGRADE_PROPOSED: Happening.DOWNGRADE_PROPOSED,
    FactKind.CLOCK_WARNED: Happening.WARNED,
    FactKind.CLOCK_BREACHED: Happening.BREACHED,
}
_TURNS = {each.value: each for each in (Happening.OPENED, Happening.REOPENED, Happening.RESOLVED)}
_WITH_ESCALATION = {Happening.WARNED: MessageKind.WARNING, Happening.UNPROMISED: MessageKind.UNPROMISED}
_TELLING = (ObjectiveNews.AT_RISK, ObjectiveNews.EXHAUSTED)


def happenings_of(fact: ClockFact) -> tuple[Happening, ...]:
    """Return what happened according to a fact, as far as notification rules can refer to it, such as `opened`.

    A fact is a published event about an incident, or about the clock of one of its targets. The result is in the order
    of `Happening`. It is empty for a warning that came after the breach, and for history (something that was over, or
    was imported, when slad first received it).
    """
    if fact.is_history or fact.overtaken:
        return ()
    found = [_TURNS.get(fact.turned), _OF_KIND.get(fact.kind)]
    body = fact.body
    if isinstance(body, Retargeted) and body.agreed_by and not body.catalogue:
        changed = body.old_generation is not None and body.old_generation != fact.generation
        found.append(Happening.DATE_AGREED if changed else None)
    there = {each for each in found if each is not None}
    return tuple(each for each in Happening if each in there)


def rules_of(rulebook: Rulebook, contract: Contract, plan: str, entitlement: str) -> tuple[TellRule, ...]:
    """Return the rules on whom to notify of an incident's events: those of its plan, its entitlement and its contract.

    Args:
        plan: Id of the plan that applies to the incident. An unknown id means the contract's plan.
        entitlement: Id of the entitlement (one of several plans of a contract). "" in a contract with one plan.
    """
    known = rulebook.plans.get(PlanId(plan)) or rulebook.plan_of(contract)
    bought = next((one.bought.tell for one in contract.entitlements if one.id == entitlement), ())
    return (*known.tell, *bought, *contract.tell)


def concerns_rules(rulebook: Rulebook, contract: Contract, fact: ClockFact) -> bool:
    """Return whether a notification rule of the contract or its plan is about something that a fact reports.

    A fact is a published event about an incident, or about the clock of one of its targets. Conditions of the rules,
    such as a priority, are ignored.
    """
    happened = happenings_of(fact)
    if not happened:
        return False
    return any(rule.on in happened for rule in rules_of(rulebook, contract, fact.plan, fact.entitlement))


def tell_requests(
    requests: Sequence[NotificationRequest],
    fact: ClockFact,
    event: str,
    alert: Alert | None,
    catalogue: Catalogue,
    contract: Contract,
    now: datetime,
) -> tuple[NotificationRequest, ...]:
    """Return the requests to notify people of a fact: those of the escalation, and those that notification rules add.

    A fact is a published event about an incident, or about the clock of one of its targets.

    - The fact is a warning, or says that no target applies: the rules' recipients are added to the escalation's
      request. If there is no such request, one is added.
    - The fact is a breach: if it has opened the alert, requests to page people and to inform people are added. They are
      cancelled when the alert's pages are cancelled.
    - Otherwise, one request is added. If the rules are about several happenings in the fact, the request is about the
      first of these in the order of `Happening`.

    Args:
        requests: The requests that the escalation makes for the fact.
        event: Id of the event that carried the fact.
        alert: The alert of the fact's clock, as the fact has changed it. None if there is none.
        now: The present instant. Rules that are limited to certain hours apply only if they are open at this instant.
    """
    happened = happenings_of(fact)
    rules = [
        rule
        for rule in rules_of(catalogue.rulebook, contract, fact.plan, fact.entitlement)
        if rule.on in happened and _applies(rule, fact, catalogue.rulebook, contract, now)
    ]
    if not rules:
        return tuple(requests)
    if Happening.BREACHED in happened:
        opened = alert if alert is not None and alert.occasion == event and alert.state is AlertState.OPEN else None
        return (*requests, *(_of_breach(rules, fact, event, opened) if opened is not None else ()))
    audience = TellRecipients(_names(rules))
    joined = next((kind for on, kind in _WITH_ESCALATION.items() if on in happened), None)
    for place, request in enumerate(requests):
        if request.kind is joined and request.cancel_reason is None:
            merged = replace(request, audience=(*request.audience, audience))
            return (*requests[:place], merged, *requests[place + 1 :])
    request = NotificationRequest(
        id=f"{event}#told",
        kind=joined or MessageKind.HAPPENING,
        at=fact.at,
        contract=fact.contract,
        content=fact,
        audience=(audience,),
        alert=str(fact.clock or "") if joined is MessageKind.WARNING else "",
        due_at=fact.due_at,
        happening=next(each for each in happened if any(rule.on is each for rule in rules)),
    )
    return (*requests, request)


def objective_recipients(
    fact: ObjectiveFact, rulebook: Rulebook, contract: Contract, now: datetime
) -> tuple[TellRecipients, ...]:
    """Return whom rules of a contract and its plans name for an attainment objective that is at risk or exhausted.

    An objective is exhausted if more promises were missed than the period allows. For any other state of the objective,
    or if no rule applies, the result is empty.

    Args:
        fact: The event about the objective.
        now: The present instant. Rules that are limited to certain hours apply only if they are open at this instant.
    """
    if fact.kind not in _TELLING:
        return ()
    found = contract_recipients(Happening.OBJECTIVE_AT_RISK, rulebook, contract, now, (fact.entitlement,))
    return () if found is None else (found,)


def contract_recipients(
    happening: Happening, rulebook: Rulebook, contract: Contract, now: datetime, entitlements: Iterable[str]
) -> TellRecipients | None:
    """Return whom rules of a contract and its plans name for news of the contract itself, such as a low allowance.

    The result is None if no rule applies.

    Args:
        happening: What happened, one of `sla_domain.tell.OF_CONTRACTS`.
        now: The present instant. Rules that are limited to certain hours apply only if they are open at this instant.
        entitlements: Ids of the entitlements (plans of the contract) whose rules apply as well. The id "" is ignored.
    """
    bought = tuple(entitlements)
    rules = dict.fromkeys(
        rule
        for plan in (*contract.plans, "")
        for id_ in bought
        for rule in rules_of(rulebook, contract, plan, id_)
        if rule.on is happening and _in_hours(rule, rulebook, contract, now)
    )
    return TellRecipients(_names(list(rules))) if rules else None


def without_overtaken(requests: Iterable[NotificationRequest]) -> list[NotificationRequest]:
    """Return all the requests, and cancel those that report a due instant which has moved again since.

    If several requests say that due instants of the same incident have moved, only the last is sent. The others have
    the `cancel_reason` OVERTAKEN.
    """
    last: dict[str, str] = {}
    found = list(requests)
    for each in found:
        if each.happening is Happening.PROMISE_MOVED and isinstance(each.content, ClockFact):
            last[each.content.incident] = each.id
    return [
        replace(each, cancel_reason=UnsentReason.OVERTAKEN)
        if each.happening is Happening.PROMISE_MOVED
        and isinstance(each.content, ClockFact)
        and last[each.content.incident] != each.id
        else each
        for each in found
    ]


def _of_breach(rules: Sequence[TellRule], fact: ClockFact, event: str, alert: Alert) -> Iterator[NotificationRequest]:
    """Whoever is paged anyway gets no notice besides (`notification.suppress`), so pages come first."""
    for kind, message in ((TellKind.PAGE, MessageKind.PAGE), (TellKind.NOTICE, MessageKind.INFO)):
        chosen = [rule for rule in rules if rule.kind is kind]
        if chosen:
            yield NotificationRequest(
                id=f"{event}#{kind.value}",
                kind=message,
                at=fact.at,
                contract=fact.contract,
                content=fact,
                audience=(TellRecipients(_names(chosen), paged=kind is TellKind.PAGE),),
                alert=alert.id,
                episode=alert.episode,
                round=alert.round,
                due_at=alert.due_at,
                happening=Happening.BREACHED,
            )


def _names(rules: Sequence[TellRule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for rule in rules for name in rule.to))


def _applies(rule: TellRule, fact: ClockFact, rulebook: Rulebook, contract: Contract, now: datetime) -> bool:
    return rule.match.holds(_attributes(fact)) and _in_hours(rule, rulebook, contract, now)


def _attributes(fact: ClockFact) -> dict[str, str]:
    """What conditions can ask for (`sla_domain.tell.ATTRIBUTES`)."""
    said = {
        "priority": fact.priority,
        "metric": fact.metric,
        "product": fact.product,
        "customer": fact.customer,
        "threshold": fact.threshold,
    }
    match body := fact.body:
        case EscalationMade():
            return said | {"actor": body.actor, "escalated_to": body.to}
        case RatingGiven():
            return said if body.score is None else said | {"score": str(body.score)}
        case (
            Started()
            | Paused()
            | Resumed()
            | Retargeted()
            | Warned()
            | Breached()
            | Met()
            | Missed()
            | Cancelled()
            | Gone()
            | Amended()
            | Exempted()
        ):
            return said
        case PromiseMade() | PromiseMoved() | PromiseNone() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return said
        case DowngradeProposed() | DowngradeSettled():
            return said
        case _:
            assert_never(body)


def _in_hours(rule: TellRule, rulebook: Rulebook, contract: Contract, now: datetime) -> bool:
    if rule.coverage is None:
        return True
    plans = [rulebook.plans[id_] for id_ in contract.plans if id_ in rulebook.plans]
    coverage = next((plan.coverages[rule.coverage] for plan in plans if rule.coverage in plan.coverages), None)
    if coverage is None:
        return True
    try:
        return rulebook.calendars.calendar(contract, coverage).is_open(now) is not rule.outside
    except CalendarError:
        return True  # no calendar for this instant: better to notify one person too many than nobody
