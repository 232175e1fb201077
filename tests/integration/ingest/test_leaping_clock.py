"""A delivery that comes while the machine's clock leaps is received when it truly came, and its signature holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from standardwebhooks import Webhook
from tests.build.leaping import LEAP_SECONDS, LEAPS, LeapingTime
from tests.integration.ingest.world import NOON, world

from sla_ingest import tables

SECRET = "whsec_c2xhZCB0ZXN0cyBzaWduIHdpdGggdGhpcyBzZWNyZXQ="


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_a_signed_delivery_within_a_leap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leap: timedelta
) -> None:
    time = LeapingTime(NOON, monkeypatch)
    time.leap(leap)
    await time.sleep(LEAP_SECONDS / 2)
    body = orjson.dumps(
        {"specversion": "1.0", "id": "1", "source": "/x", "type": "io.slad.incident.opened.v1", "subject": "INC-1",
         "time": time.true.isoformat(), "data": {"customer": "Acme", "priority": "P1"}}
    )  # fmt: skip
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": "d-1",
        "webhook-timestamp": str(int(time.true.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("d-1", time.true, body.decode()),
    }
    async with world(f"sqlite:///{tmp_path}/ingest.db", time) as ingest:
        answer = await ingest.client.post("/v1/webhooks/events-standard", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        (kept,) = await ingest.rows(tables.inbox)
    assert kept.received_at == time.true
