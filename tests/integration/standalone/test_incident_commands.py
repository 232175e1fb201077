"""`slad incidents` against a running service; its events, replayed, come to the verdicts that the list has."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import orjson
from tests.integration.standalone.served import served
from tests.real.http import http_client
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_standalone.compose import ALL

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
TABLE = """number,customer,priority,opened,answered,resolved
T-1,Acme,P1,2026-11-09 09:00,2026-11-09 09:10,2026-11-09 12:30
T-2,Acme,P1,2026-11-10 16:50,2026-11-12 09:20,2026-11-12 11:00
T-3,Polaris,P2,2026-10-14 23:58,2026-10-15 00:20,2026-10-15 03:00
T-4,Polaris,P2,2026-10-02 08:00,,
T-5,Polaris,P1,2026-10-03 08:00,2026-10-05 08:00,2026-10-06 10:00
"""
MAPPING = """source: demo
incident: number
times: {format: "%Y-%m-%d %H:%M", zone: Europe/Warsaw}
attributes: {customer: customer, priority: priority}
events:
  - {event: opened, at: opened}
  - {event: responded, at: answered, actor: staff}
  - {event: resolved, at: resolved, actor: staff}
"""


async def test_what_is_listed_counted_and_exported_and_what_a_replay_of_it_says(tmp_path: Path) -> None:
    table, mapping, events = tmp_path / "tickets.csv", tmp_path / "map.yaml", tmp_path / "events.jsonl"
    table.write_text(TABLE)
    mapping.write_text(MAPPING)
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, port=0)
    await migrate(settings)
    async with served(settings, ALL) as (port, _), http_client() as client:
        url = f"http://127.0.0.1:{port}"

        async def typed(*arguments: str, key: str = "demo-read-key") -> Said:
            return await asyncio.to_thread(slad, *arguments, "--url", url, "--key", key)

        brought = await typed("import", str(table), "--map", str(mapping), key="demo-ingest-key")
        assert brought.status == 0, brought.err
        headers = {"Authorization": "Bearer demo-read-key"}
        async with asyncio.timeout(30):
            while True:  # until the board has every fact of the last clock that ends
                found = (await client.get(f"{url}/v1/incidents?metric=resolution", headers=headers)).json()
                open_ = (await client.get(f"{url}/v1/incidents?state=ended", headers=headers)).json()
                if found["total"] == 5 and found["verdicts"]["open"] == 0 and open_["total"] == 4:
                    break
                await asyncio.sleep(0.05)

        listed = await typed("incidents", "list", "--format", "json", "--limit", "3")
        assert (listed.status, listed.json["total"], len(listed.json["incidents"])) == (0, 5, 3), listed.err
        shown = await typed("incidents", "list", "--contract", "acme", "--period", "2026-11", "--verdict", "missed")
        assert ("T-2" in shown.out, "T-1" in shown.out, shown.err) == (True, False, "1 incidents\n"), shown.out
        whole = await typed("incidents", "list", "--format", "csv", "--customer", "Polaris")
        rows = list(csv.DictReader(io.StringIO(whole.out)))
        assert sorted(row["ticket"] for row in rows) == ["T-3", "T-4", "T-5"]
        lines = await typed("incidents", "export", "--customer", "Polaris")
        assert [one["id"] for one in lines.lines] == [row["id"] for row in rows]
        assert (await typed("incidents", "list", "--q", "demo:t-none")).err == "no incident fits\n"

        for arguments, said in (
            (("list", "--verdict", "late"), "verdict: 'late' is no verdict: met, missed, open, exempt, none"),
            (("list", "--period", "november"), "write a month as 2026-11"),
            (("list", "--format", "csv", "--limit", "5"), "--limit: CSV is the whole list"),
            (("export", "--events", "--format", "csv"), "--events: events are JSON lines"),
            (("export", "--events", "--metric", "resolution"), "metric: leave it out"),
        ):
            refused = await typed("incidents", *arguments)
            assert (refused.status, refused.out) == (2, ""), refused.out
            assert said in refused.err

        exported = await typed("incidents", "export", "--events")
        assert exported.status == 0, exported.err
        events.write_text(exported.out)
        assert len(exported.lines) == 13
        judged = {}
        for metric in ("first_response", "resolution", "update"):
            answer = await client.get(f"{url}/v1/incidents?limit=500&metric={metric}", headers=headers)
            judged |= {(one["id"], metric, one["cycle"]): one["verdict"] for one in answer.json()["incidents"]}
    replayed = await asyncio.to_thread(
        slad, "replay", str(events), "--catalogue", str(EXAMPLES), "--each", "--json",
        "--until", "2026-11-28T00:00:00Z",
    )  # fmt: skip
    assert replayed.status == 0, replayed.err
    # What is overdue at the end of a replay is missed already, whatever comes.
    outcomes = {
        (one["incident"], one["metric"], one["cycle"]): {"overdue": "missed"}.get(one["verdict"], one["verdict"])
        for one in orjson.loads(replayed.out)["verdicts"]
    }
    assert set(outcomes.values()) == {"met", "missed"}
    assert outcomes == judged
