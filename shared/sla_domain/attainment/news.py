"""What to tell of an objective: only that it stands otherwise than was told last."""

from __future__ import annotations

from dataclasses import dataclass

from sla_domain.attainment.figure import Standing
from sla_domain.objective import ObjectiveNews

_NEWS = {
    Standing.NOTHING_DUE: ObjectiveNews.RECOVERED,
    Standing.KEPT: ObjectiveNews.RECOVERED,
    Standing.AT_RISK: ObjectiveNews.AT_RISK,
    Standing.EXHAUSTED: ObjectiveNews.EXHAUSTED,
    Standing.MISSED: ObjectiveNews.EXHAUSTED,
}


@dataclass(frozen=True, slots=True)
class ToldStanding:
    """The state of an objective that slad last published for a period. It is kept so that only changes are published.

    If nothing has been published yet, `last` is `RECOVERED`.
    """

    last: ObjectiveNews = ObjectiveNews.RECOVERED
    number: int = 0
    """How many facts were published of the objective in the period."""


def news_of(
    told: ToldStanding, standing: Standing, *, quiet: bool = False
) -> tuple[ToldStanding, ObjectiveNews | None]:
    """Compare the state of an objective with what was last published, and return the change to publish.

    The result is a pair: the state to remember as published, and the kind of change to publish. The second is None if
    there is nothing to publish.

    Args:
        told: What was last published.
        standing: The present state of the objective.
        quiet: Whether to remember the change without publishing it, as for imported history.
    """
    now = _NEWS[standing]
    if now is told.last:
        return told, None
    if quiet:
        return ToldStanding(now, told.number), None
    return ToldStanding(now, told.number + 1), now
