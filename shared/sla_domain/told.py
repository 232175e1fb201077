"""What the world has been told about a clock: the other half of every difference (DESIGN §2.2).

`Told` fits in the row of the clock: state, due instant, generation, breach instant and priority are columns, the rest
is one text of space-separated words, to which a fire statement may append the keys of the marks it tells. Words are

* a fact's key, `0/warn-75`, `paused/3f2a…` (the digest of the event that caused it);
* `-0/breach`: that telling was taken back, and the next one will be called `0/breach~1`;
* `@cause=…`: the digest of the event behind the told state; `@promised=…`: the due instant the customer was given,
  in microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.event import EventId
from sla_domain.fact import Fact, FactKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CAUSE, _PROMISED = "@cause=", "@promised="
DUE = "due:"  # detail of a promise: the line of a metric
TAKES_BACK = "takes_back"  # detail of an amendment: the keys it takes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Told about one clock so far."""

    state: ClockState
    generation: int
    due_at: datetime | None
    breached_at: datetime | None = None  # the due instant a told breach of this generation spoke of
    keys: frozenset[str] = frozenset()
    cause: str = ""  # digest of the event behind the told state
    promised_at: datetime | None = None  # the due instant the customer was given last
    priority: str = ""  # the one a fact spoke of last; empty when nobody kept it

    @property
    def text(self) -> str:
        """Everything but the columns, as words in a stable order."""
        words = sorted(self.keys)
        if self.cause:
            words.append(f"{_CAUSE}{self.cause}")
        if self.promised_at is not None:
            words.append(f"{_PROMISED}{(self.promised_at - _EPOCH) // _MICROSECOND}")
        return " ".join(words)

    @classmethod
    def read(
        cls,
        text: str,
        *,
        state: str,
        generation: int,
        due_at: datetime | None,
        breached_at: datetime | None = None,
        priority: str = "",
    ) -> Told:
        """From the columns and the text of a row, whatever a fire statement has appended to it."""
        keys, cause, promised = set(), "", None
        for word in text.split():
            if word.startswith(_CAUSE):
                cause = word.removeprefix(_CAUSE)
            elif word.startswith(_PROMISED):
                promised = _EPOCH + _MICROSECOND * int(word.removeprefix(_PROMISED))
            else:
                keys.add(word)
        return cls(
            state=ClockState(state),
            generation=generation,
            due_at=due_at,
            breached_at=breached_at,
            keys=frozenset(keys),
            cause=cause,
            promised_at=promised,
            priority=priority,
        )


@dataclass(frozen=True, slots=True)
class Timer:
    """A row of the timer table: `generation/kind` is the key of the fact it tells when it fires."""

    kind: str
    generation: int
    at: datetime


def timers(clock: Clock, told: Told) -> tuple[Timer, ...]:
    """The marks still to be told by time alone; empty unless the clock runs."""
    ahead = []
    for mark in clock.marks:
        if mark.pending:
            key = current_key(mark, told.keys)
            if key not in told.keys:
                ahead.append(Timer(key.partition("/")[2], mark.generation, mark.at))
    return tuple(ahead)


def told_after(told: Mapping[ClockId, Told], facts: Iterable[Fact], clocks: Iterable[Clock]) -> dict[ClockId, Told]:
    """What has been told once `facts` are out. Clocks that are no more keep what was told of them."""
    said: dict[ClockId, list[Fact]] = {}
    promised: dict[str, datetime] = {}
    for fact in facts:
        if fact.clock is not None:
            said.setdefault(fact.clock, []).append(fact)
        elif fact.kind in (FactKind.PROMISE_MADE, FactKind.PROMISE_MOVED):
            promised = {name: datetime.fromisoformat(at) for name, at in fact.details.items() if name.startswith(DUE)}
    after = dict(told)
    for clock in clocks:
        after[clock.id] = _after(told.get(clock.id), said.pop(clock.id, []), clock, promised)
    for id_, rest in said.items():
        if id_ in after:
            keys = after[id_].keys | _words(rest)
            after[id_] = Told(state=ClockState.CANCELLED, generation=after[id_].generation, due_at=None, keys=keys)
    return after


def keys_after(keys: Collection[str], facts: Iterable[Fact]) -> frozenset[str]:
    """The incident's own keys (promises, corrections) once `facts` are out."""
    return frozenset(keys) | {fact.key for fact in facts if fact.clock is None}


def _after(old: Told | None, facts: list[Fact], clock: Clock, promised: Mapping[str, datetime]) -> Told:
    before = old.keys if old is not None else frozenset()
    breached = _breach_told(old, clock) if old is not None else None
    for fact in facts:
        if fact.kind is FactKind.CLOCK_AMENDED:
            breached = None if _takes_back_breach(fact, clock.generation) else breached
            breached = (
                datetime.fromisoformat(fact.details["breached_at"]) if "breached_at" in fact.details else breached
            )
        elif fact.kind is FactKind.CLOCK_BREACHED and fact.generation == clock.generation:
            breached = fact.at
    line = promised.get(f"{DUE}{clock.metric}") if clock.state is ClockState.RUNNING else None
    given = line if line == clock.due_at else None
    return Told(
        state=clock.state,
        generation=clock.generation,
        due_at=clock.due_at,
        breached_at=breached,
        keys=before | _words(facts),
        cause=digest(clock.cause),
        promised_at=given or (old.promised_at if old is not None else None),
        priority=clock.priority,
    )


def _breach_told(old: Told, clock: Clock) -> datetime | None:
    """The told breach of the generation in force, also when late events have turned generations back."""
    if old.generation == clock.generation:
        return old.breached_at
    marks = (m for m in clock.marks if m.kind == BREACH and m.generation == clock.generation)
    return next((mark.at for mark in marks if current_key(mark, old.keys) in old.keys), None)


def _takes_back_breach(fact: Fact, generation: int) -> bool:
    return any(key.startswith(f"{generation}/{BREACH}") for key in fact.details.get(TAKES_BACK, "").split())


def _words(facts: Iterable[Fact]) -> frozenset[str]:
    words = set()
    for fact in facts:
        words.add(fact.key)
        words.update(f"-{key}" for key in fact.details.get(TAKES_BACK, "").split())
    return frozenset(words)


def current_key(mark: Mark, keys: Collection[str]) -> str:
    """The key under which a mark is told now: a new one after each telling that was taken back."""
    return _numbered(mark.key, lambda key: f"-{key}" in keys)


def breach_generation(key: str) -> int | None:
    """The generation of a breach key (`0/breach`, `0/breach~1`); None for any other."""
    generation, _, kind = key.partition("/")
    if generation.isdigit() and kind.partition("~")[0] == BREACH:
        return int(generation)
    return None


def fresh(key: str, keys: Collection[str]) -> str:
    """The key itself, or the first of `key~1`, `key~2` … that has not been used."""
    return _numbered(key, lambda candidate: candidate in keys)


def _numbered(key: str, taken: Callable[[str], bool]) -> str:
    number, candidate = 0, key
    while taken(candidate):
        number += 1
        candidate = f"{key}~{number}"
    return candidate


def digest(event: EventId) -> str:
    """A short stable name for an event id, which may hold any character."""
    return blake2b(event.encode(), digest_size=6).hexdigest() if event else ""
