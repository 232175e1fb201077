"""A mail server that is busy as real ones are: few connections at once, few messages each, short patience."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy


@dataclass
class NarrowPost:
    """A session for `tests.real.rude.rude`. It bears `connections` at once and turns others away by `too_many` (empty:
    hangs up without a word); after `messages` on a connection it says `enough` to the next MAIL (empty: hangs up).

    `refusals` are given to the next commands of that name, once each.
    """

    connections: int = 3
    messages: int = 1_000_000
    too_many: bytes = b"421 4.7.0 too many concurrent connections\r\n"
    enough: bytes = b"421 4.4.2 that was enough for one session\r\n"
    seconds_each: float = 0.0
    refusals: dict[str, list[bytes]] = field(default_factory=dict)
    open: int = 0
    most: int = 0
    turned_away: int = 0
    taken: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.open >= self.connections:
            self.turned_away += 1
            writer.write(self.too_many)
            await writer.drain()
            writer.close()
            return
        self.open += 1
        self.most = max(self.most, self.open)
        self.writers.append(writer)
        try:
            await self._session(reader, writer)
        finally:
            self.open -= 1
            self.writers.remove(writer)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = 0
        writer.write(b"220 narrow.example.test\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper().decode()
            waiting = self.refusals.get(verb)
            if waiting:
                writer.write(waiting.pop(0))
            elif verb == "MAIL" and taken >= self.messages:
                writer.write(self.enough)
                await writer.drain()
                writer.close()
                return
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self.seconds_each)
                self.taken.append(content)
                taken += 1
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 fine\r\n")

    def hang_up(self, how: Callable[[asyncio.StreamWriter], object] = lambda writer: writer.close()) -> None:
        """End every session now, as an idle timeout or a restart does."""
        for writer in self.writers:
            how(writer)

    def ids(self) -> list[str]:
        """The Message-ID of everything taken."""
        return [str(message_from_bytes(each, policy=policy.default)["Message-ID"]) for each in self.taken]

    def marked(self) -> int:
        """How many say that they may be duplicates."""
        return sum(re.search(rb"^X-Slad-Possibly-Duplicate", each, re.M) is not None for each in self.taken)
