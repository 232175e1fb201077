"""What is kept of promises that a change of the catalogue has removed.

A breach is earned when the target in force was passed, whatever the catalogue says later: it stays on record. Only a
late event that refutes it, under the rules of then, takes it back. So the clock of a target that is no longer promised
is folded on under the catalogue that promised it, up to the instant of the change; of a clock whose target became
another one, the breaches of the one before are remembered beside it (`EarnedBreach`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sla_domain.breakdown import consumed_until
from sla_domain.clock import BREACH, Clock, ClockId, ClockState, EarnedBreach
from sla_domain.event import NO_EVENT
from sla_domain.explain.build import calendar_of
from sla_domain.incident import Incident
from sla_domain.published import PublishedState
from sla_domain.rulebook import Rulebook
from sla_domain.sentence import Sentence

NO_LONGER_PROMISED = Sentence.NOT_PROMISED.value

Before = Callable[[str, datetime | None], tuple[Incident, Rulebook] | None]
"""The same incident under an earlier catalogue version, its clocks under the ids by which they are known; None where
that version cannot be read any more. With an instant: of what had happened by then, unless the events are too many to
be read again for it."""


@dataclass(frozen=True, slots=True)
class WithEarlierPromises:
    """An incident with clocks and breaches added that were promised under earlier catalogue versions only."""

    incident: Incident
    """The incident, with those clocks and breaches."""
    versions: dict[ClockId, str]
    """Clock id -> the catalogue version by which the clock is judged."""
    unread: frozenset[ClockId]
    """Ids of published clocks that are missing, as the catalogue version that promised them cannot be read."""


def with_earlier_promises(
    incident: Incident,
    versions: Mapping[ClockId, str],
    published: Mapping[ClockId, PublishedState],
    before: Before,
    now: datetime,
) -> WithEarlierPromises:
    """Return the incident with published clocks and breaches added that only earlier catalogue versions have.

    A published clock that the incident lacks is added. If this clock was open when its target stopped being promised,
    it is cancelled at that instant (at `now` if no such instant is stored). If the target of a clock was replaced, the
    clock also has the breaches that were published under its earlier targets.

    Args:
        versions: Clock id -> the catalogue version by which the clock is judged, for the incident's clocks.
        published: Clock id -> what has been published of the clock.
        before: Function to call with a catalogue version and an instant. It returns (incident, rulebook) under that
            version, from the events up to the instant (None: all events). It returns None if the version cannot be
            read.
        now: The present instant.
    """
    found = dict(versions)
    unread = set[ClockId]()
    clocks = [_with_earned(clock, found[clock.id], published.get(clock.id), before) for clock in incident.clocks]
    for id_, old in published.items():
        if id_ in versions or not old.catalogue:
            continue
        at = old.withdrawn_at or now
        then = before(old.catalogue, at)
        if then is None:
            unread.add(id_)
            continue
        clock = next((clock for clock in then[0].clocks if clock.id == id_), None)
        ended = None if clock is None else withdraw_clock(clock, *then, at)
        if ended is not None:
            clocks.append(_with_earned(ended, old.catalogue, old, before))
            found[id_] = old.catalogue
    if len(clocks) == len(incident.clocks) and all(map(_same, clocks, incident.clocks)):
        return WithEarlierPromises(incident, found, frozenset(unread))
    return WithEarlierPromises(replace(incident, clocks=tuple(clocks)), found, frozenset(unread))


def withdraw_clock(clock: Clock, incident: Incident, rulebook: Rulebook, at: datetime) -> Clock | None:
    """Return a copy of the clock that ends at `at`, because its target is not promised any longer.

    If the clock was still open at `at`, the copy is cancelled at that instant. If the clock had stopped by then, the
    copy differs only in `withdrawn_at`. The result is None if the clock started at `at` or later.

    Args:
        incident, rulebook: The incident and the rulebook under which the target was promised.
    """
    if clock.stopped_at is not None and clock.stopped_at <= at:
        return replace(clock, withdrawn_at=at)
    if clock.started_at >= at:
        return None
    lived = [each for each in clock.segments if each.start < at]
    segments = tuple(replace(each, end=at if each.end is None else min(each.end, at)) for each in lived)
    marks = tuple(replace(mark, pending=False) for mark in clock.marks if mark.at < at)
    generation = clock.generation
    if clock.generation_at is not None and clock.generation_at > at:  # by an event that came after
        generation = max((mark.generation for mark in marks), default=0)
    broken = [mark.at for mark in marks if mark.kind == BREACH and mark.generation == generation]
    ended = replace(
        clock,
        state=ClockState.CANCELLED,
        generation=generation,
        cause=NO_EVENT,
        due_at=None,
        stopped_at=at,
        withdrawn_at=at,
        segments=segments,
        marks=marks,
        breached_at=broken[-1] if broken else None,
        why=NO_LONGER_PROMISED,
    )
    return replace(ended, consumed=consumed_until(ended, calendar_of(clock, incident, rulebook), at))


def _with_earned(clock: Clock, version: str, old: PublishedState | None, before: Before) -> Clock:
    """The clock with the published breaches of targets that another catalogue has replaced since."""
    if old is None:
        return clock
    own = {mark.at for mark in clock.marks if mark.kind == BREACH}
    earned = dict(old.earned)
    if old.catalogue and old.catalogue != version:
        earned |= {at: old.catalogue for at in old.breaches if at not in earned}
    left = sorted((at, under) for at, under in earned.items() if at not in own)
    kept = tuple(EarnedBreach(at, under) for at, under in left if _stands(at, under, clock.id, before))
    return replace(clock, earned=kept) if kept else clock


def _stands(at: datetime, version: str, id_: ClockId, before: Before) -> bool:
    """Whether the breach is one under the rules of then; where that version cannot be read, it stays."""
    then = before(version, None)
    if then is None:
        return True
    marks = (mark for clock in then[0].clocks if clock.id == id_ for mark in clock.marks)
    return any(mark.kind == BREACH and mark.at == at for mark in marks)


def _same(one: Clock, other: Clock) -> bool:
    return one is other
