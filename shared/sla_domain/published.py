"""What has been published about a clock: the other half of every difference (`diff`).

`PublishedState` fits in the row of the clock. State, due instant, generation, breach instant and priority are columns;
the rest is one text, which `published_text` writes and reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.cycles import start_name
from sla_domain.fact import Amended, Breached, Fact, Gone, PromiseMade, PromiseMoved, Warned
from sla_domain.published_mark import (
    MarkMeaning,
    PublishedMark,
    digest,
    is_published,
    standing_marks,
    target_name,
    unused_key,
    with_instants,
)

_TAKING_BACK, _PROMISES = (Amended, Gone), (PromiseMade, PromiseMoved)  # tuples: isinstance is slower with a union


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedState:
    """What has been published about one clock.

    `diff.new_facts` compares it with the clock now. Fields that older releases did not store are empty or None.
    """

    state: ClockState
    """The state published last."""
    generation: int
    """Number, from 0, of the clock's target."""
    due_at: datetime | None
    """The due instant published last. None if there was none."""
    breached_at: datetime | None = None
    """The due instant of the target's published breach. None if no breach is published."""
    keys: frozenset[str] = frozenset()
    """Keys of the clock's published facts, and `-<key>` for each fact later declared untrue."""
    cause: str = ""
    """Hash of the event that caused the state."""
    promised_at: datetime | None = None
    """The due instant that was promised to the customer last."""
    priority: str = ""
    """The priority published last."""
    meanings: Mapping[str, MarkMeaning] = field(default_factory=dict)
    """Key of a published or future warning or breach -> its instant and target."""
    target: str = ""
    """Name (hash) of the event that set the target."""
    start: str = ""
    """Name (hash) of the event that began the clock."""
    metric: str = ""
    started_at: datetime | None = None
    cycle: int = 0
    catalogue: str = ""
    """The catalogue version by which the clock was judged last."""
    withdrawn_at: datetime | None = None
    """Since when the target is no longer promised. None if it is still promised."""
    earned: Mapping[datetime, str] = field(default_factory=dict)
    """Due instant -> catalogue version, for breaches of targets that a newer version replaced."""

    @property
    def breaches(self) -> frozenset[datetime]:
        """Return the due instants of the published breaches, as far as they are known.

        Breaches that were later found to be untrue are left out.
        """
        breaches = [each for each in standing_marks(self.keys, self.meanings) if each.kind == BREACH]
        return frozenset(at for each in breaches if (at := each.at or self.breached_at) is not None)

    def published_marks(self, clock: Clock) -> list[PublishedMark]:
        """Return the clock's published warnings and breaches, without those later declared untrue.

        Records of older releases lack the instants. A missing instant is taken from the matching warning or breach of
        `clock`. If there is none, the instant stays None.

        Args:
            clock: The clock now.
        """
        return with_instants(standing_marks(self.keys, self.meanings), clock, self.generation, self.breached_at)


@dataclass(frozen=True, slots=True)
class Timer:
    """A row of the timer table: at the instant `at`, a warning or breach is published.

    The published fact has the key `<generation>/<kind>`, such as `0/breach`. The generation is the number of the
    clock's target.
    """

    kind: str
    """`breach` or a threshold such as `warn-75`. If the plain key was used before, `~1` is appended."""
    generation: int
    """Number, from 0, of the clock's target."""
    at: datetime


def timers(clock: Clock, published: PublishedState) -> tuple[Timer, ...]:
    """Return the timers to set for a running clock: one for each future warning or breach.

    The result is empty if the clock does not run. Warnings and breaches that are published already have no timer.

    Args:
        published: What has been published about the clock.
    """
    ahead = _ahead(clock, published.keys, published.published_marks(clock))
    return tuple(Timer(key.partition("/")[2], mark.generation, mark.at) for key, mark in ahead.items())


def _ahead(clock: Clock, used: Collection[str], known_marks: Iterable[PublishedMark]) -> dict[str, Mark]:
    """The pending marks that are not published, by the keys under which they will be."""
    ahead: dict[str, Mark] = {}
    known_marks = list(known_marks)
    for mark in clock.marks:
        if mark.pending and not is_published(mark, known_marks):
            ahead[unused_key(mark.key, {*used, *ahead})] = mark
    return ahead


def after_publishing(
    published: Mapping[ClockId, PublishedState], facts: Iterable[Fact], clocks: Iterable[Clock]
) -> dict[ClockId, PublishedState]:
    """Return what has been published about each clock after `facts` are published, by clock id.

    If a published clock is missing in `clocks`, it becomes cancelled if one of `facts` is about it. Otherwise, the
    earlier entry of the missing clock is returned unchanged.

    Args:
        published: Clock id -> what was published about the clock before.
        clocks: The incident's clocks now.
    """
    by_clock: dict[ClockId, list[Fact]] = {}
    promised: Mapping[str, datetime] = {}
    for fact in facts:
        if fact.clock is not None:
            by_clock.setdefault(fact.clock, []).append(fact)
        elif isinstance(fact.body, _PROMISES):
            promised = fact.body.lines
    after = dict(published)
    for clock in clocks:
        after[clock.id] = _after(published.get(clock.id), by_clock.pop(clock.id, []), clock, promised)
    for id_, rest in by_clock.items():
        if id_ in after:
            old = after[id_]
            after[id_] = replace(
                old, state=ClockState.CANCELLED, due_at=None, breached_at=None, keys=old.keys | _words(rest), cause="",
                promised_at=None, priority="", withdrawn_at=None, earned={},
            )  # fmt: skip
    return after


def keys_after(keys: Collection[str], facts: Iterable[Fact]) -> frozenset[str]:
    """Return the keys of all published facts about the incident as a whole, after `facts` are published.

    A key is a unique id of a fact (event). Facts about clocks are left out.

    Args:
        keys: Keys of the facts published before.
    """
    return frozenset(keys) | {fact.key for fact in facts if fact.clock is None}


def _after(
    old: PublishedState | None, facts: list[Fact], clock: Clock, promised: Mapping[str, datetime]
) -> PublishedState:
    keys = (old.keys if old is not None else frozenset()) | _words(facts)
    known_marks = {each.key: each for each in old.published_marks(clock)} if old is not None else {}
    for fact in facts:
        _apply_fact(known_marks, fact, clock)
    meanings = {key: MarkMeaning(each.at, each.target) for key, each in known_marks.items()}
    for key, mark in _ahead(clock, keys, known_marks.values()).items():
        meanings[key] = MarkMeaning(mark.at, target_name(mark.target_event))
    line = promised.get(clock.metric) if clock.state is ClockState.RUNNING else None
    given = line if line == clock.due_at else None
    return PublishedState(
        state=clock.state,
        generation=clock.generation,
        due_at=clock.due_at,
        breached_at=_breach_in_force(known_marks.values(), clock),
        keys=keys,
        cause=digest(clock.cause),
        promised_at=given or (old.promised_at if old is not None else None),
        priority=clock.priority,
        meanings=meanings,
        target=target_name(clock.target_event),
        start=(old.start if old is not None else "") or start_name(clock),
        metric=clock.metric,
        started_at=clock.started_at,
        cycle=clock.cycle,
        catalogue=old.catalogue if old is not None else "",
        withdrawn_at=clock.withdrawn_at,
        earned=_still_earned(clock, known_marks.values()),
    )


def _still_earned(clock: Clock, known_marks: Iterable[PublishedMark]) -> dict[datetime, str]:
    told_at = {each.at for each in known_marks if each.kind == BREACH}
    return {each.at: each.under for each in clock.earned if each.at in told_at}


def _apply_fact(known_marks: dict[str, PublishedMark], fact: Fact, clock: Clock) -> None:
    """Update the published marks by one fact."""
    body = fact.body
    if isinstance(body, Warned):
        known_marks[fact.key] = _published(fact, body.threshold, clock)
    elif isinstance(body, Breached):
        known_marks[fact.key] = _published(fact, BREACH, clock)
    elif isinstance(body, Amended):
        for taken in body.takes_back:
            known_marks.pop(taken.key, None)
        if body.moved is not None:
            for key, each in known_marks.items():
                if each.kind == BREACH and each.at == body.moved.old_at:
                    known_marks[key] = replace(each, at=body.moved.new_at)


def _published(fact: Fact, kind: str, clock: Clock) -> PublishedMark:
    place = (kind, fact.generation, fact.at)
    mark = next((each for each in clock.marks if (each.kind, each.generation, each.at) == place), None)
    target = target_name(mark.target_event) if mark is not None else ""
    return PublishedMark(fact.key, kind, fact.generation, fact.at, target)


def _breach_in_force(known_marks: Iterable[PublishedMark], clock: Clock) -> datetime | None:
    """The due instant of the generation in force, if its breach is published."""
    ours = next((mark.at for mark in clock.marks if mark.kind == BREACH and mark.generation == clock.generation), None)
    return ours if any(each.kind == BREACH and each.at == ours for each in known_marks) else None


def _words(facts: Iterable[Fact]) -> frozenset[str]:
    words = set()
    for fact in facts:
        words.add(fact.key)
        if isinstance(fact.body, _TAKING_BACK):
            words.update(f"-{taken.key}" for taken in fact.body.takes_back)
    return frozenset(words)
