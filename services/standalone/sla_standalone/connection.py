"""One HTTP connection from outside, with bounds on its head, its body, its time, and on answers it does not read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from sla_platform.http.problem import DOCS
from sla_standalone.admission import LONG_SECONDS, Admission, ConnectionActivity, EndReason

MAX_HEAD_BYTES = 65_536
SLOWEST = 200  # bytes of a body a second, looked at every PACE_SECONDS
PACE_SECONDS = 5.0
LINGER_BYTES = 1_048_576
LINGER_SECONDS = 2.0
READING_SECONDS = 30.0  # within which a peer must have taken READING_BYTES of what waits for it
READING_BYTES = 8_192
UNREAD_SECONDS = 2.0  # an answer that has waited so long for its reader is no longer our work
MOST_PIPELINED = 32
EVENTS = b"text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTimeouts:
    """How long the server waits until it has received the head and the body of an HTTP request, in seconds."""

    head: float = 10.0
    """The longest wait for the whole head of a request."""
    body: float = 30.0
    """The longest wait for the whole body of a request."""


class _Awaited(Enum):
    NOTHING = 0
    HEAD = 1
    BODY = 2


class _Exit:
    """What a response writes to: its `close` hangs up politely."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class BoundedHttp(HttpToolsProtocol):
    """One HTTP connection of uvicorn, with limits on the size, speed and number of its requests.

    A peer that reads a response too slowly is cut off.

    Args:
        patience: How long the head and the body of a request may take.
        admission: Counts the open connections, and decides whether a new one is accepted.
        ended: Called with the EndReason when slad refuses the connection or cuts it off.
    """

    def __init__(
        self,
        *args: Any,
        patience: ConnectionTimeouts,
        admission: Admission,
        ended: Callable[[EndReason], None],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._inner: Any = self.app
        self.app = self._answer
        self._patience = patience
        self._admission = admission
        self._ended = ended
        self._read = 0
        self._beside_the_body = 0
        self._said_something = False
        self._in_head = False
        self._in_body = False
        self._body_seen = 0
        self._body_due = 0.0
        self._asked_at = 0.0
        self._unread_since: float | None = None
        self._streaming: RequestResponseCycle | None = None  # whose answer is a stream of events
        self._awaited = _Awaited.NOTHING
        self._timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._parting = False
        self._unwanted = 0  # bytes read for no purpose

    # -- its place ----------------------------------------------------------------------------------------

    def activity(self, now: float) -> ConnectionActivity:
        """Return what the connection is doing at `now`, such as waiting for a request or receiving a body.

        If there are too many connections, `admission` uses the result to choose which connection to close, so that a
        new one can be accepted.

        Args:
            now: Seconds of the event loop's clock.
        """
        if self._parting:
            return ConnectionActivity.WAITING
        if self._in_body:
            return ConnectionActivity.SENDING
        request = self._request()
        if request is None:
            return ConnectionActivity.WAITING
        if self._unread_since is not None and now - self._unread_since > UNREAD_SECONDS:
            return ConnectionActivity.UNREAD
        streaming = request is self._streaming or now - self._asked_at > LONG_SECONDS
        return ConnectionActivity.STREAMING if streaming else ConnectionActivity.ANSWERED

    def _request(self) -> RequestResponseCycle | None:
        """The request that came last, until it has been answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return None if cycle is None or cycle.response_complete else cycle

    def give_way(self) -> None:
        """Close the connection at once, without a response, to make room for a new connection."""
        self._ended(EndReason.GAVE_WAY)
        self._abort()

    # -- the transport's side -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the new connection with `admission`, which counts the open connections.

        If there are too many, send status 503 and close the connection.
        """
        super().connection_made(transport)
        refused = self._admission.enter(self, self.client[0] if self.client else "", self.loop.time())
        if refused is None:
            self._watch()
            return
        self._ended(refused)
        detail = "Too many connections are open, in all or from this address. Keep connections and use them again."
        self._refuse(503, "too-many-connections", "Too many connections", detail, retry=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection as open, and stop its timers; asyncio calls this at the connection's end."""
        self._parting = True
        self._admission.leave(self)
        self._stop_timer()
        self._cancel_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes; discard them if the connection is being closed.

        A head of more than 64 KiB is answered with status 400. The connection is cut off if more than 32 requests wait
        behind the present one, or if more than 1 MiB of useless bytes has arrived. Useless are the bytes of a body that
        come after the response has begun, and all bytes that come while the connection is being closed.
        """
        if self._parting:
            self._unwanted += len(data)
            if self._unwanted > LINGER_BYTES:
                self._abort()
            return
        self._said_something = True
        self._read = len(data)
        self._beside_the_body += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._beside_the_body > MAX_HEAD_BYTES:
            self.send_400_response("The request's head is too long.")
        elif len(self.pipeline) > MOST_PIPELINED or self._unwanted > LINGER_BYTES:
            self._abort()
        else:
            self._watch()

    def pause_writing(self) -> None:
        """Start the timer for a peer that reads too slowly. asyncio calls this when too many bytes wait to be sent.

        While the timer runs, the peer is cut off if it reads less than 8 KiB in 30 seconds.
        """
        super().pause_writing()
        self._unread_since = self.loop.time()
        self._expect_reading()

    def resume_writing(self) -> None:
        """Stop the timer of `pause_writing`. asyncio calls this when enough bytes have been sent.

        The timer is not stopped on a connection that is being closed.
        """
        super().resume_writing()
        self._unread_since = None
        if not self._parting:
            self._cancel_unread_timer()

    # -- the parser's side --------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Start counting the bytes of a request's head."""
        # Where in this read the message begins is not known: it is counted whole, unless less has come in all.
        self._beside_the_body = min(self._beside_the_body, self._read)
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start counting the bytes of the request's body, and the time that the request takes.

        Also make sure that uvicorn, if it ends the connection after the response, does so by `close_when_sent`.
        """
        self._in_head, self._in_body = False, True
        self._body_seen = self._unwanted = 0
        super().on_headers_complete()
        if not self.pipeline:
            self._asked_at = self.loop.time()
        self.cycle.transport = _Exit(self.transport, self.close_when_sent)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the request's body to the application, and count its bytes.

        Bytes that arrive after the response has begun are useless; `data_received` limits them.
        """
        self._beside_the_body -= len(body)
        self._body_seen += len(body)
        super().on_body(body)
        if self.cycle.response_started:  # a stream, say: what comes now is not needed
            self._unwanted += len(body)

    def on_message_complete(self) -> None:
        """Record that the request's body has arrived completely, so that its time is no longer limited."""
        self._in_body = False
        super().on_message_complete()

    # -- answering ----------------------------------------------------------------------------------------

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The app, whose answer to a request with an unread body ends the connection."""

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                request, headers = self._request(), message.get("headers", ())
                if request is not None and request.scope is scope:
                    if any(name == b"content-type" and kind.startswith(EVENTS) for name, kind in headers):
                        self._streaming = request
                    if request.more_body:
                        message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        await self._inner(scope, receive, sent)

    def on_response_complete(self) -> None:
        """Continue with the next request that has already arrived, unless the connection is being closed."""
        if self._parting:
            self.server_state.total_requests += 1
            return
        if self.pipeline:
            self._asked_at = self.loop.time()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, which has been idle for too long."""
        self.close_when_sent()

    # -- waiting for the other side -----------------------------------------------------------------------

    def _watch(self) -> None:
        """Run the timer of what is being waited for; one that runs for it already goes on."""
        if self._in_body:
            self._await(_Awaited.BODY)
        elif self._in_head or self._request() is None:
            self._await(_Awaited.HEAD)
        else:
            self._await(_Awaited.NOTHING)

    def _await(self, what: _Awaited) -> None:
        if what is self._awaited:
            return
        self._awaited = what
        self._stop_timer()
        if what is _Awaited.HEAD:
            self._timer = self.loop.call_later(self._patience.head, self._head_is_late)
        elif what is _Awaited.BODY:
            self._body_due = self.loop.time() + self._patience.body
            self._look_at_body_later()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        self._ended(EndReason.LATE_HEAD)
        if not self._said_something or self._request() is not None:
            self._abort()  # no request to answer, or in the middle of an answer
            return
        seconds = self._patience.head
        self._refuse(408, "slow-head", "The head came too slowly", f"It did not arrive within {seconds:g} seconds.")

    def _look_at_body_later(self) -> None:
        seconds = min(PACE_SECONDS, max(self._body_due - self.loop.time(), 0.0))
        self._timer = self.loop.call_later(seconds, self._look_at_body, self._body_seen, seconds)

    def _look_at_body(self, seen_before: int, seconds: float) -> None:
        on_time = self.loop.time() < self._body_due - 0.001
        # While reading is paused it is the app that has not taken what is there.
        if on_time and (self.flow.read_paused or self._body_seen - seen_before >= SLOWEST * seconds):
            self._look_at_body_later()
            return
        self._timer = None
        self._ended(EndReason.LATE_BODY)
        if self.cycle.response_started:
            self._abort()
            return
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        detail = f"It did not arrive within {self._patience.body:g} seconds, or came at less than {SLOWEST} bytes/s."
        self._refuse(408, "slow-body", "The body came too slowly", detail)

    def _expect_reading(self) -> None:
        """From now on the other side has to take what waits for it."""
        if self._unread_timer is None:
            waits = self.transport.get_write_buffer_size()
            self._unread_timer = self.loop.call_later(READING_SECONDS, self._look_at_unread, waits)

    def _look_at_unread(self, before: int) -> None:
        self._unread_timer = None
        if before - self.transport.get_write_buffer_size() < READING_BYTES:
            self._ended(EndReason.NOT_READING)
            self._abort()
        else:
            self._expect_reading()

    def _cancel_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    # -- the end ------------------------------------------------------------------------------------------

    def close_when_sent(self) -> None:
        """Close the connection as soon as everything is sent.

        If a request has arrived only in part, further bytes from the peer are first discarded, for up to two seconds or
        1 MiB. Closing at once could reset the connection, and the peer would lose the response.
        """
        if self._parting:
            return
        self._parting = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if self._in_head or self._in_body:
            self.flow.resume_reading()
            try:
                self.transport.write_eof()
            except OSError:  # the other side has left in the meantime
                self._abort()
                return
            self._timer = self.loop.call_later(LINGER_SECONDS, self._abort)
        else:
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self._expect_reading()

    def _abort(self) -> None:
        self._parting = True
        self._stop_timer()
        self.transport.abort()

    def _refuse(self, status: int, slug: str, title: str, detail: str, *, retry: bool = False) -> None:
        """An answer outside of the app, and the end."""
        body = orjson.dumps({"type": DOCS + slug, "title": title, "status": status, "detail": detail})
        self.transport.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n{'retry-after: 2' + chr(13) + chr(10) if retry else ''}"
            "connection: close\r\n\r\n".encode()
            + body
        )
        self.close_when_sent()
