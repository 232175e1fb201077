"""How each service is built on a process context; the services do not know each other or this module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter

import sla_board.service
import sla_ingest.service
import sla_ingest.tables
import sla_notifier.service
import sla_notifier.tables
import sla_timer.api
import sla_timer.service
import sla_timer.tables
from sla_board import tables as board_tables
from sla_board.projection.projector import TOPICS as BOARD_TOPICS
from sla_board.stream.places import StreamBounds
from sla_catalogue import load_text
from sla_catalogue.recorded import RecordedCatalogue, RecordOverlay
from sla_platform.apikey import tables as platform_tables
from sla_platform.audit.tables import AuditTables
from sla_platform.contracts.copies import RecordCopy, with_records
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.envelope import Topic
from sla_platform.http import audit, quarantine
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Retention
from sla_platform.runtime import Service
from sla_standalone.process_context import ProcessContext

AUDIT: Mapping[str, AuditTables] = {
    "platform": platform_tables.audit,
    "ingest": sla_ingest.tables.audit,
    "timer": sla_timer.tables.audit,
    "notifier": sla_notifier.tables.audit,
    "board": board_tables.audit,
}

BOARD_BATCH = 100  # events; 500 hold the only place to write of SQLite for 0.2 s, and each page waits for it


@dataclass(frozen=True, slots=True)
class WiredService:
    """A service that has been built but not started, and its HTTP routes."""

    service: Service
    routes: APIRouter


def wire_ingest(base: ProcessContext, authorize: Authorizer) -> WiredService:
    """Build the ingest service and its routes, without starting anything.

    Args:
        base: The objects that all services of the process share.
        authorize: Checks API keys.
    """
    shelf = RecordShelf(base.store)
    built = sla_ingest.service.build(
        base.settings,
        base.store,
        base.feeds.wake_signal("ingest"),
        base.time_source,
        base.registry,
        RecordedCatalogue(base.catalogue, shelf),
        authorize=authorize,
        quarantine=base.feeds.quarantine("ingest"),
        contracts=(shelf, base.catalogue),
        answers=base.feeds.source("ingest", [Topic.DELIVERIES], sla_ingest.tables.cursor),
    )
    wired = _wired("ingest", base, authorize, built.service, built.router)
    # The installation's own log is served by one process, too.
    wired.routes.routes.extend(audit.router(base.store, AUDIT["platform"], authorize).routes)
    return wired


def wire_timer(base: ProcessContext, authorize: Authorizer) -> WiredService:
    """Build the timer service and its routes, without starting anything.

    Args:
        base: The objects that all services of the process share.
        authorize: Checks API keys.
    """
    built = sla_timer.service.build(
        base.settings,
        base.store,
        base.feeds,
        base.time_source,
        base.registry,
        base.catalogue,
        load_text,
        lambda shelf: RecordOverlay(shelf).rulebook,
    )
    return _wired("timer", base, authorize, built.service, sla_timer.api.router(built, authorize))


def wire_notifier(base: ProcessContext, authorize: Authorizer) -> WiredService:
    """Build the notifier service and its routes, without starting anything.

    Args:
        base: The objects that all services of the process share.
        authorize: Checks API keys.
    """
    records = RecordCopy(
        RecordShelf(base.store), sla_notifier.tables.contract_records, sla_notifier.tables.contract_cursor
    )
    built = sla_notifier.service.build(
        base.settings,
        base.store,
        base.feeds,
        base.time_source,
        base.registry,
        RecordedCatalogue(base.catalogue, records.shelf),
        authorize=authorize,
        records=records,
        channels=base.channels,
    )
    return _wired("notifier", base, authorize, built.service, built.router)


def wire_board(base: ProcessContext, authorize: Authorizer) -> WiredService:
    """Build the board service and its routes, without starting anything.

    Args:
        base: The objects that all services of the process share.
        authorize: Checks API keys.
    """
    store = base.store.giving_way()  # in one process with the other services it must not delay pages
    records = RecordCopy(RecordShelf(store), board_tables.contract_records, board_tables.contract_cursor)
    catalogue = RecordedCatalogue(base.catalogue, records.shelf)
    event_source = base.feeds.source("board", BOARD_TOPICS, board_tables.cursor, batch=BOARD_BATCH)
    retention = Retention.of(base.settings)
    given = base.settings
    bounds = StreamBounds(
        given.streams, given.streams_per_key, given.streams_per_contract, given.streams_per_address, given.stream_pages
    )
    built = sla_board.service.build(
        store,
        event_source,
        base.time_source,
        authorize,
        base.registry,
        retention,
        base.feeds.quarantine("board"),
        bounds,
        lambda: catalogue().rulebook,
        catalogue,
        given.public_url,
        base.feeds.wake_signal("board"),
    )
    service = with_records(built, store, base.feeds, records)
    return _wired("board", base, authorize, service, built.router)


def _wired(name: str, base: ProcessContext, authorize: Authorizer, service: Service, own: APIRouter) -> WiredService:
    """With the routes that every service has."""
    own.routes.extend(quarantine.router(base.feeds.quarantine(name), authorize).routes)
    own.routes.extend(audit.router(base.store, AUDIT[name], authorize).routes)
    return WiredService(service, own)


WIRING: Mapping[str, Callable[[ProcessContext, Authorizer], WiredService]] = {
    "ingest": wire_ingest,
    "timer": wire_timer,
    "notifier": wire_notifier,
    "board": wire_board,
}
