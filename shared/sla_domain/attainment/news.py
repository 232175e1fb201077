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
    """What was told last of an objective in a period, and how often it was told; at first that it is kept, 0 times."""

    last: ObjectiveNews = ObjectiveNews.RECOVERED
    number: int = 0


def news_of(
    told: ToldStanding, standing: Standing, *, quiet: bool = False
) -> tuple[ToldStanding, ObjectiveNews | None]:
    """Return what counts as told from now on, and what to publish; None if nothing has changed.

    `quiet`: what has changed is history that was imported: it counts as told, and nothing is published.
    """
    now = _NEWS[standing]
    if now is told.last:
        return told, None
    if quiet:
        return ToldStanding(now, told.number), None
    return ToldStanding(now, told.number + 1), now
