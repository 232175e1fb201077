"""The changes of a batch as one: what is to be written and sent. Pure.

A breach and its end may come in one batch, for instance after an outage. The page is then cancelled before anybody saw
it, and its recipients get the closing message instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sla_notifier.alert.alert import Alert
from sla_notifier.alert.chain import EscalationStep
from sla_notifier.alert.change import AlertChange
from sla_notifier.alert.request import Audience, NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import DeliveryFact, NoticeData


@dataclass(slots=True)
class ChangeSet:
    """The changes that a batch of events makes to alerts, written in one transaction.

    The events are facts (the timer's events about clocks), notices of critical fixes, escalation steps or
    acknowledgements.
    """

    known: Mapping[str, Alert]
    """The alerts before the batch, by id."""
    alerts: dict[str, Alert] = field(default_factory=dict)
    """The changed alerts, by id."""
    clear_steps: set[str] = field(default_factory=set)
    """Ids of alerts whose old escalation steps are deleted."""
    steps: dict[str, tuple[EscalationStep, ...]] = field(default_factory=dict)
    """Maps an alert's id to its new steps."""
    cancel_reasons: dict[str, UnsentReason] = field(default_factory=dict)
    """Maps an alert's id to the reason why its queued pages are cancelled."""
    requests: list[NotificationRequest] = field(default_factory=list)
    """What to notify people of, in order."""
    events: list[tuple[str, DeliveryFact]] = field(default_factory=list)
    """Pairs of event id and data for the notifier's log, in order."""
    notices: list[NoticeData] = field(default_factory=list)
    """The revisions of notices to store."""
    settled: list[str] = field(default_factory=list)
    """Ids of the questions whose proposals no longer stand."""

    def alert(self, id_: str) -> Alert | None:
        """Return the alert with this id, including the changes of the batch so far; None if there is no such alert."""
        return self.alerts.get(id_) or self.known.get(id_)

    def add(self, change: AlertChange) -> None:
        """Add a change of one alert to the changes of the batch.

        A change may cancel the alert's queued pages (messages not yet sent that ask for an acknowledgement). Then pages
        for this alert that were requested earlier in the batch are cancelled too. If the reason is that the alert ended
        (ENDED), the closing message is sent to the people of these pages.

        Args:
            change: The change because of one fact, notice, escalation step or acknowledgement.
        """
        requests = list(change.requests)
        if change.alert is not None:
            id_ = change.alert.id
            self.alerts[id_] = change.alert
            if change.clear_steps:
                self.clear_steps.add(id_)
                self.steps.pop(id_, None)
            if change.steps:
                self.steps[id_] = change.steps
            if change.cancel_reason is not None:
                self.cancel_reasons[id_] = change.cancel_reason
                requests = self._cancel_unsent(id_, change.cancel_reason, requests)
        self.requests += requests
        self.events += change.events

    def _cancel_unsent(
        self, alert: str, reason: UnsentReason, closing: list[NotificationRequest]
    ) -> list[NotificationRequest]:
        """Cancel pages of this batch, and return the closing requests with their recipients added."""
        unseen: list[Audience] = []
        for number, request in enumerate(self.requests):
            if (
                request.alert == alert
                and request.kind in (MessageKind.PAGE, MessageKind.INFO)
                and request.cancel_reason is None
            ):
                self.requests[number] = replace(request, cancel_reason=reason)
                unseen += request.audience
        if reason is not UnsentReason.ENDED or not unseen:
            return closing
        return [replace(each, audience=(*each.audience, *unseen)) for each in closing]
