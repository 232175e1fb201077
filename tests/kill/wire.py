"""One kept connection to one instance at a time: a client light enough to share two cores with what it loads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0: no answer came; `word` says in a word what became of the request."""

    status: int
    word: str
    retry_after: str = ""
    body: bytes = b""


class Wire:
    """HTTP/1.1 posts, one after the other."""

    def __init__(self, headers: Mapping[str, str], patience: float) -> None:
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._patience = patience
        self._host = ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, url: str) -> Reply:
        """The same without a body; the query goes along as it is written."""
        return await self._exchange("GET", url, b"")

    async def post(self, url: str, body: bytes) -> Reply:
        """Never raises for a broken exchange; the connection is then opened anew for the next one."""
        return await self._exchange("POST", url, body)

    async def _exchange(self, method: str, url: str, body: bytes) -> Reply:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            async with asyncio.timeout(self._patience):
                reader, writer = await self._connected(parts.netloc)
                head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{head}{self._headers}\r\n".encode() + body)
                await writer.drain()
                return await self._reply(reader)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            return Reply(0, type(error).__name__)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _connected(self, netloc: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        idle = self._reader is not None and self._reader.at_eof()  # closed by the server, which owes nobody a reason
        if self._reader is None or self._writer is None or self._host != netloc or idle:
            self.close()
            host, _, port = netloc.partition(":")
            self._reader, self._writer = await asyncio.open_connection(host, int(port))
            self._host = netloc
        return self._reader, self._writer

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        status = int(first.split(" ")[1])
        return Reply(status, str(status), headers.get("retry-after", ""), body)
