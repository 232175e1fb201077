"""What is for one's own machine does not start where others can reach it, and the error says what to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from tests.real.tables import migrate
from tests.unit.catalogue.made import SOUND, written

from sla_catalogue import load_catalogue
from sla_catalogue.known_secret import KNOWN_SECRETS, known_secret_places
from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_standalone.compose import run_process
from sla_standalone.exposure import is_loopback, reasons_against_exposure
from sla_standalone.holder import CatalogueHolder

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "catalogue"
OWN = "keys: {own: {sha256: " + "a" * 64 + ", scopes: [read]}}\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"])
def test_the_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "slad.example", "127.1", "localhost.example", "::2"])
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


async def start(tmp_path: Path, catalogue: Path, **settings: object) -> None:
    chosen = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=catalogue, **settings)  # type: ignore[arg-type]
    await migrate(chosen)
    async with run_process(chosen, ["ingest"]):
        pass


async def test_the_example_starts_on_the_loopback_alone(tmp_path: Path) -> None:
    await start(tmp_path, EXAMPLES)
    with pytest.raises(BadSettings) as refused:
        await start(tmp_path, EXAMPLES, host="0.0.0.0", board_open=False)
    said = str(refused.value)
    assert "settings.local: true" in said
    assert "channels.pager, keys.admin, keys.ingest, keys.read, sources.demo" in said
    assert not any(word in said for word in KNOWN_SECRETS)


async def test_keys_that_everybody_knows_are_refused_in_any_catalogue(tmp_path: Path) -> None:
    known = SOUND + "keys: {own: {key: demo-admin-key, scopes: [admin]}}\n"
    with pytest.raises(BadSettings, match=r"keys\.own"):
        await start(tmp_path, written(tmp_path, known), host="0.0.0.0", board_open=False)
    await start(tmp_path, written(tmp_path, SOUND + OWN), host="0.0.0.0", board_open=False)


async def test_an_open_board_for_others_is_said_and_not_a_default(tmp_path: Path) -> None:
    catalogue = written(tmp_path, SOUND + OWN)
    with pytest.raises(BadSettings, match="SLAD_BOARD_OPEN=false"):
        await start(tmp_path, catalogue, host="0.0.0.0")
    await start(tmp_path, catalogue, host="0.0.0.0", board_open=True)


@pytest.mark.parametrize("url", ["https://sla.example", "http://10.0.0.5:8321", "//", "https://[bad"])
async def test_a_proxy_on_the_same_machine_lets_others_in_too(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match=r"SLAD_PUBLIC_URL=.*settings\.local: true"):
        await start(tmp_path, EXAMPLES, public_url=url, board_open=False)
    with pytest.raises(BadSettings, match=r"SLAD_PUBLIC_URL=.*SLAD_BOARD_OPEN=false"):
        await start(tmp_path, EXAMPLES, public_url=url)


async def test_other_spellings_of_the_loopback_are_no_others(tmp_path: Path) -> None:
    await start(tmp_path, EXAMPLES, public_url="http://localhost:9000/")
    await start(tmp_path, EXAMPLES, host="::1")


async def test_the_production_profile_has_no_catalogue_by_default(tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", bus_url="kafka://127.0.0.1:9")
    with pytest.raises(BadSettings, match="SLAD_CATALOGUE is not set"):
        async with run_process(settings, ["ingest"]):
            pass


def test_a_catalogue_that_becomes_local_while_others_reach_it_changes_nothing(tmp_path: Path) -> None:
    file, registry = written(tmp_path, SOUND + OWN), CollectorRegistry()
    settings = Settings(host="0.0.0.0", catalogue=file)
    holder = CatalogueHolder(file, registry, against=lambda new: reasons_against_exposure(settings, new))
    before = holder.current
    file.write_text(SOUND + OWN + "settings: {local: true}\n")
    holder.refresh()
    assert holder.current is before
    assert registry.get_sample_value("slad_catalogue_good") == 0
    file.write_text(SOUND + OWN + "settings: {default_contract: acme}\n")
    holder.refresh()
    assert holder.current is not before
    assert registry.get_sample_value("slad_catalogue_good") == 1


def test_every_secret_of_the_example_and_of_the_documents_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_DEMO_SECRET", "JIRA_DEMO_SECRET", "SLAD_DEMO_PAGER_SECRET"):
        monkeypatch.delenv(name, raising=False)
    example = load_catalogue(EXAMPLES)
    places = {f"sources.{name}" for name in example.sources} | {f"keys.{name}" for name in example.keys}
    assert set(known_secret_places(example)) == places | {"channels.pager"}
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.*")]
    texts = [file for file in texts if "__pycache__" not in file.parts]  # what Python made of a script there
    shown = {word for file in texts for word in re.findall(r"\bdemo-\w+-(?:key|secret)\b", file.read_text())}
    assert shown <= KNOWN_SECRETS
