"""The board, assembled: a consumer that writes its tables, a hub that pushes pages, and the routes over both."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select, text

from sla_board import tables
from sla_board.api import Board, router
from sla_board.attainment.gauge import AttainmentGauges
from sla_board.attainment.watch import ObjectiveWatch
from sla_board.breach_api import breach_routes
from sla_board.breakdown.worker import BreakdownWorker
from sla_board.breakdown_api import breakdown_routes
from sla_board.contract_api import AttainmentDeps, PlanDeps, attainment_routes, contract_routes
from sla_board.history.fill import ListFilling
from sla_board.history.keep import keep_listed
from sla_board.history.zone import calendar_in, zone_in
from sla_board.incident_api import IncidentDeps, add_incident_list
from sla_board.link.store import PlanLinks
from sla_board.live import BoardReader, View
from sla_board.metrics import BoardMetrics
from sla_board.page.render import Pages
from sla_board.paper.printer import PdfPrinter
from sla_board.pause_api import pause_routes
from sla_board.projection.projector import Projector
from sla_board.projection.rebuild import Rebuild
from sla_board.reason.store import ReasonKeeper
from sla_board.report.store import FrozenReports
from sla_board.report_api import ReportDeps, report_routes
from sla_board.report_watch import ReportWatch
from sla_board.retention import AppliedIds, EndedIncidents
from sla_board.shown.hours import CalendarsByName
from sla_board.shown.not_shown import Attempts
from sla_board.source_api import source_routes
from sla_board.stream.hub import Hub
from sla_board.stream.places import StreamBounds
from sla_catalogue import Catalogue
from sla_domain.rulebook import Rulebook
from sla_platform.bus import EventSource, Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, ServiceSweeps, newest_in
from sla_platform.runtime import Check, Part, Service
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

HOUSEKEEPING_SECONDS = 15.0
FORGET_EVERY = 240  # rounds


@dataclass(slots=True, kw_only=True)
class BoardService(Service):
    """The board as a service that `sla_platform.runtime` runs. `build` makes it."""

    router: APIRouter
    """The HTTP routes."""
    projector: Projector
    """Applies events to the board's tables."""
    breakdowns: BreakdownWorker | None
    """Computes whose time it was, and the pauses of clocks. None without a rulebook."""
    hub: Hub[View]
    """Sends pages to browsers."""
    metrics: BoardMetrics
    forgetting: RetentionLoop
    """Deletes data that is older than the retention period."""
    objectives: ObjectiveWatch
    """Publishes the states of objectives (promised shares)."""
    reports: ReportWatch | None
    """Makes scheduled reports. None without a catalogue."""
    gauges: AttainmentGauges
    """Shows attainment as Prometheus metrics."""


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
    log_appended: WakeSignal | None = None,
) -> BoardService:
    """Return the board as a service with all its parts. The service is not running yet.

    Args:
        store: The database with the board's tables.
        event_source: Reads the topics `projection.projector.TOPICS`.
        time_source: Gives the present instant.
        authorizer: Checks API keys for the scope `read`.
        registry: Where metrics are registered.
        retention: How long data are kept. None means that data are kept without limit.
        quarantine: Keeps events that cannot be applied. None means the board's own quarantine.
        bounds: The limits on streams.
        rulebook: Returns the present rulebook (plans, contracts, calendars), for the hours of clocks. None means that
            only wall time is shown.
        catalogue: Returns the present catalogue, for the pages of contracts. None means that there are no such pages.
        public_url: The board's public address, the beginning of links to plans.
        log_appended: Signal that is set after facts were written to the board's log. None if nobody waits for it.
    """
    metrics = BoardMetrics(registry)
    metrics.lag.set_function(lambda: event_source.lag)
    changes = WakeSignal()
    quarantine = quarantine or Quarantine("board", store, tables.quarantine, time_source, BusMetrics())
    derived = store.deriving()  # from the topics, which the other services keep
    breakdowns = (
        None if rulebook is None else BreakdownWorker(derived, time_source, metrics, rulebook, changes.wake, quarantine)
    )
    marked = None if breakdowns is None else breakdowns.add
    counted = WakeSignal()
    published = (log_appended or WakeSignal()).wake
    objectives = ObjectiveWatch(derived, time_source, rulebook or (lambda: None), quarantine, published, counted.wake)
    gauges = AttainmentGauges(store, time_source, rulebook or (lambda: None), metrics, counted, quarantine)
    projector = Projector(derived, time_source, metrics, keep_listed, changes.wake, marked)
    quarantine.register_replay(CONSUME, projector.replay)
    pages = Pages(Attempts(lambda part: metrics.not_shown.labels(part).inc()))
    shown = BoardReader(store, time_source, pages, rulebook)
    hub: Hub[View] = Hub(shown.frame, changes, metrics, bounds=bounds)
    over = EndedIncidents(store, quarantine)
    keeping = ServiceSweeps(
        "board",
        RetentionOrder.SHOWN,
        (over.ended, over.late, over.notices, over.links, quarantine.sweep_replayed),
        metrics.removed,
        newest_in(store, tables.inbox.c.applied_at),
    )
    forgetting = RetentionLoop(retention or Retention(), time_source, (keeping,))
    board = Board(shown, hub, projector, event_source, authorizer, metrics, public_url.rstrip("/"))
    routes = router(board)
    add_incident_list(
        routes, IncidentDeps(store, pages, authorizer, time_source, zone_in(rulebook), calendar_in(rulebook))
    )
    attainment = AttainmentDeps(store, rulebook or (lambda: None), authorizer, pages, time_source)
    routes.routes.extend(attainment_routes(attainment).routes)
    routes.routes.extend(pause_routes(shown, authorizer).routes)
    routes.routes.extend(source_routes(shown, authorizer, public_url).routes)
    if rulebook is not None:
        routes.routes.extend(breakdown_routes(shown, rulebook, authorizer).routes)
        keeper = ReasonKeeper(store, time_source)
        routes.routes.extend(breach_routes(shown, keeper, rulebook, authorizer, changes.wake).routes)
    watch: ReportWatch | None = None
    if catalogue is not None:
        links = PlanLinks(store, time_source)
        printer, address = PdfPrinter(), public_url.rstrip("/")
        plans = PlanDeps(catalogue, authorizer, pages, time_source, store, links, printer, address)
        routes.include_router(contract_routes(plans, attainment))
        reports = FrozenReports(store, time_source)
        calendars = CalendarsByName(rulebook)
        watch = ReportWatch(store, time_source, catalogue, pages.reports, calendars, address, published, quarantine)
        routes.include_router(
            report_routes(
                ReportDeps(store, catalogue, authorizer, pages, time_source, calendars, reports, printer, address)
            )
        )
    return BoardService(
        name="board",
        parts=(
            Part("consume", lambda: event_source.run(projector)),
            Part("streams", hub.run),
            Part("listing", ListFilling(store, quarantine).run),
            *(() if breakdowns is None else (Part("breakdowns", breakdowns.run),)),
            Part("housekeeping", lambda: _keep_house(store, time_source, metrics)),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
            Part("objectives", objectives.run),
            *(() if watch is None else (Part("reports", watch.run),)),
            Part("attainment", gauges.run),
        ),
        checks={"store": _store_answers(store), "bus": _bus_answers(event_source)},
        close=hub.close,
        drain=hub.close,
        router=routes,
        projector=projector,
        breakdowns=breakdowns,
        hub=hub,
        metrics=metrics,
        forgetting=forgetting,
        objectives=objectives,
        reports=watch,
        gauges=gauges,
    )


def rebuild_of(store: Store, time_source: TimeSource) -> Rebuild:
    """Return the `Rebuild` that recomputes the board's rows, for a process that runs no board itself.

    The rebuild only marks the incidents whose breakdowns must be computed. A running board computes them.
    """
    metrics = BoardMetrics(CollectorRegistry())
    return Rebuild(store, Projector(store, time_source, metrics, keep_listed, lambda: None, lambda _: None))


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
    """Small duties that no viewer waits for."""
    for round_ in itertools.count():
        async with store.reading() as connection:
            counting = select(func.count()).select_from(tables.clock).where(tables.clock.c.open)
            metrics.rows.set((await connection.execute(counting)).scalar_one())
        if round_ % FORGET_EVERY == 0:
            await forget_old_claims(store, time_source)
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


async def forget_old_claims(store: Store, time_source: TimeSource) -> None:
    """Delete the recorded ids of events that were applied more than 30 days ago.

    The board records the ids to skip events that the bus delivers twice. The bus repeats no event after 30 days.
    """
    async for _ in AppliedIds(store, time_source).old():
        await asyncio.sleep(0)
