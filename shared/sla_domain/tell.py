"""The difference between what the fold says now and what has been told before, as facts (docs/architecture.md).

Pure and idempotent: once `told_after` has noted the facts, telling again gives nothing. For each clock, in this order:
started · amended (a told verdict or breach is no longer true) · retargeted · marks not yet told · paused, resumed, met,
missed, cancelled. Before them, for the incident: a move to another contract; after them: corrections of its priority,
and its promise.

Every fact has a key that is unique within its clock for ever: marks `generation/kind`, with `~1`, `~2` … when the name
was used before (exactly what a timer tells when it fires), transitions by the digest of the event that caused them.
Whether a mark was told is decided by its target and instant, never by the key (`spoken`): a late event that renumbers
targets is no news. A told breach whose instant the fold no longer has is moved, when its target is now passed at
another instant, or taken back; it is told anew should it come true again. A warning is told once per target, even if a
late pause has moved it.

The incident's clocks must bear the ids under which they are known (`cycles.continued`).

What nobody could have been told in time is marked as `history`: a mark that had passed already when slad heard of what
it follows from, of a clock or target that was over by then; and everything that came true before an import told slad
of the incident. A broken promise that still runs is news, however old the breach is.

`upto` is for those who keep no timers (replay, tests): marks ahead of the clock count as passed up to that instant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.event import EventId, TimeQuality
from sla_domain.fact import Fact, FactKind
from sla_domain.incident import Incident
from sla_domain.moves import move_facts
from sla_domain.promise import promise_facts
from sla_domain.spoken import Spoken, digest, fresh, standing, target_name
from sla_domain.spoken import told as known
from sla_domain.told import BREACHED, BROKEN_SINCE, OLD_BREACHED, TAKES_BACK, TAKES_BACK_DUE, WITHDRAWN, Told

_VERDICTS = frozenset({ClockState.MET, ClockState.MISSED})
_MARKS = frozenset({FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED})


def tell(
    incident: Incident,
    told: Mapping[ClockId, Told],
    keys: Collection[str] = frozenset(),
    upto: datetime | None = None,
    unread: Collection[ClockId] = (),
) -> tuple[Fact, ...]:
    """The facts that are new. `keys` are the incident's own, see `told.keys_after`. `unread`: clocks that are no more
    and of which nobody can tell whether their breaches stand (`withdrawn.Kept`)."""
    facts: list[Fact] = [*move_facts(incident, keys)]
    for clock in incident.clocks:
        facts += _Voice(clock, told.get(clock.id), upto, incident).facts()
    known = {clock.id for clock in incident.clocks}
    for id_, old in told.items():
        if id_ not in known:
            facts += _gone(incident, id_, old, id_ in unread)
    facts += _corrections(incident, keys)
    facts += promise_facts(incident, told, keys)
    through = incident.imported_through
    if through is None:
        return tuple(facts)
    return tuple([fact if fact.kind in _MARKS or fact.at > through else replace(fact, history=True) for fact in facts])


class _Voice:
    """What there is to say about one clock."""

    def __init__(self, clock: Clock, told: Told | None, upto: datetime | None, incident: Incident) -> None:
        self._clock = clock
        self._incident = incident
        self._told = told
        self._upto = upto
        self._keys = set(told.keys) if told is not None else set()
        self._spoken = told.spoken(clock) if told is not None else []  # marks that were told and stand
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
        if clock.state is not ClockState.CANCELLED and not amended and self._other_target(told):
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
        elif clock.state is ClockState.RUNNING and not self._other_target(told):
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
        return self._clock.state is ClockState.RUNNING and self._other_target(told)

    def _other_target(self, told: Told) -> bool:
        """Whether another target is in force than was told. Its ordinal says nothing: late events renumber targets."""
        clock = self._clock
        if clock.state is told.state and not clock.state.open:
            return False
        if told.withdrawn_at is not None and clock.withdrawn_at is None:
            return True  # promised again
        if told.target:
            return told.target != target_name(clock.target_event)
        return clock.generation != told.generation and clock.due_at != told.due_at

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
                details = {"why": clock.why, WITHDRAWN: "" if clock.withdrawn_at is None else "yes"}
                self._say(FactKind.CLOCK_CANCELLED, f"cancelled/{cause or WITHDRAWN}", _stopped(clock), details)
            case _:
                assert_never(clock.state)

    def _retarget(self, told: Told) -> None:
        clock = self._clock
        details = _dates(old_due_at=told.due_at, new_due_at=clock.due_at) | {
            "priority": clock.priority,
            "old_generation": str(told.generation),
            "agreed_by": clock.agreed_by,
        }
        if any(each.kind == BREACH and each.at == clock.due_at for each in self._spoken):
            details |= _dates(**{BROKEN_SINCE: clock.due_at})
        at = clock.generation_at or clock.started_at
        self._say(FactKind.CLOCK_RETARGETED, f"{clock.generation}/target", at, details)

    def _marks(self) -> None:
        """Marks behind the clock that were not told: a warning overtaken by its breach or its clock's end says so."""
        passed = [mark for mark in self._clock.marks if self._passed(mark)]
        breached = {mark.generation: mark.at for mark in passed if mark.kind == BREACH}
        for mark in passed:
            if known(mark, self._spoken):
                continue
            key = fresh(mark.key, self._keys)
            self._spoken.append(Spoken(key, mark.kind, mark.generation, mark.at, target_name(mark.target_event)))
            stale = mark.generation != self._clock.generation or not self._clock.state.open
            history = (stale and mark.past_when_heard) or self._imported(mark)
            if mark.kind == BREACH:
                self._say(
                    FactKind.CLOCK_BREACHED, key, mark.at, generation=mark.generation, due=mark.at, history=history
                )
            else:
                breach = breached.get(mark.generation)
                overtaken = stale or (breach is not None and mark.at <= breach)
                self._warn(mark, key, overtaken, history)

    def _imported(self, mark: Mark) -> bool:
        """Whether it had come true when an import told slad of the incident. A target made later is news."""
        through = self._incident.imported_through
        return through is not None and mark.heard_at is not None and max(mark.at, mark.heard_at) <= through

    def _passed(self, mark: Mark) -> bool:
        return not mark.pending or (self._upto is not None and mark.at <= self._upto)

    # -- amendments

    def _amend(self, told: Told) -> bool:
        """Say what is no longer true. True when the new state is told with it."""
        clock = self._clock
        moves, taken = self._breaches()
        details = _taking_back(taken)
        verdict = self._verdict_changed(told)
        if verdict:
            details |= {"old_state": told.state.value, "new_state": clock.state.value, "why": clock.why}
            details |= _dates(old_due_at=told.due_at, new_due_at=clock.due_at)
        if moves and not taken:
            details |= moves.pop(0)
        for amendment in ([details] if details else []) + moves:
            amendment.setdefault("new_state", clock.state.value)
            at = clock.stopped_at or clock.segments[-1].start
            self._say(FactKind.CLOCK_AMENDED, "amended", at, amendment)
        return verdict

    def _verdict_changed(self, told: Told) -> bool:
        clock = self._clock
        if told.state not in _VERDICTS or told.cause in {digest(event) for event in clock.undone}:
            return False
        return clock.state.open or (clock.state, digest(clock.cause), clock.due_at) != (
            told.state,
            told.cause,
            told.due_at,
        )

    def _breaches(self) -> tuple[list[dict[str, str]], list[Spoken]]:
        """Told breaches whose instant the fold does not have: the details of those it has moved, those taken back."""
        marks = [mark for mark in self._clock.marks if mark.kind == BREACH]
        there = {mark.at for mark in marks}
        lost = [each for each in self._spoken if each.kind == BREACH and each.at not in there]
        news = [mark for mark in marks if self._passed(mark) and not known(mark, self._spoken)]
        moves, taken = list[dict[str, str]](), list[Spoken]()
        earned = {each.at for each in self._clock.earned}
        for each in lost:
            now = next((mark for mark in news if each.at is not None and each.is_of(mark)), None)
            if now is None and each.at in earned:
                continue  # no late event refutes it: another catalogue has put another target in its place
            self._spoken.remove(each)
            if now is None:
                taken.append(each)
                self._keys.add(f"-{each.key}")
            else:
                news = [mark for mark in news if mark.at != now.at]
                moves.append(_dates(**{OLD_BREACHED: each.at, BREACHED: now.at}))
                self._spoken.append(replace(each, at=now.at))
        return moves, taken

    def _exempt(self) -> None:
        clock = self._clock
        key = f"exempt/{digest(EventId(clock.exempt + clock.exempt_by))}"
        if clock.exempt and key not in self._keys:
            details = {"exempt": clock.exempt, "exempt_by": clock.exempt_by}
            self._say(FactKind.CLOCK_AMENDED, key, clock.stopped_at or clock.started_at, details)

    # -- saying

    def _warn(self, mark: Mark, key: str, overtaken: bool, history: bool) -> None:
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
                history=history,
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
        history: bool = False,
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
                history=history,
                details={name: value for name, value in (details or {}).items() if value},
            )
        )


def _gone(incident: Incident, id_: ClockId, old: Told, unread: bool) -> list[Fact]:
    """A clock that was told and is no more: a late event has changed what the cycles are. `unread`: nobody can tell
    whether it was that; then no breach is taken back."""
    taken = [each for each in standing(old.keys, old.meanings) if each.kind == BREACH and not unread]
    if not taken and (old.state is ClockState.CANCELLED or (unread and not old.state.open)):
        return []
    kind = FactKind.CLOCK_CANCELLED if old.state.open else FactKind.CLOCK_AMENDED
    why = "the target is no longer promised" if unread else "late events leave no such clock"
    details = {"old_state": old.state.value, "new_state": "cancelled", "why": why}
    if unread:
        details[WITHDRAWN] = "yes"
    return [
        Fact(
            kind=kind,
            incident=incident.id,
            key=fresh("gone", old.keys),
            at=incident.changed_at,
            clock=id_,
            metric=old.metric,
            cycle=old.cycle,
            generation=old.generation,
            details=details | _taking_back(taken),
        )
    ]


def _taking_back(taken: Sequence[Spoken]) -> dict[str, str]:
    if not taken:
        return {}
    dues = [each.at.isoformat() for each in taken if each.at is not None]
    details = {TAKES_BACK: " ".join(each.key for each in taken)}
    if len(dues) == len(taken):  # of a row of an older release nobody may know them
        details |= {TAKES_BACK_DUE: " ".join(dues), OLD_BREACHED: max(dues)}
    return details


def _corrections(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """clause E8: the customer hears old, new and why."""
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
