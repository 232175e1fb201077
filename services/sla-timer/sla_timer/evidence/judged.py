"""The clocks of an incident, each from the fold of the version that judged it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sla_domain.clock import Clock, ClockId
from sla_domain.cycles import with_published_ids
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_timer.evidence.published import ClockOnRecord

FoldKey = tuple[str, datetime | None]
"""A version, and up to which instant the events are read by it; None: all of them."""


@dataclass(frozen=True, slots=True)
class JudgedFold:
    """An incident as computed by one rulebook."""

    incident: Incident
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class JudgedClock:
    """A clock (`clock`) as the fold of its version has it, beside what slad published about it (`published`).

    `clock` is None if that fold has no such clock, `published` None if nothing was published about it yet. `fold`: from
    which it comes. `version`: by which it is judged.
    """

    clock: Clock | None
    published: ClockOnRecord | None
    fold: JudgedFold
    version: str


def needed_folds(published: Sequence[ClockOnRecord], own: str) -> list[FoldKey]:
    """Return by which versions, and up to when, the incident must be computed; `own`: the incident's version.

    A clock keeps the version by which it was judged last. One whose target was taken away is computed from what had
    happened by then.
    """
    return [*dict.fromkeys([(own, None), *(_key(one) for one in published)])]


def judged_clocks(
    published: Sequence[ClockOnRecord], own: str, folds: Mapping[FoldKey, JudgedFold]
) -> list[JudgedClock]:
    """Return every clock that was published, sorted by its start, then those that nothing was published about.

    `own`: the incident's version. `folds`: those that `needed_folds` names.
    """
    told = {one.id: one.state_told for one in published}
    named = {key: with_published_ids(fold.incident, told) for key, fold in folds.items()}
    by_id: dict[FoldKey, dict[ClockId, Clock]] = {
        key: {clock.id: clock for clock in incident.clocks} for key, incident in named.items()
    }
    found = [
        JudgedClock(by_id[_key(one)].get(one.id), one, folds[_key(one)], one.catalogue)
        for one in sorted(published, key=lambda one: one.place)
    ]
    new = [clock for id_, clock in by_id[own, None].items() if id_ not in told]
    return [*found, *(JudgedClock(clock, None, folds[own, None], own) for clock in new)]


def _key(clock: ClockOnRecord) -> FoldKey:
    return clock.catalogue, clock.state_told.withdrawn_at
