"""Server-sent events over a real server: pages as they change, heartbeats, coming back, going away, many at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from tests.integration.board.bench import BoardBench, HandTime, Served, bench, served
from tests.real.http import http_client
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import api
from sla_board.stream import hub as hubs
from sla_board.stream.places import StreamBounds, StreamPlaces, Visitor
from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_platform.http.keys import KeyGate

PATIENCE = 20.0


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    data: Any


class Stream:
    """The events of one response, as a browser reads them."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.aiter_lines()
        self.retry = ""

    async def next(self, name: str = "") -> Event:
        """The next event (of that name)."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self._read()
                if not name or event.name == name:
                    return event

    async def _read(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                field, _, value = line.partition(": ")
                fields[field] = value
            elif "data" in fields:
                return Event(fields["event"], fields.get("id", ""), orjson.loads(fields["data"]))
            else:
                self.retry, fields = fields.get("retry", ""), {}
        raise EOFError


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "QUICKEST_SECONDS", 0.02)
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(api, "BEAT_SECONDS", 0.3)


@pytest.fixture
async def server(small_board: BoardBench) -> AsyncIterator[Served]:
    async with served(small_board) as running:
        yield running


@asynccontextmanager
async def following(server: Served, path: str = "/v1/stream", **headers: str) -> AsyncIterator[Stream]:
    async with (
        http_client(timeout=PATIENCE) as client,
        client.stream("GET", server.url + path, headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield Stream(response)


async def test_a_change_is_on_the_page_at_once(small_board: BoardBench, server: Served) -> None:
    async with following(server) as stream:
        empty = await stream.next("page")
        assert (empty.data["shown"], empty.data["title"]) == (0, "slad board")
        ticket = Ticket("a:1", left=-1, title="Checkout is down")
        await small_board.tell(ticket.started(), ticket.breached())
        page = await stream.next("page")
        assert "Checkout is down" in html(page)
        assert (page.data["title"], page.data["breached"], page.data["counts"]["breached"]) == ("(1) slad board", 1, 1)


def html(page: Event) -> str:
    """The rows a frame brings."""
    return "".join(page.data["rows"].values())


async def test_a_browser_that_keeps_up_is_sent_only_the_rows_that_differ(
    small_board: BoardBench, server: Served
) -> None:
    tickets = [Ticket(f"a:{n}", left=10 + n) for n in range(50)]
    await small_board.tell(*(ticket.started() for ticket in tickets))
    async with following(server) as stream:
        whole = await stream.next("page")
        assert len(whole.data["rows"]) == 50
        await small_board.tell(tickets[7].warned(), tickets[0].met())
        step = await stream.next("page")
        assert step.data["before"] == whole.id
        assert list(step.data["rows"]) == [f"c-{tickets[7].clock}"]
        assert step.data["order"] == [f"c-{ticket.clock}" for ticket in tickets[1:]]
    async with following(server) as stream:
        again = await stream.next("page")
        assert (again.id, len(again.data["rows"]), "before" in again.data) == (step.id, 49, False)


async def test_heartbeats_carry_the_servers_clock_and_how_far_it_is_behind(
    small_board: BoardBench, server: Served
) -> None:
    small_board.source.lag = 7
    async with following(server) as stream:
        assert (await stream.next("beat")).data == {"now": "2026-11-16T12:00:00.000Z", "applied_at": None, "lag": 7}
        assert stream.retry == "1500"
        small_board.time.pass_(minutes(1))
        await stream.next("beat")
        assert (await stream.next("beat")).data["now"] == "2026-11-16T12:01:00.000Z"


async def test_time_alone_moves_a_clock_into_the_next_bucket(small_board: BoardBench, server: Served) -> None:
    await small_board.tell(Ticket("a:1", left=61).started())
    async with following(server) as stream:
        assert (await stream.next("page")).data["counts"]["today"] == 1
        small_board.time.pass_(minutes(2))
        assert (await stream.next("page")).data["counts"]["hour"] == 1
        small_board.time.pass_(minutes(60))
        page = (await stream.next("page")).data
        assert page["counts"]["soon"] == 1
        assert "Due now" in "".join(page["rows"].values())


async def test_who_comes_back_with_the_last_id_is_not_sent_the_same_page_again(
    small_board: BoardBench, server: Served
) -> None:
    async with following(server) as stream:
        shown = await stream.next("page")
    async with following(server, **{"Last-Event-ID": shown.id}) as stream:
        assert [(await stream.next()).name for _ in range(2)] == ["beat", "beat"]
    async with following(server, f"/v1/stream?known={shown.id}") as stream:
        assert [(await stream.next()).name for _ in range(2)] == ["beat", "beat"]
        await small_board.tell(Ticket().started())
        missed = await stream.next("page")
    async with following(server, **{"Last-Event-ID": shown.id}) as stream:
        assert (await stream.next("page")).id == missed.id


async def test_the_page_as_loaded_and_its_first_frame_are_the_same(small_board: BoardBench, server: Served) -> None:
    await small_board.tell(Ticket(f"a:{1}").started())
    async with http_client() as client:
        loaded = (await client.get(server.url + "/")).text
    async with following(server) as stream:
        first = await stream.next("page")
    assert f'data-frame="{first.id}"' in loaded
    assert first.data["order"] == list(first.data["rows"])
    assert "".join(first.data["rows"].values()) in loaded


async def test_a_stream_is_narrowed_like_the_page(small_board: BoardBench, server: Served) -> None:
    async with following(server, "/v1/stream?contract=umbrella") as stream:
        await stream.next("page")
        await small_board.tell(Ticket("a:1").started(), Ticket("b:1", contract="umbrella").started())
        page = (await stream.next("page")).data
        assert (page["shown"], page["open"]) == (1, 2)
        assert "b:1" in "".join(page["rows"].values())


async def test_an_incident_page_follows_its_incident(small_board: BoardBench, server: Served) -> None:
    ticket = Ticket("gh:acme/web#1", left=-1)
    await small_board.tell(ticket.started())
    async with following(server, "/v1/stream/incidents/gh:acme%2Fweb%231") as stream:
        assert "Breached" not in (await stream.next("page")).data["html"]
        await small_board.tell(ticket.breached())
        assert "Breached" in (await stream.next("page")).data["html"]
        await small_board.tell(ticket.alert("opened"), ticket.alert("acknowledged", NOW + minutes(1), by="anna"))
        assert "by anna" in (await stream.next("page")).data["html"]


async def test_a_hundred_browsers_are_served_by_one_rendering(small_board: BoardBench, server: Served) -> None:
    async with http_client(timeout=PATIENCE, limits=httpx2.Limits(max_connections=None)) as client:

        async def follow() -> float:
            async with client.stream("GET", server.url + "/v1/stream") as response:
                stream = Stream(response)
                await stream.next("page")
                arrived.release()
                await stream.next("page")
                return asyncio.get_running_loop().time()

        arrived = asyncio.Semaphore(0)
        watching = [asyncio.ensure_future(follow()) for _ in range(100)]
        for _ in watching:
            await arrived.acquire()
        assert small_board.metric("slad_board_streams_open") == 100
        before = small_board.metric("slad_board_render_seconds_count")
        told = asyncio.get_running_loop().time()
        await small_board.tell(*(Ticket(f"a:{n}").started() for n in range(200)))
        last = max(await asyncio.gather(*watching))
        assert small_board.metric("slad_board_render_seconds_count") - before <= 1 + (last - told) / 0.1
    async with asyncio.timeout(PATIENCE):
        while small_board.metric("slad_board_streams_open"):  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0.01)


async def test_the_server_can_stop_while_somebody_watches(small_board: BoardBench, server: Served) -> None:
    async with following(server) as stream:
        await stream.next("page")
        assert small_board.service.drain is not None
        await small_board.service.drain()
        server.wait_for_streams(int(10 * PATIENCE))
        async with asyncio.timeout(PATIENCE):  # the server itself would wait ten times as long for those who watch
            await server.stop()
        with pytest.raises((EOFError, httpx2.RemoteProtocolError)):
            await stream.next("an event that never comes")


async def test_a_full_house_is_a_problem_that_says_when_to_come_back(small_board: BoardBench, server: Served) -> None:
    places = small_board.service.hub._places = StreamPlaces(StreamBounds(streams=2))
    for name in ("one", "another"):
        places.add_stream(Visitor(name), "board")
    async with http_client() as client:
        refused = await client.get(server.url + "/v1/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert (await client.get(server.url + "/")).status_code == 200


async def test_who_follows_too_much_is_told_so_and_the_others_are_not(small_board: BoardBench, server: Served) -> None:
    small_board.service.hub._places = StreamPlaces(StreamBounds(per_address=1))
    async with following(server) as stream, http_client() as client:
        await stream.next("page")
        refused = await client.get(server.url + "/v1/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert "address 127.0.0.1 follows 1 streams already" in refused.json()["detail"]
        assert small_board.metric("slad_board_streams_refused_total", why="share") == 1
        assert (await client.get(server.url + "/")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/stream/incidents/a:1"])
@pytest.mark.parametrize("change", ["taken away", "expired", "for another contract", "without the scope"])
async def test_a_stream_ends_when_its_key_no_longer_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, change: str
) -> None:
    monkeypatch.setattr(api, "KEY_SECONDS", 0.0)
    key = ApiKey(
        id=KeyId("acme"), sha256=hashlib.sha256(b"acmes key").hexdigest(), scopes=frozenset({KeyScope.READ}),
        contract=ContractId("acme"), expires=NOW.date() + timedelta(days=1),
    )  # fmt: skip
    keys = {"acme": key}
    time = HandTime()
    gate = KeyGate(lambda: keys.values(), time)
    async with bench(f"sqlite:///{tmp_path}/board.db", gate) as board, served(board) as server:
        await board.tell(Ticket("a:1").started())
        async with following(server, path, authorization="Bearer acmes key") as stream:
            await stream.next("page")
            for _ in range(3):
                await stream.next("beat")
            match change:
                case "taken away":
                    keys.clear()
                case "expired":
                    time.pass_(timedelta(days=1))
                case "for another contract":
                    keys["acme"] = replace(key, contract=ContractId("umbrella"))
                case _:
                    keys["acme"] = replace(key, scopes=frozenset({KeyScope.INGEST}))
            await board.tell(Ticket("a:1").breached())
            with pytest.raises(EOFError):
                await stream.next("an event that never comes")
        assert board.metric("slad_board_streams_open") == 0
