"""A real Prometheus with our rules beside a real `slad run`: it reads, evaluates and finds nothing wrong."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.deploy.conftest import ROOT
from tests.integration.deploy.life import life
from tests.real.http import http_client

from sla_platform.local.ports import free_ports

RULES = ROOT / "deploy" / "prometheus"
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}/recording.yml, {rules}/alerts.yml]
scrape_configs:
  - job_name: slad
    static_configs: [{{targets: ["{target}"]}}]
"""


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Yields its URL. Evaluation groups with an interval of their own are brought to one second."""
    program = shutil.which("prometheus")
    assert program is not None, "Debian's package prometheus brings it beside promtool"
    rules = folder / "rules"
    rules.mkdir()
    for name in ("recording.yml", "alerts.yml"):
        text = (RULES / name).read_text()
        (rules / name).write_text(
            text.replace("interval: 15s", "interval: 1s").replace("interval: 30s", "interval: 1s")
        )
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(rules=rules, target=target))
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}", "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


async def test_it_reads_and_evaluates_everything(tmp_path: Path, promtool: Path) -> None:
    home, beside = tmp_path / "slad", tmp_path / "prometheus"
    home.mkdir()
    beside.mkdir()
    async with life(home, {"PAGER_URL": "http://127.0.0.1:9/nobody"}) as one:
        await one.happens("INC-1", "opened", customer="Acme", priority="P1", title="Checkout is down")
        await one.shows('slad_timer_due_soon_clocks{contract="acme"}')
        with prometheus(beside, one.url.removeprefix("http://")) as url:
            async with http_client(base_url=url, timeout=5.0) as client:
                groups = await _evaluated(client)
                rules = [rule for group in groups for rule in group["rules"]]
                assert {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")} == {}
                assert {rule["health"] for rule in rules} == {"ok"}
                # Nothing is wrong, so nothing fires or is about to, but for what is always true here.
                active = {rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] != "inactive"}
                assert active - {"SladCanaryMissing", "SladTimerSilent"} == {"SladWatchdog", "SladPromisesDueSoon"}
                due = await _query(client, 'slad_timer_due_soon_clocks{contract="acme", job="slad"}')
                assert due == ["1"]
                assert await _query(client, 'up{job="slad"}') == ["1"]


async def _evaluated(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """The groups of rules once each has been evaluated after a scrape."""
    async with asyncio.timeout(40):
        while True:
            try:
                # Until its storage is open every other page answers 503, in words.
                started = (await client.get("/-/ready")).status_code == httpx2.codes.OK
                if started and await _query(client, 'count_over_time(up{job="slad"}[1m]) > 3'):
                    answer = (await client.get("/api/v1/rules")).json()["data"]["groups"]
                    if all(rule["health"] != "unknown" for group in answer for rule in group["rules"]):
                        return list(answer)
            except httpx2.TransportError:
                pass  # it is starting
            await asyncio.sleep(0.3)


async def _query(client: httpx2.AsyncClient, expression: str) -> list[str]:
    answer = (await client.get("/api/v1/query", params={"query": expression})).json()
    if answer["status"] != "success":
        pytest.fail(f"{expression}: {answer}")
    return [series["value"][1] for series in answer["data"]["result"]]
