"""Bodies within bounds: of one, and of all that are being read."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from sla_platform.http.body import SMALL_BODY, BodyBudget, demand_model, read_body, read_model
from sla_platform.http.problem import Problem


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    by: str = Field(default="", max_length=5)


def request(*parts: bytes, gate: asyncio.Event | None = None, cut: bool = False, **headers: str) -> Request:
    """One whose body comes in parts; from the second on they wait for the gate."""
    left = [*parts]

    async def receive() -> dict[str, Any]:
        if gate is not None and len(left) < len(parts):
            await gate.wait()
        if not left:
            return {"type": "http.disconnect"} if cut else {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


async def refused(reading: Any) -> int:
    with pytest.raises(Problem) as caught:
        await reading
    return caught.value.status


async def test_one_body_is_bounded_whatever_was_stated() -> None:
    assert await read_body(request(b"ab", b"c"), 3) == b"abc"
    assert await refused(read_body(request(b"ab", b"cd"), 3)) == 413
    assert await refused(read_body(request(content_length="4"), 3)) == 413
    assert await refused(read_body(request(b"ab", cut=True), 3)) == 400
    assert await refused(read_body(request(b"ab", content_encoding="gzip"), 3)) == 415


async def test_all_bodies_together_are_bounded_and_the_room_comes_back() -> None:
    room, gate = BodyBudget(10), asyncio.Event()
    slow = [asyncio.create_task(read_body(request(b"12345", b"", gate=gate), 100, room)) for _ in range(2)]
    while room.held < 10:  # noqa: ASYNC110 - each look lets the readers on
        await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(*slow) == [b"12345", b"12345"]
    assert room.held == 0
    assert await refused(read_body(request(b"12345", cut=True), 100, room)) == 400
    assert room.held == 0
    assert await read_body(request(b"x"), 100, room) == b"x"
    assert room.held == 0


async def test_bodies_that_trickle_give_way_to_what_comes_now() -> None:
    room, gate = BodyBudget(10), asyncio.Event()
    slow = [asyncio.create_task(read_body(request(b"12345", b"", gate=gate), 100, room)) for _ in range(2)]
    while room.held < 10:  # noqa: ASYNC110 - each look lets the readers on
        await asyncio.sleep(0)
    assert await read_body(request(b"123", b"45"), 100, room) == b"12345"
    assert await refused(slow[0]) == 503
    assert not slow[1].done(), "there is room for this one"
    gate.set()
    assert await slow[1] == b"12345"
    assert room.held == 0


async def test_a_model_is_read_and_what_does_not_fit_is_pointed_at() -> None:
    json = {"content_type": "application/json; charset=utf-8"}
    assert await read_model(request(), Answer) is None
    found = await demand_model(request(b'{"by": "ola"}', **json), Answer)
    assert found.by == "ola"
    assert await refused(demand_model(request(), Answer)) == 422
    assert await refused(read_model(request(b"by=ola", content_type="text/plain"), Answer)) == 415
    assert await refused(read_model(request(b" " * (SMALL_BODY + 1), **json), Answer)) == 413
    for bad, pointer in ((b'{"by": "too long"}', "/by"), (b'{"x": 1}', "/x"), (b"{", ""), (b"\xff", ""), (b"[1]", "")):
        with pytest.raises(Problem) as caught:
            await read_model(request(bad, **json), Answer)
        assert (caught.value.status, caught.value.errors[0]["pointer"]) == (422, pointer)


def test_every_body_is_read_within_bounds() -> None:
    """A route that asked the request itself would hold whatever a stranger sends, before it knows who asks."""
    root = Path(__file__).parents[3]
    sources = [path for top in ("services", "shared") for path in (root / top).rglob("*.py")]
    found = {path.name for path in sources if re.search(r"request\.(body|form|json|stream)\(", path.read_text())}
    assert found == {"body.py"}, "use sla_platform.http.body"
