"""A local mailbox and pager: an SMTP server that keeps mails in memory, and a page to read them."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Any

import orjson
from aiosmtpd.smtp import SMTP
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from sla_platform.http.body import SMALL_BODY, read_body
from sla_platform.http.problem import Problem
from sla_platform.runtime import Part
from sla_platform.timesource import TimeSource

KEPT = 200
_LINK = re.compile(r"https?://[^\s<>\"]+")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .6rem;
border-bottom: 1px solid #8884; vertical-align: top } pre { white-space: pre-wrap; font: inherit }
.kind { opacity: .7 }
"""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message in the local mailbox: a mail, or a call of the demo pager's webhook."""

    number: int
    """The number of the message, from 1."""
    kind: str
    """`mail` or `webhook`."""
    at: datetime
    """When the message arrived."""
    to: str
    """The recipients. `pager` for a webhook."""
    subject: str
    text: str


class Mailbox:
    """A local mailbox in memory, which keeps the last 200 messages (KEPT) for its page.

    Mails arrive by SMTP on `host` and `port`: await `open`, then run the task that `part` returns.

    Args:
        time_source: Dates the messages.
        port: The port. 0 means that the system chooses a port, which `open` stores in the attribute `port`.
    """

    def __init__(self, time_source: TimeSource, host: str = "127.0.0.1", port: int = 0) -> None:
        self._time_source = time_source
        self._host = host
        self.port = port
        self._numbers = itertools.count(1)
        self._kept: deque[KeptMessage] = deque(maxlen=KEPT)

    async def open(self) -> asyncio.AbstractServer:
        """Start to listen for mails by SMTP; return the server.

        The attribute `port` is then the port on which the server listens.
        """
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True), self._host, self.port
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def part(self, server: asyncio.AbstractServer) -> Part:
        """Return the long-running task `mailbox`, which receives mails by SMTP.

        Args:
            server: The result of `open`.
        """

        async def run() -> None:
            async with server:
                await server.serve_forever()

        return Part("mailbox", run)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Add a received mail to the mailbox, and return the SMTP reply; aiosmtpd calls this."""
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else "(no text part)"
        self.keep("mail", ", ".join(envelope.rcpt_tos), str(message["subject"] or ""), text)
        return "250 kept"

    def keep(self, kind: str, to: str, subject: str, text: str) -> None:
        """Add a message to the mailbox under the next number; if it then has more than 200 (KEPT), drop the oldest.

        Args:
            kind: `mail` or `webhook`.
            to: The recipients of a mail. `pager` for a webhook.
        """
        self._kept.append(KeptMessage(next(self._numbers), kind, self._time_source.now(), to, subject, text))

    @property
    def messages(self) -> list[KeptMessage]:
        """Return the kept messages, newest first."""
        return list(reversed(self._kept))


def router(mailbox: Mailbox) -> APIRouter:
    """Return the HTTP routes of the mailbox's pages, and of the demo pager's webhook.

    The mailbox keeps each call of the webhook as a message.
    """
    routes = APIRouter(tags=["local"], include_in_schema=False)

    @routes.get("/mailbox")
    async def listed() -> Response:
        rows = "".join(
            f"<tr><td>{one.at:%H:%M:%S}</td><td class=kind>{one.kind}</td><td>{escape(one.to)}</td>"
            f'<td><a href="/mailbox/{one.number}">{escape(one.subject) or "(no subject)"}</a></td></tr>'
            for one in mailbox.messages
        )
        table = f"<table><tr><th>at (UTC)<th>by<th>to<th>subject</tr>{rows}</table>" if rows else "<p>Nothing yet.</p>"
        return _page("Mailbox", table, refresh=2)

    @routes.get("/mailbox.json")
    async def plain() -> Response:
        return Response(orjson.dumps(mailbox.messages), media_type="application/json")

    @routes.get("/mailbox/{number}")
    async def one(number: int) -> Response:
        for kept in mailbox.messages:
            if kept.number == number:
                head = f"<p class=kind>{kept.kind} to {escape(kept.to)} at {kept.at:%Y-%m-%d %H:%M:%S} UTC</p>"
                return _page(kept.subject, f"{head}<pre>{_linked(kept.text)}</pre><p><a href=/mailbox>back</a></p>")
        raise Problem(404, "no-such-message", "No such message", f"The mailbox keeps the last {KEPT} messages.")

    @routes.post("/demo/pager", status_code=204)
    async def pager(request: Request) -> Response:
        body = await read_body(request, SMALL_BODY)
        try:
            data = orjson.loads(body)
            text = orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
            mailbox.keep("webhook", "pager", str(data.get("type", "")), text)
        except (orjson.JSONDecodeError, AttributeError):
            mailbox.keep("webhook", "pager", "not understood", body.decode(errors="replace"))
        return Response(status_code=204)

    return routes


def _linked(text: str) -> str:
    """The text escaped, its addresses clickable."""
    parts, last = [], 0
    for match in _LINK.finditer(text):
        url = escape(match.group(), quote=True)
        parts += [escape(text[last : match.start()]), f'<a href="{url}">{url}</a>']
        last = match.end()
    return "".join([*parts, escape(text[last:])])


def _page(title: str, body: str, refresh: int = 0) -> Response:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8">{again}<title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
    return HTMLResponse(html, headers=HEADERS)
