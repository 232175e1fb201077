"""A running service that knows the shipped contracts and the example senders, and a place without settings."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.fleet import Fleet, Profile

import sla_catalogue.builtin

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
SHIPPED = Path(sla_catalogue.builtin.__file__).parent


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No SLAD_ variable, and a folder without a catalogue in it: the shipped files alone are known."""
    for name in [name for name in os.environ if name.startswith("SLAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service reads: the example catalogue beside the shipped contracts."""
    folder = tmp_path_factory.mktemp("service") / "catalogue"
    shutil.copytree(EXAMPLES, folder)
    for file in SHIPPED.glob("*.yaml"):
        text = file.read_text().replace("    default: true\n", "")  # one default is enough
        folder.joinpath(file.name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def service(catalogue: Path) -> Iterator[str]:
    """The address of slad, all in one process on SQLite."""
    settings = {"SLAD_CATALOGUE": str(catalogue), "SLAD_SMTP_URL": "smtp+plain://127.0.0.1:9"}
    fleet = Fleet(catalogue.parent / "fleet", Profile.EMBEDDED, settings, instances=1)
    asyncio.run(fleet.start())
    yield fleet.url("ingest")
    fleet.stop()
