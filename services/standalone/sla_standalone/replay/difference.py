"""Clocks whose outcome changes when the same incidents are judged by another plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sla_standalone.replay.judge import ClockOutcome


class OutcomeChange(StrEnum):
    """How a clock's outcome changes under a second plan."""

    BROKEN = "broken"
    """Met under the first plan, missed or overdue under the second."""
    MENDED = "mended"
    """Missed or overdue under the first plan, met under the second."""
    APPEARED = "appeared"
    """Only the second plan has this clock."""
    VANISHED = "vanished"
    """Only the first plan has this clock."""
    OTHER = "other"
    """Any other change of verdict."""
    MOVED = "moved"
    """The same verdict, another due instant."""


@dataclass(frozen=True, slots=True)
class ChangedOutcome:
    """A clock whose outcome differs between two plans."""

    turn: OutcomeChange
    """How the outcome changes."""
    old: ClockOutcome | None
    """The outcome under the first plan. None if the plan has no such clock."""
    new: ClockOutcome | None
    """The outcome under the second plan. None if the plan has no such clock."""

    @property
    def one(self) -> ClockOutcome:
        """Return `old`, or `new` if the first plan has no such clock; to read what both share, such as the incident."""
        found = self.old or self.new
        assert found is not None
        return found


def changed_outcomes(old: Iterable[ClockOutcome], new: Iterable[ClockOutcome]) -> list[ChangedOutcome]:
    """Return the clocks whose verdict or due instant differs between two plans, or which only one plan has.

    The result is sorted by incident, metric and cycle (the clock's number among those of the metric).

    Args:
        old: The outcomes of the incidents under the first plan.
        new: The outcomes of the same incidents under the second plan.
    """
    before = {outcome.key: outcome for outcome in old}
    after = {outcome.key: outcome for outcome in new}
    changes = []
    for key in sorted({*before, *after}):
        here, there = before.get(key), after.get(key)
        turn = change_of(here, there)
        if turn is not None:
            changes.append(ChangedOutcome(turn, here, there))
    return changes


def change_of(old: ClockOutcome | None, new: ClockOutcome | None) -> OutcomeChange | None:
    """Return how the outcome of one clock changes from one plan to another.

    The result is None if the verdict and the due instant are the same.

    Args:
        old: The outcome under the first plan. None if the plan has no such clock.
        new: The outcome under the second plan. None if the plan has no such clock. At most one of the two is None.
    """
    if old is None or new is None:
        return OutcomeChange.APPEARED if old is None else OutcomeChange.VANISHED
    if old.verdict is new.verdict:
        return OutcomeChange.MOVED if old.due_at != new.due_at else None
    kept, stays = old.verdict.kept, new.verdict.kept
    if kept is stays:
        return OutcomeChange.OTHER
    if kept and stays is False:
        return OutcomeChange.BROKEN
    if stays and kept is False:
        return OutcomeChange.MENDED
    return OutcomeChange.OTHER
