"""Connections kept for the next message, for a short while: a mail server that bears few counts the idle ones too."""

from __future__ import annotations

import asyncio
from typing import Any

import aiosmtplib

IDLE_SECONDS = 2.0  # long enough for a series of messages, short enough for another instance that waits for the slot


class KeptConnections:
    """Open connections to a mail server that no message uses now.

    `keep` adds a connection, `take` removes one for the next message. A connection is closed after two seconds without
    use.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._idle)

    def keep(self, client: aiosmtplib.SMTP) -> None:
        """Add an open connection that the next message may use.

        The connection is closed after two seconds without use.
        """
        self._idle.append((client, asyncio.get_running_loop().time()))
        self._watch()

    def take(self) -> aiosmtplib.SMTP | None:
        """Remove and return the kept connection that was used last; None if no connection is kept.

        Connections that the server has closed are dropped.
        """
        while self._idle:
            client, _ = self._idle.pop()
            if client.is_connected:
                return client
            drop(client, client.transport)
        return None

    def take_all(self) -> list[aiosmtplib.SMTP]:
        """Remove and return all kept connections without closing them.

        The timer that closes unused connections after two seconds is stopped.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        taken, self._idle = [client for client, _ in self._idle], []
        return taken

    def _watch(self) -> None:
        if self._idle and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._idle[0][1] + IDLE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        old = [client for client, since in self._idle if now - since >= IDLE_SECONDS]
        self._idle = [(client, since) for client, since in self._idle if now - since < IDLE_SECONDS]
        for client in old:
            drop(client, client.transport)
        self._watch()


def drop(client: aiosmtplib.SMTP, transport: Any) -> None:
    """Close a connection to a mail server now, without waiting for the server.

    The transport is aborted, because closing a TLS transport may wait half a minute for the server.

    Args:
        transport: The connection's transport. None means no transport.
    """
    client.close()
    if transport is not None:
        transport.abort()
