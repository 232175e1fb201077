"""`slad oncall override …` and `slad contract person | role` against a running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.integration.standalone.served import served
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_standalone.compose import ALL

TENANTS = Path(__file__).with_name("tenants.yaml")
ALL_KEY, READER = "key-of-everything-00001", "key-that-reads-all-0001"


class Calls(Protocol):
    async def __call__(self, *arguments: str, key: str = ALL_KEY) -> Said: ...


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Calls]:
    settings = Settings(store_url=f"sqlite:///{folder}/slad.db", catalogue=TENANTS, port=0)
    await migrate(settings)
    async with served(settings, ALL) as (port, _):

        async def call(*arguments: str, key: str = ALL_KEY) -> Said:
            url = f"http://127.0.0.1:{port}"
            return await asyncio.to_thread(slad, *arguments, "--url", url, "--key", key)

        yield call


async def test_overrides_and_the_people_of_a_contract_at_the_keyboard(tmp_path: Path) -> None:
    """One test, for the services take longer to start than to be asked."""
    async with running(tmp_path) as call:
        await _an_override_from_making_to_end(call)
        await _people_and_roles(call, tmp_path)


async def _an_override_from_making_to_end(call: Calls) -> None:
    asked = ("oncall", "override", "desk", "--person", "bert", "--until", "2060-01-01T12:00", "--reason", "Olga is ill")
    refused = await call(*asked)
    assert (refused.status, refused.err.strip()) == (2, "slad: --until: an override lasts 366 days at most")
    begins = ("--from", "2060-01-01T10:00", "--instead-of", "ops")
    looked = await call(*asked, *begins, "--dry-run")
    assert looked.out.startswith("the override would be made: bert instead of ops in desk from 2060-01-01 10:00+01:00")
    assert [cell.strip() for cell in looked.out.splitlines()[-2].strip("│").split("│")] == [
        "2060-01-01 10:00+01:00", "2060-01-01 12:00+01:00", "ops", "bert",
    ]  # fmt: skip
    assert "no overrides" in (await call("oncall", "overrides", "desk")).err
    made = await call(*asked, *begins, "--json")
    assert made.status == 0, made.err
    id_ = made.json["override"]["id"]
    again = await call(*asked, *begins)
    assert (again.out.startswith(f"override {id_} stands: "), again.err.strip()) == (True, "it stands already")
    listed = await call("oncall", "overrides", "desk", key=READER)
    assert all(word in listed.out for word in (id_, "ahead", "bert", "2060-01-01 10:00+01:00", "Olga is ill", "all"))
    assert (await call("oncall", "overrides", "disk")).status == 1
    assert (await call(*asked, *begins, key=READER)).status == 2

    then = ("oncall", "--rota", "desk", "--at", "2060-01-01T11:00")
    assert "instead of ops: Olga is ill (by all)" in (await call(*then)).out
    by_files = await asyncio.to_thread(slad, *then, "--catalogue", str(TENANTS))
    assert "Olga Ops (ops)" in by_files.out
    misplaced = await asyncio.to_thread(slad, *then, "overrides", "desk")
    assert (misplaced.status, "stand behind its name" in misplaced.err) == (2, True)

    keyed = await asyncio.to_thread(slad, "oncall", "--key", "k", "--catalogue", str(TENANTS))
    assert (keyed.status, "--key goes with --url" in keyed.err) == (2, True)

    ended = await call("oncall", "end", id_, "--reason", "well again")
    assert ended.out.startswith(f"override {id_} ended: bert instead of ops in desk")
    assert "Olga Ops (ops)" in (await call(*then)).out
    assert (await call("oncall", "end", "999")).status == 1


async def _people_and_roles(call: Calls, folder: Path) -> None:
    file = folder / "gamma.yaml"
    file.write_text("contracts: {gamma: {customers: [Gamma], plan: plain, zone: UTC, roles: {on_call: [bert]}}}")
    person = folder / "kim.yaml"
    person.write_text("{name: Kim, email: kim@house.example}")
    why = ("--reason", "new on the team")
    assert (await call("contract", "apply", str(file), *why)).status == 0

    kim = ("contract", "person", "gamma", "kim")
    assert (await call(*kim)).status == 1, "not there yet"
    assert (await call(*kim, "--file", str(person))).status == 2, "without a reason"
    assert (await call(*kim, "--file", str(person), "--remove", *why)).status == 2
    looked = await call(*kim, "--file", str(person), *why, "--dry-run")
    assert looked.out.strip() == "gamma: kim is written (not written: it was only checked)"
    assert (await call(*kim)).status == 1
    assert (await call(*kim, "--file", str(person), *why)).out.strip() == "gamma: kim is written"
    assert (await call(*kim)).out == 'email: "kim@house.example"\nname: Kim\n'
    person.write_text("{name: Kim, zone: Mars}")
    unfit = await call(*kim, "--file", str(person), *why)
    assert (unfit.status, "gamma/person/zone: " in unfit.err) == (1, True)

    role = ("contract", "role", "gamma", "on_call")
    assert (await call(*role, *why)).status == 2, "neither holders nor --nobody"
    held = await call(*role, "kim", "rota:desk", "{person: bert}", *why)
    assert held.out.strip() == "gamma: on_call is held by kim, rota:desk, {person: bert}"
    exported = await call("contract", "export", "gamma")
    assert "- kim" in exported.out
    assert "- rota: desk" in exported.out
    refused = await call(*kim, "--remove", *why)
    assert (refused.status, "gamma/roles/on_call: it is held by kim" in refused.err) == (1, True)
    unknown = await call(*role, "kim", "kimm", *why)
    assert (unknown.status, "gamma/holders/1: " in unknown.err) == (1, True)
    assert (await call(*role, "--nobody", *why)).status == 0
    assert (await call(*kim, "--remove", *why)).out.strip() == "gamma: kim is taken out"
    assert (await call("contract", "role", "acme", "on_call", "bert", *why)).status == 1, "a contract of a file"
    assert (await call("contract", "role", "nothing", "on_call", "bert", *why)).status == 1
