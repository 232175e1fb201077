"""Which warnings and breaches of a clock have been published: known by target and instant, not by their keys.

The key of a mark (`1/breach`) is its name on the wire and no more: its number is the ordinal of a target, and a late
event may put another target before it. What was published under a key is kept beside it (`MarkMeaning`): the instant,
and the name of what made the target. A breach has been published when one stands for its very instant, whichever target
it is now counted to; a warning also when it was published of the same target at another instant, because a late pause
that moves it does not make it a new warning.

Rows of releases before these meanings have keys alone. Of the generation in force the row has the instant; of others
the fold is asked for the mark of that generation, then for one that no other published mark has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from sla_domain.clock import BREACH, Clock, Mark
from sla_domain.event import EventId

START = "start"  # the name of a clock's first target, whichever event began the clock
_WARNING = "warn-"


@dataclass(frozen=True, slots=True)
class MarkMeaning:
    """The instant and the target for which a warning or breach was published.

    The key of the published fact, such as `1/breach`, names the target only by its number (1). A late event may change
    the numbers of a clock's targets, so instant and target are stored too.
    """

    at: datetime | None
    """The instant. None in records of older releases."""
    target: str = ""
    """Hash of the event that set the target, or `start` for the clock's start. "" in records of older releases."""


@dataclass(frozen=True, slots=True)
class PublishedMark:
    """A warning or breach that is published and that no later fact (published event) declares untrue."""

    key: str
    """Key of the published fact."""
    kind: str
    """`breach` or a threshold such as `warn-75`."""
    generation: int
    """Number, from 0, of the clock's target."""
    at: datetime | None
    """The instant. None if not known."""
    target: str
    """Hash of the event that set the target, or `start` for the clock's start. "" in records of older releases."""

    def is_of(self, mark: Mark) -> bool:
        """Return whether this warning or breach was published for the target that `mark` belongs to.

        Two targets are the same if the same event set them. Records of older releases lack the event: there, targets
        with the same number (`generation`) are the same.
        """
        return self.target == target_name(mark.target_event) if self.target else self.generation == mark.generation


def target_name(event: EventId) -> str:
    """Return a short name for a target of a clock: a hash (twelve hexadecimal digits) of the event that set it.

    Args:
        event: Id of the event that set the target. NO_EVENT (the clock's start set the target) gives `start`.
    """
    return digest(event) or START


def mark_of_key(key: str) -> tuple[int, str] | None:
    """Return (number of the target, kind) from the key of a warning or breach.

    `0/warn-75` gives (0, "warn-75"). A suffix of `unused_key` is left out: `1/breach~2` gives (1, "breach"). The result
    is None for the key of any other fact.
    """
    generation, _, name = key.partition("/")
    kind = name.partition("~")[0]
    if generation.isdecimal() and (kind == BREACH or kind.startswith(_WARNING)):
        return int(generation), kind
    return None


def standing_marks(keys: Collection[str], meanings: Mapping[str, MarkMeaning]) -> list[PublishedMark]:
    """Return the published warnings and breaches, without those later declared untrue, sorted by key.

    Keys of other facts are ignored.

    Args:
        keys: Keys of the clock's published facts, and `-<key>` for each fact later declared untrue.
        meanings: Key -> instant and target. For a key without an entry, `at` is None and `target` is "".
    """
    found = []
    for key in sorted(keys):
        mark = mark_of_key(key)
        if mark is not None and f"-{key}" not in keys:
            meaning = meanings.get(key, MarkMeaning(None))
            found.append(PublishedMark(key, mark[1], mark[0], meaning.at, meaning.target))
    return found


def with_instants(
    known_marks: Iterable[PublishedMark], clock: Clock, generation: int, breached_at: datetime | None
) -> list[PublishedMark]:
    """Return `known_marks` (published warnings and breaches of a clock) with missing instants filled in.

    Records of older releases lack the instants. The missing instant of a mark is found by these rules in turn:

    1. For a breach of the current target, it is `breached_at`.
    2. It is the instant of the clock's mark with the same kind and target number, unless another of `known_marks` has
       this instant.
    3. It is the first instant among the clock's marks of the same kind that none of `known_marks` has. Breaches of the
       current target and future breaches are not used.

    If no rule gives an instant, it stays None.

    Args:
        clock: The clock as computed now.
        generation: The number of the current target when the record was written.
        breached_at: When this target was breached. None if it was not, or if the instant is not stored.
    """
    known: list[PublishedMark] = []
    unknown: list[PublishedMark] = []
    for each in known_marks:
        if each.at is None and each.kind == BREACH and each.generation == generation and breached_at is not None:
            each = replace(each, at=breached_at)
        (unknown if each.at is None else known).append(each)
    if not unknown:
        return known
    by_place = {(mark.kind, mark.generation): mark.at for mark in clock.marks}
    unplaced = []
    for each in unknown:
        at = by_place.get((each.kind, each.generation))
        if at is None or any(other.kind == each.kind and other.at == at for other in known):
            unplaced.append(each)
        else:
            known.append(replace(each, at=at))
    for each in unplaced:
        spoken_for = {other.at for other in known if other.kind == each.kind}
        # A breach in force is never taken for an older one: it would not be published.
        free = (
            mark.at
            for mark in clock.marks
            if mark.kind == each.kind
            and mark.at not in spoken_for
            and (mark.kind != BREACH or (mark.generation != clock.generation and not mark.pending))
        )
        known.append(replace(each, at=next(free, None)))
    return known


def is_published(mark: Mark, known_marks: Iterable[PublishedMark]) -> bool:
    """Return whether a warning or breach (`mark`) has been published.

    A breach is published if `known_marks` has a breach at the same instant. A warning is published if `known_marks` has
    its threshold at the same instant or for the same target.

    Args:
        known_marks: The published warnings and breaches of the clock.
    """
    same = [each for each in known_marks if each.kind == mark.kind]
    return any(each.at == mark.at or (mark.kind != BREACH and each.is_of(mark)) for each in same)


def unused_key(key: str, used: Collection[str]) -> str:
    """Return the key itself, or the first of `key~1`, `key~2` and so on that is not in `used`."""
    return _numbered(key, lambda candidate: candidate in used)


def _numbered(key: str, taken: Callable[[str], bool]) -> str:
    number, candidate = 0, key
    while taken(candidate):
        number += 1
        candidate = f"{key}~{number}"
    return candidate


def digest(event: EventId) -> str:
    """Return a hash of an event id, in twelve hexadecimal digits, or "" for an empty id."""
    return blake2b(event.encode(), digest_size=6).hexdigest() if event else ""
