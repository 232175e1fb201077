"""What a revision of a notice does to one contract: open, change or end its alert, and tell its people. Pure.

A notice that asks for an acknowledgement has an alert for each contract it concerns. One of low severity has none: it
is a mail for information, and nothing escalates.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.contract import Person
from sla_notifier.alert.alert import Alert, AlertKind, AlertState, CloseReason, fix_alert_id
from sla_notifier.alert.chain import EscalationChain
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event, opening_change
from sla_notifier.alert.request import (
    Audience,
    EntitledRecipients,
    NotificationRequest,
    ToldReader,
    ToldRecipients,
)
from sla_notifier.alert.urgency import content_weight
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import NoticeData

FIX_PATIENCE = timedelta(minutes=30)  # before an only level is notified of a critical fix that is not acknowledged


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeNews:
    """A new or changed notice of a critical fix, with what is needed to notify the people of one contract about it."""

    event: str
    """The id of the event that published the notice."""
    notice: NoticeData
    """The newest revision."""
    contract: str
    chain: EscalationChain
    """The contract's escalation."""
    at: datetime
    """When the notice came to concern the contract: at the publication, or at a later change of the contract's
    products."""
    before: NoticeData | None = None
    """The previous revision. None if the notice is new to the contract."""
    told: tuple[ToldReader, ...] = ()
    """People already notified of the notice for this contract."""
    registered: tuple[Person, ...] = ()
    """People who registered for such notices."""

    @property
    def occasion(self) -> str:
        """Return the id that all requests share which notify people of this revision of the notice for this contract.

        The id is `<event id>/<contract id>`, shortened if too long.
        """
        return fitting_id(f"{self.event}/{self.contract}", EVENT)


def tell_notice(alert: Alert | None, news: NoticeNews, now: datetime) -> AlertChange:
    """Return the change when a new or changed notice of a critical fix concerns a contract: people are notified.

    - Severity low: people are only informed. An alert that is open or acknowledged is closed.
    - Higher severity, and there is no alert, the alert is closed, or the severity has risen: the alert is opened and
      must be acknowledged.
    - Otherwise the alert keeps its state.

    Nothing is stored or sent here.

    Args:
        alert: The alert of this notice and contract. None means no alert.
        news: The notice, the contract and its people.
        now: When the alert is opened or closed.
    """
    raised = news.before is not None and news.notice.severity_level.above(news.before.severity_level)
    if not news.notice.needs_acknowledgement:
        return _lowered(alert, news, now)
    if alert is None or alert.state is AlertState.CLOSED or raised:
        return _opened(alert, news, now)
    kind = MessageKind.CRITICAL_FIX if alert.state is AlertState.OPEN else MessageKind.ADVISORY
    changed = replace(alert, content=news.notice, weight=content_weight(news.notice))
    return AlertChange(changed, requests=_requests(changed, news, kind))


def end_notice(
    alert: Alert | None,
    news: NoticeNews,
    reason: CloseReason,
    now: datetime,
) -> AlertChange:
    """Return the change when a notice of a critical fix ends for a contract: close the alert.

    The people who were notified of the notice before (`news.told`) are notified of its end. Nothing is stored or sent
    here.

    Args:
        alert: The alert of this notice and contract. None means no alert.
        news: The notice and the contract.
        reason: WITHDRAWN or NOT_CONCERNED.
        now: When the alert is closed.
    """
    requests: tuple[NotificationRequest, ...] = ()
    if news.told:
        audience = ToldRecipients(news.told)
        requests = (replace(_request(alert, news, MessageKind.NOTICE_ENDED, audience), outcome=reason.value),)
    return _closed(alert, reason, now, requests)


def _opened(alert: Alert | None, news: NoticeNews, now: datetime) -> AlertChange:
    opened = Alert(
        id=fix_alert_id(news.notice.id, news.contract),
        kind=AlertKind.CRITICAL_FIX,
        state=AlertState.OPEN,
        contract=news.contract,
        notice=news.notice.id,
        episode=1 if alert is None else alert.episode + 1,
        occasion=news.occasion,
        content=news.notice,
        policy=news.chain.for_critical_fix(FIX_PATIENCE),
        opened_at=now,
        due_at=news.at,
        weight=content_weight(news.notice),
    )
    again = alert is not None and alert.state is not AlertState.CLOSED
    change = opening_change(opened, now, UnsentReason.REOPENED if again else None)
    assert change.alert is not None
    others = tuple(request for request in change.requests if request.level != 1)
    return replace(change, requests=(*_requests(change.alert, news, MessageKind.CRITICAL_FIX), *others))


def _lowered(alert: Alert | None, news: NoticeNews, now: datetime) -> AlertChange:
    requests = _requests(None, news, MessageKind.ADVISORY)
    return _closed(alert, CloseReason.LOWERED, now, requests)


def _closed(
    alert: Alert | None, reason: CloseReason, now: datetime, requests: tuple[NotificationRequest, ...]
) -> AlertChange:
    if alert is None or alert.state is AlertState.CLOSED:
        return AlertChange(requests=requests) if requests else NO_CHANGE
    closed = replace(alert, state=AlertState.CLOSED, closed_at=now, close_reason=reason.value)
    return AlertChange(
        closed,
        clear_steps=True,
        requests=requests,
        cancel_reason=UnsentReason.WITHDRAWN if reason is CloseReason.WITHDRAWN else UnsentReason.ENDED,
        events=(log_event(closed, "closed", now, key=f"closed-{reason.value}", reason=reason.value),),
    )


def _requests(alert: Alert | None, news: NoticeNews, kind: MessageKind) -> tuple[NotificationRequest, ...]:
    """One for those who were told before, with what changed; one for everybody else who is entitled."""
    found = []
    if news.told:
        told = _request(alert, news, kind, ToldRecipients(news.told))
        found.append(replace(told, before=news.before))
    without: Collection[str] = [reader.person.id for reader in news.told]
    anew = EntitledRecipients(news.registered, frozenset(without))
    return (*found, _request(alert, news, kind, anew))


def _request(alert: Alert | None, news: NoticeNews, kind: MessageKind, audience: Audience) -> NotificationRequest:
    return NotificationRequest(
        id=news.occasion,
        kind=kind,
        at=news.at,
        contract=news.contract,
        content=news.notice,
        audience=(audience,),
        alert="" if alert is None else alert.id,
        episode=0 if alert is None else alert.episode,
        level=1 if kind is MessageKind.CRITICAL_FIX else 0,
        due_at=news.at,
    )
