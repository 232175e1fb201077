"""Facts that open an alert or notify people before there is one. Pure: the alert before, and the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.escalation import NO_ESCALATION
from sla_domain.fact import FactKind, Retargeted
from sla_notifier.alert.alert import Alert, AlertKind, AlertState, CloseReason
from sla_notifier.alert.chain import EscalationChain
from sla_notifier.alert.change import NO_CHANGE, AlertChange, opening_change
from sla_notifier.alert.closing import closing_request
from sla_notifier.alert.request import (
    Audience,
    LevelRecipients,
    NotificationRequest,
)
from sla_notifier.alert.urgency import content_weight
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact

_OVER_FOR_NOW = frozenset({CloseReason.MISSED.value, CloseReason.CANCELLED.value, CloseReason.WITHDRAWN.value})


def notify_warning(fact: ClockFact, id_: str, chain: EscalationChain) -> AlertChange:
    """Return the change that warns people that a breach is near.

    The levels without a delay are notified. If every level has a delay, the first level is notified. The change is
    empty if the target was breached before slad processed the warning, or if the escalation policy is `none`. No alert
    is opened. Nothing is stored or sent here.

    Args:
        fact: The timer's warning about a clock.
        id_: The event id of the fact, which becomes the id of the request.
        chain: The levels of the escalation.
    """
    if fact.overtaken or chain.policy == NO_ESCALATION:
        return NO_CHANGE
    return AlertChange(
        requests=(
            NotificationRequest(
                id=id_,
                kind=MessageKind.WARNING,
                at=fact.at,
                contract=fact.contract,
                content=fact,
                audience=_first(chain),
                alert=str(fact.clock or ""),
                due_at=fact.due_at,
            ),
        )
    )


def notify_unpromised(fact: ClockFact, id_: str, chain: EscalationChain) -> AlertChange:
    """Return the change that notifies people that no target applies to an incident, so that nothing is promised for it.

    The levels without a delay are notified. If every level has a delay, the first level is notified. No alert is
    opened. Nothing is stored or sent here.

    Args:
        fact: The timer's event about the incident.
        id_: The event id of the fact, which becomes the id of the request.
        chain: The levels of the escalation.
    """
    request = NotificationRequest(
        id=id_, kind=MessageKind.UNPROMISED, at=fact.at, contract=fact.contract, content=fact, audience=_first(chain)
    )
    return AlertChange(requests=(request,))


def open_alert(
    before: Alert | None,
    fact: ClockFact,
    id_: str,
    chain: EscalationChain,
    now: datetime,
    due_at: datetime | None = None,
) -> AlertChange:
    """Return the change that opens the alert of a clock (measurement of a target) for a breach, or opens it again.

    The change is empty if people were notified of this breach already. If the alert was open or acknowledged before:

    - The queued pages of the earlier opening are cancelled.
    - If the alert belonged to another contract, the people paged for that contract get a message that the alert has
      ended.

    Nothing is stored or sent here.

    Args:
        before: The alert so far. None means no alert.
        fact: The timer's event about the breach.
        id_: The event id of the fact.
        chain: The escalation. Its levels without a delay are paged.
        now: When the alert is opened.
        due_at: The breached due instant. None means `fact.at`.
    """
    if before is not None and (before.occasion == id_ or _notified_already(before, fact)):
        return NO_CHANGE
    running_before = before if before is not None and before.state is not AlertState.CLOSED else None
    alert = Alert(
        id=str(fact.clock),
        kind=AlertKind.CLOCK,
        state=AlertState.OPEN,
        contract=fact.contract,
        incident=fact.incident,
        metric=fact.metric,
        generation=fact.generation,
        episode=before.episode + 1 if before is not None else 1,
        occasion=id_,
        content=fact,
        policy=chain,
        opened_at=now,
        due_at=due_at or fact.at,
        weight=content_weight(fact),
    )
    change = opening_change(alert, now, UnsentReason.REOPENED if running_before is not None else None)
    if running_before is None or fact.contract in ("", running_before.contract):
        return change
    end = closing_request(running_before, fact, fitting_id(f"{id_}#moved", EVENT), CloseReason.CANCELLED)
    return replace(change, requests=(end, *change.requests))


def reopen_alert(before: Alert | None, fact: ClockFact, id_: str, chain: EscalationChain, now: datetime) -> AlertChange:
    """Return the change to an alert when its clock runs again after its due instant.

    - There is no alert: an alert is opened if a breach was published. Otherwise the change is empty.
    - The alert is open or acknowledged: it is opened again if the fact is a new target under another contract. Any
      other new target only corrects `due_at`.
    - The alert is closed: it is opened again for a new target, for a published breach, or if the reason of its closing
      was missed, cancelled or withdrawn. Otherwise the change is empty.

    Args:
        before: The alert so far. None means no alert.
        fact: The timer's event of a resumption, a correction or a new target. `overdue_again` must be true for the
            fact.
        id_: The event id of the fact.
        chain: The escalation.
        now: When the alert is opened.
    """
    if before is None:
        # Its breach was history when slad received it: that the clock runs again is news.
        return NO_CHANGE if fact.passed_due is None else open_alert(None, fact, id_, chain, now, fact.passed_due)
    if before.state is not AlertState.CLOSED and not _elsewhere(before, fact):
        broken_since = fact.body.broken_since if isinstance(fact.body, Retargeted) else None
        if broken_since is None or broken_since == before.due_at:
            return NO_CHANGE
        return AlertChange(replace(before, due_at=broken_since))
    is_published = fact.passed_due is not None  # perhaps as history, while the clock stood still
    if fact.kind is not FactKind.CLOCK_RETARGETED and before.close_reason not in _OVER_FOR_NOW and not is_published:
        return NO_CHANGE
    due_at = fact.passed_due or before.due_at
    if fact.kind is FactKind.CLOCK_RETARGETED and fact.due_at is not None:
        due_at = fact.due_at  # the breach of this target, which need not be the last one
    return open_alert(before, fact, id_, chain, now, due_at)


def _notified_already(alert: Alert, fact: ClockFact) -> bool:
    """While the alert is open: the same breach under another key, or one of a target that is no longer in force.
    After the end of a breached clock: the breach that its alert is about."""
    if alert.state is AlertState.CLOSED:
        return alert.close_reason == CloseReason.MISSED.value and fact.at == alert.due_at
    if _elsewhere(alert, fact):
        return False
    return fact.at == alert.due_at or (fact.breached != "" and fact.passed_due != fact.at)


def _elsewhere(alert: Alert, fact: ClockFact) -> bool:
    """Whether a new target came with a move to another contract than the one whose people were notified."""
    return fact.kind is FactKind.CLOCK_RETARGETED and fact.contract not in ("", alert.contract)


def _first(chain: EscalationChain) -> tuple[Audience, ...]:
    levels = chain.at_once() or ((1,) if chain.levels else ())
    return tuple(LevelRecipients(level, chain.level(level).tell, chain.level(level).channels) for level in levels)
