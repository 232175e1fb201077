"""A timer service in a few lines: a row per clock, timer rows that fire, events that arrive; it counts what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sla_domain import published_text
from sla_domain.clock import BREACH, ClockId
from sla_domain.cycles import with_published_ids
from sla_domain.diff import new_facts
from sla_domain.event import IncidentEvent
from sla_domain.fact import BREACHED, Fact, Warned
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.published import PublishedState, Timer, after_publishing, keys_after, timers
from sla_domain.published_mark import standing_marks
from sla_domain.rulebook import Rulebook


class World:
    """`arrive` applies one event, `fire` does what the fire statement does, both as of an instant."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._events: list[IncidentEvent] = []
        self.rows: dict[ClockId, tuple[str, PublishedState]] = {}  # what a row holds: the text, and the columns
        self.keys: frozenset[str] = frozenset()
        self.timers: dict[ClockId, tuple[Timer, ...]] = {}
        self.facts: list[Fact] = []
        self.incident: Incident | None = None
        self.heard: Callable[[Fact], object] = lambda fact: None  # called with every fact as it is told

    @property
    def told(self) -> dict[ClockId, PublishedState]:
        """As read back from the rows."""
        return {
            id_: published_text.read_state(
                text,
                state=row.state,
                generation=row.generation,
                due_at=row.due_at,
                breached_at=row.breached_at,
                priority=row.priority,
                metric=row.metric,
                started_at=row.started_at,
            )
            for id_, (text, row) in self.rows.items()
        }

    def arrive(self, event: IncidentEvent, now: datetime) -> None:
        self.fire(now)
        self._events.append(event)
        self.incident = with_published_ids(fold(self._events, self._rulebook), self.told)
        self.say(new_facts(self.incident, self.told, self.keys))
        assert new_facts(self.incident, self.told, self.keys) == ()
        self.fire(now)

    def replan(self, rulebook: Rulebook, now: datetime) -> None:
        """Another catalogue comes into force."""
        self._rulebook = rulebook
        if self._events:
            self.fire(now)
            self.incident = with_published_ids(fold(self._events, self._rulebook), self.told)
            self.say(new_facts(self.incident, self.told, self.keys))
            self.fire(now)

    def say(self, facts: Sequence[Fact]) -> None:
        assert self.incident is not None
        after = after_publishing(self.told, facts, self.incident.clocks)
        self.keys = keys_after(self.keys, facts)
        self.rows = {id_: (published_text.write_state(told), told) for id_, told in after.items()}
        self.timers = {clock.id: timers(clock, after[clock.id]) for clock in self.incident.clocks}
        self.facts += facts
        for fact in facts:
            self.heard(fact)

    def fire(self, now: datetime) -> None:
        """Delete the due rows, append their keys to the text, tell."""
        assert self.incident is None or self.timers is not None
        for id_, rows in self.timers.items():
            for timer in sorted((t for t in rows if t.at <= now), key=lambda t: (t.at, t.kind == BREACH)):
                text, told = self.rows[id_]
                key = f"{timer.generation}/{timer.kind}"
                is_breach = timer.kind.partition("~")[0] == BREACH
                breached = timer.at if is_breach else told.breached_at
                self.rows[id_] = (f"{text} {key}", replace(told, breached_at=breached))
                fact = _fired(self.incident, id_, key, timer, is_breach)
                self.facts.append(fact)
                self.heard(fact)
            self.timers[id_] = tuple(t for t in rows if t.at > now)

    def repeated(self) -> list[tuple[ClockId | None, str]]:
        """Facts told twice under one key."""
        counted = Counter((fact.clock, fact.key) for fact in self.facts)
        return [key for key, times in counted.items() if times > 1]

    def breaches(self, id_: ClockId) -> set[datetime | None]:
        """The due instants whose passing has been told and not been taken back."""
        told = self.told[id_]
        return {each.at for each in standing_marks(told.keys, told.meanings) if each.kind == BREACH}


def _fired(incident: Incident | None, id_: ClockId, key: str, timer: Timer, is_breach: bool) -> Fact:
    assert incident is not None
    metric = next(clock.metric for clock in incident.clocks if clock.id == id_)
    return Fact(
        body=BREACHED if is_breach else Warned(timer.kind.partition("~")[0]),
        incident=incident.id,
        key=key,
        at=timer.at,
        clock=id_,
        metric=metric,
        generation=timer.generation,
        due_at=timer.at,
    )
