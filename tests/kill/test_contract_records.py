"""kill -9 while contracts change and their ledgers are written: versions, entries and the audit log stay whole."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.e2e.fleet import Fleet, Profile
from tests.kill.drill import settings
from tests.kill.ring import chosen_seed
from tests.kill.saboteur import Saboteur
from tests.real.http import http_client
from tests.unit.cli.invoke import slad

from sla_platform.local import KafkaBroker

pytestmark = pytest.mark.kill
FULL = int(os.environ.get("SLAD_KILLS", "200"))
KEY = "drill-admin-key-0123456789ab"
CONTRACT = "kept"
BOUGHT = 100_000
PATIENCE_SECONDS, LOOK_SECONDS = 60.0, 0.2


def written_catalogue(folder: Path) -> Path:
    """One plan with credits, and a contract of the file for whoever is of no other."""
    folder.mkdir(parents=True)
    content = {
        "settings": {"local": True, "default_contract": "house"},
        "coverages": {"always": {"hours": "24x7"}},
        "plans": {
            "counted": {
                "priorities": [{"id": "P1", "title": "P1"}],
                "rules": {"default": "P1"},
                "targets": [{"metric": "first_response", "coverage": "always", "by_priority": {"P1": "1h"}}],
                "escalation": "none",
                "allowances": [{"id": "credits", "unit": "credits", "expires": "contract_year"}],
            }
        },
        "contracts": {"house": {"plan": "counted", "zone": "UTC", "customers": ["house"]}},
        "keys": {"admin": {"key": KEY, "scopes": ["admin"]}},
    }
    (folder / "records.yaml").write_text(json.dumps(content))
    return folder


def section(number: int) -> dict[str, Any]:
    """The contract as its change of this number leaves it; the two places say whether a version is whole."""
    return {
        "title": f"Title {number}",
        "customers": [CONTRACT, f"{CONTRACT} {number}"],
        "plan": "counted",
        "zone": "UTC",
        "valid": {"from": (datetime.now(UTC) - timedelta(days=30)).date().isoformat()},  # noqa: TID251 - real processes
    }


@dataclass(slots=True)
class Writers:
    """Write without end to whatever instance answers, each thing until it is answered."""

    urls: Sequence[str]
    lot: random.Random
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    entries: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    asked_again: int = 0

    async def entry(self, client: httpx2.AsyncClient, kind: str, name: str, amount: int) -> None:
        body = {"id": name, "kind": kind, "amount": amount, "reason": name}
        path = f"/v1/contracts/{CONTRACT}/ledgers/credits/entries"
        answer = await self._until(lambda url: client.post(url + path, json=body), {200, 201})
        assert answer.status_code in {200, 201}, answer.text
        self.entries[name] = amount if kind == "bought" else -amount

    async def spend(self, kind: str) -> None:
        async with opened() as client:
            number = 0
            while not self.enough.is_set():
                number += 1
                await self.entry(client, kind, f"{kind}-{number}", self.lot.randint(1, 9))

    async def change(self) -> None:
        """As a careful client: read, change what was read, and look again after an answer that did not come."""
        path = f"/v1/contracts/{CONTRACT}"
        async with opened() as client:
            while not self.enough.is_set():
                number = self.changes + 1
                while True:
                    known = await self._until(lambda url: client.get(url + path), {200})
                    if known.json()["in_force"]["contract"]["title"] == f"Title {number}":
                        break
                    body = {"reason": f"change {number}", "contract": section(number)}
                    headers = {"if-match": known.headers["etag"]}
                    await self._until(lambda url: client.put(url + path, json=body, headers=headers), {200, 412}, 1)  # noqa: B023 - called at once
                self.changes = number

    async def _until(self, ask: Callable[[str], Any], good: set[int], tries: int = 10_000) -> httpx2.Response:
        """Ask until one of these statuses comes back; at most so many times, then the last answer or an empty one."""
        answer = httpx2.Response(503)
        for _ in range(tries):
            try:
                answer = await ask(self.lot.choice(list(self.urls)))
            except httpx2.HTTPError:
                answer = httpx2.Response(503)
            if answer.status_code in good:
                return answer
            assert answer.status_code in {503, 502, 500, 429}, answer.text
            self.asked_again += 1
            await asyncio.sleep(0.1)
        return answer


def opened() -> httpx2.AsyncClient:
    return http_client(timeout=10.0, headers={"authorization": f"Bearer {KEY}"})


async def played(fleet: Fleet, kills: int, seed: int) -> Writers:
    await fleet.start()
    writers = Writers(fleet.urls("ingest"), random.Random(seed))
    async with opened() as client:
        body = {"id": CONTRACT, "reason": "change 0", "contract": section(0)}
        made = await client.post(f"{fleet.url('ingest')}/v1/contracts", json=body)
        assert made.status_code == 201, made.text
        await writers.entry(client, "bought", "first", BOUGHT)
    saboteur = Saboteur(fleet, seed, pause=(0.3, 1.5))
    async with asyncio.TaskGroup() as group:
        for task in (writers.spend("used"), writers.spend("bought"), writers.change()):
            group.create_task(task)
        await saboteur.kill(kills)
        writers.enough.set()
    return writers


async def all_changes(client: httpx2.AsyncClient, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(f"{url}/v1/contracts/{CONTRACT}/changes", params={"after": after})).json()
        found += page["changes"]
        after = page["next"]
    return found


async def judge(fleet: Fleet, writers: Writers) -> None:
    async with opened() as client:
        for url in fleet.urls("ingest"):
            changes = await all_changes(client, url)
            assert [one["revision"] for one in changes] == list(range(1, len(changes) + 1))
            reasons = Counter(one["reason"] for one in changes)
            assert set(reasons.values()) == {1}, reasons.most_common(3)
            versions = [one for one in changes if "number" in one]
            assert [one["reason"] for one in versions] == [f"change {n}" for n in range(writers.changes + 1)]
            assert {one["reason"] for one in changes if "entry" in one} == set(writers.entries)
            ledger = (await client.get(f"{url}/v1/contracts/{CONTRACT}/ledgers/credits")).json()
            assert int(ledger["free"]["amount"]) == sum(writers.entries.values())
            assert not ledger["over"]
            known = (await client.get(f"{url}/v1/contracts/{CONTRACT}")).json()["in_force"]["contract"]
            assert known["title"] == f"Title {writers.changes}"
            assert known["customers"] == [CONTRACT, f"{CONTRACT} {writers.changes}"]
        for url in fleet.urls("board"):  # another service, which learns by events alone
            await _shows(client, f"{url}/v1/board/contracts/{CONTRACT}", f"Title {writers.changes}")
    found = await asyncio.to_thread(slad, "audit", "verify", "--url", fleet.url("ingest"), "--key", KEY)
    assert found.status == 0, found.err + found.out


async def _shows(client: httpx2.AsyncClient, url: str, text: str) -> None:
    for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        if text in (await client.get(url)).text:
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError(f"{url} never showed {text!r}")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [6, pytest.param(FULL, marks=pytest.mark.slow)])
async def test_versions_and_ledgers_are_whole_after_kills_of_the_one_process(kills: int, tmp_path: Path) -> None:
    seed = chosen_seed()
    catalogue = written_catalogue(tmp_path / "catalogue")
    fleet = Fleet(tmp_path / "fleet", Profile.EMBEDDED, settings(catalogue))
    try:
        writers = await played(fleet, kills, seed)
        await judge(fleet, writers)
    finally:
        fleet.kill()
    print(f"SLAD_SEED={seed}: {len(writers.entries)} entries, {writers.changes} changes, {writers.asked_again} again")


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_versions_and_ledgers_are_whole_after_kills_among_the_services(
    kafka_broker: KafkaBroker, postgres_url: str, unique: str, tmp_path: Path
) -> None:
    seed = chosen_seed()
    catalogue = written_catalogue(tmp_path / "catalogue")
    environment = {
        **settings(catalogue),
        "SLAD_STORE_URL": postgres_url,
        "SLAD_BUS_URL": kafka_broker.url,
        "SLAD_BUS_PREFIX": unique,
    }
    fleet = Fleet(tmp_path / "fleet", Profile.PRODUCTION, environment, instances=2)
    try:
        writers = await played(fleet, FULL, seed)
        await judge(fleet, writers)
    finally:
        fleet.kill()
    print(f"SLAD_SEED={seed}: {len(writers.entries)} entries, {writers.changes} changes, {writers.asked_again} again")
