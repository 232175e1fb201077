"""Serving the services of a process over HTTP until it is asked to stop, then draining them."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterable

import structlog
import uvicorn
from fastapi import APIRouter

from sla_platform.errors import BadSettings
from sla_platform.runtime import Part, until_signalled
from sla_platform.settings import Settings
from sla_platform.timesource import TimeSource
from sla_standalone.compose import RunningProcess, run_process
from sla_standalone.descriptors import measure_capacity
from sla_standalone.http_server import server_config

_log = structlog.get_logger(__name__)
DRAIN_SECONDS = 10


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: this process drains its services too."""

    def install_signal_handlers(self) -> None:
        return


async def serve(
    settings: Settings,
    names: Iterable[str],
    *,
    time_source: TimeSource | None = None,
    extra_routes: Iterable[APIRouter] = (),
    extra_parts: Iterable[Part] = (),
    ready: Callable[[RunningProcess], None] = lambda running: None,
) -> int:
    """Serve the named services over HTTP until a signal arrives or a task of a service fails.

    Returns the exit status: 0 after a signal, 1 after a failed task. After 1, a supervisor should restart the process.

    Args:
        names: Any of `ingest`, `timer`, `notifier`, `board`.
        time_source: The clock to use instead of the one in the settings. None means the settings' clock.
        extra_routes: Additional HTTP routes.
        extra_parts: Additional long-running tasks.
        ready: Called once with the running process, when all services run.

    Raises:
        CatalogueInvalid: The catalogue has errors.
        BadSettings: A setting cannot be used, such as a port that is in use.
    """
    room = measure_capacity(settings)
    listening = _listen(settings)
    async with run_process(
        settings, tuple(names), time_source=time_source, extra_routes=extra_routes, extra_parts=extra_parts
    ) as process:
        server = _Server(server_config(process.app, DRAIN_SECONDS, settings, process.context.registry, room))
        serving = asyncio.create_task(server.serve([listening]), name="http")
        ready(process)
        gc.collect()
        gc.freeze()  # objects made at the start stay: garbage collection of them blocked the process for 50 ms
        try:
            asked = await until_signalled(process.failed)
        finally:
            gc.unfreeze()
            _log.info("process.draining")
            server.should_exit = True
            for service in process.services:
                if service.drain is not None:
                    await service.drain()
            await serving
    return 0 if asked else 1


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything starts, so that a taken port is a clear error and changes nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        address = f"{settings.host}:{settings.port}"
        raise BadSettings(
            f"cannot listen on {address}: {error.strerror}. Stop what listens there, or set SLAD_HOST and SLAD_PORT"
        ) from error
    listening.set_inheritable(False)
    return listening
