"""Rows that stopped whole services once: nothing stops any more, and people see what is in quarantine and replay it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx2
import orjson
import pytest
import uvicorn
from sqlalchemy import MetaData, text
from structlog.testing import capture_logs
from tests.integration.board.bench import _Server
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.envelope import Envelope
from sla_platform.http.keys import ADMIN, READ, KeyGate
from sla_platform.settings import Settings
from sla_platform.store import log as logs
from sla_platform.store.log import log_table
from sla_platform.timesource import SystemTime
from sla_platform.wire import DeliveryFact, NoticeData, encode_delivery_fact, encode_event, encode_notice
from sla_standalone.compose import RunningProcess, run_process

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
NOW = SystemTime().now().replace(microsecond=0)
ADMIN_KEY = {"Authorization": "Bearer demo-admin-key"}
SERVICES = ("ingest", "timer", "notifier", "board")


def opened(name: str, **attributes: str) -> Envelope:
    return encode_event(
        IncidentEvent(
            id=EventId(f"demo/{name}"), incident=IncidentId(f"demo:{name}"), kind=EventKind.OPENED, occurred_at=NOW,
            received_at=NOW, source="demo", attributes={"customer": "Acme", "priority": "P1"} | attributes,
        )
    )  # fmt: skip


def notice(name: str, at: datetime) -> Envelope:
    said = NoticeData.model_validate({
        "id": name, "title": "t", "text": "t", "products": [{"product": "shop"}], "published_at": NOW,
    })  # fmt: skip
    written = encode_notice(said)
    data = orjson.dumps(orjson.loads(written.data) | {"published_at": at.isoformat()})
    return replace(written, time=at, data=data)


def acknowledged(name: str, by: str) -> Envelope:
    fact = DeliveryFact(what="alert.acknowledged", at=NOW, alert=f"alert-{name}", incident=f"demo:{name}", by=by)
    return encode_delivery_fact(fact, f"ack/{name}")


# What was answered 202 or 200 by the release before, and ended a service or all of them.
ROWS = [
    opened("good-1"),
    notice("go-zero", datetime(1, 1, 1, tzinfo=UTC)),
    opened("wide-customer", customer="c" * 301),
    opened("wide-priority", priority="P" * 61),
    notice("year-1", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    notice("year-9999", datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14)))),
    acknowledged("by", "x" * 120 + " (key read)"),
    opened("good-2"),
    notice("good-notice", NOW),
    acknowledged("good", "somebody"),
]
GOOD = {"demo/good-1", "demo/good-2"}


@dataclass
class World:
    running: RunningProcess
    client: httpx2.AsyncClient

    async def write(self, *envelopes: Envelope) -> None:
        """Into the logs of their writers, past every door."""
        store = self.running.context.store
        for envelope in envelopes:
            service = "notifier" if envelope.topic.value == "deliveries" else "ingest"
            async with store.transaction() as connection:
                await logs.append(connection, log_table(MetaData(), service), [envelope])
            self.running.context.feeds.wake_signal(service).wake()

    async def ids(self, table: str) -> set[str]:
        async with self.running.context.store.reading() as connection:
            return set((await connection.execute(text(f"SELECT id FROM {table}"))).scalars())

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await condition():
                assert not self.running.failed.is_set(), "a part has failed"
                await asyncio.sleep(0.05)

    async def quarantined(self, service: str) -> list[str]:
        answer = await self.client.get(f"/v1/quarantine/{service}", headers=ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        return [row["event"] for row in answer.json()["quarantined"]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/slad.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def opened_world(url: str) -> AsyncIterator[World]:
    settings = Settings(store_url=url, catalogue=EXAMPLES)
    await migrate(settings)
    async with run_process(settings, SERVICES) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
            yield World(running, client)


async def test_rows_that_stopped_a_service_cost_themselves_alone(store_url: str) -> None:
    async with opened_world(store_url) as world:
        await _rows_that_stopped_a_service_cost_themselves_alone(world)


async def _rows_that_stopped_a_service_cost_themselves_alone(world: World) -> None:
    await world.write(*ROWS)

    async def good_is_everywhere() -> bool:
        return (
            await world.ids("timer_event") >= GOOD
            and await world.ids("board_event") >= GOOD
            and await world.ids("notifier_inbox") >= {"notice/good-notice"}
            and await world.ids("board_notice") >= {"good-notice"}
            and await world.ids("board_alert") >= {"ack/good"}
        )

    await world.until(good_is_everywhere)
    assert not world.running.failed.is_set()
    held = {service: await world.quarantined(service) for service in SERVICES}
    kept = {event for events in held.values() for event in events}
    # What lies outside the calendar is no event for anybody.
    assert {"notice/year-1", "notice/year-9999", "notice/go-zero"} <= set(held["notifier"]) & set(held["board"])
    if not world.running.context.store.sqlite:  # SQLite's columns take any length
        assert "demo/wide-customer" in held["timer"]
        assert "demo/wide-priority" in held["board"]
        assert "ack/by" in held["board"]
    # Nothing is lost: what was not applied is in quarantine.
    applied = await world.ids("timer_event")
    assert {"demo/wide-customer", "demo/wide-priority"} <= applied | kept
    labels = 'slad_quarantined_rows{part="consume",service="board"}'
    assert labels in (await world.client.get("/metrics")).text


async def test_a_row_is_listed_shown_and_replayed_once_it_is_mended(store_url: str) -> None:
    async with opened_world(store_url) as world:
        await _a_row_is_listed_shown_and_replayed_once_it_is_mended(world)


async def _a_row_is_listed_shown_and_replayed_once_it_is_mended(world: World) -> None:
    broken = replace(opened("broken"), data=b'{"incident": 7, "\xc3\xa9": "')
    await world.write(broken, opened("good-1"))

    async def held() -> bool:
        return await world.quarantined("timer") == await world.quarantined("board") == ["demo/broken"]

    await world.until(held)
    (row,) = (await world.client.get("/v1/quarantine/timer", headers=ADMIN_KEY)).json()["quarantined"]
    path = f"/v1/quarantine/timer/{row['id']}"
    whole = (await world.client.get(path, headers=ADMIN_KEY)).json()
    assert (whole["part"], whole["topic"], whole["key"]) == ("consume", "incidents", "demo:broken")
    assert whole["headers"]["ce_id"] == "demo/broken"
    assert whole["data"] == broken.data.decode()
    assert (await world.client.get(f"{path}/body", headers=ADMIN_KEY)).content == broken.data
    still = await world.client.post(f"{path}/replay", headers=ADMIN_KEY)
    assert (still.status_code, still.json()["type"].rpartition("/")[2]) == (409, "still-unfit")
    async with world.running.context.store.transaction() as connection:
        mend = text("UPDATE timer_quarantine SET data = :data WHERE id = :id")
        await connection.execute(mend, {"data": opened("broken").data, "id": row["id"]})
    done = await world.client.post(f"{path}/replay", headers=ADMIN_KEY)
    assert (done.status_code, done.json()["state"]) == (200, "replayed")
    assert "demo/broken" in await world.ids("timer_event")
    assert await world.quarantined("timer") == []
    again = await world.client.post(f"{path}/replay", headers=ADMIN_KEY)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "replayed")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_only_an_admin_of_all_contracts_may_look(store_url: str) -> None:
    async with opened_world(store_url) as world:
        await _only_an_admin_of_all_contracts_may_look(world)


async def _only_an_admin_of_all_contracts_may_look(world: World) -> None:
    for service in SERVICES:
        base = f"/v1/quarantine/{service}"
        asked = [("GET", base), ("GET", f"{base}/1"), ("GET", f"{base}/1/body"), ("POST", f"{base}/1/replay")]
        for method, path in asked:
            assert (await world.client.request(method, path)).status_code == 401
            read = await world.client.request(method, path, headers={"Authorization": "Bearer demo-read-key"})
            assert read.status_code == 403
        for method, path in asked[1:]:
            assert (await world.client.request(method, path, headers=ADMIN_KEY)).status_code == 404
        for unfit, status in (("0", 422), ("-1", 422), ("9" * 40, 422), ("x", 422), ("%00", 400)):
            for method, path in (("GET", ""), ("GET", "/body"), ("POST", "/replay")):
                path = f"{base}/{unfit}{path}"
                assert (await world.client.request(method, path, headers=ADMIN_KEY)).status_code == status
                if status == 422:  # whoever may not look learns nothing of what would fit
                    assert (await world.client.request(method, path)).status_code == 401
            assert (await world.client.get(f"{base}?after={unfit}x", headers=ADMIN_KEY)).status_code == status
            assert (await world.client.get(f"{base}?after={unfit}x")).status_code == (401 if status == 422 else 400)


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    server = _Server(uvicorn.Config(world.running.app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_the_command_lists_shows_and_replays_what_every_service_holds(store_url: str) -> None:
    with capture_logs():  # this process is the service too, and what it logs is no output of the command
        async with opened_world(store_url) as world, served(world) as url:
            await _the_command(world, url)


async def _the_command(world: World, url: str) -> None:
    async def typed(*arguments: str) -> Said:
        return await asyncio.to_thread(slad, "quarantine", *arguments, "--url", url, "--key", "demo-admin-key")

    nothing = await typed("list")
    assert (nothing.status, nothing.err) == (0, "nothing is in quarantine\n")
    await world.write(replace(opened("broken"), data=b"{"), replace(opened("worse"), data=b"["))

    async def held() -> bool:
        return len(await world.quarantined("timer")) == len(await world.quarantined("board")) == 2

    await world.until(held)
    listed = await typed("list", "--json")
    assert listed.status == 1
    found = [(row["service"], row["event"]) for row in listed.json["quarantined"]]
    assert found == [(service, f"demo/{name}") for service in ("timer", "board") for name in ("broken", "worse")]
    assert "demo:broken" in (await typed("list", "--service", "timer")).out
    shown = await typed("show", "board/1")
    assert shown.status == 0
    assert shown.out.splitlines()[-1] == "{"
    assert (await typed("show", "board/99")).status == 1
    async with world.running.context.store.transaction() as connection:
        mend = text("UPDATE timer_quarantine SET data = :data WHERE event = 'demo/broken'")
        await connection.execute(mend, {"data": opened("broken").data})
    replayed = await typed("replay", "--all", "--service", "timer", "--json")
    assert replayed.status == 1
    assert [one["state"] for one in replayed.json["replayed"]] == ["replayed", "quarantined"]
    assert await world.quarantined("timer") == ["demo/worse"]
    assert {row["state"] for row in (await typed("list", "--all", "--json")).json["quarantined"]} == {
        "replayed", "quarantined",
    }  # fmt: skip
    for misuse in (("replay",), ("show", "board"), ("show", "mail/1"), ("list", "--service", "mail")):
        assert (await typed(*misuse)).status == 2
    denied = await asyncio.to_thread(slad, "quarantine", "list", "--url", url, "--key", "demo-read-key")
    assert (denied.status, "admin" in denied.err) == (2, True)


@dataclass(frozen=True)
class Key:
    scopes: tuple[str, ...]
    contract: str | None
    id: str = "one"
    expires: None = None

    def fits(self, presented: str) -> bool:
        return presented == "secret"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_key_of_one_contract_sees_nothing_of_it(store_url: str) -> None:
    async with opened_world(store_url) as world:
        await _a_key_of_one_contract_sees_nothing_of_it(world)


async def _a_key_of_one_contract_sees_nothing_of_it(world: World) -> None:
    from fastapi import FastAPI

    from sla_platform.http import problem
    from sla_platform.http.quarantine import router

    app = FastAPI()
    problem.install(app)
    gate = KeyGate(lambda: [Key((ADMIN, READ), "acme")], SystemTime())
    app.include_router(router(world.running.context.feeds.quarantine("timer"), gate))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://slad.example") as client:
        for method, path in (("GET", ""), ("GET", "/1"), ("GET", "/1/body"), ("POST", "/1/replay")):
            headers = {"Authorization": "Bearer secret"}
            answer = await client.request(method, f"/v1/quarantine/timer{path}", headers=headers)
            assert answer.status_code == 403, answer.text
