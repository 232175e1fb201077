"""How every slad process serves HTTP: the server's settings, and the bounds of its connections."""

from __future__ import annotations

from functools import partial
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry, Counter, Gauge
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from sla_platform.http.peer import NotedPeer
from sla_platform.settings import Settings
from sla_standalone.admission import Admission, EndReason
from sla_standalone.connection import MAX_HEAD_BYTES, BoundedHttp, ConnectionTimeouts
from sla_standalone.descriptors import Capacity, measure_capacity

__all__ = ["MAX_HEAD_BYTES", "server_config"]


def server_config(
    app: Any,
    drain_seconds: int,
    settings: Settings,
    registry: CollectorRegistry,
    room: Capacity | None = None,
) -> uvicorn.Config:
    """Return uvicorn's configuration for serving `app` over HTTP, with limits on its connections.

    The caller, not uvicorn, is responsible for logging, signals and the start of the app.

    Args:
        drain_seconds: How many seconds requests may still take when the server stops.
        registry: Where the metrics of connections are registered.
        room: How many connections the process can hold. None means that this is computed from its limit on open files.

    Raises:
        BadSettings: Too few connections fit.
    """
    room = room or measure_capacity(settings)
    admission = Admission(room.connections, room.per_address, settings.trusted_proxies)
    ended = Counter(
        "slad_http_connections_ended_total",
        "Connections that were refused or cut off by slad.",
        ["reason"],
        registry=registry,
    )
    by_reason = {reason: ended.labels(reason.name.lower()) for reason in EndReason}
    Gauge("slad_http_connections", "Connections from outside.", registry=registry).set_function(lambda: len(admission))
    protocol: Any = partial(
        BoundedHttp,
        patience=ConnectionTimeouts(head=settings.head_seconds, body=settings.body_seconds),
        admission=admission,
        ended=lambda reason: by_reason[reason].inc(),
    )
    # By hand, so that the connection's own peer is noted before it is replaced by the address that a proxy names.
    trusted = list(settings.trusted_proxies)
    forwarded: Any = ProxyHeadersMiddleware(app, trusted_hosts=trusted) if trusted else app
    return uvicorn.Config(
        NotedPeer(forwarded),
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        backlog=room.backlog,
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=settings.idle_seconds,  # type: ignore[arg-type]  # handed to call_later, which takes floats
        proxy_headers=False,
    )
