"""Standard Webhooks out: signed, to a vetted address, no redirects, no proxies, no cookies, nothing echoed.

The transport is used without a client, so nothing between us and the socket follows, remembers or consults the
environment. `webhook-id` is the delivery's id on every attempt; timestamp and signature are of the attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
import orjson
from standardwebhooks import Webhook

from sla_catalogue.channel import ChannelConfig, ChannelId
from sla_notifier.channel.guard import Denial, Guard, Vetted
from sla_notifier.channel.port import DUPLICATE_HEADER, Failure, Outcome, Outgoing, Rejected, Retry, Sent

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
LARGEST_BODY = 20_000
LARGEST_REPLY = 16_384
BODY_SECONDS = 0.5  # what a receiver gets to send the body that nobody reads

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
_OURS = frozenset(
    {
        "host", "content-length", "content-type", "transfer-encoding", "connection", "te", "trailer", "upgrade",
        "cookie", "expect", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature",
        DUPLICATE_HEADER.lower(),
    }
)  # fmt: skip
# The same body will be refused again: only somebody who changes it can help.
_HOPELESS = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431})
_THROTTLED = frozenset({429, 502, 503, 504})


class WebhookChannel:
    """Posts to the endpoints of the catalogue. `channels` is asked anew for each message: reloads take effect."""

    def __init__(
        self,
        channels: Callable[[], Mapping[ChannelId, ChannelConfig]],
        guard: Guard,
        *,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._channels = channels
        self._guard = guard
        self._total = total_seconds
        self._transport = httpx2.AsyncHTTPTransport(
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            retries=0,
            # A kept connection to an address could be reused for another name behind it: one connection a request.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def send(self, outgoing: Outgoing) -> Outcome:
        channel = self._channels().get(ChannelId(outgoing.address))
        if channel is None or not channel.url:
            return Rejected(Failure.NOT_CONFIGURED, "the catalogue has no such webhook channel")
        body = _body(outgoing)
        if len(body) > LARGEST_BODY:
            return Rejected(Failure.TOO_LARGE, f"the body has {len(body)} bytes, the most is {LARGEST_BODY}")
        headers = _headers(channel, outgoing, body)
        if isinstance(headers, Rejected):
            return headers
        target = await self._guard.vet(channel.url, private=channel.private_addresses)
        if target is Denial.UNRESOLVED:
            return Retry(Failure.UNREACHABLE, target.value)
        if isinstance(target, Denial):
            return Rejected(Failure.FORBIDDEN_TARGET, target.value)
        return await self._post(target, headers, body, outgoing)

    async def close(self) -> None:
        await self._transport.aclose()

    async def _post(self, target: Vetted, headers: Mapping[str, str], body: bytes, outgoing: Outgoing) -> Outcome:
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
        except httpx2.TransportError as error:
            return _broken(error)
        await _let_finish(response)
        return answered(response.status_code, response.headers.get("retry-after", ""), outgoing.at)


_PHASES = ("connect", "read", "write", "pool")


def answered(status: int, retry_after: str, now: datetime) -> Outcome:
    """What a status means (Standard Webhooks 1.0: only 2xx is success, 410 disables, 429/502/503/504 throttle)."""
    detail = f"HTTP {status}"
    after = asked_for(retry_after, now)
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
        return Retry(Failure.AUTH, detail)  # a rotated secret is mended while the ladder lasts
    if status in _HOPELESS:
        return Rejected(Failure.CLIENT_ERROR, detail)
    if 300 <= status < 400:
        return Retry(Failure.REDIRECT, f"{detail}: redirects are never followed")
    return Retry(Failure.CLIENT_ERROR, detail, after)


def asked_for(retry_after: str, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110 §10.2.3) in seconds or as a date; None when absent or unreadable."""
    written = retry_after.strip()
    if written.isascii() and written.isdigit() and len(written) <= 9:
        return timedelta(seconds=int(written))
    try:
        return max(parsedate_to_datetime(written) - now, timedelta())
    except (ValueError, TypeError, OverflowError):
        return None


def _body(outgoing: Outgoing) -> bytes:
    if not outgoing.possibly_duplicate:
        return orjson.dumps(outgoing.payload)
    return orjson.dumps({**outgoing.payload, "possibly_duplicate": True})


def _headers(channel: ChannelConfig, outgoing: Outgoing, body: bytes) -> dict[str, str] | Rejected:
    own: dict[str, str] = {}
    if not all(secret.available for secret in (*channel.headers.values(), *channel.secrets)):
        return Rejected(Failure.NOT_CONFIGURED, "a secret of the channel is not available here")
    for name, secret in channel.headers.items():
        value = secret.reveal()
        if name.lower() in _OURS or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return Rejected(Failure.NOT_CONFIGURED, f"the header {name[:64]!r} of the channel is not allowed")
        own[name] = value
    keys = [secret.reveal() for secret in channel.secrets]
    if not keys or not all(_SECRET.fullmatch(key) for key in keys):
        return Rejected(Failure.NOT_CONFIGURED, "the channel needs a secret: whsec_ and at least 24 bytes in base64")
    own |= {
        "Content-Type": "application/json",
        "User-Agent": "slad",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(outgoing.at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(outgoing.id, outgoing.at, body.decode()) for key in keys),
    }
    if outgoing.possibly_duplicate:
        own[DUPLICATE_HEADER] = "true"
    return own


async def _let_finish(response: httpx2.Response) -> None:
    """Take a little of the body off a receiver that is still sending it, and end the connection.

    The status has decided: a body that is slow, endless, cut or malformed changes nothing any more.
    """
    with contextlib.suppress(httpx2.TransportError, TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            await _drain(response)
    with contextlib.suppress(httpx2.TransportError, TimeoutError):
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


def _broken(error: httpx2.TransportError) -> Retry:
    """Sort a broken exchange: before the connection stood nothing can have arrived, afterwards it may have."""
    causes = tuple(_chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Retry(Failure.TLS, "the TLS handshake failed")
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
