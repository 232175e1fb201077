"""The difference between the fold's result and what has been published before, as facts (docs/architecture.md).

Pure and idempotent: once `after_publishing` has noted the facts, there are no new ones. For each clock, in this order:
started · amended (a published verdict or breach is no longer true) · retargeted · unpublished marks · paused, resumed,
met, missed, cancelled. Before them, for the incident: a move to another contract; after them: what people did
to it (`sla_domain.happened`), and its promise.

Every fact has a key that is unique within its clock for ever: marks `generation/kind`, with `~1`, `~2` … when the name
was used before (exactly what a timer publishes when it fires), transitions by the digest of the event that caused them.
Whether a mark was published is decided by its target and instant, never by the key (`is_published`): a late event that
renumbers targets causes no fact. A published breach whose instant the fold no longer has is moved, when its target is
now passed at another instant, or taken back; it is published anew should it come true again. A warning is published
once per target, even if a late pause has moved it.

The incident's clocks must have the ids under which they are known (`cycles.with_published_ids`).

What could not have been published in time is marked as `history`: a mark that had passed already when slad received the
events it follows from, of a clock or target that had ended by then; and everything that came true before an import
brought the incident. A breach of a target that was still open when slad learned of it is no history, however old the
breach is and however late it is published.

`upto` is for those who keep no timers (replay, tests): marks ahead of the clock count as passed up to that instant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.event import EventId
from sla_domain.fact import (
    BREACHED,
    NO_SUCH_CLOCK,
    STARTED,
    Amended,
    Breached,
    Cancelled,
    ClockFactBody,
    Exempted,
    Fact,
    Gone,
    Met,
    Missed,
    MovedBreach,
    Paused,
    Resumed,
    Retargeted,
    TakenBack,
    Warned,
)
from sla_domain.happened import happened_facts
from sla_domain.incident import Incident
from sla_domain.moves import contract_changed_facts
from sla_domain.promise import promise_facts
from sla_domain.published import PublishedState
from sla_domain.published_mark import PublishedMark, digest, standing_marks, target_name, unused_key
from sla_domain.published_mark import is_published as known
from sla_domain.sentence import Sentence

_VERDICTS = frozenset({ClockState.MET, ClockState.MISSED})
_MARKS = (Warned, Breached)
_WITHDRAWN = "withdrawn"  # key of a cancelling that no event caused


def new_facts(
    incident: Incident,
    published: Mapping[ClockId, PublishedState],
    keys: Collection[str] = frozenset(),
    upto: datetime | None = None,
    unread: Collection[ClockId] = (),
) -> tuple[Fact, ...]:
    """Return the facts about an incident that are not published yet, in the order to publish them.

    A fact is an event about a clock or the incident. Give the clocks their published ids first
    (`cycles.with_published_ids`).

    Args:
        published: Clock id -> what has been published about the clock.
        keys: Keys (unique ids) of the published facts about the incident as a whole, not about its clocks.
        upto: The instant up to which to return warnings and breaches, for callers without timers (replay, tests). None
            if timers publish future warnings and breaches.
        unread: Ids of published clocks that cannot be computed again, as their catalogue version cannot be read. If
            such a clock is missing in `incident`, an open clock is cancelled, and an ended clock is left unchanged.
    """
    facts: list[Fact] = [*contract_changed_facts(incident, keys)]
    for clock in incident.clocks:
        facts += ClockDiff(clock, published.get(clock.id), upto, incident).facts()
    known = {clock.id for clock in incident.clocks}
    for id_, old in published.items():
        if id_ not in known:
            facts += _gone(incident, id_, old, id_ in unread)
    facts += happened_facts(incident, keys)
    facts += promise_facts(incident, published, keys)
    through = incident.imported_through
    if through is None:
        return tuple(facts)
    return tuple(
        [fact if fact.at > through or isinstance(fact.body, _MARKS) else replace(fact, history=True) for fact in facts]
    )


class ClockDiff:
    """Compares one clock with what is published about it, to find the facts still to publish.

    A fact is an event about the clock. Call `facts` once.

    Args:
        published: What is published about the clock. None if nothing is.
        upto: Future warnings and breaches up to this instant are treated as past. This is for callers without timers
            (replay, tests). None means that no future warning or breach is treated as past.
    """

    def __init__(
        self, clock: Clock, published: PublishedState | None, upto: datetime | None, incident: Incident
    ) -> None:
        self._clock = clock
        self._incident = incident
        self._published = published
        self._upto = upto
        self._keys = set(published.keys) if published is not None else set()
        self._known_marks = (
            published.published_marks(clock) if published is not None else []
        )  # marks that are published and not taken back
        self._facts: list[Fact] = []

    def facts(self) -> list[Fact]:
        """Return the facts (events) about the clock that must still be published, in the order to publish them.

        Call this method once.
        """
        published, clock = self._published, self._clock
        if published is None:
            self._add(STARTED, "started", clock.started_at, clock.due_at or clock.original_due_at)
            self._exempt()
            self._marks()
            if clock.state is not ClockState.RUNNING:
                self._state()
            return self._facts
        self._exempt()
        amended = self._amend(published)
        if clock.state is not ClockState.CANCELLED and not amended and self._other_target(published):
            self._retarget(published)
        breached = self._marks()
        before_end = len(self._facts)
        if not amended:
            self._change(published)
        if breached and not clock.state.open and len(self._facts) == before_end:
            self._state()  # its end was published before the breach, of which people are notified only now
        self._reprioritised(published)
        return self._facts

    # -- the parts

    def _change(self, published: PublishedState) -> None:
        """Add the fact of the clock's state, if it is not the published one."""
        clock = self._clock
        same_cause = digest(clock.cause) == published.cause
        if clock.state is not published.state:
            if not (published.state is ClockState.CANCELLED and self._retargeted(published)):
                self._state()
        elif clock.state is not ClockState.RUNNING and not same_cause:
            self._state()
        elif clock.state is ClockState.RUNNING and not self._other_target(published):
            if clock.due_at != published.due_at and not same_cause and len(clock.segments) > 1:
                self._state()
            elif clock.due_at != published.due_at:
                self._retarget(published)

    def _reprioritised(self, published: PublishedState) -> None:
        """Add a fact of a changed priority that leaves the target as it is, for those who show the clock.

        Not needed if another fact of this diff carries the priority; marks do not.
        """
        clock = self._clock
        if not clock.state.open or not published.priority or clock.priority == published.priority:
            return
        if all(isinstance(fact.body, _MARKS) for fact in self._facts) and self._incident.priorities:
            since = self._incident.priorities[-1]
            body = Retargeted(priority=clock.priority, old_priority=published.priority)
            self._add(body, f"priority/{digest(since.event)}", since.start)

    def _retargeted(self, published: PublishedState) -> bool:
        return self._clock.state is ClockState.RUNNING and self._other_target(published)

    def _other_target(self, published: PublishedState) -> bool:
        """Whether another target is in force than the published one. Late events renumber targets: ignore ordinals."""
        clock = self._clock
        if clock.state is published.state and not clock.state.open:
            return False
        if published.withdrawn_at is not None and clock.withdrawn_at is None:
            return True  # promised again
        if published.target:
            return published.target != target_name(clock.target_event)
        return clock.generation != published.generation and clock.due_at != published.due_at

    def _state(self) -> None:
        clock = self._clock
        cause = digest(clock.cause)
        match clock.state:
            case ClockState.RUNNING:
                before = None if self._published is None else self._published.due_at or self._published.promised_at
                self._add(Resumed(before, clock.due_at), f"resumed/{cause}", clock.segments[-1].start)
            case ClockState.PAUSED:
                last = clock.segments[-1]
                on = last.waiting_on.value if last.waiting_on else ""
                self._add(Paused(last.why, on), f"paused/{cause}", last.start)
            case ClockState.MET:
                self._add(Met(*self._verdict()), f"met/{cause}", _stopped(clock))
            case ClockState.MISSED:
                self._add(Missed(*self._verdict()), f"missed/{cause}", _stopped(clock))
            case ClockState.CANCELLED:
                withdrawn = clock.withdrawn_at is not None
                self._add(Cancelled(clock.why, withdrawn), f"cancelled/{cause or _WITHDRAWN}", _stopped(clock))
            case _:
                assert_never(clock.state)

    def _verdict(self) -> tuple[str, str, timedelta, bool, str]:
        """Return the fields of `Met` and `Missed`."""
        clock = self._clock
        return self._incident.quality.value, clock.why, clock.consumed, clock.stopped_while_paused, clock.exempt

    def _retarget(self, published: PublishedState) -> None:
        clock = self._clock
        broken = any(each.kind == BREACH and each.at == clock.due_at for each in self._known_marks)
        body = Retargeted(
            old_due_at=published.due_at,
            new_due_at=clock.due_at,
            priority=clock.priority,
            old_generation=published.generation,
            agreed_by=clock.agreed_by,
            broken_since=clock.due_at if broken else None,
        )
        self._add(body, f"{clock.generation}/target", clock.generation_at or clock.started_at)

    def _marks(self) -> bool:
        """Add the passed marks that are not published; a warning that its breach or the end overtook is marked so.

        True when a breach is among them of which people hear. A breach of an earlier target by whose instant the target
        in force is breached, too, is one that goes on.
        """
        news = False
        passed = [mark for mark in self._clock.marks if self._passed(mark)]
        breached = {mark.generation: mark.at for mark in passed if mark.kind == BREACH}
        for mark in passed:
            if known(mark, self._known_marks):
                continue
            key = unused_key(mark.key, self._keys)
            self._known_marks.append(
                PublishedMark(key, mark.kind, mark.generation, mark.at, target_name(mark.target_event))
            )
            in_force = mark.generation == self._clock.generation
            goes_on = mark.kind == BREACH and mark.at == breached.get(self._clock.generation)
            stale = not (in_force or goes_on) or not self._clock.state.open
            history = (stale and self._over_when_known(mark)) or self._imported(mark)
            if mark.kind == BREACH:
                self._mark(BREACHED, mark, key, mark.at, history)
                news = news or not history
            else:
                breach = breached.get(mark.generation)
                overtaken = stale or (breach is not None and mark.at <= breach)
                due = self._clock.due_at if in_force else None
                self._mark(Warned(mark.kind, overtaken), mark, key, due, history)
        return news

    def _over_when_known(self, mark: Mark) -> bool:
        """Whether the mark and the end of its target had both passed when slad could first know of the mark.

        A target that ended later was open then, so its breach is published as current.
        """
        clock = self._clock
        over = clock.generation_at if mark.generation != clock.generation else clock.stopped_at
        return over is not None and mark.known_since is not None and max(mark.at, over) <= mark.known_since

    def _imported(self, mark: Mark) -> bool:
        """Whether it had come true when an import brought the incident. A target made later is no history."""
        through = self._incident.imported_through
        return through is not None and mark.known_since is not None and max(mark.at, mark.known_since) <= through

    def _passed(self, mark: Mark) -> bool:
        return not mark.pending or (self._upto is not None and mark.at <= self._upto)

    # -- amendments

    def _amend(self, published: PublishedState) -> bool:
        """Add amendments of what is no longer true. Return whether they carry the new state."""
        clock = self._clock
        moves, taken = self._breaches()
        changed = self._verdict_changed(published)
        amendments = [Amended(new_state=clock.state, moved=moved) for moved in moves]
        if taken or changed:
            verdict = (
                (published.state, clock.state, clock.why, published.due_at, clock.due_at)
                if changed
                else (None, clock.state, clock.why if clock.state is ClockState.CANCELLED else "")
            )
            first = Amended(_taken_back(taken), *verdict)
            if amendments and not taken:
                first = replace(first, moved=amendments.pop(0).moved)
            amendments.insert(0, first)
        for amendment in amendments:
            self._add(amendment, "amended", clock.stopped_at or clock.segments[-1].start)
        return changed

    def _verdict_changed(self, published: PublishedState) -> bool:
        clock = self._clock
        if published.state not in _VERDICTS or published.cause in {digest(event) for event in clock.undone}:
            return False
        return clock.state.open or (clock.state, digest(clock.cause), clock.due_at) != (
            published.state,
            published.cause,
            published.due_at,
        )

    def _breaches(self) -> tuple[list[MovedBreach], list[PublishedMark]]:
        """Return what became of published breaches whose instant the fold no longer has: moved, or taken back."""
        marks = [mark for mark in self._clock.marks if mark.kind == BREACH]
        there = {mark.at for mark in marks}
        lost = [each for each in self._known_marks if each.kind == BREACH and each.at not in there]
        news = [mark for mark in marks if self._passed(mark) and not known(mark, self._known_marks)]
        moves, taken = list[MovedBreach](), list[PublishedMark]()
        earned = {each.at for each in self._clock.earned}
        for each in lost:
            now = next((mark for mark in news if each.at is not None and each.is_of(mark)), None)
            if now is None and each.at in earned:
                continue  # no late event refutes it: another catalogue has put another target in its place
            self._known_marks.remove(each)
            if now is None or each.at is None:
                taken.append(each)
                self._keys.add(f"-{each.key}")
            else:
                news = [mark for mark in news if mark.at != now.at]
                moves.append(MovedBreach(each.at, now.at))
                self._known_marks.append(replace(each, at=now.at))
        return moves, taken

    def _exempt(self) -> None:
        clock = self._clock
        key = f"exempt/{digest(EventId(clock.exempt + clock.exempt_by))}"
        if clock.exempt and key not in self._keys:
            body = Exempted(clock.exempt, clock.exempt_by)
            self._add(body, key, clock.stopped_at or clock.started_at)

    # -- facts

    def _mark(self, body: Warned | Breached, mark: Mark, key: str, due: datetime | None, history: bool) -> None:
        self._append(body, key, mark.at, mark.generation, due, history)

    def _add(self, body: ClockFactBody, key: str, at: datetime, due: datetime | None = None) -> None:
        """Add a fact under the first unused form of the key, due at `due` or else when the clock is."""
        clock = self._clock
        self._append(body, unused_key(key, self._keys), at, clock.generation, due or clock.due_at)

    def _append(
        self,
        body: ClockFactBody,
        key: str,
        at: datetime,
        generation: int,
        due: datetime | None,
        history: bool = False,
    ) -> None:
        clock = self._clock
        self._keys.add(key)
        self._facts.append(
            Fact(
                body=body,
                incident=clock.incident,
                key=key,
                at=at,
                clock=clock.id,
                metric=clock.metric,
                cycle=clock.cycle,
                generation=generation,
                due_at=due,
                history=history,
            )
        )


def _gone(incident: Incident, id_: ClockId, old: PublishedState, unread: bool) -> list[Fact]:
    """Return what to publish of a clock that is no more, because a late event has changed what the cycles are.

    `unread`: it cannot be judged whether it was that; then no breach is taken back.
    """
    taken = [each for each in standing_marks(old.keys, old.meanings) if each.kind == BREACH and not unread]
    if not taken and (old.state is ClockState.CANCELLED or (unread and not old.state.open)):
        return []
    why = Sentence.NOT_PROMISED.value if unread else NO_SUCH_CLOCK
    return [
        Fact(
            body=Gone(old.state, why, unread, _taken_back(taken)),
            incident=incident.id,
            key=unused_key("gone", old.keys),
            at=incident.changed_at,
            clock=id_,
            metric=old.metric,
            cycle=old.cycle,
            generation=old.generation,
        )
    ]


def _taken_back(taken: Sequence[PublishedMark]) -> tuple[TakenBack, ...]:
    return tuple([TakenBack(each.key, each.at) for each in taken])


def _stopped(clock: Clock) -> datetime:
    return clock.stopped_at or clock.started_at
