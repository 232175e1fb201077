"""The board as a service: a consumer that projects, a hub that pushes, and the routes over both."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select, text

from sla_board import tables
from sla_board.api import Board, router
from sla_board.live import Shown, View
from sla_board.metrics import BoardMetrics
from sla_board.page.render import Pages
from sla_board.projection.projector import Projector
from sla_board.retention import Claims, Projections
from sla_board.shown.hours import CalendarsByName
from sla_board.shown.spoilt import Attempts
from sla_board.stream.hub import Hub
from sla_board.stream.places import Bounds
from sla_domain.rulebook import Rulebook
from sla_platform.bus import EventSource, Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.errors import Retryable
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Forgetting, Keeping, Retention, Turn, newest_in
from sla_platform.runtime import Check, Part, Service
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

HOUSEKEEPING_SECONDS = 15.0
FORGET_EVERY = 240  # rounds

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class BoardService(Service):
    """A service of `sla_platform.runtime` with its routes. Also the handler and the hub, for tests and drills."""

    router: APIRouter
    projector: Projector
    hub: Hub[View]
    metrics: BoardMetrics
    forgetting: Forgetting


def build(
    store: Store,
    source: EventSource,
    time: TimeSource,
    authorizer: Authorizer,
    registry: CollectorRegistry,
    retention: Retention | None = None,
    quarantine: Quarantine | None = None,
    bounds: Bounds = Bounds(),
    rulebook: Callable[[], Rulebook] | None = None,
) -> BoardService:
    """`source` reads `projection.projector.TOPICS`; `authorizer` decides about the scope `read` (see http/keys).

    Without a `retention` everything is kept for ever; without a `quarantine` the board has one of its own. `bounds`:
    how much may be followed at once. `rulebook`: the one in force, for the hours in which clocks count; without it the
    board tells the wall's time alone.
    """
    metrics = BoardMetrics(registry)
    metrics.lag.set_function(lambda: source.lag)
    changes = WakeSignal()
    projector = Projector(store, time, metrics, changes.wake)
    quarantine = quarantine or Quarantine("board", store, tables.quarantine, time, BusMetrics())
    quarantine.replays(CONSUME, projector.replay)
    pages = Pages(Attempts(lambda part: metrics.not_shown.labels(part).inc()))
    shown = Shown(store, time, pages, CalendarsByName(rulebook))
    hub: Hub[View] = Hub(shown.frame, changes, metrics, bounds=bounds)
    over = Projections(store)
    keeping = Keeping(
        "board",
        Turn.SHOWN,
        (over.ended, over.late, over.notices, quarantine.old),
        metrics.removed,
        newest_in(store, tables.inbox.c.applied_at),
    )
    forgetting = Forgetting(retention or Retention(), time, (keeping,))
    board = Board(shown, hub, projector, source, authorizer, metrics)
    return BoardService(
        name="board",
        parts=(
            Part("consume", lambda: source.run(projector)),
            Part("streams", hub.run),
            Part("housekeeping", lambda: _keep_house(store, time, metrics)),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks={"store": _store_answers(store), "bus": _bus_answers(source)},
        close=hub.close,
        drain=hub.close,
        router=router(board),
        projector=projector,
        hub=hub,
        metrics=metrics,
        forgetting=forgetting,
    )


def _store_answers(store: Store) -> Check:
    async def check() -> str | None:
        async with store.reading() as connection:
            await connection.execute(text("SELECT 1 FROM board_clock LIMIT 1"))
        return None

    return check


def _bus_answers(source: EventSource) -> Check:
    async def check() -> str | None:
        return None if source.healthy else f"{source.lag} events wait and none has been projected for too long"

    return check


async def _keep_house(store: Store, time: TimeSource, metrics: BoardMetrics) -> None:
    """Small duties that no viewer waits for; a busy store is asked again at the next round."""
    for round_ in itertools.count():
        try:
            async with store.reading() as connection:
                counting = select(func.count()).select_from(tables.clock).where(tables.clock.c.open)
                metrics.rows.set((await connection.execute(counting)).scalar_one())
            if round_ % FORGET_EVERY == 0:
                await forget_old_claims(store, time)
        except Retryable as error:
            _log.warning("board.housekeeping_later", error=str(error))
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


async def forget_old_claims(store: Store, time: TimeSource) -> None:
    async for _ in Claims(store, time).old():
        await asyncio.sleep(0)
