"""Whatever comes late, twice or in another order: no breach is told twice, none is taken back that is so.

SLAD_ORACLE_CASES sets how many histories are played (at most 20,000); SLAD_ORACLE_SEED moves the draw.
"""

from __future__ import annotations

import os

from tests.property.fold.hearer import Hearer
from tests.property.fold.histories import LONG, History, histories, shown
from tests.property.fold.world import World

CASES = min(int(os.environ.get("SLAD_ORACLE_CASES", "600")), 20_000)
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))


def test_random_histories_are_told_once_and_truly() -> None:
    wrong = {}
    for history in histories(SEED, CASES):
        found = played(history)
        if found:
            wrong[history.seed] = found
    assert not wrong, f"{len(wrong)} of {CASES}, by seed: {dict(list(wrong.items())[:5])}"


def test_what_a_snapshot_mends_is_told_once_and_truly() -> None:
    wrong = {}
    for history in histories(SEED + 50_000, CASES // 3):
        found = played(shown(history))
        if found:
            wrong[history.seed] = found
    assert not wrong, f"{len(wrong)}, by seed: {dict(list(wrong.items())[:5])}"


def played(history: History) -> list[str]:
    """What was said and was not so, or was said again."""
    world, hearer = World(history.books[0]), Hearer(by_clock=history.restarts)
    world.heard = lambda fact: hearer.hear(fact, fact.key, world.incident) if fact.clock else None
    for arrival in history.arrivals:
        if arrival.event is None:
            world.replan(history.books[1], arrival.at)
        else:
            world.arrive(arrival.event, arrival.at)
    end = history.arrivals[-1].at + LONG
    world.fire(end)
    hearer.ends(world.incident, end)
    return hearer.wrong
