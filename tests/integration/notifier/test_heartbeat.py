"""The canary ends at the notifier: it is timed, nobody is told, and the outside watchdog hears a sign of life."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry
from tests.real.webhook import WebhookReceiver

from sla_notifier.heartbeat import Heartbeat
from sla_notifier.metrics import NotifierMetrics

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class JustAfterNine:
    authoritative = True

    def now(self) -> datetime:
        return NINE + timedelta(milliseconds=80)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the heartbeat waits for canaries alone")


async def test_each_canary_that_arrives_is_one_sign_of_life(webhook_receiver: WebhookReceiver) -> None:
    registry = CollectorRegistry()
    heartbeat = Heartbeat(webhook_receiver.url, JustAfterNine(), NotifierMetrics(registry))
    running = asyncio.create_task(heartbeat.run())
    try:
        heartbeat.note_canary(NINE)
        (beat,) = await webhook_receiver.requests.received(1)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert beat.method == "GET"
    assert registry.get_sample_value("slad_notifier_canary_lateness_seconds_sum") == 0.08
    assert registry.get_sample_value("slad_notifier_canary_timestamp_seconds") == JustAfterNine().now().timestamp()
