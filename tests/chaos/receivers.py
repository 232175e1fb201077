"""Who is told: an HTTP and a mail receiver that keep every message and misbehave by the seed.

Each message meets one misbehaviour at most, a mail perhaps one more at the door, so that it can arrive in the end.
What was answered decides what may follow: after a success the same message may come again only marked as possibly
duplicate.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

import orjson
from tests.chaos.watch import wall

SHARE = 0.3  # of messages that meet a misbehaviour
DOOR_EVERY = 4  # of mail sessions, one may be ended before it begins
_HANG_SECONDS = 45.0
SHORT_HANG_SECONDS = 10.0  # in runs that would not outlast the longer one


class Taken(StrEnum):
    """What the receiver let the sender know."""

    YES = "success"
    NO = "refusal"
    MAYBE = "neither"  # taken whole, and the sender cannot know


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came. `person` is the path or the mailbox; `told` the webhook's payload, empty for a mail."""

    id: str
    person: str
    kind: str
    told: dict[str, object]
    text: str
    thread: str
    marked: bool
    arrived: float
    taken: Taken


@dataclass(slots=True)
class Receivers:
    """Both receivers. `rude`: the misbehaviours that are switched on, by name; `hang_seconds`: how long a hang is."""

    seed: int
    rude_http: tuple[str, ...] = ()
    rude_mail: tuple[str, ...] = ()
    hang_seconds: float = _HANG_SECONDS
    on_page: Callable[[Heard], None] = lambda heard: None
    heard: list[Heard] = field(default_factory=list)
    manners: Counter[str] = field(default_factory=Counter)
    http_port: int = 0
    mail_port: int = 0
    _met: set[str] = field(default_factory=set)
    _sessions: int = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        http = await asyncio.start_server(self._polite(self._http), "127.0.0.1", 0)
        mail = await asyncio.start_server(self._polite(self._mail), "127.0.0.1", 0)
        self.http_port, self.mail_port = (server.sockets[0].getsockname()[1] for server in (http, mail))
        try:
            yield
        finally:
            http.close()
            mail.close()

    def _polite(
        self, session: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await session(reader, writer)  # type: ignore[misc]  # both are coroutine functions
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass  # the other side went away, which is its right, or the run is over
            finally:
                writer.transport.abort()

        return connection

    def _manner(self, id_: str, manners: tuple[str, ...]) -> str:
        lot = random.Random(f"{self.seed}/{id_}")
        if not manners or id_ in self._met or lot.random() > SHARE:
            return "fine"
        self._met.add(id_)
        manner = lot.choice(manners)
        self.manners[manner] += 1
        return manner

    # -- webhooks

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        told = orjson.loads(body)
        kind = str(told["type"]).removeprefix("slad.")
        id_ = headers["webhook-id"]
        # A warning's next attempt is 15 s away; what delays it by more than one of them would outlast a short run.
        manner = self._manner(id_, tuple(m for m in self.rude_http if kind == "page" or m not in SLOW_HTTP))
        taken, answer, pause = HTTP_MANNERS[manner]
        heard = Heard(id_, head[0].split(" ")[1], kind, told["data"], "", str(told["data"].get("alert", "")),
                      headers.get("x-slad-possibly-duplicate") == "true", wall(), taken)  # fmt: skip
        self.heard.append(heard)
        writer.write(answer)
        await writer.drain()
        if kind == "page" and taken is Taken.YES:
            self.on_page(heard)
        await asyncio.sleep(min(pause, self.hang_seconds) if manner in SLOW_HTTP else pause)

    # -- mail

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions += 1
        # Who has been sent away must get in soon: after three failures the next attempt is two minutes off.
        closed = self._sessions % DOOR_EVERY == 0
        door = tuple(m for m in self.rude_mail if m in AT_THE_DOOR) if closed else ()
        greeting = self._manner(f"session {self._sessions}", door)
        if greeting != "fine":
            writer.write(AT_THE_DOOR[greeting])
            return
        writer.write(b"220 here\r\n")
        to = ""
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"RCPT":
                to = line.decode("latin-1").partition("<")[2].partition(">")[0]
                writer.write(b"250 fine\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                if not await self._data(reader, writer, to):
                    return
            else:
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str) -> bool:
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if line == b"":
            return False
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        id_ = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        manner = self._manner(id_, tuple(m for m in self.rude_mail if m in AFTER_THE_DOT))
        taken, answer, pause, goes_on = AFTER_THE_DOT[manner]
        part = mail.get_body(("plain",))
        thread = str(mail["References"] or "").strip("<>").removeprefix("thread.").partition("@")[0]
        kind = _KINDS.get(str(mail["Subject"]).split()[0].rstrip(":").lower(), str(mail["Subject"]))
        text = f"{mail['Subject']}\n{part.get_content() if part is not None else ''}"
        marked = mail["X-Slad-Possibly-Duplicate"] == "true"
        self.heard.append(Heard(id_, to.partition("@")[0], kind, {}, text, thread, marked, wall(), taken))
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(min(pause, self.hang_seconds))
        return goes_on


def _said(status: str, more: str = "Content-Length: 0\r\n", body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}Connection: close\r\n\r\n".encode() + body


_LONG = "Content-Length: 100000\r\n"
HTTP_MANNERS: dict[str, tuple[Taken, bytes, float]] = {  # what it lets know, what it says, how long it then hangs
    "fine": (Taken.YES, _said("204 No Content"), 0.0),
    "2xx, body hangs": (Taken.YES, _said("200 OK", _LONG, b"x"), _HANG_SECONDS),
    "2xx, body cut": (Taken.YES, _said("202 Accepted", _LONG, b"x"), 0.0),
    "503": (Taken.NO, _said("503 Later"), 0.0),
    "redirect": (Taken.NO, _said("307 Elsewhere", "Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n"), 0.0),
    "cut": (Taken.MAYBE, b"", 0.0),
    "no HTTP": (Taken.MAYBE, b"SSH-2.0-x\r\n\r\n", 0.0),
    "hang": (Taken.MAYBE, b"", _HANG_SECONDS),
}
SLOW_HTTP = ("hang",)
AT_THE_DOOR: dict[str, bytes] = {"421": b"421 not now\r\n", "hang up": b""}
AFTER_THE_DOT: dict[str, tuple[Taken, bytes, float, bool]] = {
    "fine": (Taken.YES, b"250 taken\r\n", 0.0, True),
    "250 and gone": (Taken.YES, b"250 taken\r\n", 0.0, False),
    "250 and 421": (Taken.YES, b"250 taken\r\n421 closing\r\n", 0.0, False),
    "451": (Taken.NO, b"451 later\r\n", 0.0, True),
    "cut after the dot": (Taken.MAYBE, b"", 0.0, False),
    "hang after the dot": (Taken.MAYBE, b"", _HANG_SECONDS, False),
}
_KINDS = {
    "critical": "fix",
    "breached": "page",
    "closed": "resolved",
    "no": "resolved",
    "due": "warning",
    "taken": "taken_back",
}
