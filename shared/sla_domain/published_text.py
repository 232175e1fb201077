"""The text form of a published state, as it is stored in one column: the one place that writes and reads it.

It lies in one column beside those that are columns of their own, as words with a space between, so that the statement
with which the tick fires can append the keys of its marks without reading it. Words are

* a fact's key, `0/warn-75`, `paused/3f2a…` (the digest of the event that caused it);
* `-0/breach`: what was published under that key was taken back;
* `@0/breach=…/3f2a…`: what a mark's key means, the instant in microseconds since 1970 and the name of its target
  (`published_mark`); `@+0/breach=…` of a timer, written before it fires, so that the fire statement appends nothing but
  the key. It holds for the generation and due instant in `@ahead=…`: a process of an older release, which replaces
  timers and ignores these words, changes one of them;
* `@withdrawn=…`: since when the target is no longer promised; `@earned=…`: instants of breaches of targets that another
  catalogue has replaced, each with the version by which it is one (`withdrawn`);
* `@cause=…`: the digest of the event behind the published state; `@promised=…`: the due instant the customer was given,
  in microseconds since 1970; `@target=…`: the name of the target in force; `@start=…`: the name of what first began the
  clock (`cycles`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sla_domain.clock import ClockState
from sla_domain.published import PublishedState
from sla_domain.published_mark import MarkMeaning, mark_of_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOTE = "@"
_PENDING = "+"
_CAUSE, _PROMISED, _TARGET, _START, _AHEAD = "cause", "promised", "target", "start", "ahead"
_WITHDRAWN, _EARNED = "withdrawn", "earned"


def write_state(state: PublishedState) -> str:
    """Return what has been published about a clock as one text for the database.

    The text consists of words with spaces between them, such as `0/warn-75 paused/3f2a9c04d1e7 @cause=3f2a9c04d1e7`:
    first the keys of published facts, then notes that begin with `@`. Fields for which the table has a column are left
    out. `read_state` reads the text.
    """
    words = sorted(state.keys)
    for key, meaning in sorted(state.meanings.items()):
        pending = "" if key in state.keys else _PENDING
        words.append(f"{_NOTE}{pending}{key}={_micros(meaning.at)}/{meaning.target}")
    notes = {_CAUSE: state.cause, _PROMISED: _micros(state.promised_at), _TARGET: state.target, _START: state.start}
    notes |= {_WITHDRAWN: _micros(state.withdrawn_at)}
    notes |= {_EARNED: ",".join(f"{_micros(at)}/{under}" for at, under in sorted(state.earned.items()))}
    if state.meanings.keys() - state.keys:
        notes[_AHEAD] = _place(state.generation, state.due_at)
    words += [f"{_NOTE}{name}={value}" for name, value in notes.items() if value]
    return " ".join(words)


def read_state(
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
) -> PublishedState:
    """Return what has been published about a clock, from its row in the database.

    The parameters other than `text` are columns of the row, for the fields of the same names.

    Args:
        text: A text that `write_state` made. The keys of warnings and breaches published later may be appended to it,
            such as `0/breach`.
    """
    keys, meanings, notes = set(), dict[str, MarkMeaning](), dict[str, str]()
    pending: dict[str, MarkMeaning] = {}
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
            (meanings if key == name else pending)[key] = MarkMeaning(_instant(at), target)
    if notes.get(_AHEAD) == _place(generation, due_at):
        meanings |= pending
    return PublishedState(
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


def write_keys(keys: Collection[str]) -> str:
    """Join the keys of the published facts about an incident into one text for the database.

    A key is a unique id of a fact (event). Give only keys of facts about the incident as a whole, not about its clocks.
    In the text, the keys are sorted and separated by spaces. `read_keys` reads the text.
    """
    return " ".join(sorted(keys))


def read_keys(text: str) -> frozenset[str]:
    """Return the keys of published facts that `write_keys` joined into a text."""
    return frozenset(text.split())


def earned_under(text: str) -> frozenset[str]:
    """Return the catalogue versions that promised the targets of a clock's earned breaches.

    A breach is earned if a newer catalogue version replaced its target after the breach. It stays on record.

    Args:
        text: The stored state of one clock, as `write_state` made it.
    """
    note = next((word for word in text.split() if word.startswith(f"{_NOTE}{_EARNED}=")), "")
    return frozenset(_earned(note.partition("=")[2]).values())


def _earned(written: str) -> dict[datetime, str]:
    places = (each.partition("/") for each in written.split(",") if each)
    return {at: under for micros, _, under in places if (at := _instant(micros)) is not None}


def _place(generation: int, due_at: datetime | None) -> str:
    return f"{generation}/{_micros(due_at)}"


def _micros(at: datetime | None) -> str:
    return "" if at is None else str((at - _EPOCH) // _MICROSECOND)


def _instant(micros: str) -> datetime | None:
    return _EPOCH + _MICROSECOND * int(micros) if micros else None
