"""`slad evidence` and `slad evidence verify`, against one running slad: what is in the file, what verifying finds."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.standalone.served import served
from tests.integration.standalone.tenants import CATALOGUE, KEYS
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.compose import ALL

BEGAN = SystemTime().now().astimezone(UTC).replace(microsecond=0) - timedelta(hours=3)
RECORDED = {
    "id": "gamma", "reason": "signed",
    "contract": {"plan": "plain", "zone": "Europe/Rome", "customers": ["Gamma"], "valid": {"from": "2026-01-01"},
                 "people": {"gina": {"name": "Gina", "email": "gina@gamma.example"}}, "roles": {"on_call": ["gina"]},
                 "targets": [{"metric": "resolution", "coverage": "always", "by_priority": {"P1": "1h", "P2": "2h"}}]},
}  # fmt: skip


class Desk:
    """One slad on a port; `call` is the command line, `ask` plain HTTP."""

    def __init__(self, port: int, client: httpx2.AsyncClient, folder: Path) -> None:
        self.url, self.client, self.folder = f"http://127.0.0.1:{port}", client, folder
        self._numbers = iter(range(1, 10_000))

    async def call(self, *arguments: object, key: str = "all") -> Said:
        return await asyncio.to_thread(slad, *arguments, "--url", self.url, "--key", KEYS[key])

    async def ask(self, method: str, path: str, key: str = "all", **more: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {KEYS[key]}"} | more.pop("headers", {})
        return await self.client.request(method, self.url + path, headers=headers, **more)

    async def event(self, ticket: str, kind: str, minute: float, **data: Any) -> None:
        at = BEGAN + timedelta(minutes=minute)
        event = {
            "specversion": "1.0", "id": str(next(self._numbers)), "source": "/desk", "subject": ticket,
            "type": f"io.slad.incident.{kind}.v1", "time": at.isoformat(), "data": data,
        }  # fmt: skip
        headers = {"Content-Type": "application/cloudevents+json", "X-Shop-Token": "never-kept-4711"}
        answer = await self.ask("POST", "/v1/events", content=json.dumps(event).encode(), headers=headers)
        assert answer.status_code == 202, answer.text

    async def until(self, look: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await look():  # noqa: ASYNC110 - the services are asked from outside
                await asyncio.sleep(0.05)

    async def evidence(self, incident: str, name: str, key: str = "all", *more: str) -> Path:
        file = self.folder / f"{name}.zip"
        said = await self.call("evidence", incident, "-o", file, "--force", *more, key=key)
        assert said.status == 0, said.err
        return file


@asynccontextmanager
async def desk(store_url: str, folder: Path) -> AsyncIterator[Desk]:
    settings = Settings(store_url=store_url, catalogue=CATALOGUE, port=0, board_open=False, partitions=2)
    await migrate(settings)
    async with served(settings, ALL) as (port, _), httpx2.AsyncClient(trust_env=False) as client:
        yield Desk(port, client, folder)


def contents(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(file: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in contents(file)[name].splitlines()]


def rewritten(file: Path, name: str, files: dict[str, bytes]) -> Path:
    target = file.with_name(name)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    return target


def sealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """As somebody would who knows how the file is made: the manifest and its digest fit again."""
    manifest = json.loads(files["manifest.json"])
    for one in manifest["files"]:
        one |= {"bytes": len(files[one["name"]]), "sha256": hashlib.sha256(files[one["name"]]).hexdigest()}
    text = json.dumps(manifest).encode()
    seal = f"{hashlib.sha256(text).hexdigest()}  manifest.json\n".encode()
    return files | {"manifest.json": text, "manifest.sha256": seal}


def failing(said: Said) -> dict[str, str]:
    return {one["what"]: " ".join(one["found"]) for one in said.json["checks"] if one["result"] == "fails"}


@pytest.mark.timeout(300)
async def test_evidence_of_a_breach_is_whole_and_every_change_of_it_is_found(store_url: str, tmp_path: Path) -> None:
    """One test, for the services take longer to start than to be asked."""
    async with desk(store_url, tmp_path) as world:
        file = await _a_broken_promise(world)
        _every_changed_file_is_found(file)
        _a_forger_who_seals_it_again_is_found(file)
        await _the_whole_audit_log_shows_more(world, file)
        await _a_ticket_that_moved(world)
        await _a_recorded_contract_of_two_versions(world)
        await _under_another_name(world)
        await _what_makes_no_sense(world, file)


async def _a_broken_promise(world: Desk) -> Path:
    await world.event("broken", "opened", 0, customer="Acme", priority="P1", title="Nothing works")

    async def paged() -> bool:
        found = (await world.ask("GET", "/v1/alerts?incident=desk:broken")).json()["alerts"]
        if found:
            await world.ask("POST", f"/v1/alerts/{found[0]['id']}/ack", json={"by": "Anna"})
        return bool(found)

    await world.until(paged)
    await world.event("broken", "responded", 60, actor="staff")
    await world.event("broken", "waiting", 70, waiting_on="customer", reason="a password\u2028or \x85 two")

    async def settled() -> bool:
        told = (await world.ask("GET", "/v1/incidents/desk:broken")).json()
        board = (await world.ask("GET", "/v1/board/incidents/desk:broken")).json()
        closed = (await world.ask("GET", "/v1/alerts?incident=desk:broken")).json()["alerts"]
        return bool(told["phase"] == board["phase"] == "waiting" and closed and closed[0]["state"] == "closed")

    await world.until(settled)
    file = await world.evidence("desk:broken", "one")
    again = await world.evidence("desk:broken", "two")
    one, two = contents(file), contents(again)
    apart = {name for name in one if one[name] != two[name]}
    assert apart <= {"manifest.json", "manifest.sha256", "deliveries.jsonl"}, "only what tries of sending added"
    manifests = [json.loads(each["manifest.json"]) for each in (one, two)]
    assert manifests[0]["made"].pop("at") < manifests[1]["made"].pop("at")
    assert {key for key in manifests[0] if manifests[0][key] != manifests[1][key]} <= {"files"}
    states = {clock["metric"]: clock["state"] for clock in lines(file, "clocks.jsonl")}
    assert states == {"first_response": "missed", "resolution": "paused"}
    (published,) = [one for one in lines(file, "published.jsonl") if one["metric"] == "first_response"]
    assert published["breached_at"] == (BEGAN + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    bodies = [one[each["file"]] for each in lines(file, "inbox.jsonl")]
    assert [json.loads(body)["type"].split(".")[3] for body in bodies] == ["opened", "responded", "waiting"]
    assert b"never-kept-4711" not in b"".join(one.values()), "a proof of the sender is no evidence"
    assert {each["person"] for each in lines(file, "deliveries.jsonl")} == {"anna"}
    (alert,) = lines(file, "alerts.jsonl")
    assert (alert["state"], alert["acknowledged_by"]) == ("closed", "Anna (key all)")
    assert [act["act"] for act in lines(file, "audit.jsonl")] == ["catalogue.activated", "alert.acknowledged"]
    facts = {fact["type"].removeprefix("io.slad.clock.") for fact in lines(file, "facts.jsonl")}
    assert facts >= {"started.v1", "breached.v1", "missed.v1", "paused.v1"}
    everything = b"".join(one.values())
    for word in (b"Beta", b"anna@acme.example", b"bert", *map(str.encode, filter(None, KEYS.values()))):
        assert word not in everything, word
    digest = json.loads((await world.call("evidence", "desk:broken", "-o", file, "--force", "--json")).out)["digest"]
    said = slad("evidence", "verify", file, "--digest", digest, "--json")
    assert (said.status, said.json["holds"]) == (0, True), said.out
    assert {one["result"] for one in said.json["checks"]} == {"holds"}
    wrong = slad("evidence", "verify", file, "--digest", "0" * 64, "--json")
    assert (wrong.status, list(failing(wrong))) == (1, ["digest"])
    own = slad("evidence", "verify", await world.evidence("desk:broken", "own", "acme"), "--json")
    results = {one["what"]: one["result"] for one in own.json["checks"]}
    assert (own.status, results["verdicts"], results["raw deliveries"]) == (0, "holds", "not checked")
    reader = slad("evidence", "verify", await world.evidence("desk:broken", "reader", "reader"), "--json")
    assert (reader.status, reader.json["contract"]) == (0, None)
    assert any("the key of an administrator" in sentence for sentence in reader.json["left_out"])
    assert any("The key lacks the scope admin" in sentence for sentence in reader.json["left_out"])
    polish = await world.evidence("desk:broken", "pl", "all", "--lang", "pl")
    assert "Pierwsza reakcja" in contents(polish)["explanation.txt"].decode()
    assert slad("evidence", "verify", polish).status == 0
    return file


def _every_changed_file_is_found(file: Path) -> None:
    files = contents(file)
    for name in files:
        broken = bytearray(files[name] or b"x")
        broken[len(broken) // 2] ^= 1
        said = slad("evidence", "verify", rewritten(file, "changed.zip", files | {name: bytes(broken)}))
        assert said.status == 1, f"{name}: {said.out}"
        dropped = {each: content for each, content in files.items() if each != name}
        assert slad("evidence", "verify", rewritten(file, "dropped.zip", dropped)).status == 1, name
    added = slad("evidence", "verify", rewritten(file, "added.zip", files | {"inbox/more.bin": b"more"}))
    assert (added.status, "inbox/more.bin is not in the manifest" in added.out) == (1, True)
    raw = file.read_bytes()
    for place in range(0, len(raw), max(1, len(raw) // 40)):  # in the zip itself, wherever it is
        target = file.with_name("raw.zip")
        target.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        said = slad("evidence", "verify", target)
        assert said.status == 1 or _same(target, file), (place, said.out)


def _same(one: Path, other: Path) -> bool:
    """A byte that says nothing of the content: a date, a system."""
    return contents(one) == contents(other)


def _a_forger_who_seals_it_again_is_found(file: Path) -> None:
    files = contents(file)

    def forged(name: str, old: bytes, new: bytes) -> dict[str, str]:
        assert old in files[name], (name, old)
        changed = sealed(files | {name: files[name].replace(old, new, 1)})
        return failing(slad("evidence", "verify", rewritten(file, "forged.zip", changed), "--json"))

    (published,) = [one for one in lines(file, "published.jsonl") if one["metric"] == "first_response"]
    due = published["due_at"].encode()
    later = due[:11] + (b"22" if due[11:13] == b"23" else b"23") + due[13:]
    assert "first_response" in forged("published.jsonl", due, later)["verdicts"]
    assert "due_at differs" in forged("clocks.jsonl", due, later)["verdicts"]
    assert "verdicts" in forged("events.jsonl", b'"P1"', b'"P2"')
    assert "verdicts" in forged("catalogues.jsonl", b'\\"P1\\":\\"15m\\"', b'\\"P1\\":\\"90m\\"')
    assert "zone differs" in forged("calendars.jsonl", b"Europe/Warsaw", b"Europe/London")["verdicts"]
    assert "explanation.txt" in forged("explanation.txt", b"missed", b"met")["verdicts"]
    assert "was changed" in forged("audit.jsonl", b"key:all", b"key:nobody")["audit log"]
    assert (
        "was never published"
        in forged("facts.jsonl", b"io.slad.clock.breached.v1", b"io.slad.clock.warned.v1")["who was told"]
    )
    body = lines(file, "inbox.jsonl")[0]["file"]
    assert "does not have its digest" in forged(body, b"P1", b"P2")["raw deliveries"]


async def _the_whole_audit_log_shows_more(world: Desk, file: Path) -> None:
    export = world.folder / "audit.jsonl"
    exported = await world.call("audit", "export")
    assert exported.status == 0, exported.err
    export.write_text(exported.out)
    said = slad("evidence", "verify", file, "--audit", export, "--json")
    assert (said.status, "stand so in the whole log of" in said.out) == (0, True), said.out + said.err
    rows = [json.loads(line) for line in export.read_text().splitlines()]
    cut = [row for row in rows if row.get("act") != "alert.acknowledged"]
    export.write_text("".join(f"{json.dumps(row)}\n" for row in cut))
    assert "audit log" in failing(slad("evidence", "verify", file, "--audit", export, "--json"))


async def _a_ticket_that_moved(world: Desk) -> None:
    await world.event("given", "opened", 0, customer="Acme", priority="P2", title="first-title", description="x")
    await world.event("given", "responded", 10, actor="staff", reason="first-words")
    await world.event("given", "described", 20, customer="Beta", title="second-title")
    await world.event("given", "updated", 30, actor="staff", reason="second-words")

    async def moved() -> bool:
        board = await world.ask("GET", "/v1/board/incidents/desk:given", key="beta")
        timer = await world.ask("GET", "/v1/incidents/desk:given", key="beta")
        return "second-words" in board.text and "second-words" in timer.text

    await world.until(moved)
    whole = await world.evidence("desk:given", "whole")
    assert slad("evidence", "verify", whole).status == 0
    assert {one["contract"] for one in lines(whole, "incident.jsonl")[0]["periods"]} == {"acme", "beta"}
    for key, mine, others in (("acme", b"first-words", b"second-"), ("beta", b"second-words", b"first-words")):
        file = await world.evidence("desk:given", key, key)
        everything = b"".join(contents(file).values())
        assert (mine in everything, others in everything) == (True, False), key
        assert "inbox.jsonl" not in contents(file)
        assert b"Bert" not in everything or key == "beta"
        said = slad("evidence", "verify", file, "--json")
        results = {one["what"]: one["result"] for one in said.json["checks"]}
        assert (said.status, said.json["contract"]) == (0, key), said.out
        assert (results["verdicts"], results["raw deliveries"]) == ("not checked", "not checked")
        assert any(f"for the contract {key} alone" in sentence for sentence in said.json["left_out"])
    assert (await world.call("evidence", "desk:given", key="house")).status == 1


async def _a_recorded_contract_of_two_versions(world: Desk) -> None:
    assert (await world.ask("POST", "/v1/contracts", json=RECORDED)).status_code == 201
    await world.event("recorded", "opened", 0, customer="Gamma", priority="P1", title="ours")
    await world.event("recorded", "responded", 5, actor="staff")

    async def judged() -> bool:
        found = await world.ask("GET", "/v1/incidents/desk:recorded")
        board = await world.ask("GET", "/v1/board/incidents/desk:recorded")
        return found.status_code == 200 and found.json()["contract"]["id"] == "gamma" and "breached" in board.text

    await world.until(judged)
    first = await world.evidence("desk:recorded", "gamma1")
    assert slad("evidence", "verify", first).status == 0, slad("evidence", "verify", first).out
    changed: dict[str, Any] = json.loads(json.dumps(RECORDED))
    changed["contract"]["targets"][0]["by_priority"]["P1"] = "50h"
    changed |= {"reason": "more time", "effective_from": BEGAN.isoformat()}
    del changed["id"]
    answer = await world.ask("PUT", "/v1/contracts/gamma", json=changed, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text

    async def replanned() -> bool:
        found = (await world.ask("GET", "/v1/incidents/desk:recorded")).json()["clocks"]
        return any(clock["target"].startswith("50") for clock in found)

    await world.until(replanned)
    file = await world.evidence("desk:recorded", "gamma2")
    said = slad("evidence", "verify", file, "--json")
    assert {one["what"]: one["result"] for one in said.json["checks"]}["verdicts"] == "holds", said.out
    (record,) = lines(file, "contracts.jsonl")
    assert [one["number"] for one in record["record"]["versions"]] == [1, 2]
    assert [one["reason"] for one in lines(file, "contract_changes.jsonl") if one["what"] == "version_added"] == [
        "signed", "more time",
    ]  # fmt: skip
    assert {"contract.created", "contract.changed"} <= {act["act"] for act in lines(file, "audit.jsonl")}
    assert b"gina@gamma.example" not in b"".join(contents(file).values())
    files = contents(file)
    forged = sealed(files | {"contracts.jsonl": files["contracts.jsonl"].replace(b'"50h"', b'"70h"')})
    assert "verdicts" in failing(slad("evidence", "verify", rewritten(file, "forged.zip", forged), "--json"))


async def _under_another_name(world: Desk) -> None:
    await world.event("old-1", "opened", 0, customer="Acme", priority="P2", title="moves on")
    await world.event("old-1", "renamed", 5, known_as="desk:new-1")
    await world.event("new-1", "responded", 9, actor="staff")

    async def joined() -> bool:
        found = await world.ask("GET", "/v1/incidents/desk:new-1")
        return found.status_code == 200 and found.json()["events_total"] == 3

    await world.until(joined)
    for number, name in enumerate(("desk:old-1", "desk:new-1")):
        file = await world.evidence(name, f"name{number}")
        about = lines(file, "about.jsonl")[0]
        assert (about["incident"], about["also_known_as"]) == ("desk:old-1", ["desk:new-1"])
        assert len(lines(file, "inbox.jsonl")) == 3
        assert slad("evidence", "verify", file).status == 0


async def _what_makes_no_sense(world: Desk, file: Path) -> None:
    unknown = await world.call("evidence", "desk:nothing")
    assert (unknown.status, "No such incident" in unknown.err) == (1, True)
    there = await world.call("evidence", "desk:broken", "-o", file)
    assert (there.status, "is there already" in there.err) == (2, True)
    lost = await world.call("evidence", "desk:broken", "-o", world.folder / "no" / "where.zip")
    assert (lost.status, "there is no folder" in lost.err) == (2, True)
    tongue = await world.call("evidence", "desk:broken", "--lang", "xx")
    assert (tongue.status, "--lang xx" in tongue.err) == (2, True)
    assert slad("evidence", "verify", world.folder / "nothing.zip").status == 2
    text = world.folder / "text.zip"
    text.write_text("no zip")
    assert (slad("evidence", "verify", text).status, "no zip file" in slad("evidence", "verify", text).out) == (1, True)
    assert not list(world.folder.glob("slad-evidence-*")), "nothing half done stays"
