"""The clocks of an incident, each from the fold of the version that judged it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sla_domain.clock import Clock, ClockState
from sla_domain.incident import Incident
from sla_domain.plan import MetricId
from sla_domain.rulebook import Rulebook
from sla_timer.evidence.compare import record_differences
from sla_timer.evidence.published import ClockOnRecord

FoldKey = tuple[str, datetime | None]
"""A version, and up to which instant the events are read by it; None: all of them."""


@dataclass(frozen=True, slots=True)
class JudgedFold:
    """An incident computed from its events by one rulebook (plans, contracts, calendars)."""

    incident: Incident
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class RefoldedClock:
    """A clock computed again from its events, beside the clock as slad has published it."""

    clock: Clock | None
    """The computed clock. None if the computation gives no such clock."""
    published: ClockOnRecord | None
    """The published clock. None if nothing was published about it."""
    fold: JudgedFold
    """The computed incident with this clock."""
    version: str
    """The version of catalogue and contracts by which the clock is judged."""
    superseded: bool = False
    """Whether late events have put another clock in the place of this published clock."""


def needed_folds(published: Sequence[ClockOnRecord], own: str) -> list[FoldKey]:
    """Return the pairs (version, last instant) by which the incident must be computed to check its clocks.

    The version is the catalogue version by which a clock was judged last. The last instant is the one up to which
    events are used; None means all events. Only a clock whose target was taken away has a last instant, which is when
    that happened. (`own`, None) is always one of the pairs. `judged_clocks` takes the computed incidents as its
    argument `folds`.

    Args:
        published: The clocks as slad published them.
        own: The catalogue version by which the incident was judged last.
    """
    return [*dict.fromkeys([(own, None), *(_key(one) for one in published)])]


def judged_clocks(
    published: Sequence[ClockOnRecord], own: str, folds: Mapping[FoldKey, JudgedFold]
) -> list[RefoldedClock]:
    """Pair each published clock with the same clock computed from events, and return the pairs sorted by start.

    Clocks are the same if their version, metric and cycle (the clock's number among the incident's clocks of the
    metric) are equal. The computed clock gets the id of the published one. Computed clocks that were never published
    come last.

    Args:
        published: The clocks as slad published them.
        own: The catalogue version by which the incident was judged last.
        folds: Maps each pair that `needed_folds` returns to the incident computed for it.
    """
    by_place = {key: {(one.metric, one.cycle): one for one in fold.incident.clocks} for key, fold in folds.items()}
    claims: dict[tuple[FoldKey, str, int], list[RefoldedClock]] = {}
    for one in published:
        key = _key(one)
        clock = by_place[key].get((MetricId(one.metric), one.cycle))
        judged = RefoldedClock(_named(clock, one), one, folds[key], one.catalogue)
        claims.setdefault((key, one.metric, one.cycle), []).append(judged)
    found = [judged for here in claims.values() for judged in _holder_first(here)]
    known = {(one.metric, one.cycle) for one in published}
    unsaid = [one for one in folds[own, None].incident.clocks if (str(one.metric), one.cycle) not in known]
    return [*sorted(found, key=_place), *(RefoldedClock(one, None, folds[own, None], own) for one in unsaid)]


def verdict_differences(judged: RefoldedClock) -> list[str]:
    """Return the published values of a clock that do not follow from the events, each as a sentence.

    The result is empty if nothing was published. If the events give no such clock, the only sentence says so. In two
    cases a missing clock is no difference, and the result is empty:

    - slad has published that the clock is gone.
    - The clock was cancelled without a breach, and another clock has taken its place.
    """
    published, clock = judged.published, judged.clock
    if published is None:
        return []
    if clock is not None:
        return record_differences(published, clock)
    ended = published.state == ClockState.CANCELLED.value and published.breached_at is None
    if published.gone or (judged.superseded and ended):
        return []
    return ["no such clock follows from the events"]


def _holder_first(claims: Sequence[RefoldedClock]) -> list[RefoldedClock]:
    """Of several clocks with one place the one that fits holds it; the others are of an earlier reading of the events,
    in which another clock stood there: nothing computed is theirs."""
    if len(claims) == 1:
        return list(claims)
    holder, *others = sorted(claims, key=_fit)
    return [holder, *(replace(one, clock=None, superseded=True) for one in others)]


def _fit(judged: RefoldedClock) -> tuple[bool, int]:
    return judged.published is not None and judged.published.gone, len(verdict_differences(judged))


def _named(clock: Clock | None, published: ClockOnRecord) -> Clock | None:
    return None if clock is None else replace(clock, id=published.id)


def _place(judged: RefoldedClock) -> tuple[datetime, str, int, str]:
    assert judged.published is not None
    return judged.published.place


def _key(clock: ClockOnRecord) -> FoldKey:
    return clock.catalogue, clock.state_told.withdrawn_at
