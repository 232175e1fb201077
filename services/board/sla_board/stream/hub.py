"""The hub: renders each page that is being followed after a change, and sends it to all who follow it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from sla_board.metrics import BoardMetrics
from sla_board.stream.places import PlacesFull, StreamBounds, StreamPlaces, Visitor
from sla_platform.bus import WakeSignal, signalled_within

_log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Hashable)

QUICKEST_SECONDS = 0.2  # between two renderings of one page, however much happens
REST = 4.0  # a rendering that took n seconds is followed by at least REST * n without one
IDLE_SECONDS = 1.0  # look again although nothing was projected
IDLE_REST = 20.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One version of a page, as it is sent to browsers. Frames with equal ids show the same version.

    `body` is the whole page, or only the differences to the version before.
    """

    id: str
    body: bytes
    since: Callable[[Frame], bytes] | None = field(default=None, compare=False, repr=False)
    """Takes an earlier frame of the page, and returns a shorter body with only the differences. None if the page is
    always sent whole."""
    parts: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Maps a part of the page to its HTML. `since` compares these parts."""


@dataclass(frozen=True, slots=True)
class NotRendered:
    """Yielded by `Hub.follow` instead of a Frame while the page cannot be rendered.

    The browser then learns that the displayed page may be out of date.
    """


class _Channel(Generic[View]):
    def __init__(self) -> None:
        self.failing = False
        self.latest: Frame | None = None
        self.step: Frame | None = None  # the latest frame, as the difference to the one before
        self.before = ""  # the id of that one
        self.seats: set[asyncio.Event] = set()
        self.task: asyncio.Task[None] | None = None

    def publish(self, frame: Frame) -> bool:
        if self.latest is not None and frame.id == self.latest.id:
            return False
        if self.latest is not None and frame.since is not None:
            self.before, self.step = self.latest.id, Frame(frame.id, frame.since(self.latest))
        self.latest = frame
        self.wake()
        return True

    def wake(self) -> None:
        for seat in self.seats:
            seat.set()


class Hub(Generic[View]):
    """Renders each page that browsers follow, and sends the page to all followers after a change.

    A browser follows a page by keeping a connection open on which it receives each new version. Call `follow` for each
    browser.

    Args:
        render: Renders a page, once for all its followers.
        changes: Wakes the hub after each commit of the projector, which updates the board's tables. Without a wake-up,
            a page is rendered again after a second or more.
        bounds: The limits on streams (open connections).
    """

    def __init__(
        self,
        render: Callable[[View], Awaitable[Frame]],
        changes: WakeSignal,
        metrics: BoardMetrics,
        *,
        bounds: StreamBounds = StreamBounds(),
    ) -> None:
        self._render = render
        self._changes = changes
        self._metrics = metrics
        self._places = StreamPlaces(bounds)
        self._channels: dict[View, _Channel[View]] = {}
        self._pens = asyncio.Semaphore(2)  # the more pages there are, the longer each waits, and so the longer it rests
        self._closed = False

    async def run(self) -> None:
        """Wait until cancelled, and then end every stream.

        The HTTP server cannot stop while streams are open.
        """
        self._closed = False
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """End every stream and stop rendering. A stream that is opened afterwards ends at once."""
        self._closed = True
        tasks = [channel.task for channel in self._channels.values() if channel.task is not None]
        for channel in self._channels.values():
            for seat in channel.seats:
                seat.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def follow(
        self, view: View, known: str, beat_seconds: float, visitor: Visitor = Visitor()
    ) -> AsyncGenerator[Frame | NotRendered | None]:
        """Yield the rendered page `view` as a Frame, at once and after each change.

        A frame may have only the differences to the previous frame. After every `beat_seconds` without a change a
        heartbeat is yielded: None, or NotRendered while the page cannot be rendered. When rendering begins to fail, or
        succeeds again, the heartbeat is yielded at once. Errors are raised at the call, before anything is yielded.

        Args:
            known: The id of the version that the browser shows. A first frame with this id is left out.
            visitor: The caller, whose number of streams is limited.

        Raises:
            CallerLimitReached: The caller follows too many pages.
            PlacesFull: Too many streams are open, or too many pages are followed.
        """
        self._places.check(visitor, view)
        return self._follow(view, known, beat_seconds, visitor)

    async def _follow(
        self, view: View, known: str, beat_seconds: float, visitor: Visitor
    ) -> AsyncGenerator[Frame | NotRendered | None]:
        troubled = False
        try:
            self._places.check(visitor, view)
        except PlacesFull:
            return  # other callers came in between: the browser tries again and gets the reason then
        with self._seat(view, visitor) as (channel, fresh):
            while not self._closed:
                frame = channel.latest
                fresh.clear()
                if frame is not None and frame.id != known:
                    brief = channel.step if known == channel.before else None
                    known = frame.id
                    self._metrics.frames.inc()
                    yield brief or frame
                    continue
                # A frame may arrive just as the wait ends: it is sent instead of a heartbeat.
                if channel.failing is troubled and (await signalled_within(fresh, beat_seconds) or fresh.is_set()):
                    continue
                troubled = channel.failing
                yield NotRendered() if troubled else None

    @contextlib.contextmanager
    def _seat(self, view: View, visitor: Visitor) -> Iterator[tuple[_Channel[View], asyncio.Event]]:
        channel = self._channels.get(view)
        if channel is None:
            channel = self._channels[view] = _Channel()
            channel.task = asyncio.create_task(self._keep_rendering(view, channel), name="board.channel")
        fresh = asyncio.Event()
        channel.seats.add(fresh)
        self._places.add_stream(visitor, view)
        self._count()
        try:
            yield channel, fresh
        finally:
            channel.seats.discard(fresh)
            self._places.remove_stream(visitor, view)
            if not channel.seats:
                self._channels.pop(view, None)
                if channel.task is not None:
                    channel.task.cancel()
            self._count()

    def _count(self) -> None:
        self._metrics.streams.set(self._places.open)
        self._metrics.channels.set(len(self._channels))

    async def _keep_rendering(self, view: View, channel: _Channel[View]) -> None:
        with self._changes.listen() as changed:
            while True:
                changed.clear()
                started = time.monotonic()
                await self._render_once(view, channel)
                took = time.monotonic() - started
                await asyncio.sleep(max(QUICKEST_SECONDS, REST * took))
                await signalled_within(changed, max(IDLE_SECONDS, IDLE_REST * took))

    async def _render_once(self, view: View, channel: _Channel[View]) -> None:
        try:
            async with self._pens:
                with self._metrics.renders.time():
                    frame = await self._render(view)
        except Exception:
            # The page stays as it is, marked as old; the next rendering may succeed.
            self._metrics.render_failures.inc()
            if not channel.failing:
                _log.exception("board.render_failed")
                channel.failing = True
                channel.wake()
            return
        if channel.failing:
            _log.info("board.renders_again")
            channel.failing = False
            channel.wake()
        channel.publish(frame)
