"""The engine and a walker that looks at the clock every minute agree on calendars drawn to go wrong.

SLAD_ORACLE_CASES sets how many answers are compared (default 2,000); SLAD_ORACLE_SEED moves the draw.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from tests.property.calendar.random_calendars import Scene, scene

from sla_domain.calendar import PieceKind, WorkingDays
from sla_domain.errors import BeyondHorizon

CASES = int(os.environ.get("SLAD_ORACLE_CASES", "2000"))
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))
CHUNK = 2_000
PER_CALENDAR = 100
Comparison = tuple[str, tuple[Any, ...], Any, Callable[[], Any]]


@pytest.mark.parametrize("chunk", range(max(1, -(-CASES // CHUNK))))
def test_every_answer_is_the_walkers(chunk: int) -> None:
    random = Random(f"{SEED}/{chunk}")
    compared = 0
    while compared < min(CASES, CHUNK):
        drawn = scene(random)
        for question, arguments, expected, ask in _comparisons(random, drawn):
            compared += 1
            assert _answer(ask) == expected, f"{question}{arguments} of {drawn.layout}"
        _pieces_agree(drawn)


def _comparisons(random: Random, drawn: Scene) -> Iterator[Comparison]:
    for _ in range(PER_CALENDAR):
        comparison = random.choice(_QUESTIONS)(random, drawn)
        if comparison[2] is not None:  # the walker ran out of days
            yield comparison


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except BeyondHorizon as error:
        return error


def _add(random: Random, drawn: Scene) -> Comparison:
    start, span = _instant(random, drawn), _span(random)
    return "add", (start, span), drawn.walker.add(start, span), lambda: drawn.calendar.add(start, span)


def _between(random: Random, drawn: Scene) -> Comparison:
    start, end = _instant(random, drawn), _instant(random, drawn)
    return "between", (start, end), drawn.walker.between(start, end), lambda: drawn.calendar.between(start, end)


def _subtract(random: Random, drawn: Scene) -> Comparison:
    end, span = _instant(random, drawn), _span(random)
    return "subtract", (end, span), drawn.walker.subtract(end, span), lambda: drawn.calendar.subtract(end, span)


def _is_open(random: Random, drawn: Scene) -> Comparison:
    at = _instant(random, drawn)
    return "is_open", (at,), drawn.walker.is_open(at), lambda: drawn.calendar.is_open(at)


def _next_open(random: Random, drawn: Scene) -> Comparison:
    at = _instant(random, drawn)
    return "next_open", (at,), drawn.walker.next_open(at), lambda: drawn.calendar.next_open(at)


def _next_close(random: Random, drawn: Scene) -> Comparison:
    at = _instant(random, drawn)
    return "next_close", (at,), drawn.walker.next_close(at), lambda: drawn.calendar.next_close(at)


def _working_days(random: Random, drawn: Scene) -> Comparison:
    start, count, mode = _instant(random, drawn), random.randrange(4), random.choice(list(WorkingDays))
    expected = drawn.walker.add_working_days(start, count, mode.value)
    arguments = start, count, mode
    return "add_working_days", arguments, expected, lambda: drawn.calendar.add_working_days(*arguments)


_QUESTIONS = (_add, _add, _between, _subtract, _is_open, _next_open, _next_close, _working_days)


def _instant(random: Random, drawn: Scene) -> datetime:
    """Within the walked days but for the first; half of them fall on a step, the others between two."""
    room = drawn.end - drawn.start - timedelta(days=1, minutes=1)
    at = drawn.start + timedelta(days=1) + random.randrange(room // drawn.walker.step) * drawn.walker.step
    return at if random.random() < 0.5 else at + timedelta(microseconds=random.randrange(1_000_000))


def _span(random: Random) -> timedelta:
    if random.random() < 0.5:
        return timedelta(minutes=random.choice((0, 15, 30, 60, 90, 120, 480, 540, 1440)))
    return timedelta(microseconds=random.randrange(30 * 3600 * 1_000_000))


def _pieces_agree(drawn: Scene) -> None:
    """They tile the walked days, and are open exactly where the walker finds the desk open."""
    at, walker = drawn.start, drawn.walker
    for piece in drawn.calendar.pieces(drawn.start, drawn.end):
        assert piece.start == at < piece.end
        first, last = (piece.start - drawn.start) // walker.step, (piece.end - drawn.start) // walker.step
        assert set(walker.open[first:last]) == {piece.kind is PieceKind.OPEN}, f"{piece} of {drawn.layout}"
        at = piece.end
    assert at == drawn.end
