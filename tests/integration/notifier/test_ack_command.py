"""`slad ack` against a running notifier: what waits, acknowledging an alert or an incident, and honest exits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import uvicorn
from structlog.testing import capture_logs
from tests.integration.board.bench import _Server
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of, missed
from tests.unit.cli.invoke import Said, slad

KEY = "the-readers-key-0001"


@pytest.fixture
async def url(stage: Stage) -> AsyncIterator[str]:
    server = _Server(uvicorn.Config(stage.app(), host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    with capture_logs():  # this process is the service too, and what it logs is no output of the command
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


async def typed(url: str, *arguments: str, key: str = KEY) -> Said:
    return await asyncio.to_thread(slad, "ack", *arguments, "--url", url, "--key", key)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_what_waits_is_listed_and_acknowledged_by_alert_or_incident(stage: Stage, url: str) -> None:
    nothing = await typed(url)
    assert (nothing.status, nothing.err) == (0, "nothing waits for an acknowledgement\n")
    stage.time.go(NINE + timedelta(minutes=15))
    resolution = str(clock_of("github:7", "resolution"))
    await stage.hear(
        breached(), breached(clock=resolution, metric="resolution"), *(breached(incident=f"github:{n}") for n in (8, 9))
    )
    listed = await typed(url, "--json")
    assert listed.status == 1, "something waits"
    assert sorted(each["incident"] for each in listed.json["alerts"]) == [
        "github:7",
        "github:7",
        "github:8",
        "github:9",
    ]
    assert "github:8" in (await typed(url)).out

    whole = await typed(url, "github:7", "--by", "Ada")
    assert whole.status == 0
    assert sorted(whole.out.splitlines()) == [
        "github:7 first_response: acknowledged by Ada (key reader); nobody else is paged",
        "github:7 resolution: acknowledged by Ada (key reader); nobody else is paged",
    ]
    again = await typed(url, "github:7")
    assert again.status == 0, "it was acknowledged already"
    assert [line.partition(" at ")[0] for line in sorted(again.out.splitlines())] == [
        "github:7 first_response: was acknowledged by Ada (key reader)",
        "github:7 resolution: was acknowledged by Ada (key reader)",
    ]
    slip = await typed(url, "github:77")
    assert (slip.status, slip.out) == (1, "github:77: no alert was ever opened under this name\n")
    one = await typed(url, str(clock_of("github:8")), "--json")
    assert [(each["answer"], each["incident"]) for each in one.json["acknowledged"]] == [("done", "github:8")]
    twice = await typed(url, str(clock_of("github:8")))
    assert (twice.status, "was acknowledged by reader" in twice.out) == (0, True)
    await stage.hear(missed(stage.time.now(), incident="github:9"))
    over = await typed(url, str(clock_of("github:9")))
    assert (over.status, "has ended at" in over.out) == (1, True)
    by_incident = await typed(url, "github:9")
    assert (by_incident.status, "has ended at" in by_incident.out) == (1, True)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_without_the_right_key_nothing_is_acknowledged(stage: Stage, url: str) -> None:
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.hear(breached())
    alert = str(clock_of("github:7"))
    assert (await typed(url, alert, key="wrong")).status == 2
    assert (await typed(url, alert, key="the-hooked-key-000001")).status == 1, "another contract's is not there"
    assert (await typed(url, "github:7", key="the-hooked-key-000001")).status == 1
    unknown = await typed(url, "00000000-0000-0000-0000-000000000000")
    assert (unknown.status, "No such alert" in unknown.err) == (1, True)
    assert (await stage.alert("github:7")).state == "open"
