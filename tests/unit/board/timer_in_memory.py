"""What the timer service would put on its topic, without its tables: the real fold and difference, a plain tick."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_domain.clock import BREACH, ClockId
from sla_domain.cycles import with_published_ids
from sla_domain.diff import new_facts
from sla_domain.event import IncidentEvent
from sla_domain.fact import BREACHED, Fact, Warned
from sla_domain.fold import fold
from sla_domain.incident import Incident, Phase
from sla_domain.phase_state import phase_fact
from sla_domain.published import PublishedState, after_publishing, keys_after, timers
from sla_domain.rulebook import Rulebook
from sla_domain.urgency import urgency
from sla_platform.envelope import Envelope
from sla_platform.wire import clock_fact, encode_clock_fact
from sla_timer.apply.context import clock_context, incident_context, with_breach


class TimerInMemory:
    """One incident. `said` are the envelopes in the order of their telling."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._events: list[IncidentEvent] = []
        self._told: dict[ClockId, PublishedState] = {}
        self._keys: frozenset[str] = frozenset()
        self._phase: Phase | None = None
        self.said: list[Envelope] = []

    @property
    def incident(self) -> Incident:
        return with_published_ids(fold(self._events, self._rulebook), self._told)

    @property
    def told(self) -> dict[ClockId, PublishedState]:
        return self._told

    def receive(self, events: Iterable[IncidentEvent], now: datetime) -> None:
        """One unit of work."""
        self._events += events
        incident = self.incident
        facts = new_facts(incident, self._told, self._keys)
        self._told = after_publishing(self._told, facts, incident.clocks)
        self._keys = keys_after(self._keys, facts)
        if not facts and incident.phase is not self._phase:
            facts = (phase_fact(incident, len(self._events)),)
        self._phase = incident.phase
        self._publish(incident, facts, now)

    def tick(self, now: datetime) -> None:
        """Fire every timer that is due."""
        incident = self.incident
        due = [
            (timer, clock)
            for clock in incident.clocks
            for timer in timers(clock, self._told[clock.id])
            if timer.at <= now
        ]
        for timer, clock in sorted(due, key=lambda pair: (pair[0].at, pair[0].kind == BREACH)):
            breach = timer.kind.partition("~")[0] == BREACH
            fact = Fact(
                body=BREACHED if breach else Warned(timer.kind.partition("~")[0]),
                incident=incident.id,
                key=f"{timer.generation}/{timer.kind}",
                at=timer.at,
                clock=clock.id,
                metric=clock.metric,
                cycle=clock.cycle,
                generation=timer.generation,
                due_at=clock.due_at,
            )
            self._told = after_publishing(self._told, [fact], [clock])
            self._publish(incident, [fact], now, state="running")

    def _publish(self, incident: Incident, facts: Iterable[Fact], now: datetime, **override: str) -> None:
        shared = incident_context(incident, self._rulebook.plans[incident.plan])
        contexts = {
            clock.id: clock_context(
                shared, incident, clock, self._rulebook, urgency(incident, clock, self._rulebook, now)
            )
            | override
            for clock in incident.clocks
        }
        for fact in facts:
            context = shared
            if fact.clock is not None and fact.clock in contexts:
                context = contexts[fact.clock]
                context = context if override else with_breach(context, self._told[fact.clock])
            if not override:
                context = context | {"phase": incident.phase.value, "events": len(self._events)}
            self.said.append(encode_clock_fact(clock_fact(fact, context, now), fact.key))
