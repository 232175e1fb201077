"""Many changes as one: what a batch of facts leaves to be written and told. Pure.

Within one batch a breach and its end may come together (after an outage they do): the page is then cut off before
anybody saw it, and the closing message goes to those it would have gone to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sla_notifier.alert.alert import Alert
from sla_notifier.alert.chain import Step
from sla_notifier.alert.decide import Change
from sla_notifier.alert.occasion import Audience, Occasion
from sla_notifier.delivery.state import Kind
from sla_notifier.delivery.verdict import Reason
from sla_platform.wire import DeliveryFact


@dataclass(slots=True)
class Batch:
    """Changes in the order they happened; `known` are the alerts as they were before."""

    known: Mapping[str, Alert]
    alerts: dict[str, Alert] = field(default_factory=dict)  # changed
    steps_over: set[str] = field(default_factory=set)
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    cut_off: dict[str, Reason] = field(default_factory=dict)  # alerts whose queued pages end, and why
    occasions: list[Occasion] = field(default_factory=list)
    events: list[tuple[str, DeliveryFact]] = field(default_factory=list)

    def alert(self, id_: str) -> Alert | None:
        """As it is after the changes so far."""
        return self.alerts.get(id_) or self.known.get(id_)

    def add(self, change: Change) -> None:
        occasions = list(change.occasions)
        if change.alert is not None:
            id_ = change.alert.id
            self.alerts[id_] = change.alert
            if change.steps_over:
                self.steps_over.add(id_)
                self.steps.pop(id_, None)
            if change.steps:
                self.steps[id_] = change.steps
            if change.cut_off is not None:
                self.cut_off[id_] = change.cut_off
                occasions = self._cut(id_, change.cut_off, occasions)
        self.occasions += occasions
        self.events += change.events

    def _cut(self, alert: str, reason: Reason, closing: list[Occasion]) -> list[Occasion]:
        """Pages of this batch that nobody has seen end here; who would have seen them hears of the end instead."""
        unseen: list[Audience] = []
        for number, occasion in enumerate(self.occasions):
            if occasion.alert == alert and occasion.kind in (Kind.PAGE, Kind.NOTICE) and occasion.cut_off is None:
                self.occasions[number] = replace(occasion, cut_off=reason)
                unseen += occasion.audience
        if reason is not Reason.ENDED or not unseen:
            return closing
        return [replace(each, audience=(*each.audience, *unseen)) for each in closing]
