"""The HTTP server's own settings, and the one bound that its parser does not have.

httptools reads a request in half the time of h11, but keeps a head of any length: 100 MB of headers are 100 MB of
memory, before any service is asked.
"""

from __future__ import annotations

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Answers 400 and hangs up when what is not body (request line, headers, chunk marks, trailers) grows too long."""

    _read = 0
    _beside_the_body = 0

    def data_received(self, data: bytes) -> None:
        self._read = len(data)
        self._beside_the_body += len(data)
        super().data_received(data)
        if self._beside_the_body > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        # Nobody says where in this read the message begins: it is counted whole, unless less has come in all.
        self._beside_the_body = min(self._beside_the_body, self._read)
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._beside_the_body -= len(body)
        super().on_body(body)


def server_config(app: Any, drain_seconds: int) -> uvicorn.Config:
    """How every slad process serves HTTP; logging, signals and start-up are the process's own business."""
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=30,
    )
