"""Which paths each service has, asked of the services themselves."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from tests.integration.deploy.conftest import ROOT

from sla_platform.http import docs, health
from sla_platform.http.keys import KeyGate
from sla_platform.settings import Settings
from sla_standalone.process_context import process_context
from sla_standalone.wiring import WIRING


@dataclass(frozen=True, slots=True)
class Paths:
    """With a value in the place of each parameter. `inside`: for those who run slad, not for the world."""

    name: str
    public: tuple[str, ...]
    inside: tuple[str, ...]


async def services() -> list[Paths]:
    inside = tuple(_paths(health.router((), CollectorRegistry(), {})))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            store_url=f"sqlite:///{Path(folder) / 'slad.db'}", catalogue=ROOT / "examples" / "catalogue"
        )
        async with process_context(settings) as base:
            gate = KeyGate(tuple, base.time_source)
            return [
                Paths(name, (*_paths(wire(base, gate).routes), *_pages(name)), inside) for name, wire in WIRING.items()
            ]


def _pages(name: str) -> list[str]:
    """The pages of the service's API. What each service has is the board's to serve."""
    paths = [path.replace("one", name) for path in _paths(docs.router((name,), (), dict))]
    assert paths == ["/docs", f"/docs/{name}", f"/docs/{name}/openapi.json"]
    return [*paths, "/docs/start.js", "/docs/swagger-ui.css"] if name == "board" else paths[1:]


def _paths(router: Any) -> list[str]:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    assert routes
    return [_filled(route) for route in routes]


def _filled(route: APIRoute) -> str:
    names = {name: "desk:1/2" if "path" in type(convertor).__name__.lower() else "one"
             for name, convertor in route.param_convertors.items()}  # fmt: skip
    path = route.path_format
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    return path
