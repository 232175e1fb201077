"""A kind of channel that slad has never seen: one folder and one line, and people are paged through it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import orjson
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, StageTime, breached

import sla_notifier.channel
from sla_catalogue import (
    ChannelId,
    Secret,
    catalogue_schema,
    check_files,
    install_channel_kinds,
    load_catalogue,
    load_text,
)
from sla_notifier.channel import registry
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

# The whole folder of the kind.
PIGEON = """
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sla_catalogue.channel import ChannelEntry
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.document.field import SecretValue
from sla_notifier.channel.kind import SendingKind
from sla_notifier.channel.port import Channel, Failure, Rejected, Sent


class PigeonDocument(ChannelDocument):
    kind: Literal["pigeon"]
    loft: str
    ring: SecretValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Pigeon(ChannelEntry):
    loft: str
    ring: object

    def every_secret(self):
        return (self.ring,)


class PigeonChannel(Channel):
    def __init__(self, catalogue):
        self._catalogue = catalogue

    async def send(self, outgoing):
        pigeon = self._catalogue().channels[outgoing.address]
        if not pigeon.ring.available:
            return Rejected(Failure.NOT_CONFIGURED, "no ring")
        said = f"{pigeon.ring.reveal()}: {outgoing.payload['data']['incident']} {outgoing.payload['data']['metric']}"
        Path(pigeon.loft).write_text(said)
        return Sent()

    async def close(self):
        return None


class PigeonKind(SendingKind):
    name = "pigeon"
    document = PigeonDocument
    secret_keys = frozenset({"ring"})

    def entry(self, id_, document):
        return Pigeon(id=id_, kind=self.name, loft=document.loft, ring=document.ring)

    def check_entry(self, document, path, context):
        if not document.loft.startswith("/"):
            context.findings.error((*path, "loft"), "loft", "a loft is a path from the root", "loft: /var/loft")

    def open(self, settings, catalogue):
        return PigeonChannel(catalogue)


KIND = PigeonKind()
"""


@pytest.fixture
def pigeons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The registry with the folder `pigeon` and its line; the path is the loft."""
    folder = tmp_path / "channel" / "pigeon"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(PIGEON)
    invalidate_caches()
    monkeypatch.setattr(sla_notifier.channel, "__path__", [*sla_notifier.channel.__path__, str(folder.parent)])
    before = registry.KINDS
    monkeypatch.setattr(registry, "KINDS", (*before, registry.load_kind("pigeon")))
    install_channel_kinds(registry.KINDS)
    yield tmp_path / "loft"
    install_channel_kinds(before)
    sys.modules.pop("sla_notifier.channel.pigeon")


def catalogue_with(pigeon: str, folder: Path) -> Path:
    """The catalogue of the stage, in which Ben is reached by pigeon."""
    text = CATALOGUE.read_text()
    text = text.replace("ben: {name: Ben Berg, email: ben@acme.example}", "ben: {name: Ben Berg, pigeon: north}")
    assert "pigeon: north" in text
    file = folder / "catalogue.yaml"
    file.write_text(text.replace("channels:\n", f"channels:\n  north: {pigeon}\n", 1))
    return file


URLS = {"PAGER_URL": "https://pager.example/", "SPARE_URL": "https://spare.example/", "RING": "ring seven"}


def landed(loft: Path) -> str:
    return loft.read_text()


async def test_a_page_flies_by_pigeon(store: Store, settings: Settings, pigeons: Path, tmp_path: Path) -> None:
    file = catalogue_with(f"{{kind: pigeon, loft: {pigeons}, ring: '${{RING}}'}}", tmp_path)
    catalogue = load_catalogue(file, environment=URLS)
    stage = Stage(store, StageTime(NINE.replace(hour=20)), catalogue, settings)  # Ben is on call outside the hours
    await stage.hear(breached(NINE.replace(hour=20)))
    await stage.send()
    rows = await stage.rows(person="ben")
    assert [(row.channel, row.address, row.endpoint, row.state) for row in rows] == [
        ("pigeon", "north", "pigeon:north", "sent")
    ]
    assert landed(pigeons) == "ring seven: github:7 first_response"
    assert orjson.loads(rows[0].payload)["type"] == "slad.page"
    await stage.close()


def test_the_catalogue_checks_it_and_keeps_its_secret(pigeons: Path, tmp_path: Path) -> None:
    def said(pigeon: str) -> list[str]:
        found = check_files(catalogue_with(pigeon, tmp_path), environment=URLS)
        return [problem.code for problem in found if problem.severity.value == "error"]

    assert said("{kind: pigeon, loft: /loft, ring: r}") == []
    assert said("{kind: pigeon, loft: here, ring: r}") == ["loft"]
    assert said("{kind: pigeon, loft: /loft}") == ["missing-key"]
    assert said("{kind: pigeon, loft: /loft, ring: r, wings: 2}") == ["unknown-key"]
    assert said("{kind: webhook, url: 'https://x.example', secret: s}") == ["channel-kind"]

    catalogue = load_catalogue(
        catalogue_with("{kind: pigeon, loft: /loft, ring: r-secret}", tmp_path), environment=URLS
    )
    assert "r-secret" not in catalogue.text
    stored = load_text(catalogue.text).channels[ChannelId("north")]
    assert stored.every_secret() == (Secret("catalogue"),)
    assert "pigeon" in catalogue_schema()["$defs"]["PersonDocument"]["properties"]


def test_without_its_line_the_catalogue_knows_no_pigeon(tmp_path: Path) -> None:
    file = catalogue_with("{kind: pigeon, loft: /loft, ring: r}", tmp_path)
    found = {problem.code for problem in check_files(file, environment=URLS)}
    assert {"unknown-value", "unknown-key"} <= found
