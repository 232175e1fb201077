"""A missed promise from ingest to those who answer for the objective, and `slad attainment` against the service."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from structlog.testing import capture_logs
from tests.integration.standalone.served import served
from tests.integration.standalone.tenants import CATALOGUE, KEYS
from tests.real.http import http_client
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_standalone.compose import ALL

PATIENCE_SECONDS = 30.0
OBJECTIVE = """\
    objectives:
      - {id: in-time, percent: 90%, title: In time, tell: [on_call], credits: [{below: 50%, credit: 10%}]}
    escalation: on-call
"""


async def test_a_miss_exhausts_an_objective_and_its_people_are_told(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    text = CATALOGUE.read_text(encoding="utf-8")
    catalogue.write_text(text.replace("    escalation: on-call\n", OBJECTIVE, 1), encoding="utf-8")
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=catalogue, port=0)
    await migrate(settings)
    opened = datetime.now(UTC) - timedelta(minutes=40)  # noqa: TID251 - the services run on the real clock
    month = (opened + timedelta(minutes=15)).astimezone(ZoneInfo("Europe/Warsaw")).strftime("%Y-%m")
    # What the services log would stand among what the command prints.
    with capture_logs():
        await _told_and_shown(settings, opened, month)


async def _told_and_shown(settings: Settings, opened: datetime, month: str) -> None:
    async with served(settings, ALL) as (port, _), http_client() as client:
        url = f"http://127.0.0.1:{port}"

        async def ask(path: str) -> Any:
            answer = await client.get(url + path, headers={"Authorization": f"Bearer {KEYS['all']}"})
            assert answer.status_code == 200, answer.text
            return answer.json()

        async def attainment(*arguments: str, key: str = KEYS["all"]) -> Said:
            options = ("--period", month, "--url", url, "--key", key)
            return await asyncio.to_thread(slad, "attainment", *arguments, *options)

        event = {
            "specversion": "1.0", "id": "1", "source": "/desk", "subject": "1", "type": "io.slad.incident.opened.v1",
            "time": opened.isoformat(), "data": {"title": "down", "customer": "Acme", "priority": "P1"},
        }  # fmt: skip
        headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {KEYS['all']}"}
        sent = await client.post(f"{url}/v1/events", json=event, headers=headers)
        assert sent.status_code == 202, sent.text

        told: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not told:
                await asyncio.sleep(0.1)
                deliveries = (await ask("/v1/deliveries?contract=acme"))["deliveries"]
                told = [one for one in deliveries if one["kind"] == "objective"]
        assert [(one["person"], one["channel"]) for one in told] == [("anna", "email")]

        (found,) = (await attainment("acme", "--json")).json["contracts"]
        (objective,) = found["objectives"]
        assert (objective["id"], objective["standing"], objective["misses_left"]) == ("in-time", "exhausted", -1)
        assert {name: objective["counts"][name]["count"] for name in ("met", "missed", "exempt")} == {
            "met": 0, "missed": 1, "exempt": 0,
        }  # fmt: skip
        assert objective["credit_percent"] == 10
        table = await attainment("acme", key=KEYS["acme"])
        assert table.status == 0
        assert f"acme: Acme S.A., {month} (Europe/Warsaw)" in table.out
        assert "In time" in table.out
        every = await attainment("--json")
        assert {one["contract"] for one in every.json["contracts"]} == {"acme", "beta", "house"}
        assert (await attainment("acme", key=KEYS["beta"])).status == 1
        assert (await attainment("nosuch")).status == 1
        wrong = await asyncio.to_thread(slad, "attainment", "--period", "soon", "--url", url, "--key", KEYS["all"])
        assert (wrong.status, "write a month as 2026-11" in wrong.err) == (2, True), wrong.err
