"""What every channel offers, and the outcomes of a send.

A channel never raises for a failed send: it returns `Sent`, `Busy`, `Retry` or `Rejected`, with the class of failure
that the delivery row, the log and the metrics show. `Busy` is about the server, the others are about the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

DUPLICATE_HEADER = "X-Slad-Possibly-Duplicate"  # on mails and webhooks alike


class Failure(StrEnum):
    """Why a message was not sent, as a short code; also the label of a metric."""

    AUTH = "auth"
    """The login or signature was refused."""
    RATE_LIMITED = "rate_limited"
    """The server has received too many requests (HTTP 429)."""
    REFUSED = "refused"
    """Nothing listens at the address."""
    UNREACHABLE = "unreachable"
    """There is no route, or the name is unknown."""
    TIMEOUT = "timeout"
    TLS = "tls"
    """There is no trusted encrypted connection."""
    DROPPED = "dropped"
    """The connection ended without a reply. The message may have arrived."""
    SERVER_ERROR = "5xx"
    """The HTTP status shows that the server failed or is overloaded."""
    CLIENT_ERROR = "4xx"
    """The HTTP status is another failure, and no other code fits."""
    REDIRECT = "3xx"
    """The HTTP status is a redirect."""
    GONE = "410"
    """The HTTP status is 410."""
    SMTP_TEMPORARY = "smtp_4xx"
    """The mail server refused the message with a temporary reply."""
    SMTP_PERMANENT = "smtp_5xx"
    """The mail server refused the message with a final reply."""
    FORBIDDEN_TARGET = "forbidden_target"
    """Connecting to the webhook's URL is not allowed."""
    BAD_ADDRESS = "bad_address"
    """The address is not one plain mailbox."""
    NOT_CONFIGURED = "not_configured"
    """A setting of the channel is missing or unusable."""
    TOO_LARGE = "too_large"
    """The body for the webhook is too large."""
    LOST = "lost"
    """The sender died before it stored the outcome."""
    PROTOCOL = "protocol"
    """A reply breaks the protocol, or the channel has an error."""
    BUSY = "busy"
    """The mail server accepts no more connections now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of a successful attempt to send: the server has accepted the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The outcome of a failed attempt to send, after which the message is tried again.

    The retry policy decides when.
    """

    failure: Failure
    detail: str
    """The failure in words."""
    after: timedelta | None = None
    """How long the server asked to wait. None if the server did not ask."""
    maybe_arrived: bool = False
    """Whether the message may have arrived nevertheless."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The outcome if the server was too busy to accept the message; this does not count as an attempt."""

    detail: str
    """Why the server was too busy."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The outcome of an attempt to send that failed for good: the message is not tried again."""

    failure: Failure
    detail: str
    """The failure in words."""
    disable: bool = False
    """Whether to stop sending anything to this endpoint."""


Outcome = Sent | Busy | Retry | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one address, ready to be sent by a channel."""

    id: str
    """The message's id, sent as Message-ID or webhook-id. It is the same in each attempt."""
    address: str
    """A mailbox, or the id of a webhook channel."""
    subject: str
    """The subject of a mail."""
    text: str
    """The text part of a mail."""
    html: str
    """The HTML part of a mail."""
    payload: Mapping[str, object]
    """The JSON body for a webhook: type, timestamp and data."""
    thread: str
    """The name of the mail thread, such as that of an alert or a notice. "" means no thread."""
    attempt: int
    """The number of the attempt, from 1."""
    possibly_duplicate: bool
    """Whether an earlier attempt may have arrived."""
    created_at: datetime
    """When the message was queued. It is the same in each attempt."""
    at: datetime
    """The instant of the attempt."""
    unsubscribe: str = ""
    """The link by which a registered mailbox ends its registration. "" means no link."""


class Channel(Protocol):
    """Sends the messages of one kind, such as e-mail or webhook. A process has one channel of each kind.

    Call `prepare` at the start, `send` for each message, and `close` at the end.
    """

    @property
    def room(self) -> int | None:
        """Return the highest number of messages to fetch from the queue at once for this channel.

        The result is None if the channel sets no limit.
        """
        return None

    async def prepare(self) -> None:
        """Read every file that sending needs; called at the start of the process.

        Reading early matters: under load there may be no free file descriptor.
        """
        return

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Send one message and return the outcome. A failure to send raises nothing."""
        ...

    async def close(self) -> None:
        """Close open connections; `send` is not called afterwards."""
        ...
