"""Whatever comes late, in any order: nobody hears that a clock was not breached while it is, and none is left out.

What the notifier makes of the facts of random histories, judged by the fold of the moment. SLAD_ORACLE_CASES sets how
many histories are played (at most 10,000); SLAD_ORACLE_SEED moves the draw.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from tests.property.fold.histories import LONG, START, History, histories, history
from tests.property.fold.world import World
from tests.unit.notifier.world import catalogue

from sla_domain.clock import BREACH, Clock, ClockState
from sla_domain.fact import Fact
from sla_domain.rulebook import Rulebook
from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.intake.decide import Incoming, decide
from sla_platform.wire import clock_fact
from sla_platform.wire.clock import fact_id
from sla_timer.apply.context import clock_context, incident_context, with_breach

CASES = min(int(os.environ.get("SLAD_ORACLE_CASES", "200")), 10_000)
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))


_ENDS = frozenset({ClockState.MET, ClockState.MISSED, ClockState.CANCELLED})
_UNTRUE_AFTER = {
    "met": _ENDS - {ClockState.MET},
    "missed": _ENDS - {ClockState.MISSED},
    "cancelled": _ENDS - {ClockState.CANCELLED},
    "taken_back": {ClockState.MISSED},
    "retargeted": {ClockState.MISSED},
}


class Told(World):
    """A timer and a notifier: what each unit of the timer publishes is one batch of the notifier."""

    def __init__(self, rulebook: Rulebook) -> None:
        super().__init__(rulebook)
        self.alerts: dict[str, Alert] = {}
        self.paged: set[tuple[str, datetime]] = set()
        self.last: dict[str, str] = {}  # how people were told that a clock has ended
        self.wrong: list[str] = []
        self.now = START

    def say(self, facts: Sequence[Fact]) -> None:
        super().say(facts)
        told = self.told
        self._hear([self._fact(fact, applied=fact.clock in told) for fact in facts])

    def fire(self, now: datetime) -> None:
        before, self.now = len(self.facts), now
        super().fire(now)
        self._hear([self._fact(fact, applied=False) for fact in self.facts[before:]])

    def clock(self, id_: str) -> Clock | None:
        assert self.incident is not None
        return next((clock for clock in self.incident.clocks if str(clock.id) == id_), None)

    def _fact(self, fact: Fact, *, applied: bool) -> Incoming:
        """A fact with its context; those of the tick do not say `breached`."""
        assert self.incident is not None
        shared = incident_context(self.incident, self._rulebook.plans[self.incident.plan]) | {"escalation": "on-call"}
        clock = self.clock(str(fact.clock))
        context = shared if clock is None else clock_context(shared, self.incident, clock, self._rulebook, 0.0)
        if applied and clock is not None:
            context = with_breach(context, self.told[clock.id])
        elif clock is not None:
            fact = replace(fact, due_at=clock.due_at)
        return fact_id(fact.clock, fact.incident, fact.key), clock_fact(fact, context, self.now)

    def _hear(self, facts: list[Incoming]) -> None:
        changes = decide(facts, self.alerts, catalogue(), self.now)
        self.alerts |= changes.alerts
        for request in changes.requests:
            if request.cancel_reason is None:
                self._judge(request)

    def _judge(self, request: NotificationRequest) -> None:
        assert self.incident is not None
        clock = self.clock(request.alert)
        if request.kind is MessageKind.PAGE and request.due_at is not None:
            self.paged.add((request.alert, request.due_at))
        if request.kind in (MessageKind.PAGE, MessageKind.RESOLVED, MessageKind.TAKEN_BACK):
            self.last[request.alert] = request.outcome
        if request.kind is not MessageKind.TAKEN_BACK or clock is None or self.incident.contract.id != request.contract:
            return
        overdue = clock.state is ClockState.RUNNING and clock.due_at is not None and clock.due_at <= self.now
        if overdue or clock.state is ClockState.MISSED:
            self.wrong.append(f"{clock.metric} of {request.due_at} taken back, is breached at {clock.due_at}")
        if request.due_at in [mark.at for mark in clock.marks if mark.kind == BREACH and mark.at <= self.now]:
            self.wrong.append(f"{clock.metric} of {request.due_at} taken back, is breached then")

    def ends(self) -> list[str]:
        """Long after the last event every clock that runs is overdue, and no alert waits for an end that has come."""
        assert self.incident is not None
        for clock in self.incident.clocks:
            last = self.last.get(str(clock.id), "")
            if clock.state in _UNTRUE_AFTER.get(last, ()):
                self.wrong.append(f"{clock.metric} is {clock.state}, and people heard last that it is {last}")
            waits = self.alerts.get(str(clock.id))
            if not clock.state.open and waits is not None and waits.state is not AlertState.CLOSED:
                self.wrong.append(f"{clock.metric} is {clock.state}, and its alert is open")
            if clock.state is not ClockState.RUNNING or clock.due_at is None:
                continue
            if waits is None or waits.state is AlertState.CLOSED or waits.due_at != clock.due_at:
                self.wrong.append(f"{clock.metric} is breached at {clock.due_at}, and no alert about it is open")
            elif not any(of == waits.id for of, _ in self.paged):
                self.wrong.append(f"{clock.metric} was never paged")
        return self.wrong


def test_nobody_hears_that_a_clock_was_not_breached_while_it_is() -> None:
    wrong = {}
    for life in histories(SEED, CASES):
        found = played(life)
        if found:
            wrong[life.seed] = found
    assert not wrong, f"{len(wrong)} of {CASES}, by seed: {dict(list(wrong.items())[:5])}"


# Found by such a draw: a target in force that is breached by the instant of one that is history; a target that comes
# into force again while the alert is about another; breaches told of clocks after their end; a breach that was history
# while its clock stood still. From 300493 on: an end that is another than people were told, without a breach that is
# taken back: met after missed, cancelled after missed, missed after cancelled, and after a breach taken back.
@pytest.mark.parametrize(
    "seed",
    [101432, 100151, 100504, 200291, 202509, 203479, 200931, 300493, 300590, 300042, 300344, 300061, 300386, 302758],
)
def test_a_history_that_went_wrong(seed: int) -> None:
    assert played(history(seed)) == []


def played(life: History) -> list[str]:
    """What was said and was not so, or was left out; of events alone, under one catalogue."""
    world = Told(life.books[0])
    for arrival in life.arrivals:
        if arrival.event is not None:
            world.arrive(arrival.event, arrival.at)
    world.fire(life.arrivals[-1].at + LONG)
    return world.ends()
