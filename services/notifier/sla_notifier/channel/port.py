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
    """Why a message was not sent, as a short code; also the label of a metric.

    - `AUTH`: the login or signature was refused.
    - `RATE_LIMITED`: too many requests (HTTP 429).
    - `REFUSED`: nothing listens at the address.
    - `UNREACHABLE`: no route, or the name is unknown.
    - `TLS`: no trusted encrypted connection.
    - `DROPPED`: the connection ended without a reply; the message may have arrived.
    - `SERVER_ERROR`, `CLIENT_ERROR`, `REDIRECT`, `GONE`: the HTTP status, if no other code fits.
    - `SMTP_TEMPORARY`, `SMTP_PERMANENT`: the mail server's reply.
    - `FORBIDDEN_TARGET`: connecting to the webhook's URL is not allowed.
    - `BAD_ADDRESS`: the address is not one plain mailbox.
    - `NOT_CONFIGURED`: a setting of the channel is missing or unusable.
    - `TOO_LARGE`: the body for the webhook is too large.
    - `LOST`: the sender died before it stored the outcome.
    - `PROTOCOL`: a reply that breaks the protocol, or an error in the channel.
    - `BUSY`: the mail server accepts no more connections now.
    """

    AUTH = "auth"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"  # nothing listens there
    UNREACHABLE = "unreachable"  # no route, no name
    TIMEOUT = "timeout"
    TLS = "tls"
    DROPPED = "dropped"  # the connection ended after the message was handed over
    SERVER_ERROR = "5xx"
    CLIENT_ERROR = "4xx"
    REDIRECT = "3xx"
    GONE = "410"
    SMTP_TEMPORARY = "smtp_4xx"
    SMTP_PERMANENT = "smtp_5xx"
    FORBIDDEN_TARGET = "forbidden_target"  # the guard refused the address
    BAD_ADDRESS = "bad_address"
    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    LOST = "lost"  # the sender died between send and record
    PROTOCOL = "protocol"
    BUSY = "busy"  # the mail server has no place now


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of a successful attempt to send: the server has accepted the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The outcome of a failed attempt to send that may be repeated; the retry policy decides when.

    `detail`: the failure in words. `after`: how long the server asked to wait, None for no wish. `maybe_arrived`:
    whether the message may have arrived nevertheless.
    """

    failure: Failure
    detail: str
    after: timedelta | None = None
    maybe_arrived: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """The outcome when the server was too busy to take the message.

    `detail`: why. No attempt is counted.
    """

    detail: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The outcome of an attempt to send that was refused finally; the message is not tried again.

    `detail`: the failure in words. `disable`: whether to stop sending anything to this endpoint.
    """

    failure: Failure
    detail: str
    disable: bool = False


Outcome = Sent | Busy | Retry | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one address, as a channel sends it.

    - `id`: becomes Message-ID or webhook-id; the same in each attempt.
    - `address`: a mailbox, or the id of a webhook channel.
    - `subject`, `text`, `html`: of a mail. `payload`: the JSON body for a webhook.
    - `thread`: the name of the mail thread, "" for none.
    - `attempt`: from 1. `at`: the instant of the attempt.
    - `created_at`: when the message was queued; the same in each attempt.
    - `possibly_duplicate`: an earlier attempt may have arrived.
    - `unsubscribe`: the link by which a registered mailbox ends its registration, "" for none.
    """

    id: str
    address: str  # a mailbox, or the id of a webhook channel
    subject: str
    text: str
    html: str
    payload: Mapping[str, object]  # the webhook's body: type, timestamp, data
    thread: str  # what the message belongs to: an alert, a notice
    attempt: int
    possibly_duplicate: bool
    created_at: datetime
    at: datetime  # this attempt
    unsubscribe: str = ""


class Channel(Protocol):
    """Sends the messages of one kind, such as e-mail or webhook. A process has one channel of each kind.

    Call `prepare` at the start, `send` for each message, and `close` at the end.
    """

    @property
    def room(self) -> int | None:
        """Return the highest number of messages to take from the queue at once for this channel.

        None: the channel sets no limit.
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
