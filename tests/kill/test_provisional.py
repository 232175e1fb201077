"""Kafka away for longer than SLAD_PROVISIONAL_AFTER_SECONDS: nobody is kept waiting for ever.

What is due is told as provisional, because a resolve may lie in the backlog; and it is taken back if one did.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.e2e.fleet import Fleet, Profile
from tests.kill.drill import INGEST_KEY, RESOLUTION, SOURCE, settings, write_catalogue
from tests.kill.evidence import arrivals, reader, records_of_topic
from tests.kill.ring import Keep, Ring
from tests.real.http import http_client
from tests.real.webhook import WebhookReceiver

from sla_platform.local import KafkaBroker
from sla_platform.timesource import SystemTime

PATIENCE_SECONDS = 3
SOLVED, LEFT = f"{SOURCE}:solved", f"{SOURCE}:left"
_WAIT_SECONDS = 60.0
_HEADERS = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {INGEST_KEY}"}
_NOW = SystemTime()


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_a_provisional_breach_is_taken_back_when_the_resolve_arrives(
    tmp_path: Path,
    webhook_receiver: WebhookReceiver,
    own_kafka: KafkaBroker,
    postgres_url: str,
    unique: str,
    killed_afterwards: Keep,
) -> None:
    environment = {
        **settings(write_catalogue(tmp_path / "catalogue", webhook_receiver.url)),
        "SLAD_STORE_URL": postgres_url,
        "SLAD_BUS_URL": own_kafka.url,
        "SLAD_BUS_PREFIX": unique,
        "SLAD_PROVISIONAL_AFTER_SECONDS": str(PATIENCE_SECONDS),
    }
    fleet = Fleet(tmp_path, Profile.PRODUCTION, environment, instances=1)
    killed_afterwards(Ring(fleet, webhook_receiver, seed=0))
    await fleet.start()
    opened = _NOW.now()
    due = opened + timedelta(seconds=RESOLUTION["P1"])
    for incident in (SOLVED, LEFT):
        await happens(fleet, incident, "opened", opened, {"customer": "customer-07", "priority": "P1"})
        await happens(fleet, incident, "responded", opened, {"actor": "staff"})
    await until("both known to the timer", lambda: clocks_of(fleet, SOLVED, LEFT))

    await asyncio.to_thread(own_kafka.pause)
    await happens(fleet, SOLVED, "resolved", _NOW.now(), {"actor": "staff"})
    assert _NOW.now() < due, "this machine is too slow for the story"
    await until("both breaches fired", lambda: fired_provisionally(fleet, 2))
    assert _NOW.now() >= due + timedelta(seconds=PATIENCE_SECONDS)
    await asyncio.to_thread(own_kafka.resume)

    async def taken_back() -> bool:
        return any("takes_back" in fact.get("details", {}) for fact in await facts(own_kafka, unique))

    await until("the breach of the solved one taken back", taken_back)
    await until("the other one paged", lambda: paged(webhook_receiver, LEFT, due))
    told = await facts(own_kafka, unique)
    breaches = [fact for fact in told if fact["kind"] == "clock.breached"]
    assert sorted(fact["incident"] for fact in breaches) == [LEFT, SOLVED], "each once"
    assert all(fact["provisional"] for fact in breaches)
    assert {datetime.fromisoformat(fact["at"]) for fact in breaches} == {due}
    (amended,) = [fact for fact in told if fact["kind"] == "clock.amended"]
    assert (amended["incident"], amended["details"]["takes_back"]) == (SOLVED, "0/breach")
    shown = await clocks_of(fleet, SOLVED, LEFT)
    assert shown == {SOLVED: "met", LEFT: "running"}

    # Opened again it breaches for good, at another instant. What its people had heard before is complete: a breach and
    # that it was none, or neither, if it was taken back before its page went out.
    await happens(fleet, SOLVED, "reopened", _NOW.now(), {"actor": "customer"})
    await until("the second breach told", lambda: breached_again(own_kafka, unique))
    second = (await breaches_of(own_kafka, unique, SOLVED))[-1]
    assert second > due
    await until("the second breach paged", lambda: paged(webhook_receiver, SOLVED, second))
    heard = [one for one in arrivals(webhook_receiver.requests.all()) if one.incident == SOLVED and one.at != second]
    assert [one.kind for one in heard if one.kind in ("page", "taken_back")] in ([], ["page", "taken_back"])


async def happens(fleet: Fleet, incident: str, kind: str, at: datetime, data: Mapping[str, str]) -> None:
    """A CloudEvent, accepted at once whatever the broker does."""
    name = incident.partition(":")[2]
    event = {
        "specversion": "1.0", "id": f"{name}-{kind}", "source": SOURCE, "subject": name,
        "type": f"io.slad.incident.{kind}.v1", "time": at.isoformat(), "data": data,
    }  # fmt: skip
    async with http_client(timeout=5.0) as client:
        answer = await client.post(fleet.url("ingest") + "/v1/events", content=orjson.dumps(event), headers=_HEADERS)
    assert answer.status_code == 202, answer.text


async def until(what: str, look: Callable[[], Awaitable[object]]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not await look():
        assert time.monotonic() < deadline, f"not within {_WAIT_SECONDS:.0f} s: {what}"
        await asyncio.sleep(0.05)


async def clocks_of(fleet: Fleet, *incidents: str) -> dict[str, str]:
    """States of the resolution clocks; nothing until the timer knows all of them."""
    found: dict[str, str] = {}
    async with reader() as client:
        for incident in incidents:
            answer = await client.get(f"{fleet.url('timer')}/v1/incidents/{incident}")
            if answer.status_code == 404:
                return {}
            for clock in answer.json()["clocks"]:
                if clock["metric"] == "resolution":
                    found[incident] = clock["state"]
    return found


async def fired_provisionally(fleet: Fleet, count: int) -> bool:
    async with reader() as client:
        text = (await client.get(f"{fleet.url('timer')}/metrics")).text
    line = 'slad_timer_fired_total{kind="breach",outcome="provisional"}'
    return any(float(each.rpartition(" ")[2]) >= count for each in text.splitlines() if each.startswith(line))


async def facts(broker: KafkaBroker, prefix: str) -> list[dict[str, Any]]:
    """Everything told about resolution clocks."""
    records = await records_of_topic(broker.bootstrap, f"{prefix}-clocks")
    told = [orjson.loads(value) for _, value in records]
    return [fact for fact in told if fact.get("metric") == "resolution"]


async def breaches_of(broker: KafkaBroker, prefix: str, incident: str) -> list[datetime]:
    told = await facts(broker, prefix)
    found = [fact for fact in told if fact["kind"] == "clock.breached" and fact["incident"] == incident]
    return sorted(datetime.fromisoformat(fact["at"]) for fact in found)


async def breached_again(broker: KafkaBroker, prefix: str) -> bool:
    return len(await breaches_of(broker, prefix, SOLVED)) == 2


async def paged(receiver: WebhookReceiver, incident: str, at: datetime) -> bool:
    """Of a breach at this instant."""
    return any((one.kind, one.incident, one.at) == ("page", incident, at) for one in arrivals(receiver.requests.all()))
