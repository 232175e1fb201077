"""One thing that cannot be shown breaks no page: its place says so, and a page that cannot be renewed is not "live"."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from tests.integration.board.bench import BoardBench
from tests.unit.board.envelopes import NOW, Ticket, minutes, notice

from sla_board import tables
from sla_board.shown.filter import BoardFilter
from sla_board.stream import hub as hubs
from sla_board.stream.hub import Frame, NotRendered
from sla_domain.event import AgreedTarget, EventKind
from sla_platform.envelope import Topic
from sla_platform.store.types import LATEST

LAST = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)


@pytest.fixture
async def client(board: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


async def _write(board: BoardBench, table: Any, where: Any, **values: Any) -> None:
    async with board.store.transaction() as connection:
        await connection.execute(update(table).where(where).values(**values))


async def _two(board: BoardBench) -> tuple[Ticket, Ticket]:
    good, bad = Ticket("a:good", left=30, title="All is well"), Ticket("a:bad", left=10, title="Odd one")
    await board.tell(*(one for ticket in (good, bad) for one in (ticket.event(), ticket.started())), notice("N-1"))
    return good, bad


async def test_the_end_of_the_calendar_is_a_due_instant_like_any_other(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    _, bad = await _two(board)
    agreed = AgreedTarget(metric="workaround", due_at=LAST, agreed_by="both")
    await board.tell(bad.event(EventKind.TARGET_AGREED, NOW + minutes(1), agreed=agreed))
    await _write(board, tables.clock, tables.clock.c.incident == "a:bad", due_at=LAST, original_due_at=LAST)
    for path in ("/", "/incidents/a:bad", "/v1/board/clocks", "/v1/board/incidents/a:bad"):
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert f"{LATEST:%Y-%m-%d}" in answer.text, path
        assert ("9999-12-31" in answer.text) is ("incidents" in path), path  # as it was agreed, in the event
    assert board.metric("slad_board_not_shown_total", part="row") == 0


async def test_a_row_that_cannot_be_shown_says_so_in_its_place(board: BoardBench, client: httpx2.AsyncClient) -> None:
    _, bad = await _two(board)
    await _write(board, tables.clock, tables.clock.c.incident == "a:bad", state="sideways")
    for _ in range(2):
        page = await client.get("/")
        assert page.status_code == 200
        assert "All is well" in page.text
        assert f'id="c-{bad.clock}" class="not-shown"' in page.text
        assert "This row cannot be shown (ValueError)" in page.text
        told = (await client.get("/v1/board/clocks")).json()
        assert [clock["incident"] for clock in told["clocks"]] == ["a:good"]
        assert told["not_shown"] == [
            {"part": "row", "id": str(bad.clock), "incident": "a:bad", "error": "ValueError"}
        ]  # fmt: skip
        incident = await client.get("/incidents/a:bad")
        assert incident.status_code == 200
        assert f"Clock <bdi>{bad.clock}</bdi>: This clock cannot be shown" in incident.text
        assert "Odd one" in incident.text
    assert board.metric("slad_board_not_shown_total", part="row") == 1  # each once, however often it is looked at


async def test_every_part_of_an_incident_may_fail_alone(board: BoardBench, client: httpx2.AsyncClient) -> None:
    _, bad = await _two(board)
    await board.tell(bad.event(EventKind.UPDATED, NOW + minutes(2), reason="the one that stays"))
    event, about = tables.event.c, tables.event.c.incident == "a:bad"
    await _write(board, tables.event, about & (event.type == "io.slad.incident.opened.v1"), data="{")
    await _write(board, tables.event, about & (event.topic == Topic.CLOCKS.value), data='{"kind": "clock.stood"}')
    await _write(board, tables.incident, tables.incident.c.id == "a:bad", attributes="no json")
    page = await client.get("/incidents/a:bad")
    twin = await client.get("/v1/board/incidents/a:bad")
    assert (page.status_code, twin.status_code) == (200, 200)
    assert "the one that stays" in page.text
    assert [one["part"] for one in twin.json()["not_shown"]] == ["event", "fact", "attributes"]
    assert [one["kind"] for one in twin.json()["events"]] == ["updated"]


async def test_a_notice_that_cannot_be_shown_hides_no_other(board: BoardBench, client: httpx2.AsyncClient) -> None:
    await board.tell(notice("N-1", title="Odd fix"), notice("N-2", title="Sound fix"))
    await _write(board, tables.notice, tables.notice.c.id == "N-1", products="[")
    page = await client.get("/notices")
    assert page.status_code == 200
    assert "Sound fix" in page.text
    assert "This notice cannot be shown" in page.text


async def test_a_stream_whose_page_cannot_be_rendered_says_so_and_recovers(
    small_board: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "QUICKEST_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "REST", 0.0)
    board, broken = small_board, [False]
    sound = board.service.hub._render

    async def render(view: Any) -> Frame:
        if broken[0]:
            raise OverflowError("date value out of range")
        return await sound(view)

    board.service.hub._render = render
    await board.tell(Ticket("a:1", left=30).started())
    async with aclosing(board.service.hub.follow(BoardFilter(), "", 30)) as seat:
        assert isinstance(await anext(seat), Frame)
        broken[0] = True
        await board.tell(Ticket("a:2", left=30).started())
        assert isinstance(await anext(seat), NotRendered)
        broken[0] = False
        await board.tell(Ticket("a:3", left=30).started())
        after = await anext(seat)
        assert isinstance(after, Frame)
        assert b"a:2" in after.body
        assert await anext(seat) is None  # a heartbeat at once: live again
    assert board.metric("slad_board_render_failures_total") >= 1
