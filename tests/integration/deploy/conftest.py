"""One short life of a real `slad run`, shared by all tests here that look at what it left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.deploy.life import life, lived
from tests.real.smtp import SmtpServer

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Remains:
    """What a run has shown and written."""

    text: str  # /metrics as any tool gets it
    openmetrics: str  # /metrics as Prometheus gets it
    events: tuple[dict[str, Any], ...]  # rows of every log


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that share the life run on one worker, so that it is lived once."""
    for item in items:
        if "remains" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(name="deploy-life"))


@pytest.fixture(scope="session")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    folder = tmp_path_factory.mktemp("life")
    with SmtpServer() as mail:
        yield asyncio.run(_live(folder, mail))


async def _live(folder: Path, mail: SmtpServer) -> Remains:
    settings = {"SLAD_SMTP_URL": f"smtp+plain://127.0.0.1:{mail.port}", "PAGER_URL": "http://127.0.0.1:9/nobody"}
    async with life(folder, settings) as one:
        await lived(one)
        text = (await one.get("/metrics")).text
        openmetrics = (await one.get("/metrics", Accept="application/openmetrics-text")).text
        return Remains(text, openmetrics, _events(one.database))


def _events(database: Path) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        for log in ("ingest_log", "timer_log", "notifier_log", "board_log"):
            found += [dict(row) for row in connection.execute(f"SELECT * FROM {log} ORDER BY position")]
    return tuple(found)
