"""Who is at the other end of a request: the connection's own peer, and the sender that trusted proxies name."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_PEER = "slad.peer"


class NotedPeer:
    """ASGI middleware that stores the IP address of the connection's other end, for `peer_of`, and calls `app`.

    `app` may replace the address by one that a trusted proxy names; `peer_of` still returns the stored one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request of ASGI."""
        if scope["type"] == "http":
            client = scope.get("client")
            scope[_PEER] = client[0] if client else ""
        await self._app(scope, receive, send)


def peer_of(request: Request) -> str:
    """Return the IP address at the other end of a request's connection, or "" if it is not known.

    Behind a proxy it is the proxy's address.
    """
    noted: str | None = request.scope.get(_PEER)
    return address_of(request) if noted is None else noted


def address_of(request: Request) -> str:
    """Return the IP address of a request's sender, or "" if it is not known.

    Behind trusted proxies it is the address that the proxies name.
    """
    return request.client.host if request.client is not None else ""
