"""What another plan would have made of the same history: clocks whose outcome changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sla_standalone.replay.judge import Outcome


class Turn(StrEnum):
    """What changes; the first that applies."""

    BROKEN = "broken"  # kept under the first plan, not under the other
    MENDED = "mended"  # not kept under the first plan, kept under the other
    APPEARED = "appeared"  # the first plan has no such clock
    VANISHED = "vanished"  # the other plan has no such clock
    OTHER = "other"  # another verdict that says neither kept nor broken on one side
    MOVED = "moved"  # the same verdict, another due instant


@dataclass(frozen=True, slots=True)
class Change:
    turn: Turn
    old: Outcome | None
    new: Outcome | None

    @property
    def one(self) -> Outcome:
        found = self.old or self.new
        assert found is not None
        return found


def difference(old: Iterable[Outcome], new: Iterable[Outcome]) -> list[Change]:
    """Clock by clock, in the order of incident, metric and cycle."""
    before = {outcome.key: outcome for outcome in old}
    after = {outcome.key: outcome for outcome in new}
    changes = []
    for key in sorted({*before, *after}):
        here, there = before.get(key), after.get(key)
        turn = turn_of(here, there)
        if turn is not None:
            changes.append(Change(turn, here, there))
    return changes


def turn_of(old: Outcome | None, new: Outcome | None) -> Turn | None:
    if old is None or new is None:
        return Turn.APPEARED if old is None else Turn.VANISHED
    if old.verdict is new.verdict:
        return Turn.MOVED if old.due_at != new.due_at else None
    kept, stays = old.verdict.kept, new.verdict.kept
    if kept is stays:
        return Turn.OTHER
    if kept and stays is False:
        return Turn.BROKEN
    if stays and kept is False:
        return Turn.MENDED
    return Turn.OTHER
