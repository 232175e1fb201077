"""The composition root: the chosen services on one process context, with their relays, housekeeping and
one HTTP app.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI

from sla_notifier.channel.port import Channel
from sla_platform.clockwatch import ClockWatch
from sla_platform.http import docs, health, problem
from sla_platform.http.boundary import Boundary
from sla_platform.http.keys import READ, Authorizer, KeyGate
from sla_platform.http.origin import HostNames
from sla_platform.runtime import Check, Part, Service, run_services
from sla_platform.settings import Settings
from sla_platform.timesource import TimeSource
from sla_standalone.housekeeping import housekeeping
from sla_standalone.migrate import at_head
from sla_standalone.process_context import ProcessContext, process_context
from sla_standalone.wiring import WIRING

_log = structlog.get_logger(__name__)
ALL = ("ingest", "timer", "notifier", "board")
RELOAD_SECONDS = 2.0
TRIM_SECONDS = 60.0
KEYS_SECONDS = 3.0  # how long a start waits for the store to tell its keys


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """Services that run in this process, with their HTTP application and the objects that they share."""

    app: FastAPI
    """The HTTP application with the routes of all services."""
    context: ProcessContext
    """The store, catalogue and other objects that the services share."""
    services: tuple[Service, ...]
    failed: Any
    """An asyncio.Event that is set when a long-running task of a service has failed."""


@asynccontextmanager
async def run_process(
    settings: Settings,
    names: Iterable[str],
    *,
    time_source: TimeSource | None = None,
    extra_routes: Iterable[APIRouter] = (),
    extra_parts: Iterable[Part] = (),
    channels: Mapping[str, Channel] | None = None,
) -> AsyncIterator[RunningProcess]:
    """Run the named services during the `with` block, and yield the running process.

    Args:
        names: Any of `ingest`, `timer`, `notifier`, `board`.
        time_source: The clock to use instead of the one in the settings (tests, the demo). None means the settings'
            clock.
        extra_routes: Additional HTTP routes.
        extra_parts: Additional long-running tasks.
        channels: Maps a kind of channel, such as `email`, to the object that sends its messages (a rehearsal). None
            means the channels of the catalogue.

    Raises:
        BadSettings: A setting cannot be used.
        CatalogueInvalid: The catalogue has errors.
    """
    async with process_context(settings, time_source, channels) as base:
        # So that a key counts from the first request on; without a store the process starts all the same.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KEYS_SECONDS):
                await base.keys.refresh(everything=True)
        wired = [WIRING[name](base, _authorizer(base)) for name in names]
        services = [one.service for one in wired]
        services.append(_common(base, names, extra_parts))
        app = _app(base, list(names), services, [one.routes for one in wired] + list(extra_routes))
        async with run_services(services) as failed:
            yield RunningProcess(app, base, tuple(services), failed)
        await base.feeds.close()


def _authorizer(base: ProcessContext) -> Authorizer:
    open_scopes = frozenset({READ}) if base.settings.board_open else frozenset[str]()
    return KeyGate(
        lambda: base.catalogue.current.keys.values(), base.time_source, open_scopes=open_scopes, made=base.keys.find
    )


def _common(base: ProcessContext, names: Iterable[str], extra: Iterable[Part]) -> Service:
    """Relays of the logs these services write, and the house-keeping of the process."""
    parts: list[Part] = list(extra)
    for name in names:
        relay = base.feeds.relay(name)
        if relay is not None:
            parts.append(Part(f"relay-{name}", relay.run))

    async def reload() -> None:
        base.catalogue.refresh()

    async def trim() -> None:
        await base.feeds.trim()

    clocks = ClockWatch(base.time_source, base.registry, base.memory)
    parts += (Part("clocks", clocks.run), Part("keys", base.keys.run))
    parts.append(housekeeping({"catalogue": (RELOAD_SECONDS, reload), "logs": (TRIM_SECONDS, trim)}))
    checks: dict[str, Check] = {
        "schema": partial(at_head, base.store),
        "writes": base.store.write_refusal,
        "keys": base.keys.reason_not_ready,
    }
    return Service("process", parts=tuple(parts), checks=checks, remarks={"clocks": clocks.remark})


def _app(base: ProcessContext, names: list[str], services: list[Service], routers: list[APIRouter]) -> FastAPI:
    app = FastAPI(
        title="slad",
        version=version("slad"),
        summary="Watches support contracts and tells people before a promise breaks.",
        docs_url=None,  # the usual page loads its script from elsewhere; ours is `sla_platform.http.docs`
        redoc_url=None,
    )
    problem.install(app)
    settings = base.settings
    hosts = HostNames.of(settings.public_url, settings.host, settings.allowed_hosts, socket.gethostname())
    app.add_middleware(Boundary, names=hosts)
    app.include_router(health.router(services, base.registry, partial(process_info, base)))
    elsewhere = set(ALL) - set(names)  # one address outside, a page for each service
    app.include_router(docs.router(names, ALL if elsewhere else (), app.openapi))
    for routes in routers:
        app.include_router(routes)
    return app


def process_info(base: ProcessContext) -> Mapping[str, Any]:
    """Return the body of `GET /info` about this process.

    It contains the versions of slad, the catalogue, the holidays and the zone data, the profile (`embedded` or
    `production`), and the kind of store.
    """
    catalogue = base.catalogue.current
    return {
        "version": version("slad"),
        "profile": "embedded" if base.settings.embedded else "production",
        "store": base.store.url.get_backend_name(),
        "catalogue": catalogue.version,
        "holidays": catalogue.rulebook.holidays_version,
        "tzdata": catalogue.rulebook.tzdata_version,
    }
