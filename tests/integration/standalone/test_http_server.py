"""The door takes what a sender may send, in any pieces, and hangs up on a head without end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from sla_platform.settings import Settings
from sla_standalone.http_server import MAX_HEAD_BYTES, server_config

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
OPENING = b"POST /v1/events HTTP/1.1\r\nhost: slad\r\n"
PIECE = 16_384
KERNEL_BUFFERS = 16 * 2**20  # what a sender can be rid of before it is told


async def _counts_its_body(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """An app that answers how many bytes the body had."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    answer = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = server_config(_counts_its_body, 5, Settings(), CollectorRegistry())
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup([listening])
        yield listening.getsockname()[1]
        await server.shutdown([listening])


@pytest.fixture
async def stream(port: int) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_a_head_below_the_bound_is_read_and_the_next_begins_at_nothing(stream: Stream) -> None:
    head = OPENING + _headers(MAX_HEAD_BYTES - 4096) + b"content-length: 3\r\n\r\n"
    for _ in range(3):
        assert await _said(stream, [head, b"abc"]) == (200, b"3")


@pytest.mark.parametrize("size", [0, 1, MAX_HEAD_BYTES, 10 * MAX_HEAD_BYTES])
async def test_a_body_does_not_count_however_it_comes(stream: Stream, size: int) -> None:
    body = b"x" * size
    whole = [OPENING + b"content-length: %d\r\n\r\n" % size, body]
    assert await _said(stream, whole) == (200, b"%d" % size)
    chunked = [OPENING + b"transfer-encoding: chunked\r\n\r\n", *_chunks(body), b"0\r\n\r\n"]
    assert await _said(stream, chunked) == (200, b"%d" % size)


def _endless_headers() -> Iterable[bytes]:
    yield OPENING
    for number in range(10_000):
        yield b"x-%d: " % number + b"a" * PIECE + b"\r\n"


def _endless_header() -> Iterable[bytes]:
    yield OPENING + b"x-long: "
    for _ in range(10_000):
        yield b"a" * PIECE


def _endless_address() -> Iterable[bytes]:
    yield b"GET /"
    for _ in range(10_000):
        yield b"a" * PIECE


def _endless_trailers() -> Iterable[bytes]:
    yield OPENING + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    for number in range(10_000):
        yield b"x-%d: " % number + b"a" * PIECE + b"\r\n"


def _endless_chunk_mark() -> Iterable[bytes]:
    yield OPENING + b"transfer-encoding: chunked\r\n\r\n3;a="
    for _ in range(10_000):
        yield b"a" * PIECE


@pytest.mark.parametrize(
    "pieces", [_endless_headers, _endless_header, _endless_address, _endless_trailers, _endless_chunk_mark]
)
async def test_what_never_ends_is_hung_up_on(stream: Stream, pieces: Callable[[], Iterable[bytes]]) -> None:
    sent = await _sent_until_refused(stream[1], pieces())
    assert sent < MAX_HEAD_BYTES + KERNEL_BUFFERS


async def test_a_head_just_over_the_bound_is_answered_400(stream: Stream) -> None:
    assert (await _said(stream, [OPENING, _headers(MAX_HEAD_BYTES + 1)]))[0] == 400


async def _sent_until_refused(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> int:
    sent = 0
    for piece in pieces:
        try:
            writer.write(piece)
            await writer.drain()
        except ConnectionError:
            return sent
        sent += len(piece)
    raise AssertionError(f"{sent} bytes were taken")


def _headers(size: int) -> bytes:
    line = b"x-filler: " + b"a" * 500 + b"\r\n"
    return line * (size // len(line)) + b"x-rest: " + b"a" * (size % len(line)) + b"\r\n"


def _chunks(body: bytes) -> Iterable[bytes]:
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        yield b"%x\r\n" % len(piece) + piece + b"\r\n"


async def _said(stream: Stream, pieces: Iterable[bytes]) -> tuple[int, bytes]:
    reader, writer = stream
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), None)
    return int(head.split()[1]), await (reader.read() if length is None else reader.readexactly(length))
