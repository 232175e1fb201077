"""Keys that `slad key` makes: shown once, good everywhere within two seconds, and refused as soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.commanded import OPS
from tests.integration.standalone.served import served
from tests.real.http import http_client
from tests.real.tables import migrate
from tests.unit.cli.invoke import slad

from sla_board.api import BEAT_SECONDS, KEY_SECONDS
from sla_platform.apikey import tables
from sla_platform.apikey.copy import LOOK_SECONDS
from sla_platform.apikey.key import key_hash
from sla_platform.apikey.store import NoSuchKey, WantedKey, list_keys, make_key, revoke_key
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime

CATALOGUE = Path(__file__).with_name("tenants.yaml")
PATIENCE_SECONDS = 60.0


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await look():  # noqa: ASYNC110 - the services are asked from outside
            await asyncio.sleep(0.05)


def test_two_seconds_are_enough_for_a_look_and_the_longest_silence_of_a_stream() -> None:
    assert LOOK_SECONDS + KEY_SECONDS + BEAT_SECONDS < 2


async def test_a_key_counts_and_is_refused_within_two_seconds_in_every_process_and_on_open_streams(
    store_url: str,
) -> None:
    """Two processes on one store, and somebody at the command line."""
    settings = Settings(store_url=store_url, catalogue=CATALOGUE, board_open=False, port=0)
    await migrate(settings)
    operator, time = Store(store_url), SystemTime()
    async with AsyncExitStack() as stack:
        ports = [
            (await stack.enter_async_context(served(settings, names)))[0]
            for names in (("ingest", "timer"), ("notifier", "board"))
        ]
        client = await stack.enter_async_context(http_client(timeout=PATIENCE_SECONDS))
        asked = [f"http://127.0.0.1:{ports[0]}/v1/clocks", f"http://127.0.0.1:{ports[1]}/v1/board/clocks"]
        made, text = await make_key(operator, time, WantedKey(name="wall", scopes=["read"], contract="acme"), OPS)
        headers = {"Authorization": f"Bearer {text}"}

        async def all_answer(status: int) -> bool:
            return [(await client.get(url, headers=headers)).status_code for url in asked] == [status, status]

        await until(lambda: all_answer(200))
        assert (await client.get(asked[0], headers=headers, params={"contract": "beta"})).json()["clocks"] == []
        async with client.stream("GET", f"http://127.0.0.1:{ports[1]}/v1/stream", headers=headers) as stream:
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith("retry:")
            await revoke_key(operator, time, made.number, OPS)
            async with asyncio.timeout(PATIENCE_SECONDS):
                rest = [line async for line in lines]
            assert any("beat" in line for line in rest), "it was open until then"
        await until(lambda: all_answer(401))
    with pytest.raises(NoSuchKey):
        await revoke_key(operator, time, made.number, OPS)
    async with operator.reading() as connection:
        assert [key.revoked_by for key in await list_keys(connection)] == ["key:ops"]
        acts = (await connection.execute(select(tables.audit.rows).order_by(tables.audit.rows.c.seq))).all()
    assert [(act.act, act.object, act.contract) for act in acts] == [
        ("key.made", "wall#1", "acme"), ("key.revoked", "wall#1", "acme"),
    ]  # fmt: skip
    await operator.close()


async def test_keys_that_are_made_at_once_have_numbers_of_their_own(store_url: str) -> None:
    await migrate(Settings(store_url=store_url))
    stores = [Store(store_url) for _ in range(2)]
    wanted = WantedKey(name="k", scopes=["read"])
    made = await asyncio.gather(*(make_key(stores[n % 2], SystemTime(), wanted, OPS) for n in range(10)))
    assert sorted(key.number for key, _ in made) == list(range(1, 11))
    assert all(text.startswith(f"slad_{key.number}_") and key.fits(text) for key, text in made)
    assert len({text for _, text in made}) == 10
    for store in stores:
        await store.close()


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "slad.db"
    monkeypatch.setenv("SLAD_STORE_URL", f"sqlite:///{file}")
    asyncio.run(migrate(Settings()))
    return file


def test_a_made_key_is_shown_once_and_kept_nowhere(installation: Path) -> None:
    said = slad("key", "make", "--name", "grafana", "--role", "read", "--role", "ack", "--reason", "dashboards")
    assert said.status == 0, said.err
    text = said.out.strip()
    assert text.startswith("slad_1_")
    assert "grafana#1: ack, read" in said.err
    secret = text.rpartition("_")[2].encode()
    kept = b"".join(path.read_bytes() for path in installation.parent.iterdir())
    assert secret not in kept
    assert key_hash(text).encode() in kept
    listed = slad("key", "list", "--json")
    assert text not in listed.out
    assert [key["id"] for key in listed.json["keys"]] == ["grafana#1"]


def test_a_revoked_key_stays_on_the_list_of_all(installation: Path) -> None:
    for name in ("one", "two"):
        assert slad("key", "make", "--name", name, "--role", "read").status == 0
    refused = slad("key", "revoke", "one#1", "three#3")
    assert (refused.status, "three#3" in refused.err) == (1, True)
    assert len(slad("key", "list", "--json").json["keys"]) == 2, "none of them is revoked then"
    assert slad("key", "revoke", "one#1").out == "one#1 is revoked\n"
    assert slad("key", "revoke", "one#1").status == 1
    assert [key["id"] for key in slad("key", "list", "--json").json["keys"]] == ["two#2"]
    everything = slad("key", "list", "--all", "--json").json["keys"]
    assert [key["revoked_at"] is None for key in everything] == [False, True]
    assert everything[0]["revoked_by"].startswith("operator:")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--name", "Grafana", "--role", "read"), "small letters"),
        (("--name", "a#1", "--role", "read"), "small letters"),
        (("--name", "a", "--role", "everything"), "everything"),
        (("--name", "a"), "--role"),
        (("--name", "a", "--role", "admin", "--contract", "acme"), "concerns every contract"),
        (("--name", "a", "--role", "notify", "--contract", "acme"), "concerns every contract"),
        (("--name", "a", "--role", "read", "--expires", f"{datetime.now(UTC):%Y-%m-%d}"), "never be valid"),  # noqa: TID251
        (("--name", "a", "--role", "read", "--reason", "two\nlines"), "one line"),
        (("--name", "a", "--role", "read", "--contract", "a\nb"), "no contract"),
    ],
)
def test_what_makes_no_sense_is_refused_and_makes_nothing(
    installation: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = slad("key", "make", *arguments)
    assert refused.status == 2
    assert said in refused.err + refused.out
    assert slad("key", "list", "--all", "--json").json["keys"] == []


def test_without_a_database_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_STORE_URL", f"sqlite:///{tmp_path}/slad.db")
    refused = slad("key", "list")
    assert (refused.status, "there is no database" in refused.err) == (2, True)
    assert list(tmp_path.iterdir()) == []
