"""`/livez /readyz /metrics /info`, the same on every service.

Live means that the event loop answers; ready means that the store, the bus and the schema can do the work. Liveness
never depends on Kafka or the database: restarting this process would not mend them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from sla_platform.runtime import Check, Service

CHECK_SECONDS = 3.0


def router(
    services: Sequence[Service], registry: CollectorRegistry, info: Callable[[], Mapping[str, Any]]
) -> APIRouter:
    """Return the routes `/livez`, `/readyz`, `/metrics` and `/info`.

    `/readyz` calls the readiness checks (`checks`) of all services. If a check returns a reason, raises an error or
    takes longer than 3 seconds, the response has status 503 and lists the reasons. The `remarks` of services are shown
    too, but do not change the status.

    Args:
        registry: The metrics that `/metrics` shows.
        info: Function to call for each request of `/info`. It returns what to show: versions, profile, the catalogue in
            force.
    """
    routes = APIRouter(tags=["health"])

    @routes.get("/livez", summary="Check that the process runs", response_class=PlainTextResponse)
    async def livez() -> str:
        return "live\n"

    @routes.get("/readyz", summary="Check that the process can work, with the reasons if not")
    async def readyz() -> Response:
        reasons = await _said((service.name, service.checks) for service in services)
        remarks = await _said((service.name, service.remarks) for service in services)
        body = {"ready": not reasons, "reasons": reasons, "remarks": remarks}
        return Response(orjson.dumps(body), 503 if reasons else 200, media_type="application/json")

    @routes.get("/metrics", summary="Read the metrics for Prometheus")
    async def metrics(request: Request) -> Response:
        """Return the metrics as OpenMetrics if the request accepts this format, as Prometheus does.

        Otherwise return them in the older text format.
        """
        render, media_type = _encoder(request.headers.get("accept", ""))
        # Rendering thousands of series takes long enough to delay a tick: not on the event loop.
        return Response(await asyncio.to_thread(render, registry), media_type=media_type)

    @routes.get("/info", summary="Read the versions of slad, catalogue and data")
    async def show_info() -> dict[str, Any]:
        return dict(info())

    return routes


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # the header names a version that is none
        return choose_encoder("")


async def _said(asked: Iterable[tuple[str, Mapping[str, Check]]]) -> dict[str, str]:
    """Return the answers of checks that are not None, by service and check."""
    named = [(f"{service}.{name}", check) for service, checks in asked for name, check in checks.items()]
    answers = await asyncio.gather(*(_ask(check) for _, check in named))
    return {name: answer for (name, _), answer in zip(named, answers, strict=True) if answer is not None}


async def _ask(check: Any) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            answer: str | None = await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:.0f} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return answer
