"""Every real payload of a dialect, posted as its sender would: the table beside this file.

The table is read by people before it is changed. A line is: file, status, outcome, what became of it, and how the
incident stands then: its phase, on whom it waits, since when it has ended, its priority and its clocks. To see what a
changed translation makes of the files, run `python -m tests.golden.webhooks.test_real_payloads`.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from tests.integration.ingest.world import SENDER, STRUCTURED, World
from tests.integration.ingest.world import world as running
from tests.shared_data import SHARED, needs_shared

from sla_catalogue.draft import load_draft
from sla_catalogue.secret import Secret
from sla_catalogue.source import Source, SourceId
from sla_domain.incident import Incident
from sla_ingest import tables
from sla_ingest.history import load_history

TABLE = Path(__file__).with_name("outcomes.txt")
PAYLOADS = SHARED / "data" / "webhooks"
BY_DIALECT = (
    "gitlab", "linear", "pagerduty", "opsgenie", "alertmanager", "grafana", "freshdesk", "intercom", "zabbix", "front",
)  # fmt: skip
FOLDERS = (
    "cloudevents", "github", "github-dotnet", "github-issue_comment", "jira", "jira-zulip",
    "gitlab-go-gitlab", "gitlab-go-playground",
    "freshdesk-2020-malformed", *BY_DIALECT,
)  # fmt: skip


def files() -> list[Path]:
    return sorted(file for folder in FOLDERS for file in (PAYLOADS / folder).glob("*.json"))


def expected() -> dict[str, str]:
    rows = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {name.strip(): " | ".join(part.strip() for part in rest) for name, *rest in (row.split("|") for row in rows)}


def read(name: str) -> tuple[str, bytes]:
    """Folder and body."""
    return name.partition("/")[0], (PAYLOADS / name).read_bytes()


def front() -> Source:
    """The source that docs/connect/mapped.md makes, but for its proof."""
    page = (Path(__file__).parents[3] / "docs/connect/mapped.md").read_text()
    block = re.search(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert block is not None
    (keys,) = yaml.safe_load(block[1])["sources"].values()
    del keys["authentication"]
    return load_draft("front-acme", yaml.safe_dump(keys))


def with_front(world: World) -> None:
    now = world.catalogue[-1]
    proof = replace(
        now.sources[SourceId("gitlab-acme")].authentication, secrets=(Secret("catalogue", "the word of front"),)
    )
    added = {SourceId("front-acme"): replace(front(), authentication=proof)}
    world.catalogue.append(replace(now, sources=MappingProxyType({**now.sources, **added})))


async def outcome(world: World, folder: str, body: bytes) -> str:
    if folder == "front":
        with_front(world)
    if folder == "cloudevents":
        answer = await world.client.post("/v1/events", content=body, headers={**STRUCTURED, **SENDER})
    elif folder.startswith("jira"):
        answer = await world.jira(body)
    elif folder.partition("-")[0] in BY_DIALECT:
        name = folder.partition("-")[0]
        proof = {"content-type": "application/json", "authorization": f"Bearer the word of {name}"}
        answer = await world.client.post(f"/v1/webhooks/{name}-acme", content=body, headers=proof)
    else:
        event = "issue_comment" if folder == "github-issue_comment" else "issues"
        source = "github-dotnet" if folder == "github-dotnet" else "github-acme"
        answer = await world.github(body, event=event, id_="0b989ba4-242f-11e5-81e1-c7b6966d2516", source=source)
    told = answer.json()
    if answer.status_code != 202:
        return f"{answer.status_code} | refused | {told['detail']}"
    return " // ".join(map(_became, told.get("deliveries", [told])))


async def state(world: World) -> str:
    """How each incident stands of which something was stored."""
    async with world.store.reading() as connection:
        names = sorted((await connection.execute(select(tables.event.c.incident).distinct())).scalars())
        history = await load_history(connection, names)
    return " // ".join(_stands(history.folded(name, world.catalogue[-1].rulebook)) for name in names) or "nothing"


def _stands(incident: Incident) -> str:
    waits = [f" on {wait.on.value}" for wait in incident.waits if wait.end is None]
    ended = "" if incident.ended_at is None else f" since {incident.ended_at.isoformat()}"
    clocks = ", ".join(f"{clock.metric} {clock.state.value}" for clock in incident.clocks)
    return f"{incident.phase.value}{''.join(waits)}{ended} {incident.priority}: {clocks or 'no clock'}"


def _became(told: dict[str, Any]) -> str:
    if not told["events"]:
        reason = told["reason"]
        return f"202 | {told['outcome']} | {reason['code']} {reason['detail']}".rstrip()
    events = "; ".join(
        f"{one['kind']} {one['incident']} {one['occurred_at']} {one['quality']}"
        + "".join(f" ({remark['code']})" for remark in one["remarks"])
        for one in told["events"]
    )
    return f"202 | {told['outcome']} | {events}"


@needs_shared
def test_the_table_names_every_file() -> None:
    assert set(expected()) == {str(file.relative_to(PAYLOADS)) for file in files()}


@needs_shared
@pytest.mark.parametrize("name", sorted(expected()))
async def test_a_real_payload_becomes_what_the_table_says(tmp_path: Path, name: str) -> None:
    async with running(f"sqlite:///{tmp_path}/ingest.db") as world:
        assert f"{await outcome(world, *read(name))} | {await state(world)}" == expected()[name]
        # and posted again it has no effect
        before = await world.logged()
        assert f"{await outcome(world, *read(name))} | {await state(world)}" == expected()[name]
        assert await world.logged() == before


async def _show() -> None:
    for file in files():
        name = str(file.relative_to(PAYLOADS))
        with tempfile.TemporaryDirectory() as folder:
            async with running(f"sqlite:///{folder}/ingest.db") as world:
                print(f"{name} | {await outcome(world, *read(name))} | {await state(world)}")


if __name__ == "__main__":
    asyncio.run(_show())
