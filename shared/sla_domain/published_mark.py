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
    """What is stored of a published warning or breach besides its key, to recognise it later.

    `at`: its instant. `target`: the name of the event that made its target: a hash, or `start` for the clock's start.
    None and "" where older releases did not store them.
    """

    at: datetime | None
    target: str = ""


@dataclass(frozen=True, slots=True)
class PublishedMark:
    """A warning or breach that is published and was not declared untrue (taken back) later.

    `key`: the key of its fact. `kind`: `breach` or a threshold such as `warn-75`. `generation`: the number, from 0, of
    its target among those of the clock. `at`: its instant, None if not known. `target`: the name of the event that made
    its target (a hash, or `start` for the clock's start), "" where older releases did not store it.
    """

    key: str
    kind: str
    generation: int
    at: datetime | None
    target: str

    def is_of(self, mark: Mark) -> bool:
        """Return whether this warning or breach was published for the target that `mark` belongs to.

        The targets are the same if the same event made them; where older releases stored no event, if they have the
        same number (`generation`).
        """
        return self.target == target_name(mark.target_event) if self.target else self.generation == mark.generation


def target_name(event: EventId) -> str:
    """Return the name by which published warnings and breaches identify a target of their clock.

    `event`: the id of the event that made the target; the name is its hash in twelve hexadecimal digits, or `start` for
    NO_EVENT (the clock's own start made the target).
    """
    return digest(event) or START


def mark_of_key(key: str) -> tuple[int, str] | None:
    """Return the target's number and the kind that the key of a warning or breach is made of.

    The number counts the clock's targets, from 0: `0/warn-75` gives (0, "warn-75"). `~2`, which `unused_key` adds to a
    key that is taken already, is left out: `1/breach~2` gives (1, "breach"). None for the key of anything else that is
    published.
    """
    generation, _, name = key.partition("/")
    kind = name.partition("~")[0]
    if generation.isdecimal() and (kind == BREACH or kind.startswith(_WARNING)):
        return int(generation), kind
    return None


def standing_marks(keys: Collection[str], meanings: Mapping[str, MarkMeaning]) -> list[PublishedMark]:
    """Return the published warnings and breaches that still count as true, in the order of their keys.

    `keys`: those of the clock's published facts, and `-<key>` for each fact that was later declared untrue; that one is
    left out, and keys of other facts are ignored. `meanings`: key -> instant and target; without an entry, `at` is None
    and `target` is "".
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
    """Return the published warnings and breaches `known_marks` with missing instants filled in.

    Those whose instant was stored come first. A missing instant is the first of these that there is, else None. 1. For
    a breach of the target number `generation`: `breached_at`. 2. The instant of the clock's warning or breach of the
    same kind and target number, unless another of `known_marks` has it. 3. The first instant of one of the same kind
    that none of `known_marks` has; a breach that is still ahead, or of the target in force, is never used for this.
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

    `known_marks`: the published ones of its clock. A breach is among them if one of them is a breach at the same
    instant. A warning is, if one of them has the same threshold and the same instant or target.
    """
    same = [each for each in known_marks if each.kind == mark.kind]
    return any(each.at == mark.at or (mark.kind != BREACH and each.is_of(mark)) for each in same)


def unused_key(key: str, used: Collection[str]) -> str:
    """Return the key itself, or the first of `key~1`, `key~2` … that is not in `used`."""
    return _numbered(key, lambda candidate: candidate in used)


def _numbered(key: str, taken: Callable[[str], bool]) -> str:
    number, candidate = 0, key
    while taken(candidate):
        number += 1
        candidate = f"{key}~{number}"
    return candidate


def digest(event: EventId) -> str:
    """Return a short hash of an event id, in twelve hexadecimal digits.

    "" for an empty id.
    """
    return blake2b(event.encode(), digest_size=6).hexdigest() if event else ""
