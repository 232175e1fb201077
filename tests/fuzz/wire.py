"""HTTP/1.1 over a bare socket: it sends what a well-behaved client library would refuse to send."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

ANSWER_SECONDS = 60.0
_LONGEST = 64 * 1_048_576


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as bytes, with the words under which a failure is shown."""

    raw: bytes
    label: str


def request(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes | None) -> bytes:
    """The bytes of a request. Header values go out as Latin-1; a repeated name is sent twice."""
    lines = [f"{method} {target} HTTP/1.1".encode("latin-1", "replace")]
    given = {name for name, _ in headers}
    if "host" not in given:
        lines.append(b"host: 127.0.0.1")
    lines += [f"{name}: {value}".encode("latin-1", "replace") for name, value in headers]
    if body is not None:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


class Wire:
    """One connection to a port, opened again whenever the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, sent: Sent) -> int:
        """The status of the answer; 0 when the connection was closed without one, which a bad head deserves.

        Raises TimeoutError, and ConnectionRefusedError when nobody listens any more.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            for fresh in (False, True):
                if fresh or self._writer is None:
                    await self.close()
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
                try:
                    status = await self._exchange(sent.raw)
                except (ConnectionError, asyncio.IncompleteReadError):
                    await self.close()
                    if fresh:
                        return 0
                    continue  # closed while it was idle
                return status
        return 0

    async def _exchange(self, raw: bytes) -> int:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(raw)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status == 100:
            head = await self._reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
        await self._skip_body(head.lower(), status, raw.startswith(b"HEAD"))
        return status

    async def _skip_body(self, head: bytes, status: int, bodiless: bool) -> None:
        assert self._reader is not None
        closing = b"connection: close" in head or b"text/event-stream" in head
        if not closing and not bodiless and status not in (204, 304):
            if (at := head.find(b"content-length:")) >= 0:
                await self._reader.readexactly(int(head[at + 15 : head.index(b"\r\n", at)]))
            elif b"transfer-encoding: chunked" in head:
                while size := int((await self._reader.readuntil(b"\r\n")).strip().partition(b";")[0], 16):
                    await self._reader.readexactly(size + 2)
                await self._reader.readexactly(2)
            else:
                closing = True
        if closing:
            await self.close()

    async def close(self) -> None:
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            try:
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()
            except (OSError, TimeoutError):
                pass
