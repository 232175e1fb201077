"""Sending webhooks: signed, to a checked address, without redirects, proxies or cookies.

The transport is used without a client, so that nothing follows redirects, keeps cookies or reads the environment.
`webhook-id` is the delivery's id on every attempt; timestamp and signature are of the attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from sla_catalogue.channel import ChannelId
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent
from sla_notifier.channel.trust import trusting
from sla_notifier.channel.webhook.config import WebhookEndpoint
from sla_notifier.channel.webhook.guard import Denial, Guard, Vetted
from sla_notifier.channel.webhook.render import body_of, headers_of

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
LARGEST_BODY = 20_000
LARGEST_REPLY = 16_384
BODY_SECONDS = 0.5  # how long the body of an answer, which is not used, is read

# The same body will be refused again: only a changed message could help.
_HOPELESS = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431})
_THROTTLED = frozenset({429, 502, 503, 504})


class WebhookChannel(Channel):
    """The channel that posts messages to the webhooks of the catalogue.

    Args:
        channels: Returns the present webhooks by id. It is called for each message, so that a change takes effect at
            once.
        guard: Checks each URL.
        tls: The TLS context. None means to trust the machine's authorities.
        total_seconds: The time limit of a request, in seconds.
    """

    def __init__(
        self,
        channels: Callable[[], Mapping[ChannelId, WebhookEndpoint]],
        guard: Guard,
        *,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._channels = channels
        self._guard = guard
        self._total = total_seconds
        self._transport = httpx2.AsyncHTTPTransport(
            verify=tls or trusting(),
            trust_env=False,
            retries=0,
            # A kept connection to an address could be reused for another name behind it: one connection a request.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Post one message to its webhook, and return the outcome.

        The HTTP status of the response decides. Without a response, the outcome names the failure. If the host name
        does not resolve, the outcome is Retry. In these cases nothing is posted, and the outcome is Rejected:

        - The webhook is not in the catalogue.
        - The body is longer than 20,000 bytes (LARGEST_BODY).
        - The message cannot be signed.
        - The URL is forbidden.
        """
        channel = self._channels().get(ChannelId(outgoing.address))
        if channel is None or not channel.url:
            return Rejected(Failure.NOT_CONFIGURED, "the catalogue has no such webhook channel")
        body = body_of(outgoing)
        if len(body) > LARGEST_BODY:
            return Rejected(Failure.TOO_LARGE, f"the body has {len(body)} bytes, the most is {LARGEST_BODY}")
        headers = headers_of(channel, outgoing, body)
        if isinstance(headers, Rejected):
            return headers
        target = await self._guard.vet(channel.url, private=channel.private_addresses)
        if target is Denial.UNRESOLVED:
            return Retry(Failure.UNREACHABLE, target.value)
        if isinstance(target, Denial):
            return Rejected(Failure.FORBIDDEN_TARGET, target.value)
        return await self._post(target, headers, body, outgoing)

    async def close(self) -> None:
        """Close the HTTP transport."""
        await self._transport.aclose()

    async def _post(
        self, target: Vetted, headers: Mapping[str, str], body: bytes, outgoing: OutgoingMessage
    ) -> Outcome:
        request = httpx2.Request(
            "POST",
            target.url(outgoing.attempt),
            headers={"Host": target.host_header, **headers},
            content=body,
            extensions={
                "sni_hostname": target.host,
                "timeout": {key: CONNECT_SECONDS if key == "connect" else self._total for key in _PHASES},
            },
        )
        try:
            async with asyncio.timeout(self._total):
                response = await self._transport.handle_async_request(request)
        except TimeoutError:
            return Retry(Failure.TIMEOUT, f"no answer within {self._total:g} s", maybe_arrived=True)
        except (httpx2.TransportError, ssl.SSLError) as error:
            return _broken(error)
        await _let_finish(response)
        return outcome_of_status(response.status_code, response.headers.get("retry-after", ""), outgoing.at)


_PHASES = ("connect", "read", "write", "pool")


def outcome_of_status(status: int, retry_after: str, now: datetime) -> Outcome:
    """Return the outcome of a post to a webhook from the HTTP status of the response.

    - 2xx: Sent.
    - 400, 405, 406, 411, 413, 414, 415, 422, 431: Rejected.
    - 410: Rejected, and the endpoint is to be disabled.
    - Otherwise Retry, also for redirects.

    For 502, 503, 504, and for 4xx except 401, 403 and 407, the Retry contains the pause that `retry_after` asks for.

    Args:
        retry_after: The Retry-After header (seconds or a date). "" if absent.
        now: The present instant. If `retry_after` is a date, the pause is counted from here.
    """
    detail = f"HTTP {status}"
    after = requested_pause(retry_after, now)
    if 200 <= status < 300:
        return Sent()
    if status == 410:
        return Rejected(Failure.GONE, detail, disable=True)
    if status == 429:
        return Retry(Failure.RATE_LIMITED, detail, after)
    if status in _THROTTLED:
        return Retry(Failure.SERVER_ERROR, detail, after)
    if status >= 500:
        return Retry(Failure.SERVER_ERROR, detail)
    if status in (401, 403, 407):
        return Retry(Failure.AUTH, detail)  # a rotated secret is mended while the retry policy lasts
    if status in _HOPELESS:
        return Rejected(Failure.CLIENT_ERROR, detail)
    if 300 <= status < 400:
        return Retry(Failure.REDIRECT, f"{detail}: redirects are never followed")
    return Retry(Failure.CLIENT_ERROR, detail, after)


def requested_pause(retry_after: str, now: datetime) -> timedelta | None:
    """Return how long a Retry-After header asks to wait (RFC 9110 §10.2.3); None if absent or unreadable.

    Args:
        retry_after: The header's value, a number of seconds or a date.
        now: The present instant, from which the wait until a date is counted. For a date in the past the wait is zero.
    """
    written = retry_after.strip()
    if written.isascii() and written.isdigit() and len(written) <= 9:
        return timedelta(seconds=int(written))
    try:
        return max(parsedate_to_datetime(written) - now, timedelta())
    except (ValueError, TypeError, OverflowError):
        return None


async def _let_finish(response: httpx2.Response) -> None:
    """Take a little of the body off a receiver that is still sending it, and end the connection.

    The status has decided: a body that is slow, endless, cut or malformed changes nothing any more.
    """
    with contextlib.suppress(httpx2.TransportError, OSError):
        async with asyncio.timeout(BODY_SECONDS):
            await _drain(response)
    with contextlib.suppress(httpx2.TransportError, OSError):
        async with asyncio.timeout(BODY_SECONDS):
            await response.aclose()


async def _drain(response: httpx2.Response) -> None:
    """Read a bounded part of the answer and forget it; the rest dies with the connection."""
    seen = 0
    stream = response.stream
    assert isinstance(stream, httpx2.AsyncByteStream)
    async for chunk in stream:
        seen += len(chunk)
        if seen > LARGEST_REPLY:
            return


def _broken(error: httpx2.TransportError | ssl.SSLError) -> Retry:
    """Sort a broken exchange: before the connection stood nothing can have arrived, afterwards it may have."""
    causes = tuple(_chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        if isinstance(error, httpx2.ConnectError):
            return Retry(Failure.TLS, "the TLS handshake failed")
        return Retry(Failure.TLS, "the TLS connection broke before an answer", maybe_arrived=True)
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Retry(Failure.TIMEOUT, "no connection in time")
    if isinstance(error, httpx2.ConnectError):
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return Retry(Failure.REFUSED, "the connection was refused")
        return Retry(Failure.UNREACHABLE, "no connection")
    if isinstance(error, httpx2.TimeoutException):
        return Retry(Failure.TIMEOUT, "no answer in time", maybe_arrived=True)
    if isinstance(error, httpx2.ProtocolError) and not isinstance(error, httpx2.RemoteProtocolError):
        return Retry(Failure.PROTOCOL, "the exchange broke the protocol")
    return Retry(Failure.DROPPED, "the connection ended before an answer", maybe_arrived=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            yield from seen.exceptions
        seen = seen.__cause__ or seen.__context__
