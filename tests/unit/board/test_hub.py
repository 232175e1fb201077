"""Channels: one rendering for all who watch the same page, the newest frame for the slow, an end for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from prometheus_client import CollectorRegistry

from sla_board.metrics import BoardMetrics
from sla_board.stream import hub as hubs
from sla_board.stream.hub import Frame, Hub, NotRendered
from sla_board.stream.places import PlacesFull, StreamBounds
from sla_board.stream.response import EventStream
from sla_platform.bus import WakeSignal


class Page:
    """Something to render, and how often it was."""

    def __init__(self) -> None:
        self.number = 0
        self.renderings: list[str] = []
        self.fails = False
        self.brief = False

    async def render(self, view: str) -> Frame:
        self.renderings.append(view)
        if self.fails:
            raise RuntimeError("the store is away")
        number = self.number

        def since(before: Frame) -> bytes:
            return f"from {before.id[-1]} to {number}".encode()

        return Frame(f"{view}-{number}", f"{view} {number}".encode(), since if self.brief else None)


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def bell() -> WakeSignal:
    return WakeSignal()


@pytest.fixture
def metrics() -> BoardMetrics:
    return BoardMetrics(CollectorRegistry())


@pytest.fixture
async def hub(
    page: Page, bell: WakeSignal, metrics: BoardMetrics, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hub[str]]:
    monkeypatch.setattr(hubs, "QUICKEST_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 60.0)
    built: Hub[str] = Hub(page.render, bell, metrics, bounds=StreamBounds(streams=240, per_address=120, pages=15))
    yield built
    await built.close()


async def test_a_hundred_viewers_cost_one_rendering_a_change(page: Page, bell: WakeSignal, hub: Hub[str]) -> None:
    seats = [hub.follow("board", "", 30) for _ in range(100)]
    first = await asyncio.gather(*(anext(seat) for seat in seats))
    assert {frame.body for frame in first if frame} == {b"board 0"}
    page.number = 1
    bell.wake()
    second = await asyncio.gather(*(anext(seat) for seat in seats))
    assert {frame.body for frame in second if frame} == {b"board 1"}
    assert page.renderings == ["board", "board"]
    for seat in seats:
        await seat.aclose()


async def test_a_slow_viewer_gets_the_newest_frame_and_none_in_between(
    page: Page, bell: WakeSignal, hub: Hub[str]
) -> None:
    async with aclosing(hub.follow("board", "", 30)) as slow, aclosing(hub.follow("board", "", 30)) as quick:
        await asyncio.gather(anext(slow), anext(quick))
        for number in range(1, 6):
            page.number = number
            bell.wake()
            assert await anext(quick) == Frame(f"board-{number}", f"board {number}".encode())
        assert await anext(slow) == Frame("board-5", b"board 5")


async def test_who_shows_the_frame_before_is_told_the_difference_and_others_the_whole(
    page: Page, bell: WakeSignal, hub: Hub[str]
) -> None:
    page.brief = True
    async with aclosing(hub.follow("board", "", 30)) as quick, aclosing(hub.follow("board", "", 30)) as slow:
        await asyncio.gather(anext(quick), anext(slow))
        for number in (1, 2):
            page.number = number
            bell.wake()
            assert await anext(quick) == Frame(f"board-{number}", f"from {number - 1} to {number}".encode())
        assert await anext(slow) == Frame("board-2", b"board 2")


async def test_a_change_that_changes_nothing_on_the_page_is_not_sent(
    page: Page, bell: WakeSignal, hub: Hub[str]
) -> None:
    async with aclosing(hub.follow("board", "", 0.2)) as seat:
        await anext(seat)
        bell.wake()
        assert await anext(seat) is None, "only a heartbeat"
        assert len(page.renderings) == 2


async def test_a_browser_that_comes_back_is_not_sent_what_it_shows(page: Page, hub: Hub[str]) -> None:
    async with aclosing(hub.follow("board", "board-0", 0.2)) as seat:
        assert await anext(seat) is None
    async with aclosing(hub.follow("board", "board-7", 30)) as seat:
        assert await anext(seat) == Frame("board-0", b"board 0")


async def test_a_rendering_that_fails_is_told_at_once_and_in_the_place_of_heartbeats(
    page: Page, bell: WakeSignal, hub: Hub[str]
) -> None:
    async with aclosing(hub.follow("board", "", 0.05)) as seat:
        await anext(seat)
        page.fails = True
        bell.wake()
        while (said := await anext(seat)) is None:
            pass
        assert isinstance(said, NotRendered)
        assert isinstance(await anext(seat), NotRendered)  # time passes: still no heartbeat
        page.fails, page.number = False, 3
        bell.wake()
        while not isinstance(frame := await anext(seat), Frame):
            assert isinstance(frame, NotRendered)
        assert frame.body == b"board 3"
        assert await anext(seat) is None


async def test_a_frame_that_comes_as_the_time_is_up_goes_before_a_heartbeat(
    page: Page, hub: Hub[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_late(fresh: asyncio.Event, seconds: float) -> bool:
        hub._channels["board"].publish(Frame("board-9", b"board 9"))
        return False

    async with aclosing(hub.follow("board", "", 0.05)) as seat:
        assert isinstance(await anext(seat), Frame)
        monkeypatch.setattr("sla_board.stream.hub.signalled_within", too_late)
        assert isinstance(await anext(seat), Frame)


async def test_a_page_that_never_could_be_rendered_says_so_too(page: Page, hub: Hub[str]) -> None:
    page.fails = True
    async with aclosing(hub.follow("board", "", 30)) as seat:
        assert isinstance(await anext(seat), NotRendered)


async def test_a_page_nobody_watches_is_not_rendered(
    page: Page, bell: WakeSignal, hub: Hub[str], metrics: BoardMetrics
) -> None:
    async with aclosing(hub.follow("board", "", 30)) as seat:
        await anext(seat)
        assert metrics.streams._value.get() == 1
    bell.wake()
    await asyncio.sleep(0.05)
    assert page.renderings == ["board"]
    assert (metrics.streams._value.get(), metrics.channels._value.get()) == (0, 0)


async def test_too_many_viewers_are_refused_at_once(hub: Hub[str]) -> None:
    seats = [hub.follow("board", "", 30) for _ in range(120)]
    await asyncio.gather(*(anext(seat) for seat in seats))
    with pytest.raises(PlacesFull):
        hub.follow("board", "", 30)
    await seats.pop().aclose()
    await hub.follow("board", "", 30).aclose()
    for seat in seats:
        await seat.aclose()


async def test_too_many_different_pages_are_refused(hub: Hub[str]) -> None:
    seats = [hub.follow(f"filter {n}", "", 30) for n in range(3)]
    await asyncio.gather(*(anext(seat) for seat in seats))
    with pytest.raises(PlacesFull):
        hub.follow("one more", "", 30)
    await asyncio.gather(*(seat.aclose() for seat in seats))


async def test_who_asks_in_between_gets_no_more_than_the_bound(hub: Hub[str], metrics: BoardMetrics) -> None:
    seats = [hub.follow("board", "", 30) for _ in range(150)]  # all are asked before any has begun
    begun = await asyncio.gather(*(anext(seat, None) for seat in seats))
    assert (sum(frame is not None for frame in begun), metrics.streams._value.get()) == (120, 120)
    await asyncio.gather(*(seat.aclose() for seat in seats))
    assert metrics.streams._value.get() == 0


async def test_the_end_of_the_service_ends_every_stream(hub: Hub[str]) -> None:
    seat = hub.follow("board", "", 30)
    await anext(seat)
    waiting = asyncio.ensure_future(anext(seat, "over"))
    await asyncio.sleep(0)
    await hub.close()
    assert await waiting == "over"


async def test_a_browser_that_does_not_read_is_let_go_and_its_seat_given_back(
    hub: Hub[str], metrics: BoardMetrics
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        async with aclosing(hub.follow("board", "", 30)) as frames:
            async for frame in frames:
                assert frame is not None
                yield frame.body

    sent: list[str] = []

    async def send(message: object) -> None:
        sent.append(message["type"])  # type: ignore[index]
        if message["type"] == "http.response.body":  # type: ignore[index]
            await asyncio.Event().wait()

    async def receive() -> object:
        await asyncio.Event().wait()
        raise AssertionError

    response = EventStream(chunks(), metrics.dropped.inc, patience=0.05)  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await response({"type": "http"}, receive, send)  # type: ignore[arg-type]
    assert metrics.dropped._value.get() == 1
    assert metrics.streams._value.get() == 0
    assert sent == ["http.response.start", "http.response.body"]
