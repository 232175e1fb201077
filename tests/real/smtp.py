"""A real SMTP server on loopback: STARTTLS, optional AUTH, recorded mail, scripted refusals."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict, deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from types import TracebackType
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.real.loop_thread import LoopThread, closed
from tests.real.recorder import Recorder

_DROP = "drop"


class Stage(StrEnum):
    """The command a scripted answer belongs to; DATA means after the final dot."""

    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message the server took whole, whether or not it said so to the client."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    login: str | None

    @property
    def parsed(self) -> EmailMessage:
        """The message as headers and parts."""
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


class SmtpServer:
    """Listens on `host`:`port` from `start` to `stop`.

    `accepted` holds the mail answered 250, `seen` also mail that was refused or dropped after DATA.
    """

    host = "127.0.0.1"
    port: int

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        require_starttls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.accepted: Recorder[Mail] = Recorder()
        self.seen: Recorder[Mail] = Recorder()
        self._tls = tls
        self._require_starttls = require_starttls
        self._login = login
        self._script: dict[Stage, deque[str]] = defaultdict(deque)

    def answer(self, stage: Stage, reply: str, times: int = 1) -> None:
        """Give the next `times` commands of a stage this reply, such as `451 4.3.0 try later`."""
        self._script[stage].extend([reply] * times)

    def drop_after_data(self, times: int = 1) -> None:
        """Take the message, then cut the connection before the client learns of it."""
        self.answer(Stage.DATA, _DROP, times)

    def start(self) -> SmtpServer:
        """Listen on a free port."""
        self._thread = LoopThread("smtp-server")
        self._server = self._thread.call(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Stop listening and end every session."""
        self._thread.call(closed(self._server))
        self._thread.stop()

    def __enter__(self) -> SmtpServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self._session, self.host, 0)

    def _session(self) -> SMTP:
        return SMTP(
            _Handler(self),
            hostname="mail.example.test",
            tls_context=self._tls,
            require_starttls=self._require_starttls,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login is not None,
            auth_require_tls=self._tls is not None,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if reply := self.next_answer(Stage.AUTH):
            return AuthResult(success=False, handled=False, message=reply)
        right = (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=right, handled=False, auth_data=data.login.decode() if right else None)

    def next_answer(self, stage: Stage) -> str | None:
        """The scripted reply for this command, or None for an ordinary success."""
        waiting = self._script[stage]
        return waiting.popleft() if waiting else None


class _Handler:
    """aiosmtpd calls these by name; a returned string is the reply."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._owner.next_answer(Stage.MAIL):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if reply := self._owner.next_answer(Stage.RCPT):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = Mail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=bytes(envelope.original_content or b""),
            encrypted=session.ssl is not None,
            login=cast("str | None", session.auth_data),  # what _authenticate handed out
        )
        reply = self._owner.next_answer(Stage.DATA)
        self._owner.seen.add(mail)
        if reply == _DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 connection lost"
        if reply:
            return reply
        self._owner.accepted.add(mail)
        return "250 OK"
