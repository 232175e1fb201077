"""The receiver keeps requests byte for byte and misbehaves on demand, as receivers do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.real.certificates import Certificates
from tests.real.http import http_client
from tests.real.webhook import CLOSE, HANG, Answer, WebhookReceiver


async def test_a_request_is_kept_as_it_came(webhook_receiver: WebhookReceiver) -> None:
    async with http_client() as client:
        response = await client.post(
            webhook_receiver.url + "/hook?a=1", content=b'{"b":  2}', headers={"Webhook-Id": "m1"}
        )

    assert response.status_code == 200
    (request,) = await webhook_receiver.requests.received(1)
    assert (request.method, request.target, request.body) == ("POST", "/hook?a=1", b'{"b":  2}')
    assert request.header("webhook-id") == "m1"


async def test_a_chunked_body_is_put_together(webhook_receiver: WebhookReceiver) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with http_client() as client:
        await client.post(webhook_receiver.url, content=pieces())

    assert [request.body for request in webhook_receiver.requests.all()] == [b"one two"]


async def test_a_scripted_answer_is_given_once_and_then_all_is_well(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer(Answer(503, {"Retry-After": "7"}, b"busy"))

    async with http_client() as client:
        first = await client.post(webhook_receiver.url)
        second = await client.post(webhook_receiver.url)

    assert (first.status_code, first.headers["retry-after"], first.content) == (503, "7", b"busy")
    assert second.status_code == 200


async def test_a_receiver_that_hangs_runs_into_the_clients_timeout(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer(HANG)

    async with http_client(timeout=0.3) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(webhook_receiver.url)
    assert len(webhook_receiver.requests.all()) == 1


async def test_a_receiver_that_closes_has_still_seen_the_request(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer(CLOSE)

    async with http_client() as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(webhook_receiver.url, content=b"seen")
    assert [request.body for request in webhook_receiver.requests.all()] == [b"seen"]


async def test_tls_is_verified(https_webhook_receiver: WebhookReceiver, certificates: Certificates) -> None:
    async with http_client(verify=certificates.client_context()) as client:
        assert (await client.post(https_webhook_receiver.url)).status_code == 200
    async with http_client() as client:
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.post(https_webhook_receiver.url)
