"""A real HTTP receiver on loopback: keeps requests as they came off the wire, answers as scripted."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType

from tests.real.loop_thread import LoopThread, closed
from tests.real.recorder import Recorder

_LARGEST_HEAD = 64 * 1024


class Behaviour(StrEnum):
    """What the receiver does once a request is there."""

    REPLY = "reply"
    HANG = "read the request and never answer"
    CLOSE = "read the request and cut the connection"


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer; `delay` is in seconds."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    behaviour: Behaviour = Behaviour.REPLY


HANG = Answer(behaviour=Behaviour.HANG)
CLOSE = Answer(behaviour=Behaviour.CLOSE)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received; header names keep their case and order."""

    method: str
    target: str
    header_list: tuple[tuple[str, str], ...]
    body: bytes
    arrived: float
    """`time.monotonic()` when the last byte had come."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.header_list if key.lower() == name.lower()), None)


class WebhookReceiver:
    """Answers 200 unless told otherwise, from `start` to `stop`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: Recorder[Request] = Recorder()
        self._tls = tls
        self._script: deque[Answer] = deque()
        self._port = 0

    @property
    def url(self) -> str:
        """Address of the receiver, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def answer(self, answer: Answer, times: int = 1) -> None:
        """Answer the next `times` requests so."""
        self._script.extend([answer] * times)

    def start(self) -> WebhookReceiver:
        """Listen on a free port."""
        self._thread = LoopThread("webhook-receiver")
        self._server = self._thread.call(self._listen())
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        self._thread.call(closed(self._server))
        self._thread.stop()

    def __enter__(self) -> WebhookReceiver:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._tls, limit=_LARGEST_HEAD)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, which is its right
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is to end."""
        request = await _read(reader)
        answer = self._script.popleft() if self._script else Answer()
        self.requests.add(request)
        await asyncio.sleep(answer.delay)
        match answer.behaviour:
            case Behaviour.CLOSE:
                return False
            case Behaviour.HANG:
                await reader.read()  # returns when the client gives up
                return False
            case Behaviour.REPLY:
                writer.write(_rendered(answer))
                await writer.drain()
        return (request.header("connection") or "").lower() != "close"


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _version = first.split(" ", 2)
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name, value.strip()) for name, _colon, value in pairs)
    request = Request(method, target, headers, b"", 0.0)
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(request.header("content-length") or 0))
    return Request(method, target, headers, body, time.monotonic())


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return body


def _rendered(answer: Answer) -> bytes:
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode("latin-1") + answer.body
