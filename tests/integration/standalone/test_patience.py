"""Who sends nothing, too slowly or too much, or does not read, is hung up on; everybody else is served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import uvicorn
from fastapi import Request
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Send

from sla_platform.http.peer import address_of, peer_of
from sla_platform.settings import Settings
from sla_standalone import connection
from sla_standalone.descriptors import Capacity
from sla_standalone.http_server import server_config

GET = b"GET /said HTTP/1.1\r\nhost: slad\r\n\r\n"
KERNEL_BUFFERS = 16 * 2**20  # what a sender can be rid of before it is told
STREAM = b"text/event-stream; charset=utf-8"
LARGE = 32 * 2**20  # more than fits into the kernel's buffers
WAIT = 10.0  # for what must come; a test that waits for so long has failed


@dataclass
class Door:
    port: int
    registry: CollectorRegistry
    held: asyncio.Event  # requests for /held wait for it
    holding: int = 0
    read: int = 0  # bytes of bodies that the app has read
    cut_off: int = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        body = b"fine"
        match scope["path"]:
            case "/held":
                self.holding += 1
                await self.held.wait()
            case "/read":
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        self.cut_off += 1
                        return
                    self.read += len(message.get("body", b""))
                    more = message.get("more_body", False)
            case "/stream":
                self.holding += 1
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", STREAM)]})
                await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
                await self.held.wait()
                await send({"type": "http.response.body", "body": b""})
                return
            case "/large":
                body = b"x" * LARGE
            case "/who":
                body = orjson.dumps([scope["client"][0], scope["scheme"]])
            case "/peer":
                request = Request(scope)
                body = orjson.dumps([address_of(request), peer_of(request)])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def ended(self, reason: str) -> float:
        return self.registry.get_sample_value("slad_http_connections_ended_total", {"reason": reason}) or 0.0


@asynccontextmanager
async def serving(room: Capacity | None = None, **settings: Any) -> AsyncIterator[Door]:
    door = Door(0, CollectorRegistry(), asyncio.Event())
    chosen = Settings(**({"head_seconds": 0.3, "body_seconds": 0.6, "idle_seconds": 0.3} | settings))
    config = server_config(door, 5, chosen, door.registry, room or Capacity(50, 50, 50))
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        door.port = listening.getsockname()[1]
        await server.startup([listening])
        yield door
        door.held.set()
        await server.shutdown([listening])


async def until(over: Callable[[], Any], meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    async with asyncio.timeout(WAIT):
        while not over():
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(0.02)


@dataclass
class Peer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, said: bytes) -> None:
        self.writer.write(said)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        async with asyncio.timeout(WAIT):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            return int(head.split()[1]), await self.reader.readexactly(length)

    async def drip(self, piece: bytes, over: Callable[[], Any]) -> None:
        """The same piece again and again, until it is over."""

        async def sent() -> None:
            with contextlib.suppress(ConnectionError):
                await self.send(piece)

        await until(over, sent)

    async def rest(self) -> bytes:
        """All that comes until the other side hangs up."""
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read()
            return b""


@asynccontextmanager
async def peer(door: Door, source: str = "127.0.0.1", **more: Any) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port, local_addr=(source, 0), **more)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


async def test_who_says_nothing_is_hung_up_on_without_a_word() -> None:
    async with serving() as door, peer(door) as silent:
        assert await silent.rest() == b""
        assert door.ended("late_head") == 1


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nhost: slad\r\nx-slow: "])
async def test_a_head_has_a_time_in_all_however_it_drips(start: bytes) -> None:
    async with serving() as door, peer(door) as slow:
        await slow.send(start)
        await slow.drip(b"a", lambda: door.ended("late_head"))
        assert (await slow.rest()).startswith(b"HTTP/1.1 408")


async def test_empty_lines_do_not_keep_a_connection() -> None:
    async with serving(idle_seconds=5) as door, peer(door) as idle:
        await idle.send(GET)
        assert (await idle.answer())[0] == 200
        await idle.drip(b"\r\n", lambda: door.ended("late_head"))


async def test_a_kept_connection_that_asks_nothing_more_is_hung_up_on() -> None:
    async with serving() as door, peer(door) as idle:
        await idle.send(GET)
        assert (await idle.answer())[0] == 200
        assert await idle.rest() == b""


async def test_a_body_that_does_not_come_is_answered_408_and_the_app_is_let_go() -> None:
    async with serving() as door, peer(door) as slow:
        await slow.send(b"POST /read HTTP/1.1\r\nhost: slad\r\ncontent-length: 100\r\n\r\nabc")
        status, body = await slow.answer()
        assert (status, orjson.loads(body)["title"]) == (408, "The body came too slowly")
        assert await slow.rest() == b""
        assert (door.cut_off, door.ended("late_body")) == (1, 1)


@pytest.mark.parametrize("head", [b"content-length: 100000", b"transfer-encoding: chunked"])
async def test_a_body_that_drips_is_cut_off_before_its_time(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PACE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "SLOWEST", 1_000)
    async with serving(body_seconds=60) as door, peer(door) as slow:
        await slow.send(b"POST /read HTTP/1.1\r\nhost: slad\r\n" + head + b"\r\n\r\n")
        await slow.drip(b"x" if head.startswith(b"content") else b"1\r\nx\r\n", lambda: door.ended("late_body"))
        assert (await slow.answer())[0] == 408


async def test_a_body_at_a_fair_pace_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PACE_SECONDS", 0.05)
    async with serving(body_seconds=WAIT) as door, peer(door) as fair:
        await fair.send(b"POST /read HTTP/1.1\r\nhost: slad\r\ncontent-length: 10000\r\n\r\n")
        for _ in range(10):
            await fair.send(b"x" * 1_000)
            await asyncio.sleep(0.02)
        assert (await fair.answer())[0] == 200
        assert door.read == 10_000


@pytest.mark.parametrize("head", [b"content-length: 100000000", b"transfer-encoding: chunked"])
async def test_a_body_that_nobody_reads_is_answered_and_hung_up_on(head: bytes) -> None:
    async with serving(body_seconds=60) as door, peer(door) as greedy:
        await greedy.send(b"POST /said HTTP/1.1\r\nhost: slad\r\n" + head + b"\r\n\r\n")
        assert await greedy.answer() == (200, b"fine")
        sent, piece = 0, b"x" * 65_536
        with contextlib.suppress(ConnectionError):
            while sent < 10 * KERNEL_BUFFERS:
                await greedy.send(piece if head.startswith(b"content") else b"10000\r\n" + piece + b"\r\n")
                sent += len(piece)
        assert sent < KERNEL_BUFFERS
        assert door.read == 0


async def test_an_answer_that_comes_before_a_short_body_is_not_lost() -> None:
    async with serving() as door, peer(door) as early:
        await early.send(b"POST /said HTTP/1.1\r\nhost: slad\r\ncontent-length: 50000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            await early.send(b"x" * 50_000)
        assert await early.answer() == (200, b"fine")
        assert await early.rest() == b""


async def test_who_does_not_read_its_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READING_SECONDS", 0.2)
    async with serving(idle_seconds=60) as door, peer(door, limit=1_024) as deaf:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await deaf.send(b"GET /large HTTP/1.1\r\nhost: slad\r\n\r\n")
        await until(lambda: door.ended("not_reading"))
        deaf.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await deaf.rest()) < LARGE


async def test_who_reads_a_large_answer_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READING_SECONDS", 0.2)
    async with serving() as door, peer(door) as slow:
        await slow.send(b"GET /large HTTP/1.1\r\nhost: slad\r\n\r\n")
        size = 0
        async with asyncio.timeout(WAIT):
            while size < LARGE:
                size += len(await slow.reader.read(2**20))
                await asyncio.sleep(0.02)
        assert door.ended("not_reading") == 0


async def test_of_an_address_that_is_full_the_longest_silent_gives_way() -> None:
    async with serving(Capacity(50, 3, 50), head_seconds=60) as door, contextlib.AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(peer(door)) for _ in range(3)]
        other = await stack.enter_async_context(peer(door, "127.0.0.2"))
        newcomer = await stack.enter_async_context(peer(door))
        await newcomer.send(GET)
        assert (await newcomer.answer())[0] == 200
        assert await silent[0].rest() == b""
        for held in (silent[1], silent[2], other):
            await held.send(GET)
            assert (await held.answer())[0] == 200


async def test_an_address_whose_requests_are_all_worked_on_hears_503() -> None:
    async with serving(Capacity(50, 2, 50)) as door, contextlib.AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(peer(door)) for _ in range(2)]
        for one in busy:
            await one.send(b"GET /held HTTP/1.1\r\nhost: slad\r\n\r\n")
        await until(lambda: door.holding == 2)
        refused = await stack.enter_async_context(peer(door))
        said = await refused.rest()
        assert said.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 2\r\n" in said
        elsewhere = await stack.enter_async_context(peer(door, "127.0.0.3"))
        await elsewhere.send(GET)
        assert (await elsewhere.answer())[0] == 200
        door.held.set()
        for one in busy:
            assert (await one.answer())[0] == 200


@pytest.mark.parametrize("room", [Capacity(50, 3, 50), Capacity(3, 3, 50)])
async def test_who_does_not_read_its_answer_gives_way(room: Capacity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "UNREAD_SECONDS", 0.1)
    async with serving(room) as door, contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            deaf = await stack.enter_async_context(peer(door, limit=1_024))
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await deaf.send(b"GET /large HTTP/1.1\r\nhost: slad\r\n\r\n")
        await asyncio.sleep(0.3)
        newcomer = await stack.enter_async_context(peer(door))
        await newcomer.send(GET)
        assert await newcomer.answer() == (200, b"fine")
        assert door.ended("gave_way") == 1
        assert door.ended("address_full") + door.ended("full") == 0


async def test_a_stream_gives_way_to_somebody_new_when_there_is_no_other_place() -> None:
    async with serving(Capacity(4, 2, 50)) as door, contextlib.AsyncExitStack() as stack:
        for number in range(4):
            follower = await stack.enter_async_context(peer(door, f"127.0.1.{number % 2 + 1}"))
            await follower.send(b"GET /stream HTTP/1.1\r\nhost: slad\r\n\r\n")
        await until(lambda: door.holding == 4)
        newcomer = await stack.enter_async_context(peer(door))
        await newcomer.send(GET)
        assert await newcomer.answer() == (200, b"fine")
        again = await stack.enter_async_context(peer(door, "127.0.1.2"))
        assert (await again.rest()).startswith(b"HTTP/1.1 503"), "streams of one address do not displace each other"


async def test_many_addresses_together_are_bounded_and_somebody_new_gets_in() -> None:
    async with serving(Capacity(20, 10, 50), head_seconds=60) as door, contextlib.AsyncExitStack() as stack:
        for number in range(60):
            await stack.enter_async_context(peer(door, f"127.0.1.{number % 20 + 1}"))
        newcomer = await stack.enter_async_context(peer(door))
        await newcomer.send(GET)
        assert (await newcomer.answer())[0] == 200
        assert (door.registry.get_sample_value("slad_http_connections") or 0) <= 20
        assert door.ended("gave_way") >= 41


async def test_a_known_proxy_may_hold_more_and_says_for_whom_it_asks() -> None:
    forwarded = b"GET /who HTTP/1.1\r\nhost: slad\r\nx-forwarded-for: 198.51.100.7\r\nx-forwarded-proto: https\r\n\r\n"
    room = Capacity(50, 1, 50)
    async with serving(room, trusted_proxies=["127.0.0.9"]) as door, contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            proxy = await stack.enter_async_context(peer(door, "127.0.0.9"))
            await proxy.send(forwarded)
            assert orjson.loads((await proxy.answer())[1]) == ["198.51.100.7", "https"]
        stranger = await stack.enter_async_context(peer(door, "127.0.0.8"))
        await stranger.send(forwarded)
        assert orjson.loads((await stranger.answer())[1]) == ["127.0.0.8", "http"]


async def test_the_connections_own_peer_is_known_behind_a_proxy() -> None:
    async with serving(trusted_proxies=["127.0.0.9"]) as door, peer(door, "127.0.0.9") as proxy:
        await proxy.send(b"GET /peer HTTP/1.1\r\nhost: slad\r\nx-forwarded-for: 198.51.100.7\r\n\r\n")
        assert orjson.loads((await proxy.answer())[1]) == ["198.51.100.7", "127.0.0.9"]


async def test_without_known_proxies_nobody_is_believed() -> None:
    async with serving() as door, peer(door) as local:
        await local.send(b"GET /who HTTP/1.1\r\nhost: slad\r\nx-forwarded-for: 198.51.100.7\r\n\r\n")
        assert orjson.loads((await local.answer())[1])[0] == "127.0.0.1"


async def test_endless_pipelining_is_hung_up_on() -> None:
    async with serving() as door, peer(door) as hasty:
        await hasty.send(b"GET /held HTTP/1.1\r\nhost: slad\r\n\r\n" + GET * (connection.MOST_PIPELINED + 5))
        assert await hasty.rest() == b""


async def test_a_few_pipelined_requests_are_answered_in_order() -> None:
    async with serving() as door, peer(door) as hasty:
        await hasty.send(GET + b"GET /who HTTP/1.1\r\nhost: slad\r\n\r\n" + GET)
        assert [(await hasty.answer())[1] for _ in range(3)] == [b"fine", b'["127.0.0.1","http"]', b"fine"]
