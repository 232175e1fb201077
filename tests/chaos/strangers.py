"""What others send: silence, floods without a right signature, odd values, one incident without end."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from tests.chaos.catalogue import HOT, NOTIFY_KEY, ODD, PRODUCT, SIGNED
from tests.chaos.play import HEADERS
from tests.chaos.watch import wall
from tests.chaos.world import World
from tests.kill.drill import READ_KEY, SOURCE
from tests.kill.wire import Wire

IDLE_PEERS = 300  # of each process
STRANGER = "127.0.0.2"  # another address than the senders'
FLOOD_AT_ONCE = 8
HOT_EVENTS_PER_SECOND = 60  # in batches; a run of a minute gives the one incident a good thousand
HOT_BATCH = 200
_NOTICE = {"content-type": "application/json", "authorization": f"Bearer {NOTIFY_KEY}"}
_READ = {"authorization": f"Bearer {READ_KEY}"}


async def idle(world: World) -> None:
    """Connections that say nothing, half a head, or a head and never the body."""
    lot, open_ = world.lot("idle"), list[asyncio.StreamWriter]()
    beginnings = (
        b"",
        b"POST /v1/events HTTP/1.1\r\nHost:",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    )
    try:
        while not world.enough.is_set():
            for member in world.fleet.members * 3:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", member.port, local_addr=(STRANGER, 0))
                    open_.append(writer)
                    writer.write(lot.choice(beginnings))
                    world.done["idle"] += 1
            while len(open_) > IDLE_PEERS * len(world.fleet.members):
                open_.pop(0).transport.abort()
            await asyncio.sleep(0.1)
    finally:
        for writer in open_:
            writer.transport.abort()


async def flood(world: World) -> None:
    """Deliveries with signatures that do not hold: each is refused, and nobody else notices."""
    lot = world.lot("flood")
    wire = Wire({"content-type": "application/json", "x-github-event": "issues", "x-github-delivery": "1",
                 "x-hub-signature-256": "sha256=" + "0" * 64}, 5.0)  # fmt: skip
    while not world.enough.is_set():
        for _ in range(FLOOD_AT_ONCE):
            url = lot.choice(world.fleet.urls("ingest"))
            reply = await wire.post(f"{url}/v1/webhooks/{SIGNED}", b'{"n": %d}' % lot.randrange(10**9))
            world.done["flood"] += 1
            _never(world, "flood", reply.status, (0, 401, 403, 404, 429, 503))
        await asyncio.sleep(0.1)


async def odd(world: World) -> None:
    """Values at the edges: each is taken or refused with a 4xx, and stops nobody."""
    lot = world.lot("odd")
    number = 0
    while not world.enough.is_set():
        number += 1
        drawn = lot.randrange(len(ODD_EVENTS) + len(ODD_NOTICES))
        what, path, headers, body = _odd(drawn, f"odd-{world.seed}-{number}")
        wire = Wire(headers, 6.0)
        reply = await wire.post(f"{lot.choice(world.fleet.urls('ingest'))}{path}", body)
        wire.close()
        world.done["odd"] += 1
        _never(world, f"odd ({what})", reply.status, (0, 503, *range(200, 500)))
        await _odd_question(world, lot.choice(ODD_QUESTIONS))
        await asyncio.sleep(lot.uniform(0.1, 0.5))


async def _odd_question(world: World, question: tuple[str, str]) -> None:
    service, path = question
    wire = Wire(_READ, 6.0)
    reply = await wire.get(f"{world.fleet.url(service)}{path}")
    wire.close()
    _never(world, f"odd (GET {service} {path})", reply.status, (0, 503, *range(200, 500)))


def _never(world: World, what: str, status: int, good: tuple[int, ...]) -> None:
    world.checked[what] += 1
    if status not in good:
        world.broken.append(f"{what}: answered {status}")


ODD_EVENTS: dict[str, dict[str, Any]] = {
    "a customer of 301": {"customer": "x" * 301},
    "a customer of 3,000": {"customer": "ż" * 3_000},
    "a priority of 61": {"priority": "P" * 61},
    "a priority of nothing": {"priority": ""},
    "a title of 20,000": {"title": "x" * 20_000},
    "emoji": {"title": "🔥" * 80, "customer": "👩🏽‍🚒"},
    "right to left and joiners": {"title": "\u202e\u200f\u200d\ufeff"},
    "NUL": {"title": "a\x00b", "customer": "a\x00b"},
    "a lone surrogate": {"title": "\ud800"},
    "time of year 1": {"time": "0001-01-01T00:00:00Z"},
    "time of year 1 east": {"time": "0001-01-01T00:00:00+14:00"},
    "time of year 9999 west": {"time": "9999-12-31T23:59:59-14:00"},
    "a leap second": {"time": "2016-12-31T23:59:60Z"},
    "a subject of 2,000": {"subject": "s" * 2_000},
    "a subject with a NUL": {"subject": "a\x00"},
    "a subject of slashes": {"subject": "../../x%00?#"},
    "an id of 5,000": {"id": "i" * 5_000},
    "attributes without end": {"product": "p" * 5_000, "environment": "e" * 5_000, "category": "c" * 5_000},
}
ODD_NOTICES: dict[str, dict[str, Any]] = {
    "a notice of Go's zero time": {"published_at": "0001-01-01T00:00:00Z"},
    "a notice of year 1 east": {"published_at": "0001-01-01T00:00:00+14:00"},
    "a notice of year 9999 west": {"published_at": "9999-12-31T23:59:59-14:00"},
    "a notice with a NUL": {"title": "a\x00b", "text": "\x00"},
    "a notice of emoji": {"title": "🔥" * 200, "text": "🔥" * 5_000},
    "a notice of lone surrogates": {"title": "\ud800", "text": "\udfff"},
}
ODD_QUESTIONS = (
    ("timer", "/v1/clocks?contract=%00"), ("timer", "/v1/incidents/slad:canary"), ("timer", "/v1/incidents/%00"),
    ("timer", "/v1/deadlines"), ("notifier", "/v1/alerts?state=%00"), ("notifier", "/v1/deliveries?before=%00"),
    ("notifier", "/v1/deliveries?incident=%F0%9F%94%A5"), ("board", "/incidents/%00"),
    ("board", "/v1/board?contract=%00"), ("ingest", "/v1/parked?before=%00"),
)  # fmt: skip


def _odd(number: int, name: str) -> tuple[str, str, dict[str, str], bytes]:
    if number < len(ODD_EVENTS):
        what, odd_ = list(ODD_EVENTS.items())[number]
        event = {"specversion": "1.0", "id": name, "source": SOURCE, "type": "io.slad.incident.opened.v1",
                 "subject": name, "time": datetime.fromtimestamp(wall(), UTC).isoformat()}  # fmt: skip
        data = {"customer": ODD, "priority": "P3", "title": name}
        event |= {key: value for key, value in odd_.items() if key in ("time", "subject", "id")}
        data |= {key: value for key, value in odd_.items() if key not in ("time", "subject", "id")}
        return what, "/v1/events", HEADERS, _json({**event, "data": data})
    what, odd_ = list(ODD_NOTICES.items())[number - len(ODD_EVENTS)]
    notice = {"id": name, "title": name, "text": name, "products": [{"product": PRODUCT, "versions": "0.1"}]} | odd_
    return what, "/v1/notices", _NOTICE, _json(notice)


def _json(value: object) -> bytes:
    """As a careless sender writes it: lone surrogates as escapes, NUL as an escape."""
    return json.dumps(value).encode()


async def hot(world: World) -> None:
    """One incident that is updated without end, in batches."""
    name, number = f"hot-{world.seed}", 0
    headers = {**HEADERS, "content-type": "application/cloudevents-batch+json"}
    while not world.enough.is_set():
        batch = []
        for _ in range(HOT_BATCH):
            kind = "opened" if number == 0 else "updated"
            data: dict[str, Any] = (
                {"customer": HOT, "priority": "P4", "title": name} if number == 0 else {"actor": "staff"}
            )
            batch.append({"specversion": "1.0", "id": f"{name}-{number}", "source": SOURCE, "subject": name,
                          "type": f"io.slad.incident.{kind}.v1", "data": data,
                          "time": datetime.fromtimestamp(wall(), UTC).isoformat()})  # fmt: skip
            number += 1
        await world.post.until_accepted("/v1/events", orjson.dumps(batch), headers, good=(202,))
        world.done["hot"] += HOT_BATCH
        await asyncio.sleep(HOT_BATCH / HOT_EVENTS_PER_SECOND)


async def notices(world: World) -> None:
    """Critical fixes, each of which must reach the contracts that run the product."""
    lot, number = world.lot("notices"), 0
    while not world.enough.is_set():
        await asyncio.sleep(lot.uniform(2.0, 6.0))
        number += 1
        id_ = f"fix-{world.seed}-{number}"
        body = {"id": id_, "title": f"Fix {number} 🔥", "text": "Upgrade.", "products": [{"product": PRODUCT}]}
        await world.post.until_accepted("/v1/notices", orjson.dumps(body), dict(_NOTICE), good=(200, 202))
        world.published[id_] = wall()
        world.done["notices"] += 1
