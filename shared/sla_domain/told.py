"""What the world has been told about a clock: the other half of every difference (docs/architecture.md).

`Told` fits in the row of the clock: state, due instant, generation, breach instant and priority are columns, the rest
is one text of space-separated words, to which a fire statement may append the keys of the marks it tells. Words are

* a fact's key, `0/warn-75`, `paused/3f2a…` (the digest of the event that caused it);
* `-0/breach`: that telling was taken back;
* `@0/breach=…/3f2a…`: what a mark's key means, the instant in microseconds since 1970 and the name of its target
  (`spoken`); `@+0/breach=…` of a timer, written before it fires, so that the fire statement appends nothing but the
  key. It holds for the generation and due instant in `@ahead=…`: a process of an older release, which replaces timers
  and passes these words over, changes one of them;
* `@withdrawn=…`: since when the target is no longer promised; `@earned=…`: instants of breaches of targets that
  another catalogue has replaced, each with the version by which it is one (`withdrawn`);
* `@cause=…`: the digest of the event behind the told state; `@promised=…`: the due instant the customer was given,
  in microseconds since 1970; `@target=…`: the name of the target in force; `@start=…`: the name of what first began
  the clock (`cycles`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Mark
from sla_domain.cycles import start_name
from sla_domain.fact import Fact, FactKind
from sla_domain.spoken import Meaning, Spoken, digest, fresh, mark_of_key, standing, target_name, told, understood

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOTE = "@"
_PENDING = "+"
_CAUSE, _PROMISED, _TARGET, _START, _AHEAD = "cause", "promised", "target", "start", "ahead"
_WITHDRAWN, _EARNED = "withdrawn", "earned"
DUE = "due:"  # detail of a promise: the line of a metric
TAKES_BACK = "takes_back"  # detail of an amendment: the keys it takes back
TAKES_BACK_DUE = "takes_back_due"  # the due instants of these breaches, in the order of the keys
BROKEN_SINCE = "broken_since"  # detail of a retargeting: the due instant now in force, when its passing was told before
WITHDRAWN = "withdrawn"  # detail of a cancelling: the target is no longer promised, the incident goes on
OLD_BREACHED, BREACHED = "old_breached_at", "breached_at"  # details: a breach stands, at another instant than told


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
    meanings: Mapping[str, Meaning] = field(default_factory=dict)  # of the keys of marks told, and still to be told
    target: str = ""  # name of what made the target in force; empty when nobody kept it
    start: str = ""  # name of what first began the clock; empty when nobody kept it
    metric: str = ""
    started_at: datetime | None = None
    cycle: int = 0
    catalogue: str = ""  # the version by which it was judged last; empty when nobody kept it
    withdrawn_at: datetime | None = None  # since when its target is no longer promised
    earned: Mapping[datetime, str] = field(default_factory=dict)  # breaches of replaced targets, with their version

    @property
    def text(self) -> str:
        """Everything but the columns, as words in a stable order."""
        words = sorted(self.keys)
        for key, meaning in sorted(self.meanings.items()):
            pending = "" if key in self.keys else _PENDING
            words.append(f"{_NOTE}{pending}{key}={_micros(meaning.at)}/{meaning.target}")
        notes = {_CAUSE: self.cause, _PROMISED: _micros(self.promised_at), _TARGET: self.target, _START: self.start}
        notes |= {_WITHDRAWN: _micros(self.withdrawn_at)}
        notes |= {_EARNED: ",".join(f"{_micros(at)}/{under}" for at, under in sorted(self.earned.items()))}
        if self.meanings.keys() - self.keys:
            notes[_AHEAD] = _place(self.generation, self.due_at)
        words += [f"{_NOTE}{name}={value}" for name, value in notes.items() if value]
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
        metric: str = "",
        started_at: datetime | None = None,
        cycle: int = 0,
        catalogue: str = "",
    ) -> Told:
        """From the columns and the text of a row, whatever a fire statement has appended to it."""
        keys, meanings, notes = set(), dict[str, Meaning](), dict[str, str]()
        pending: dict[str, Meaning] = {}
        for word in text.split():
            if not word.startswith(_NOTE):
                keys.add(word)
                continue
            name, _, value = word.removeprefix(_NOTE).partition("=")
            key = name.removeprefix(_PENDING)
            if mark_of_key(key) is None:
                notes[name] = value
            else:
                at, _, target = value.partition("/")
                (meanings if key == name else pending)[key] = Meaning(_instant(at), target)
        if notes.get(_AHEAD) == _place(generation, due_at):
            meanings |= pending
        return cls(
            state=ClockState(state),
            generation=generation,
            due_at=due_at,
            breached_at=breached_at,
            keys=frozenset(keys),
            cause=notes.get(_CAUSE, ""),
            promised_at=_instant(notes.get(_PROMISED, "")),
            priority=priority,
            meanings=meanings,
            target=notes.get(_TARGET, ""),
            start=notes.get(_START, ""),
            metric=metric,
            started_at=started_at,
            cycle=cycle,
            catalogue=catalogue,
            withdrawn_at=_instant(notes.get(_WITHDRAWN, "")),
            earned=_earned(notes.get(_EARNED, "")),
        )

    @property
    def breaches(self) -> frozenset[datetime]:
        """Due instants whose passing was told and stands, as far as the row itself has them."""
        breaches = [each for each in standing(self.keys, self.meanings) if each.kind == BREACH]
        return frozenset(at for each in breaches if (at := each.at or self.breached_at) is not None)

    def spoken(self, clock: Clock) -> list[Spoken]:
        """The marks that have been told and stand."""
        return understood(standing(self.keys, self.meanings), clock, self.generation, self.breached_at)


@dataclass(frozen=True, slots=True)
class Timer:
    """A row of the timer table: `generation/kind` is the key of the fact it tells when it fires."""

    kind: str
    generation: int
    at: datetime


def timers(clock: Clock, told: Told) -> tuple[Timer, ...]:
    """The marks still to be told by time alone; empty unless the clock runs."""
    ahead = _ahead(clock, told.keys, told.spoken(clock))
    return tuple(Timer(key.partition("/")[2], mark.generation, mark.at) for key, mark in ahead.items())


def _ahead(clock: Clock, used: Collection[str], spoken: Iterable[Spoken]) -> dict[str, Mark]:
    """The pending marks that are news, by the keys under which they will be told."""
    ahead: dict[str, Mark] = {}
    spoken = list(spoken)
    for mark in clock.marks:
        if mark.pending and not told(mark, spoken):
            ahead[fresh(mark.key, {*used, *ahead})] = mark
    return ahead


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
            old = after[id_]
            after[id_] = replace(
                old, state=ClockState.CANCELLED, due_at=None, breached_at=None, keys=old.keys | _words(rest), cause="",
                promised_at=None, priority="", withdrawn_at=None, earned={},
            )  # fmt: skip
    return after


def keys_after(keys: Collection[str], facts: Iterable[Fact]) -> frozenset[str]:
    """The incident's own keys (promises, corrections) once `facts` are out."""
    return frozenset(keys) | {fact.key for fact in facts if fact.clock is None}


def _after(old: Told | None, facts: list[Fact], clock: Clock, promised: Mapping[str, datetime]) -> Told:
    keys = (old.keys if old is not None else frozenset()) | _words(facts)
    spoken = {each.key: each for each in old.spoken(clock)} if old is not None else {}
    for fact in facts:
        _hear(spoken, fact, clock)
    meanings = {key: Meaning(each.at, each.target) for key, each in spoken.items()}
    for key, mark in _ahead(clock, keys, spoken.values()).items():
        meanings[key] = Meaning(mark.at, target_name(mark.target_event))
    line = promised.get(f"{DUE}{clock.metric}") if clock.state is ClockState.RUNNING else None
    given = line if line == clock.due_at else None
    return Told(
        state=clock.state,
        generation=clock.generation,
        due_at=clock.due_at,
        breached_at=_breach_in_force(spoken.values(), clock),
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
        earned=_still_earned(clock, spoken.values()),
    )


def earned_under(text: str) -> frozenset[str]:
    """The catalogue versions that the breaches in a row's text need to be judged by, besides the row's own."""
    note = next((word for word in text.split() if word.startswith(f"{_NOTE}{_EARNED}=")), "")
    return frozenset(_earned(note.partition("=")[2]).values())


def _earned(written: str) -> dict[datetime, str]:
    places = (each.partition("/") for each in written.split(",") if each)
    return {at: under for micros, _, under in places if (at := _instant(micros)) is not None}


def _still_earned(clock: Clock, spoken: Iterable[Spoken]) -> dict[datetime, str]:
    told_at = {each.at for each in spoken if each.kind == BREACH}
    return {each.at: each.under for each in clock.earned if each.at in told_at}


def _hear(spoken: dict[str, Spoken], fact: Fact, clock: Clock) -> None:
    """What stands once the fact is out."""
    for key in fact.details.get(TAKES_BACK, "").split():
        spoken.pop(key, None)
    if fact.kind is FactKind.CLOCK_AMENDED and BREACHED in fact.details:
        was, now = (datetime.fromisoformat(fact.details[name]) for name in (OLD_BREACHED, BREACHED))
        for key, each in spoken.items():
            if each.kind == BREACH and each.at == was:
                spoken[key] = replace(each, at=now)
    elif fact.kind in (FactKind.CLOCK_BREACHED, FactKind.CLOCK_WARNED):
        kind = BREACH if fact.kind is FactKind.CLOCK_BREACHED else fact.threshold
        place = (kind, fact.generation, fact.at)
        mark = next((each for each in clock.marks if (each.kind, each.generation, each.at) == place), None)
        target = target_name(mark.target_event) if mark is not None else ""
        spoken[fact.key] = Spoken(fact.key, kind, fact.generation, fact.at, target)


def _breach_in_force(spoken: Iterable[Spoken], clock: Clock) -> datetime | None:
    """The due instant of the generation in force, if its passing was told."""
    ours = next((mark.at for mark in clock.marks if mark.kind == BREACH and mark.generation == clock.generation), None)
    return ours if any(each.kind == BREACH and each.at == ours for each in spoken) else None


def _words(facts: Iterable[Fact]) -> frozenset[str]:
    words = set()
    for fact in facts:
        words.add(fact.key)
        words.update(f"-{key}" for key in fact.details.get(TAKES_BACK, "").split())
    return frozenset(words)


def _place(generation: int, due_at: datetime | None) -> str:
    return f"{generation}/{_micros(due_at)}"


def _micros(at: datetime | None) -> str:
    return "" if at is None else str((at - _EPOCH) // _MICROSECOND)


def _instant(micros: str) -> datetime | None:
    return _EPOCH + _MICROSECOND * int(micros) if micros else None
