"""Standard Webhooks against a real receiver: signed, pinned, bounded, and never where it must not go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.real.certificates import Certificates
from tests.real.webhook import CLOSE, HANG, Answer, WebhookReceiver

from sla_catalogue import ChannelId, Secret
from sla_notifier.channel.port import Failure, OutgoingMessage, Rejected, Retry, Sent
from sla_notifier.channel.webhook.config import WebhookEndpoint
from sla_notifier.channel.webhook.guard import Guard, parse_networks
from sla_notifier.channel.webhook.send import WebhookChannel

ONE = "whsec_c3BhcmUtc2VjcmV0LW51bWJlci1vbmUtZm9yLXRlc3RzLTEyMzQ="
TWO = "whsec_c3BhcmUtc2VjcmV0LW51bWJlci10d28tZm9yLXRlc3RzLTEyMzQ="


def outgoing(**more: object) -> OutgoingMessage:
    now = datetime.now(UTC)  # noqa: TID251 - the library that verifies compares with the system's clock
    made = OutgoingMessage(
        id="dlv_0123",
        address="hook",
        subject="",
        text="",
        html="",
        payload={"type": "slad.page", "timestamp": now.isoformat(), "data": {"title": "Zażółć – 系統"}},
        thread="",
        attempt=1,
        possibly_duplicate=False,
        created_at=now,
        at=now,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # a test's own fields


def hook(
    url: str, *, secrets: Sequence[str] = (ONE,), headers: dict[str, str] | None = None, private: bool = True
) -> WebhookEndpoint:
    return WebhookEndpoint(
        kind="webhook",
        id=ChannelId("hook"),
        url=url,
        secrets=tuple(Secret("test", secret) for secret in secrets),
        headers={name: Secret("test", value) for name, value in (headers or {}).items()},
        private_addresses=private,
    )


class Sending:
    """A channel for one endpoint, closed at the end."""

    def __init__(self, channel: WebhookEndpoint, guard: Guard | None = None, **more: object) -> None:
        self.channel = WebhookChannel(lambda: {channel.id: channel}, guard or Guard(), **more)  # type: ignore[arg-type]

    async def __aenter__(self) -> WebhookChannel:
        return self.channel

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()


async def test_a_receiver_can_verify_what_it_got(webhook_receiver: WebhookReceiver) -> None:
    async with Sending(hook(f"{webhook_receiver.url}/page?a=b", secrets=(ONE, TWO))) as channel:
        assert await channel.send(outgoing()) == Sent()
    request = webhook_receiver.requests.all()[0]
    headers = dict(request.header_list)
    assert (request.method, request.target) == ("POST", "/page?a=b")
    for secret in (ONE, TWO):  # while one replaces the other, both verify
        assert Webhook(secret).verify(request.body, headers) == orjson.loads(request.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(ONE).verify(request.body + b" ", headers)
    assert request.header("webhook-id") == "dlv_0123"
    assert request.header("content-type") == "application/json"
    assert set(orjson.loads(request.body)) == {"type", "timestamp", "data"}


async def test_own_headers_go_along_and_ours_cannot_be_replaced(webhook_receiver: WebhookReceiver) -> None:
    async with Sending(hook(webhook_receiver.url, headers={"X-Team": "night watch"})) as channel:
        assert await channel.send(outgoing()) == Sent()
    assert webhook_receiver.requests.all()[0].header("x-team") == "night watch"
    for name, value in (
        ("Host", "x"), ("webhook-id", "x"), ("Content-Length", "0"), ("Transfer-Encoding", "chunked"),
        ("Cookie", "a=b"), ("X-A", "a\r\nX-B: b"), ("X-A\r\nX-B", "b"), ("X A", "b"), ("X-A", "ü"),
    ):  # fmt: skip
        async with Sending(hook(webhook_receiver.url, headers={name: value})) as channel:
            outcome = await channel.send(outgoing())
        assert isinstance(outcome, Rejected), name
        assert outcome.failure is Failure.NOT_CONFIGURED
    assert len(webhook_receiver.requests.all()) == 1


async def test_the_vetted_address_is_connected_to_with_the_original_name(
    https_webhook_receiver: WebhookReceiver, certificates: Certificates
) -> None:
    port = https_webhook_receiver.url.rpartition(":")[2]
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    guard = Guard(parse_networks(["127.0.0.0/8"]), resolve=resolve)
    tls = certificates.client_context()
    async with Sending(hook(f"https://localhost:{port}/x", private=False), guard, tls=tls) as channel:
        assert await channel.send(outgoing()) == Sent()
    assert https_webhook_receiver.requests.all()[0].header("host") == f"localhost:{port}"
    # The same address under a name the certificate does not hold is not trusted.
    async with Sending(hook(f"https://other.example:{port}/x", private=False), guard, tls=tls) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Retry)
    assert outcome.failure is Failure.TLS
    assert asked == ["localhost", "other.example"], "each name is resolved once"
    assert len(https_webhook_receiver.requests.all()) == 1


async def test_an_unknown_authority_is_not_trusted(https_webhook_receiver: WebhookReceiver) -> None:
    async with Sending(hook(https_webhook_receiver.url)) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Retry)
    assert outcome.failure is Failure.TLS


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"])
async def test_the_canary_inside_is_never_connected_to(webhook_receiver: WebhookReceiver, host: str) -> None:
    port = webhook_receiver.url.rpartition(":")[2]
    for scheme in ("http", "https"):
        async with Sending(hook(f"{scheme}://{host}:{port}/", private=False)) as channel:
            outcome = await channel.send(outgoing())
        assert isinstance(outcome, Rejected | Retry)
        assert outcome.failure in (Failure.FORBIDDEN_TARGET, Failure.UNREACHABLE)
    assert webhook_receiver.requests.all() == []


async def test_a_name_that_turns_inside_after_the_check_is_not_asked_again(webhook_receiver: WebhookReceiver) -> None:
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    guard = Guard(parse_networks(["192.0.2.1/32"]), resolve=rebinding)  # where nobody answers
    port = webhook_receiver.url.rpartition(":")[2]
    async with Sending(hook(f"http://rebinding.example:{port}/", private=False), guard, total_seconds=0.3) as channel:
        assert isinstance(await channel.send(outgoing()), Retry)
        second = await channel.send(outgoing())
    assert isinstance(second, Rejected)
    assert second.failure is Failure.FORBIDDEN_TARGET
    assert webhook_receiver.requests.all() == []


async def test_redirects_cookies_and_proxies_are_ignored(
    webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, spare_receiver.url)
    webhook_receiver.answer(Answer(status=307, headers={"Location": f"{spare_receiver.url}/", "Set-Cookie": "a=b"}))
    async with Sending(hook(webhook_receiver.url)) as channel:
        outcome = await channel.send(outgoing())
        assert isinstance(outcome, Retry)
        assert outcome.failure is Failure.REDIRECT
        assert await channel.send(outgoing()) == Sent()
    assert [request.header("cookie") for request in webhook_receiver.requests.all()] == [None, None]
    assert spare_receiver.requests.all() == []


async def test_an_endless_answer_is_cut_and_never_repeated_to_anybody(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer(Answer(status=500, body=b"internal secret " * 100_000))
    async with Sending(hook(webhook_receiver.url)) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Retry)
    assert outcome.detail == "HTTP 500"


async def test_silence_and_cut_connections_may_have_delivered(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer(HANG)
    webhook_receiver.answer(CLOSE)
    async with Sending(hook(webhook_receiver.url), total_seconds=0.3) as channel:
        silent, cut = await channel.send(outgoing()), await channel.send(outgoing())
    assert isinstance(silent, Retry)
    assert (silent.failure, silent.maybe_arrived) == (Failure.TIMEOUT, True)
    assert isinstance(cut, Retry)
    assert (cut.failure, cut.maybe_arrived) == (Failure.DROPPED, True)


async def test_where_nobody_listens_nothing_arrived() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with Sending(hook(f"http://127.0.0.1:{port}/")) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Retry)
    assert (outcome.failure, outcome.maybe_arrived) == (Failure.REFUSED, False)


@pytest.mark.parametrize("secrets", [(), ("plain words",), ("whsec_c2hvcnQ=",), ("whsec_***",), (ONE, "bad")])
async def test_without_a_fit_secret_nothing_is_sent(
    webhook_receiver: WebhookReceiver, secrets: tuple[str, ...]
) -> None:
    async with Sending(hook(webhook_receiver.url, secrets=secrets)) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.NOT_CONFIGURED
    assert webhook_receiver.requests.all() == []


async def test_a_body_beyond_the_bound_is_not_sent(webhook_receiver: WebhookReceiver) -> None:
    async with Sending(hook(webhook_receiver.url)) as channel:
        outcome = await channel.send(outgoing(payload={"data": "x" * 20_000}))
    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.TOO_LARGE


async def test_a_stored_catalogue_without_its_secrets_sends_nothing(webhook_receiver: WebhookReceiver) -> None:
    without = replace(hook(webhook_receiver.url), secrets=(Secret("env X"),))
    async with Sending(without) as channel:
        outcome = await channel.send(outgoing())
    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.NOT_CONFIGURED
