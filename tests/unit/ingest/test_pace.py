"""Requests with many events of one incident are stored one after another, with pauses between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sla_ingest.pace import BatchPace


class Later:
    """What the loop was asked to do later, and after how many seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[float, Callable[[], object]]] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", self._note)

    def _note(self, seconds: float, call: Callable[[], object]) -> None:
        self.asked.append((seconds, call))


async def test_the_pause_is_a_multiple_of_the_time_that_was_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    pace = BatchPace(pauses=3.0, clock=lambda: now)
    later = Later(monkeypatch)
    begun, now = now, 100.2
    async with pace.turn(begun):
        now = 100.5
    ((seconds, _),) = later.asked
    assert seconds == pytest.approx(1.5)


async def test_the_next_request_waits_until_the_pause_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = BatchPace(clock=lambda: 0.0)
    order: list[str] = []

    async def request(name: str) -> None:
        async with pace.turn(0.0):
            order.append(name)

    later = Later(monkeypatch)
    await request("first")
    monkeypatch.undo()
    second = asyncio.create_task(request("second"))
    await asyncio.sleep(0)
    assert order == ["first"]
    later.asked[0][1]()
    await second
    assert order == ["first", "second"]


async def test_a_request_that_has_waited_for_the_longest_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = BatchPace(seconds=0.0, clock=lambda: 0.0)
    later = Later(monkeypatch)
    async with pace.turn(0.0):
        monkeypatch.undo()
        async with asyncio.timeout(5), pace.turn(0.0):
            pass
    assert not later.asked  # the one without a turn ends no pause of another
    async with asyncio.timeout(5), pace.turn(0.0):
        pass
