"""The pure parts of the notifier on a timeline: facts at instants, the alerts that follow, and who is notified."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.clock import clock_id
from sla_domain.event import IncidentId
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.chain import EscalationStep
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.escalating import take_step
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.intake.decide import Incoming, decide
from sla_notifier.link import Links
from sla_notifier.link_secret import LinkSecret
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline import address_requests
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.render import Texts
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday; 10:00 in Warsaw, in office hours
MINUTE = timedelta(minutes=1)
DUE = NINE + 15 * MINUTE
TEXTS = Texts()


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    file = Path(__file__).parents[2] / "integration" / "notifier" / "catalogue.yaml"
    return load_catalogue(
        file, environment={"PAGER_URL": "https://pager.example", "SPARE_URL": "https://spare.example"}
    )


def clock_fact(kind: FactKind, at: datetime, key: str, incident: str = "github:7", **more: Any) -> Incoming:
    clock = clock_id(IncidentId(incident), MetricId("first_response"), 0)
    values = {
        "kind": kind, "incident": incident, "at": at, "clock": clock, "metric": "first_response", "due_at": DUE,
        "contract": "acme", "plan": "plain", "customer": "Acme", "priority": "P1", "escalation": "on-call",
    }  # fmt: skip
    return fact_id(clock, incident, key), ClockFact.model_validate(values | more)


def warned(at: datetime = NINE + 10 * MINUTE, **more: Any) -> Incoming:
    return clock_fact(FactKind.CLOCK_WARNED, at, "0/warn-75", **more)


def breached(at: datetime = DUE, **more: Any) -> Incoming:
    return clock_fact(FactKind.CLOCK_BREACHED, at, f"{more.get('generation', 0)}/breach", **more)


def missed(at: datetime, **more: Any) -> Incoming:
    return clock_fact(FactKind.CLOCK_MISSED, at, "missed", **more)


def taken_back(at: datetime, **more: Any) -> Incoming:
    details = {"takes_back": "0/breach", "new_state": "met"}
    return clock_fact(FactKind.CLOCK_AMENDED, at, "amended", details=details, **more)


@dataclass
class World:
    """What the database would hold: alerts and steps. `now` goes on with each thing that happens."""

    now: datetime = NINE
    alerts: dict[str, Alert] = field(default_factory=dict)
    steps: list[EscalationStep] = field(default_factory=list)

    def hear(self, *incoming: Incoming, at: datetime | None = None) -> ChangeSet:
        """A batch of facts arrives; the alerts are as they are after it."""
        self.now = at or max(said.at for _, said in incoming if isinstance(said, ClockFact))
        changes = decide(incoming, self.alerts, catalogue(), self.now)
        self._after(changes)
        return changes

    def step(self, alert: str, level: int, at: datetime) -> ChangeSet:
        """A step of the first round is due."""
        self.now = at
        changes = ChangeSet(self.alerts)
        changes.add(take_step(self.alerts[alert], EscalationStep(alert, self.alerts[alert].round, level, at), at))
        self._after(changes)
        return changes

    def _after(self, changes: ChangeSet) -> None:
        self.alerts = {**self.alerts, **changes.alerts}
        self.steps = [each for each in self.steps if each.alert not in changes.clear_steps]
        self.steps += [step for steps in changes.steps.values() for step in steps]

    def context(self, **more: Any) -> PipelineContext:
        links = Links("https://slad.example", LinkSecret(b"a link secret for tests"))
        return PipelineContext(now=self.now, catalogue=catalogue(), texts=TEXTS, links=links, **more)

    def addressed(self, changes: ChangeSet, **more: Any) -> tuple[Notification, ...]:
        """After route, suppress and follow."""
        return address_requests(self.context(**more), changes.requests)


def request(kind: MessageKind = MessageKind.PAGE, **more: Any) -> NotificationRequest:
    _, content = breached()
    values: dict[str, Any] = {
        "id": "r1", "kind": kind, "at": DUE, "contract": "acme", "content": content, "audience": (), "alert": "a",
        "episode": 1, "level": 1, "due_at": DUE,
    }  # fmt: skip
    return NotificationRequest(**values | more)


def who(notifications: tuple[Notification, ...]) -> list[tuple[str, str, str]]:
    """Person, address and state (or the reason why not) of each, in their order."""
    return [
        (each.recipient.person if each.recipient else "", each.recipient.address if each.recipient else "",
         each.reason.value if each.reason else each.state.value)
        for each in notifications
    ]  # fmt: skip
