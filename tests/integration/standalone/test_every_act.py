"""Every route that changes something leaves an act in an audit log, with who did it; or says here why it does not.

The routes are those of the app itself: a new one that is in neither list fails the first test.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, insert, select, update
from tests.integration.standalone.knock import CLOUDEVENT, JSON, Answer, knock, routes_of

from sla_notifier import tables as notifier
from sla_platform.audit.chain import AuditRow, first_break
from sla_platform.audit.store import AuditFilter, head_of, oldest_first
from sla_platform.bus.quarantine import CONSUME, RELAY
from sla_platform.store.quarantine import QuarantineRow
from sla_standalone.compose import RunningProcess
from sla_standalone.wiring import AUDIT

pytestmark = pytest.mark.timeout(300)

DATA = {
    "POST /v1/webhooks/{source}": "a sender's delivery is data: the inbox keeps it whole, with its source",
    "POST /v1/events": "the same; the inbox keeps which source or key it came by",
    "POST /v1/deadlines": "a question: nothing is stored",
}
BY_KEY, BY_LINK = "key:admin", "person:"
REASON = "?reason=after%20the%20mend"


@dataclass(slots=True)
class World:
    slad: RunningProcess

    async def rows(self) -> list[AuditRow]:
        """Every act of every log, each log whole."""
        found: list[AuditRow] = []
        for tables in AUDIT.values():
            own = [row async for row in oldest_first(self.slad.context.store, tables, AuditFilter())]
            async with self.slad.context.store.reading() as connection:
                assert first_break(own, await head_of(connection, tables)) is None
            found += own
        return found

    async def post(self, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        return await knock(self.slad.app, "POST", path, body, headers)

    async def event(self, id_: str, type_: str = "io.slad.incident.opened.v1", minutes: int = 60) -> dict[str, Any]:
        at = self.slad.context.time_source.now() - timedelta(minutes=minutes)
        said = {
            "specversion": "1.0", "id": id_, "source": "/desk", "subject": id_, "type": type_, "time": at.isoformat(),
            "data": {"customer": "Acme", "priority": "P2", "title": "it is down"},
        }  # fmt: skip
        answer = await self.post("/v1/events", orjson.dumps(said), CLOUDEVENT)
        assert answer.status == 202, answer.body
        told: dict[str, Any] = orjson.loads(answer.body)
        return told

    async def until(self, query: Any) -> Any:
        async with asyncio.timeout(30):
            while True:
                async with self.slad.context.store.reading() as connection:
                    found = (await connection.execute(query)).first()
                if found is not None:
                    return found
                await asyncio.sleep(0.05)

    async def paged(self, incident: str) -> Any:
        """The page about a promise that was broken half an hour ago."""
        await self.event(incident)
        delivery = notifier.delivery.c
        return await self.until(
            select(notifier.delivery).where(delivery.incident == f"desk:{incident}", delivery.alert != "")
        )


async def acknowledge(world: World) -> tuple[Answer, str]:
    row = await world.paged("1")
    return await world.post(f"/v1/alerts/{row.alert}/ack", b'{"by": "Anna"}', JSON), row.alert


async def follow_link(world: World) -> tuple[Answer, str]:
    row = await world.paged("2")
    token = re.search(r"/ack/([\w.-]+)", f"{row.text} {row.payload}")
    assert token is not None
    return await world.post(f"/ack/{token[1]}"), row.alert


async def retry(world: World) -> tuple[Answer, str]:
    row = await world.paged("3")
    async with world.slad.context.store.transaction() as connection:
        failed = update(notifier.delivery).where(notifier.delivery.c.id == row.id)
        await connection.execute(failed.values(state="failed", reason="exhausted", finished_at=row.created_at))
    return await world.post(f"/v1/deliveries/{row.id}/retry{REASON}"), row.id


async def enable(world: World) -> tuple[Answer, str]:
    async with world.slad.context.store.transaction() as connection:
        gone = {"id": "webhook:chat", "state": "disabled", "reason": "410", "changed_by": "slad"}
        now = world.slad.context.time_source.now()
        await connection.execute(insert(notifier.endpoint).values(**gone, changed_at=now))
    return await world.post(f"/v1/endpoints/webhook:chat/enable{REASON}"), "webhook:chat"


async def publish(world: World) -> tuple[Answer, str]:
    said = {"id": "fix-1", "title": "t", "text": "t", "products": [{"product": "shop", "versions": "<5"}]}
    return await world.post("/v1/notices", orjson.dumps(said), JSON), "fix-1"


async def replay_parked(world: World) -> tuple[Answer, str]:
    parked = await world.event("4", "io.slad.incident.no_such_thing.v1")
    assert parked["outcome"] == "parked"
    return await world.post(f"/v1/parked/{parked['id']}/replay{REASON}"), parked["id"]


def replay_quarantined(service: str) -> Callable[[World], Awaitable[tuple[Answer, str]]]:
    async def replay(world: World) -> tuple[Answer, str]:
        quarantine = world.slad.context.feeds.quarantine(service)
        part = RELAY if service == "ingest" else CONSUME
        await quarantine.put(QuarantineRow(part=part, position="1", headers={}, data=b"x"), ValueError("unfit"))
        (kept,) = await quarantine.page("", 0, 10)
        return await world.post(f"/v1/quarantine/{service}/{kept.id}/replay{REASON}"), f"{service}/{kept.id}"

    return replay


ACTS: dict[str, tuple[Callable[[World], Awaitable[tuple[Answer, str]]], str, str]] = {
    "POST /v1/alerts/{id_}/ack": (acknowledge, "alert.acknowledged", BY_KEY),
    "POST /ack/{token}": (follow_link, "alert.acknowledged", BY_LINK),
    "POST /v1/deliveries/{id_}/retry": (retry, "delivery.retried", BY_KEY),
    "POST /v1/endpoints/{id_}/enable": (enable, "endpoint.enabled", BY_KEY),
    "POST /v1/notices": (publish, "notice.published", BY_KEY),
    "POST /v1/parked/{id}/replay": (replay_parked, "parked.replayed", BY_KEY),
    **{
        f"POST /v1/quarantine/{service}/{{id_}}/replay": (replay_quarantined(service), "quarantine.replayed", BY_KEY)
        for service in ("ingest", "timer", "notifier", "board")
    },
}


async def test_every_route_that_changes_something_is_sorted_in(slad: RunningProcess) -> None:
    changing = {
        f"{method} {route.path}"
        for route in routes_of(slad.app)
        for method in route.methods
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    assert changing == ACTS.keys() | DATA.keys()
    assert not ACTS.keys() & DATA.keys()


async def test_every_act_is_on_record_with_who_did_it(slad: RunningProcess, subtests: pytest.Subtests) -> None:
    world = World(slad)
    await world.until(select(AUDIT["timer"].rows.c.seq))  # the catalogue is in force
    for route, (do, name, by) in ACTS.items():
        with subtests.test(route):
            before = {(row.service, row.seq) for row in await world.rows()}
            answer, object_ = await do(world)
            assert answer.status < 500, answer
            new = [row for row in await world.rows() if (row.service, row.seq) not in before]
            assert [(row.act, row.object) for row in new] == [(name, object_)], answer
            assert new[0].actor.startswith(by), new[0]
            assert new[0].reason in ("", "after the mend")
            assert (new[0].reason == "after the mend") is (name not in ("alert.acknowledged", "notice.published"))
            assert (new[0].before != new[0].after) is (name != "parked.replayed"), "it stays parked"


async def test_what_changes_nothing_and_what_is_refused_is_no_act(slad: RunningProcess) -> None:
    world = World(slad)
    row = await world.paged("1")
    await world.until(select(AUDIT["timer"].rows.c.seq))
    assert (await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", JSON)).status == 200
    before = await world.rows()
    calls = [
        await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", JSON),  # acknowledged already
        await world.post("/v1/alerts/no-such/ack", b"{}", JSON),
        await world.post(f"/v1/deliveries/{row.id}/retry"),  # has not failed
        await world.post("/v1/endpoints/nobody/enable"),
        await world.post("/v1/parked/none/replay"),
        await world.post("/v1/quarantine/timer/99/replay"),
        await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", {"authorization": "Bearer nobody"}),
        await world.post("/ack/forged.token"),
        await world.post("/v1/deadlines", b'{"contract": "anybody", "priority": "P2"}', JSON),
    ]
    assert [answer.status for answer in calls] == [200, 404, 409, 404, 404, 404, 401, 403, 200]
    assert await world.rows() == before


async def test_the_catalogue_in_force_is_on_record_with_no_incident_at_all(slad: RunningProcess) -> None:
    row = await World(slad).until(select(AUDIT["timer"].rows))
    assert (row.act, row.actor, row.object) == (
        "catalogue.activated", "service:timer", slad.context.catalogue.current.version,
    )  # fmt: skip
    async with slad.context.store.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(AUDIT["timer"].rows))).scalar_one() == 1
