"""The timer's part of evidence, whatever happened to the incident: everything published follows from it again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.timer.desk import TEN, Desk
from tests.integration.timer.test_replan import replanner
from tests.integration.timer.test_withdrawn import BASE, HOUR, TAKEN, asking, broken, made, said
from tests.property.fold.histories import LONG, history, shown

from sla_catalogue import Catalogue
from sla_domain.event import EventKind
from sla_platform.store.engine import Store
from sla_standalone.evidence import EvidenceCheck, Manifest, open_evidence, write_archive
from sla_standalone.evidence.rejudge import check_verdicts

MANIFEST = Manifest(
    slad="", incident="", as_of="", contract=None, made_at="", made_by="", audit_heads=(), left_out=(),
    not_published_yet=(), files=(),
)  # fmt: skip


@pytest.fixture
def base(tmp_path: Path) -> Catalogue:
    return made(BASE, tmp_path / "base")


async def evidence(asked: httpx2.AsyncClient, incident: str) -> dict[str, list[dict[str, Any]]]:
    answer = await asked.get(f"/v1/evidence/timer/{incident}")
    assert answer.status_code == 200, answer.text
    *lines, end = map(json.loads, answer.content.splitlines())
    assert end == {"file": "end", "content": {"lines": len(lines)}}
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["file"], []).append(line["content"])
    return found


def verified(found: dict[str, list[dict[str, Any]]], folder: Path) -> EvidenceCheck:
    """As `slad evidence verify` looks at it."""
    (folder / "empty").mkdir(parents=True, exist_ok=True)
    files = {f"{name}.jsonl": "".join(f"{json.dumps(line)}\n" for line in lines) for name, lines in found.items()}
    write_archive(folder / "one.zip", folder / "empty", {name: text.encode() for name, text in files.items()})
    with open_evidence(folder / "one.zip") as opened:
        return check_verdicts(opened, MANIFEST)


@pytest.mark.parametrize("what", TAKEN)
async def test_a_promise_that_was_taken_away(store: Store, base: Catalogue, tmp_path: Path, what: str) -> None:
    desk = await broken(store, base)
    desk.current = new = made(TAKEN[what], tmp_path / "new")
    await replanner(desk, new).once()
    await desk.apply(said(1, EventKind.RESPONDED, TEN + 4 * HOUR))
    async with asking(desk, new) as asked:
        found = await evidence(asked, "demo:1")
    (about,) = found["about"]
    assert (about["recomputable"], about["missing"]) == (True, "")
    assert sorted(about["versions"]) == sorted({base.version, new.version})
    assert verified(found, tmp_path).result.value == "holds", verified(found, tmp_path).found
    (kept,) = [one for one in found["published"] if one["metric"] == "resolution"]
    assert (kept["state"], kept["breached_at"]) == ("cancelled", "2026-11-23T12:00:00Z")


async def test_a_late_answer_takes_a_breach_back(store: Store, base: Catalogue, tmp_path: Path) -> None:
    desk = await broken(store, base)
    await desk.apply(said(1, EventKind.RESOLVED, TEN + HOUR, received=TEN + 5 * HOUR))
    async with asking(desk, base) as asked:
        found = await evidence(asked, "demo:1")
    assert [one["state"] for one in found["published"]] == ["met", "met"]
    assert verified(found, tmp_path).result.value == "holds"
    published = next(one for one in found["published"] if one["metric"] == "resolution")
    published |= {"state": "missed", "breached_at": "2026-11-23T12:00:00Z"}
    check = verified(found, tmp_path)
    assert check.result.value == "fails"
    assert any("state: published missed, computed met" in one for one in check.found)
    assert any("breached_at: published 2026-11-23T12:00:00Z" in one for one in check.found)


async def test_a_catalogue_that_is_lost_is_said(store: Store, base: Catalogue, tmp_path: Path) -> None:
    desk = await broken(store, base)
    async with store.transaction() as connection:
        await connection.exec_driver_sql("DELETE FROM timer_catalogue")
    async with asking(desk, base) as asked:
        found = await evidence(asked, "demo:1")
    (about,) = found["about"]
    assert about["missing"] == f"the catalogue {base.version} is not there any more"
    assert verified(found, tmp_path).result.value == "not checked"


async def test_an_incident_that_nobody_knows(store: Store, base: Catalogue) -> None:
    desk = await Desk(store, base).start()
    async with asking(desk, base) as asked:
        assert (await asked.get("/v1/evidence/timer/demo:none")).status_code == 404


SHAPES = """
settings: {{local: true, default_contract: house}}
coverages: {{always: {{title: Always, hours: 24x7}}}}
contracts:
  house: {{title: House, plan: gold, zone: UTC}}
  acme: {{title: Acme, customers: [acme], plan: gold, zone: Europe/Warsaw}}
  umbrella: {{title: Umbrella, customers: [umbrella], plan: gold, zone: UTC}}
metrics:
  first_response: {{on_priority_change: {mode}}}
  next_response: {{on_priority_change: {mode}}}
  resolution: {{on_priority_change: {mode}, on_reopen: {reopening}}}
plans:
  gold:
    title: Gold
    escalation: none
    priorities: [{{id: P1}}, {{id: P2}}, {{id: P3}}, {{id: P4}}]
    rules: {{default: P3}}
    agreed_dates: {{priorities: [P1, P2, P3, P4]}}
    targets:
      - {{metric: first_response, coverage: always, by_priority: {{P1: 4m, P2: {p2}m, P3: 30m, P4: 30m}}, warn: [50%]}}
      - {{metric: next_response, coverage: always, by_priority: {{P1: 5m, P2: {p2}m, P3: 15m, P4: 60m}}}}
      - {{metric: resolution, coverage: always, by_priority: {{P1: 10m, P2: {p2}m, P3: 20m, P4: 90m}}, warn: [75%]}}
"""


async def test_whatever_happens_what_was_published_follows_again(store: Store, tmp_path: Path) -> None:
    """Late, doubled and contradicting events, agreed dates, other customers, and a catalogue that changes meanwhile."""
    first = made(SHAPES.format(mode="retarget", reopening="resume", p2=8), tmp_path / "first")
    second = made(SHAPES.format(mode="restart", reopening="new_cycle", p2=15), tmp_path / "second")
    desk = await Desk(store, first).start()
    names = []
    for seed in (*range(20), 153):
        names.append(f"test:{seed}")
        books = itertools.cycle((second, first))
        for arrival in shown(history(seed, names[-1])).arrivals:
            desk.time.instant = max(desk.time.instant, arrival.at) if seed else arrival.at
            await desk.fire(arrival.at)
            if arrival.event is None:
                desk.current = next(books)
                await replanner(desk, desk.current).once()
            else:
                await desk.apply(arrival.event, through=arrival.at)
    await desk.progress.publish()
    await desk.apply(said(1, EventKind.OPENED, desk.time.instant), through=desk.time.instant + LONG)
    while await desk.fire(desk.time.instant + LONG):  # some at a time
        pass
    async with asking(desk, desk.current) as asked:
        for name in names:
            found = await evidence(asked, name)
            assert found["about"][0]["recomputable"], (name, found["about"][0]["missing"])
            check = verified(found, tmp_path / name.replace(":", "-"))
            assert check.result.value == "holds", (name, check.found)
            assert found["published"], name
