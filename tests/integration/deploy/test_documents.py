"""What the documents say of settings, events, routes, log lines and files is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.integration.deploy.conftest import ROOT
from tests.integration.deploy.routes import services

from sla_platform.asyncapi.schema import EVENT_TYPES
from sla_platform.bus.feeds import READERS
from sla_platform.bus.topics import TopicNames, topic_configuration
from sla_platform.envelope import Topic
from sla_platform.settings import Settings

DOCS = ROOT / "docs"
OPERATIONS = (DOCS / "operations.md").read_text()
EVENTS = (DOCS / "events.md").read_text()
OURS = [DOCS / "operations.md", DOCS / "events.md", DOCS / "security.md", *sorted((DOCS / "runbooks").glob("*.md"))]
SOURCES = [file for part in ("services", "shared") for file in (ROOT / part).rglob("*.py")]
_ROW = re.compile(r"^\| `(SLAD_[A-Z_]+)` \| (.+?) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"^#### (\S+)\n\n(.+?)\n\n```json\n(.+?)\n```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")
_ROUTE = re.compile(r"`(GET|POST) (/[^`\s?]*)(?:\?[^`]*)?`")
_LOGGED = re.compile(r"`([a-z]+\.[a-z_]+)`")
_VARIABLE = re.compile(r"\bSLAD_[A-Z][A-Z_]*[A-Z]\b")


def _name(file: Path) -> str:
    return str(file.relative_to(DOCS))


# Settings.


def test_every_setting_is_explained_with_its_default() -> None:
    section = OPERATIONS.partition("\n## Settings\n")[2].partition("\n## ")[0]
    written = dict(_ROW.findall(section))
    expected = {f"SLAD_{name.upper()}": _shown(field.default) for name, field in Settings.model_fields.items()}
    assert written == expected


def _shown(default: object) -> str:
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    match value:
        case "":
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return f"`{json.dumps(value)}`"
        case _:
            return f"`{value}`"


@pytest.mark.parametrize("file", OURS, ids=_name)
def test_variables_are_settings(file: Path) -> None:
    known = {f"SLAD_{name}".upper() for name in Settings.model_fields}
    assert set(_VARIABLE.findall(file.read_text())) <= known


def test_settings_are_shown_without_secrets() -> None:
    settings = Settings(
        store_url="postgresql://slad:hush1@db/slad",
        smtp_url="smtp://slad:hu@sh2@mail.example:587",
        link_secret=SecretStr("hush3"),
        heartbeat_url="https://watchdog.example/hush4",
    )
    text = json.dumps(settings.shown())
    assert "hush" not in text
    assert "sh2" not in text
    assert "@db/slad" in text
    assert settings.shown().keys() == Settings.model_fields.keys()


def test_a_secret_that_nobody_set_is_not_shown_as_one() -> None:
    assert Settings().shown()["link_secret"] == "made and kept in the store"
    assert "*" in str(Settings(link_secret=SecretStr("hush")).shown()["link_secret"])


# Events.


def test_every_type_has_its_example_as_it_stood_on_a_topic() -> None:
    examples = {name: (summary, json.loads(data)) for name, summary, data in _EXAMPLE.findall(EVENTS)}
    assert list(examples) == [one.name for one in EVENT_TYPES]
    frozen = ROOT / "tests" / "golden" / "events" / "0.1"
    for one in EVENT_TYPES:
        record = json.loads((frozen / f"{one.name.removeprefix('io.slad.')}.json").read_text())
        assert examples[one.name] == (one.summary, json.loads(record["value"]))


def test_topics_are_as_they_are_made() -> None:
    settings = Settings.model_construct()
    names = TopicNames(settings.bus_prefix)
    for text in (EVENTS, OPERATIONS):
        assert set(re.findall(r"^\| `(slad-[a-z]+)` \|", text, re.MULTILINE)) == set(names.all())
    for topic in Topic:
        (row,) = re.findall(rf"^\| `{names.of(topic)}` \| \w+ \| (.+?) \| (.+?) \|", OPERATIONS, re.MULTILINE)
        assert set(re.findall(r"`slad-(\w+)`", row[0])) == set(READERS[topic])
        assert row[1] == _kept(settings, names.of(topic))
    assert f"| all | people | {_kept(settings, names.dead)} |" in OPERATIONS


def _kept(settings: Settings, topic: str) -> str:
    given = topic_configuration(settings, topic)
    if given.get("cleanup.policy") == "compact":
        return "compacted: the newest record of each contract, for ever"
    hours = int(given["retention.ms"]) // 3_600_000
    return f"{hours} h" if hours < 100 else f"{hours // 24} days"


# Routes, log lines, files.


async def test_routes_are_routes(subtests: pytest.Subtests) -> None:
    known = {path for service in await services() for path in (*service.public, *service.inside)}
    asked = {(file.name, path) for file in OURS for _, path in _ROUTE.findall(file.read_text())}
    assert len(asked) > 10
    for name, path in sorted(asked):
        with subtests.test(f"{name}: {path}"):
            filled = re.sub(r"\{id\}", "one", path)
            assert {filled, filled.replace("/incidents/one", "/incidents/desk:1/2")} & known or path in known


async def test_the_table_of_paths_is_the_truth() -> None:
    rows = re.findall(r"^\| ((?:`/[^`]*`(?:, )?)+) \| (\w+) \|$", OPERATIONS, re.MULTILINE)
    table = {path: service for paths, service in rows for path in re.findall(r"`([^`]+)`", paths)}
    for service in await services():
        for path in service.public:
            longest = max((own for own in table if path == own or (own != "/" and path.startswith(own))), key=len)
            assert table[longest] == service.name, path


@pytest.mark.parametrize("file", OURS, ids=_name)
def test_log_lines_and_facts_named_exist_in_the_code(file: Path) -> None:
    code = "\n".join(source.read_text() for source in SOURCES)
    for word in _LOGGED.findall(file.read_text()):
        suffix = word.rpartition(".")[2]
        if suffix in {"yaml", "yml", "json", "conf", "lock", "md", "ms", "reset", "replicas", "policy", "bytes", "sh"}:
            continue
        if f'"{word}"' not in code:
            # A part of a larger name, such as a column of a table or a section of the catalogue.
            assert all(re.search(rf"\b{part}\b", code) for part in word.split(".")), f"{word} is nowhere in the code"


@pytest.mark.parametrize("file", OURS, ids=_name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in _LINK.findall(file.read_text()):
        assert (file.parent / target).exists(), target


def test_files_named_exist() -> None:
    for file in OURS:
        for named in re.findall(r"`((?:deploy|docs|tests)/[\w./-]+)`", file.read_text()):
            assert (ROOT / named).exists(), f"{file.name} names {named}"
