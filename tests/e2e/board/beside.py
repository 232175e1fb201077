"""The timer beside the board on one port, as in the embedded profile; what happens is told to both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint
from tests.build.story import Telling
from tests.integration.board.bench import BoardBench
from tests.integration.timer.desk import Desk
from tests.integration.timer.door import door
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_catalogue import builtin_catalogue
from sla_domain.event import IncidentEvent
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.wire import encode_event
from sla_timer import tables


class TimerBeside:
    """Under the shipped plans. `asked` are the paths of all explanations; `trouble` answers instead of the timer."""

    def __init__(self, board: BoardBench, desk: Desk) -> None:
        self._board = board
        self._desk = desk
        self._facts: dict[str, TimerInMemory] = {}
        self.asked: list[str] = []
        self.trouble: int = 0

    async def tell(self, *events: IncidentEvent) -> None:
        """The timer applies them, and the board hears of them and of what follows."""
        await self._desk.apply(*events)
        for event in events:
            facts = self._facts.setdefault(event.incident, TimerInMemory(builtin_catalogue().rulebook))
            before = len(facts.said)
            facts.receive([event], self._board.time.now())
            await self._board.tell(encode_event(event), *facts.said[before:])

    async def story(self, telling: Telling) -> None:
        await self.tell(*telling.events)

    def watch(self, app: FastAPI) -> None:
        """Count the questions, and refuse them while there is trouble."""

        @app.middleware("http")
        async def between(request: Request, go_on: RequestResponseEndpoint) -> Response:
            if not request.url.path.endswith("/explain"):
                return await go_on(request)
            self.asked.append(f"{request.url.path}?{request.url.query}")
            if self.trouble:
                return Response("<h1>Bad Gateway</h1>", self.trouble, media_type="text/html")
            return await go_on(request)


@asynccontextmanager
async def timer_beside(board: BoardBench, url: str) -> AsyncIterator[TimerBeside]:
    store = Store(url)
    try:
        await create_all(store, [tables.metadata])
        desk = await Desk(store, builtin_catalogue()).start()
        board.app.include_router(door(desk, builtin_catalogue(), board.time))
        beside = TimerBeside(board, desk)
        beside.watch(board.app)
        yield beside
    finally:
        await store.close()
