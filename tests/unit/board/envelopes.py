"""Envelopes as the other services would publish them, with the little that a test of the board cares about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sla_domain.clock import clock_id
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_domain.urgency import score
from sla_platform.envelope import Envelope
from sla_platform.wire import (
    ClockFact,
    DeliveryFact,
    NoticeData,
    encode_clock_fact,
    encode_delivery_fact,
    encode_event,
    encode_notice,
)
from sla_platform.wire.notice import AffectedProduct

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
_numbers = itertools.count()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class Ticket:
    """One incident with one clock per metric, told fact by fact. `left` is minutes to the due instant at NOW."""

    def __init__(self, incident: str = "jira-acme:ACME-1", left: float = 60, **context: Any) -> None:
        self.incident = IncidentId(incident)
        self.due_at = NOW + minutes(left)
        self.metric = context.pop("metric", "resolution")
        self.severity = context.pop("severity", 1)
        self.plan_rank = context.pop("plan_rank", 1)
        self.context: dict[str, Any] = {
            "contract": "acme",
            "plan": "gold",
            "customer": "Acme Ltd",
            "priority": f"P{self.severity}",
            "zone": "Europe/Warsaw",
            "title": f"Ticket {incident}",
            "allowed": "4h",
            "original_due_at": self.due_at,
        } | context

    @property
    def clock(self) -> Any:
        return clock_id(self.incident, MetricId(self.metric), self.context.get("cycle", 0))

    def event(self, kind: EventKind = EventKind.OPENED, at: datetime = NOW, **fields: Any) -> Envelope:
        attributes = {"title": self.context["title"], "customer": self.context["customer"]} | fields.pop(
            "attributes", {}
        )
        return encode_event(
            IncidentEvent(
                id=EventId(fields.pop("id", f"{self.incident}/{next(_numbers)}")),
                incident=self.incident,
                kind=kind,
                occurred_at=at,
                received_at=fields.pop("received_at", at),
                source="jira-acme",
                actor=fields.pop("actor", Actor.CUSTOMER),
                attributes=attributes if kind is EventKind.OPENED else fields.pop("changed", {}),
                **fields,
            )
        )

    def fact(self, kind: FactKind, key: str, at: datetime, **fields: Any) -> Envelope:
        noticed = fields.pop("fired_at", at)
        due_at = fields.pop("due_at", self.due_at)
        left = None if due_at is None else due_at - noticed
        return encode_clock_fact(
            ClockFact(
                kind=kind,
                incident=self.incident,
                at=at,
                fired_at=noticed,
                clock=self.clock,
                metric=self.metric,
                due_at=due_at,
                urgency=score(self.severity, self.plan_rank, left),
                **(self.context | fields),
            ),
            key,
        )

    def started(self, at: datetime = NOW - minutes(180), **fields: Any) -> Envelope:
        return self.fact(FactKind.CLOCK_STARTED, "started", at, state="running", **fields)

    def warned(self, at: datetime = NOW, percent: int = 75) -> Envelope:
        key = f"0/warn-{percent}"
        return self.fact(FactKind.CLOCK_WARNED, key, at, state="running", threshold=f"warn-{percent}")

    def breached(self, at: datetime | None = None, **fields: Any) -> Envelope:
        return self.fact(FactKind.CLOCK_BREACHED, "0/breach", at or self.due_at, state="running", **fields)

    def paused(self, at: datetime = NOW, why: str = "customer: logs", **fields: Any) -> Envelope:
        details = {"waiting_on": "customer", "why": why}
        return self.fact(
            FactKind.CLOCK_PAUSED, f"paused/{at}", at, state="paused", due_at=None, details=details, **fields
        )

    def resumed(self, at: datetime, left: float) -> Envelope:
        self.due_at = NOW + minutes(left)
        return self.fact(FactKind.CLOCK_RESUMED, f"resumed/{at}", at, state="running")

    def met(self, at: datetime = NOW) -> Envelope:
        return self.fact(FactKind.CLOCK_MET, f"met/{at}", at, state="met")

    def missed(self, at: datetime = NOW) -> Envelope:
        return self.fact(FactKind.CLOCK_MISSED, f"missed/{at}", at, state="missed")

    def taken_back(self, at: datetime) -> Envelope:
        details = {"takes_back": "0/breach", "new_state": "running"}
        return self.fact(FactKind.CLOCK_AMENDED, "amended", at, state="running", details=details)

    def phase(self, phase: str, at: datetime = NOW, events: int = 2) -> Envelope:
        fact = ClockFact(
            kind=FactKind.PHASE_CHANGED, incident=self.incident, at=at, fired_at=at, phase=phase, events=events
        )
        return encode_clock_fact(fact, f"phase/{phase}/{events}")

    def delivery(self, state: str, at: datetime = NOW, **fields: Any) -> Envelope:
        fields = {"recipient": "anna", "channel": "email", "reason": "level 1", "contract": "acme"} | fields
        id_ = fields.pop("delivery", "dlv_1")
        fact = DeliveryFact(what=f"delivery.{state}", incident=self.incident, delivery=id_, at=at, **fields)
        return encode_delivery_fact(fact, f"delivery/{id_}/{state}/{fact.attempts}")

    def alert(self, what: str, at: datetime = NOW, episode: int = 1, **fields: Any) -> Envelope:
        fact = DeliveryFact(
            what=f"alert.{what}", incident=self.incident, alert=str(self.clock), contract="acme", at=at, **fields
        )
        return encode_delivery_fact(fact, f"alert/{self.clock}/{episode}/{what}")


def notice(id_: str = "CVE-1", title: str = "Fix it now", **fields: Any) -> Envelope:
    fields = {"text": "Data may be lost.", "products": (AffectedProduct(product="db", versions="<2"),)} | fields
    return encode_notice(NoticeData(id=id_, title=title, published_at=fields.pop("published_at", NOW), **fields))
