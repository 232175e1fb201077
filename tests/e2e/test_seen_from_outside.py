"""What operators see of every service: health, metrics, information, and logs without secrets."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.conftest import assert_no_canary
from tests.e2e.fleet import SERVICES
from tests.e2e.world import INGEST_KEY, World, cloud_event

THEIRS = ("process_", "python_")
MUST_HAVE = {
    "ingest": ("slad_ingest_deliveries",),
    "timer": ("slad_timer_fired", "slad_timer_fired_lateness_seconds"),
    "notifier": ("slad_notifier_",),
    "board": ("slad_board_",),
}


def instances(world: World) -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        for url in world.fleet.urls(service):
            yield service, url


async def test_every_service_says_how_it_is(world: World) -> None:
    for service in SERVICES:
        live = await world.get(service, "/livez", key="")
        assert (live.status_code, live.text) == (200, "live\n")
        ready = await world.get(service, "/readyz", key="")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": {}, "remarks": {}})
        info = (await world.get(service, "/info", key="")).json()
        assert info["profile"] == world.profile.value
        assert info["catalogue"]


@pytest.mark.parametrize("service", SERVICES)
async def test_metrics_are_named_as_prometheus_wants_them(world: World, service: str, promtool: Path) -> None:
    text = (await world.get(service, "/metrics", key="")).text
    names = {family.name for family in text_string_to_metric_families(text)}
    strangers = {name for name in names if not name.startswith(("slad_", *THEIRS))}
    assert not strangers
    for prefix in MUST_HAVE[service]:
        assert any(name.startswith(prefix) for name in names), f"{service} shows no {prefix}*: {sorted(names)}"
    complaints = await asyncio.to_thread(complaints_about, text, promtool)
    assert not complaints, "\n".join(complaints)


def complaints_about(metrics: str, promtool: Path) -> list[str]:
    """What Prometheus' own checker has to say; the names of the client library's collectors are its business."""
    said = subprocess.run([promtool, "check", "metrics"], input=metrics, text=True, capture_output=True, check=False)
    return [line for line in said.stderr.splitlines() if line.strip() and not line.startswith(THEIRS)]


async def test_no_secret_and_no_address_reaches_a_log(world: World) -> None:
    """Also when things go wrong, which is when programs begin to talk."""
    event = cloud_event(world.name("leak"), "opened", {"customer": "carl.canary@customer.example"}, world.now)
    accepted = await world.post("/v1/events", event, key=INGEST_KEY)
    assert accepted.status_code == 202
    broken = b'{"specversion": "1.0", "canary": "carl.canary@customer.example", '
    assert (await world.post("/v1/events", broken, key=INGEST_KEY)).status_code == 400
    assert (await world.post("/v1/events", event, key="canary-wrong-key")).status_code == 401
    for source in ("github-repo", "jira-cloud", "undecided", "canary-no-such-source"):
        headers = {"x-hub-signature-256": "sha256=canary", "x-hub-signature": "sha256=canary", "x-token": "canary"}
        assert (await world.post(f"/v1/webhooks/{source}", broken, headers=headers)).status_code == 401
    assert (await world.get("notifier", "/ack/canary-token.canary", key="")).status_code == 403
    await world.happens(event["subject"], "cancelled")
    assert_no_canary(world)
