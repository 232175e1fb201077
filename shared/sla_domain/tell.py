"""The difference between what the fold says now and what has been told before, as facts (DESIGN §2.2).

Pure and idempotent: once `told_after` has noted the facts, telling again gives nothing. For each clock, in this order:
started · amended (a told verdict or breach is no longer true) · retargeted · marks not yet told · paused, resumed, met,
missed, cancelled. Then, for the incident: corrections of its priority, and its promise.

Keys make every fact unique within its clock for ever: marks `generation/kind` (exactly what a timer tells when it
fires), transitions by the digest of the event that caused them. A breach that is taken back frees its place: should it
come true again, at another instant, it is told under `0/breach~1`. A warning is told once per generation, even if a
late pause has moved it.

`upto` is for those who keep no timers (replay, tests): marks ahead of the clock count as passed up to that instant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import assert_never

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.event import EventId, TimeQuality
from sla_domain.fact import Fact, FactKind
from sla_domain.incident import Incident
from sla_domain.promise import promise_facts
from sla_domain.told import TAKES_BACK, Told, breach_generation, current_key, digest, fresh

_VERDICTS = frozenset({ClockState.MET, ClockState.MISSED})
_MARKS = frozenset({FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED})


def tell(
    incident: Incident,
    told: Mapping[ClockId, Told],
    keys: Collection[str] = frozenset(),
    upto: datetime | None = None,
) -> tuple[Fact, ...]:
    """The facts that are new. `keys` are the incident's own, see `told.keys_after`."""
    facts: list[Fact] = []
    for clock in incident.clocks:
        facts += _Voice(clock, told.get(clock.id), upto, incident).facts()
    known = {clock.id for clock in incident.clocks}
    for id_, old in told.items():
        if id_ not in known:
            facts += _gone(incident, id_, old)
    facts += _corrections(incident, keys)
    facts += promise_facts(incident, told, keys)
    return tuple(facts)


class _Voice:
    """What there is to say about one clock."""

    def __init__(self, clock: Clock, told: Told | None, upto: datetime | None, incident: Incident) -> None:
        self._clock = clock
        self._incident = incident
        self._told = told
        self._upto = upto
        self._keys = set(told.keys) if told is not None else set()
        self._facts: list[Fact] = []

    def facts(self) -> list[Fact]:
        told, clock = self._told, self._clock
        if told is None:
            self._say(FactKind.CLOCK_STARTED, "started", clock.started_at, due=clock.due_at or clock.original_due_at)
            self._exempt()
            self._marks()
            if clock.state is not ClockState.RUNNING:
                self._state()
            return self._facts
        self._exempt()
        amended = self._amend(told)
        if clock.generation != told.generation and clock.state is not ClockState.CANCELLED and not amended:
            self._retarget(told)
        self._marks()
        if not amended:
            self._change(told)
        self._reprioritised(told)
        return self._facts

    # -- the parts

    def _change(self, told: Told) -> None:
        """The state, if it is not the one told."""
        clock = self._clock
        same_cause = digest(clock.cause) == told.cause
        if clock.state is not told.state:
            if not (told.state is ClockState.CANCELLED and self._retargeted(told)):
                self._state()
        elif clock.state is not ClockState.RUNNING and not same_cause:
            self._state()
        elif clock.state is ClockState.RUNNING and clock.generation == told.generation:
            if clock.due_at != told.due_at and not same_cause and len(clock.segments) > 1:
                self._state()
            elif clock.due_at != told.due_at:
                self._retarget(told)

    def _reprioritised(self, told: Told) -> None:
        """Another priority that leaves the target as it is: whoever shows the clock hears of it, unless another fact
        has just said it. (Marks never do: they speak of their own instants.)"""
        clock = self._clock
        if not clock.state.open or not told.priority or clock.priority == told.priority:
            return
        if all(fact.kind in _MARKS for fact in self._facts) and self._incident.priorities:
            since = self._incident.priorities[-1]
            details = {"priority": clock.priority, "old_priority": told.priority}
            self._say(FactKind.CLOCK_RETARGETED, f"priority/{digest(since.event)}", since.start, details)

    def _retargeted(self, told: Told) -> bool:
        return self._clock.state is ClockState.RUNNING and self._clock.generation != told.generation

    def _state(self) -> None:
        clock = self._clock
        cause = digest(clock.cause)
        match clock.state:
            case ClockState.RUNNING:
                before = None if self._told is None else self._told.due_at or self._told.promised_at
                details = _dates(old_due_at=before, new_due_at=clock.due_at)
                self._say(FactKind.CLOCK_RESUMED, f"resumed/{cause}", clock.segments[-1].start, details)
            case ClockState.PAUSED:
                last = clock.segments[-1]
                details = {"why": last.why, "waiting_on": last.waiting_on.value if last.waiting_on else ""}
                self._say(FactKind.CLOCK_PAUSED, f"paused/{cause}", last.start, details)
            case ClockState.MET:
                self._say(FactKind.CLOCK_MET, f"met/{cause}", _stopped(clock), _verdict(clock, self._incident.quality))
            case ClockState.MISSED:
                self._say(
                    FactKind.CLOCK_MISSED, f"missed/{cause}", _stopped(clock), _verdict(clock, self._incident.quality)
                )
            case ClockState.CANCELLED:
                self._say(FactKind.CLOCK_CANCELLED, f"cancelled/{cause}", _stopped(clock), {"why": clock.why})
            case _:
                assert_never(clock.state)

    def _retarget(self, told: Told) -> None:
        clock = self._clock
        details = _dates(old_due_at=told.due_at, new_due_at=clock.due_at) | {
            "priority": clock.priority,
            "old_generation": str(told.generation),
            "agreed_by": clock.agreed_by,
        }
        at = clock.generation_at or clock.started_at
        self._say(FactKind.CLOCK_RETARGETED, f"{clock.generation}/target", at, details)

    def _marks(self) -> None:
        """Marks behind the clock that were not told: a warning overtaken by its breach or its clock's end says so."""
        passed = [mark for mark in self._clock.marks if self._passed(mark)]
        breached = {mark.generation: mark.at for mark in passed if mark.kind == BREACH}
        for mark in passed:
            key = current_key(mark, self._keys)
            if key in self._keys:
                continue
            if mark.kind == BREACH:
                self._say(FactKind.CLOCK_BREACHED, key, mark.at, generation=mark.generation, due=mark.at)
            else:
                stale = mark.generation != self._clock.generation or not self._clock.state.open
                breach = breached.get(mark.generation)
                overtaken = stale or (breach is not None and mark.at <= breach)
                self._warn(mark, key, overtaken)

    def _passed(self, mark: Mark) -> bool:
        return not mark.pending or (self._upto is not None and mark.at <= self._upto)

    # -- amendments

    def _amend(self, told: Told) -> bool:
        """N1: say what is no longer true. True when the new state is told with it."""
        clock = self._clock
        details = self._breaches(told)
        verdict = self._verdict_changed(told)
        if verdict:
            details |= {"old_state": told.state.value, "new_state": clock.state.value, "why": clock.why}
            details |= _dates(old_due_at=told.due_at, new_due_at=clock.due_at)
        if details:
            details.setdefault("new_state", clock.state.value)
            at = clock.stopped_at or clock.segments[-1].start
            self._say(FactKind.CLOCK_AMENDED, "amended", at, details)
        return verdict

    def _verdict_changed(self, told: Told) -> bool:
        clock = self._clock
        if told.state not in _VERDICTS or told.cause in {digest(event) for event in clock.undone}:
            return False
        return clock.state.open or (clock.state, digest(clock.cause), clock.generation, clock.due_at) != (
            told.state,
            told.cause,
            told.generation,
            told.due_at,
        )

    def _breaches(self, told: Told) -> dict[str, str]:
        """Told breaches that the fold takes back or moves."""
        taken, details = [], dict[str, str]()
        marks = {mark.generation: mark for mark in reversed(self._clock.marks) if mark.kind == BREACH}
        for key in sorted(told.keys):
            generation = breach_generation(key)
            if generation is None or f"-{key}" in told.keys:
                continue
            mark = marks.get(generation)
            spoken = told.breached_at if generation == told.generation else None
            if mark is None or (mark.pending and mark.at != spoken and not self._passed(mark)):
                taken.append(key)
                self._keys.add(f"-{key}")
                details |= _dates(old_breached_at=spoken)
            elif spoken is not None and mark.at != spoken:
                details |= _dates(old_breached_at=spoken, breached_at=mark.at)
        return details | {TAKES_BACK: " ".join(taken)} if taken else details

    def _exempt(self) -> None:
        clock = self._clock
        key = f"exempt/{digest(EventId(clock.exempt + clock.exempt_by))}"
        if clock.exempt and key not in self._keys:
            details = {"exempt": clock.exempt, "exempt_by": clock.exempt_by}
            self._say(FactKind.CLOCK_AMENDED, key, clock.stopped_at or clock.started_at, details)

    # -- saying

    def _warn(self, mark: Mark, key: str, overtaken: bool) -> None:
        clock = self._clock
        self._keys.add(key)
        self._facts.append(
            Fact(
                kind=FactKind.CLOCK_WARNED,
                incident=clock.incident,
                key=key,
                at=mark.at,
                clock=clock.id,
                metric=clock.metric,
                cycle=clock.cycle,
                generation=mark.generation,
                due_at=clock.due_at if mark.generation == clock.generation else None,
                threshold=mark.kind,
                overtaken=overtaken,
            )
        )

    def _say(
        self,
        kind: FactKind,
        key: str,
        at: datetime,
        details: Mapping[str, str] | None = None,
        generation: int | None = None,
        due: datetime | None = None,
    ) -> None:
        clock, key = self._clock, fresh(key, self._keys)
        self._keys.add(key)
        self._facts.append(
            Fact(
                kind=kind,
                incident=clock.incident,
                key=key,
                at=at,
                clock=clock.id,
                metric=clock.metric,
                cycle=clock.cycle,
                generation=clock.generation if generation is None else generation,
                due_at=due or clock.due_at,
                details={name: value for name, value in (details or {}).items() if value},
            )
        )


def _gone(incident: Incident, id_: ClockId, old: Told) -> list[Fact]:
    """A clock that was told and is no more: a late event has changed what the cycles are."""
    taken = sorted(key for key in old.keys if breach_generation(key) is not None and f"-{key}" not in old.keys)
    if old.state is ClockState.CANCELLED and not taken:
        return []
    kind = FactKind.CLOCK_CANCELLED if old.state.open else FactKind.CLOCK_AMENDED
    details = {"old_state": old.state.value, "new_state": "cancelled", "why": "late events leave no such clock"}
    if taken:
        details[TAKES_BACK] = " ".join(taken)
    return [
        Fact(
            kind=kind,
            incident=incident.id,
            key=fresh("gone", old.keys),
            at=incident.changed_at,
            clock=id_,
            generation=old.generation,
            details=details,
        )
    ]


def _corrections(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """PLANS E8: the customer hears old, new and why."""
    facts = []
    for correction in incident.corrections:
        key = f"priority/{digest(correction.event)}"
        if key not in keys:
            details = {
                "old": correction.old,
                "new": correction.new,
                "by": correction.by,
                "reason": correction.reason,
            }
            facts.append(
                Fact(
                    kind=FactKind.PRIORITY_CORRECTED,
                    incident=incident.id,
                    key=key,
                    at=correction.at,
                    details=details,
                )
            )
    return facts


def _stopped(clock: Clock) -> datetime:
    return clock.stopped_at or clock.started_at


def _verdict(clock: Clock, quality: TimeQuality) -> dict[str, str]:
    return {
        "quality": quality.value,
        "why": clock.why,
        "consumed_seconds": f"{clock.consumed.total_seconds():.6f}".rstrip("0").rstrip("."),
        "stopped_while_paused": "yes" if clock.stopped_while_paused else "",
        "exempt": clock.exempt,
    }


def _dates(**instants: datetime | None) -> dict[str, str]:
    return {name: at.isoformat() for name, at in instants.items() if at is not None}
