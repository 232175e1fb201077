"""The board, assembled: a consumer that writes its tables, a hub that pushes pages, and the routes over both."""

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
from sla_board.contract_api import PlanDeps, contract_routes
from sla_board.link.store import PlanLinks
from sla_board.live import BoardReader, View
from sla_board.metrics import BoardMetrics
from sla_board.page.render import Pages
from sla_board.paper.printer import PdfPrinter
from sla_board.projection.projector import Projector
from sla_board.retention import AppliedIds, EndedIncidents
from sla_board.shown.hours import CalendarsByName
from sla_board.shown.not_shown import Attempts
from sla_board.stream.hub import Hub
from sla_board.stream.places import StreamBounds
from sla_catalogue import Catalogue
from sla_domain.rulebook import Rulebook
from sla_platform.bus import EventSource, Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.errors import Retryable
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, ServiceSweeps, newest_in
from sla_platform.runtime import Check, Part, Service
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

HOUSEKEEPING_SECONDS = 15.0
FORGET_EVERY = 240  # rounds

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class BoardService(Service):
    """The board as a service that `sla_platform.runtime` runs, as `build` returns it."""

    router: APIRouter
    """The HTTP routes."""
    projector: Projector
    """Applies events to the board's tables."""
    hub: Hub[View]
    """Sends pages to browsers."""
    metrics: BoardMetrics
    forgetting: RetentionLoop
    """Deletes data older than the retention period."""


def build(
    store: Store,
    event_source: EventSource,
    time_source: TimeSource,
    authorizer: Authorizer,
    registry: CollectorRegistry,
    retention: Retention | None = None,
    quarantine: Quarantine | None = None,
    bounds: StreamBounds = StreamBounds(),
    rulebook: Callable[[], Rulebook] | None = None,
    catalogue: Callable[[], Catalogue] | None = None,
    public_url: str = "",
) -> BoardService:
    """Return the board as a service, put together but not running yet.

    Args:
        store: The database with the board's tables.
        event_source: Reads the topics `projection.projector.TOPICS`.
        time_source: Slad's clock.
        authorizer: Checks API keys for the scope `read`.
        registry: Where metrics are registered.
        retention: How long data are kept. None means that data are kept without limit.
        quarantine: Keeps events that cannot be applied. None means the board's own quarantine.
        bounds: The limits on streams.
        rulebook: Returns the present rulebook (plans, contracts, calendars), for the hours of clocks. None means that
            only wall time is shown.
        catalogue: Returns the present catalogue, for the pages of contracts. None means that there are no such pages.
        public_url: The board's public address, the beginning of links to plans.
    """
    metrics = BoardMetrics(registry)
    metrics.lag.set_function(lambda: event_source.lag)
    changes = WakeSignal()
    projector = Projector(store, time_source, metrics, changes.wake)
    quarantine = quarantine or Quarantine("board", store, tables.quarantine, time_source, BusMetrics())
    quarantine.register_replay(CONSUME, projector.replay)
    pages = Pages(Attempts(lambda part: metrics.not_shown.labels(part).inc()))
    shown = BoardReader(store, time_source, pages, CalendarsByName(rulebook))
    hub: Hub[View] = Hub(shown.frame, changes, metrics, bounds=bounds)
    over = EndedIncidents(store)
    keeping = ServiceSweeps(
        "board",
        RetentionOrder.SHOWN,
        (over.ended, over.late, over.notices, over.links, quarantine.sweep_replayed),
        metrics.removed,
        newest_in(store, tables.inbox.c.applied_at),
    )
    forgetting = RetentionLoop(retention or Retention(), time_source, (keeping,))
    board = Board(shown, hub, projector, event_source, authorizer, metrics)
    routes = router(board)
    if catalogue is not None:
        links = PlanLinks(store, time_source)
        plans = PlanDeps(catalogue, authorizer, pages, time_source, links, PdfPrinter(), public_url.rstrip("/"))
        routes.include_router(contract_routes(plans))
    return BoardService(
        name="board",
        parts=(
            Part("consume", lambda: event_source.run(projector)),
            Part("streams", hub.run),
            Part("housekeeping", lambda: _keep_house(store, time_source, metrics)),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks={"store": _store_answers(store), "bus": _bus_answers(event_source)},
        close=hub.close,
        drain=hub.close,
        router=routes,
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


def _bus_answers(event_source: EventSource) -> Check:
    async def check() -> str | None:
        return (
            None if event_source.healthy else f"{event_source.lag} events wait and none has been projected for too long"
        )

    return check


async def _keep_house(store: Store, time_source: TimeSource, metrics: BoardMetrics) -> None:
    """Small duties that no viewer waits for; a busy store is asked again at the next round."""
    for round_ in itertools.count():
        try:
            async with store.reading() as connection:
                counting = select(func.count()).select_from(tables.clock).where(tables.clock.c.open)
                metrics.rows.set((await connection.execute(counting)).scalar_one())
            if round_ % FORGET_EVERY == 0:
                await forget_old_claims(store, time_source)
        except Retryable as error:
            _log.warning("board.housekeeping_later", error=str(error))
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


async def forget_old_claims(store: Store, time_source: TimeSource) -> None:
    """Delete the recorded ids of events that were applied more than 30 days ago.

    With these ids the board skips an event that the bus delivers again. The bus does not deliver such old events
    again.
    """
    async for _ in AppliedIds(store, time_source).old():
        await asyncio.sleep(0)
