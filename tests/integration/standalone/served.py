"""Services on a real port in this process, behind the HTTP server that `slad run` uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from sla_platform.settings import Settings
from sla_standalone.compose import run_process
from sla_standalone.descriptors import Capacity
from sla_standalone.http_server import server_config
from sla_standalone.serve import _listen


@asynccontextmanager
async def served(settings: Settings, names: tuple[str, ...]) -> AsyncIterator[tuple[int, FastAPI]]:
    """Serve these services; gives their port and their app."""
    async with run_process(settings, names) as process:
        config = server_config(process.app, 5, settings, process.context.registry, Capacity(500, 500, 100))
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        with _listen(settings) as listening:
            await server.startup([listening])
            try:
                yield listening.getsockname()[1], process.app
            finally:
                for service in process.services:
                    if service.drain is not None:
                        await service.drain()
                await server.shutdown([listening])
