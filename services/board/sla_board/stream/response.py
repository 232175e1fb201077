"""Server-sent events over HTTP: frames, a heartbeat, and an end for browsers that stopped reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

PATIENCE_SECONDS = 20.0
RETRY_MILLISECONDS = 1500


def sse(event: str, data: bytes, id_: str = "") -> bytes:
    """Return one server-sent event as bytes.

    Args:
        data: A single line, such as JSON.
        id_: The event's id. "" without an id.
    """
    head = f"event: {event}\n" + (f"id: {id_}\n" if id_ else "")
    return head.encode() + b"data: " + data + b"\n\n"


class EventStream(StreamingResponse):
    """An HTTP response that sends server-sent events to a browser.

    The response ends when `chunks` ends, when the browser disconnects, or when the browser has not read for `patience`
    seconds.

    Args:
        chunks: Yields the server-sent events as bytes. The generator is always closed when the response ends.
        dropped: Called when the browser has not read for `patience` seconds.
        patience: How long the browser may go without reading, in seconds.
    """

    media_type = "text/event-stream"

    def __init__(
        self, chunks: AsyncGenerator[bytes], dropped: Callable[[], None], *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._chunks = chunks
        super().__init__(chunks, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._dropped = dropped
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            results = await asyncio.gather(sending, leaving, return_exceptions=True)
        unexpected = results[0]
        if isinstance(unexpected, Exception) and not isinstance(unexpected, OSError):
            raise unexpected

    async def _send_all(self, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        try:
            await self.stream_response(patiently)
        except TimeoutError:
            self._dropped()
        finally:
            await self._chunks.aclose()  # the place is given back now, not at the next garbage collection
