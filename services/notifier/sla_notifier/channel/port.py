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
    """Why a message did not arrive; a bounded set, since the value is also the label of a metric.

    `REFUSED`: nothing listens there. `UNREACHABLE`: no route or no name. `DROPPED`: the connection ended after the
    message was handed over. `FORBIDDEN_TARGET`: a webhook's URL that must not be reached. `LOST`: the sender died
    before it recorded the outcome. `BUSY`: the mail server has no room now.
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
    """The outcome of a send that succeeded: the other side has taken responsibility for the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The outcome of a send that failed for now; the retry policy decides when to try again.

    `failure`: the class of the failure, `detail`: its words. `after`: how long the other side asked us to wait, None if
    it did not. `maybe_arrived`: the other side may have the message all the same.
    """

    failure: Failure
    detail: str
    after: timedelta | None = None
    maybe_arrived: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """The outcome of a send that the server has no room for now; no attempt is counted. `detail`: why, in words."""

    detail: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The outcome of a send that was refused for good; the message is not tried again.

    `failure`: the class of the failure, `detail`: its words. `disable`: send nothing more to this endpoint.
    """

    failure: Failure
    detail: str
    disable: bool = False


Outcome = Sent | Busy | Retry | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one address, as a channel sends it.

    `id`: the same on each attempt, for Message-ID and webhook-id. `address`: a mailbox, or the id of a webhook channel.
    `thread`: the name of its mail thread (see `thread_of`). `attempt`: counts from 1; `at`: the instant of the attempt.
    `possibly_duplicate`: an earlier attempt may have arrived. `unsubscribe`: the link by which a mailbox that was
    registered receives no more, "" where there is none.
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
    """Sends the messages of one kind of channel, such as e-mail; one for a process.

    Call `prepare` at the start, `send` for each message, and `close` at the end.
    """

    @property
    def room(self) -> int | None:
        """Return how many messages the sender is to claim at once for this channel; None: the channel sets no limit."""
        return None

    async def prepare(self) -> None:
        """Read every file that sending needs, at the start: later there may be no free file descriptor for it."""
        return

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Send one message and return the outcome. A failed send raises nothing: the outcome says what happened."""
        ...

    async def close(self) -> None:
        """Close open connections; `send` is not called afterwards."""
        ...
