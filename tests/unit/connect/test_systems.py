"""Every dialect and preset can be connected: its source is sound, its sample is understood, its page has its steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_catalogue import Dialect, load_source
from sla_catalogue.preset import preset_names
from sla_catalogue.system import FACTS, SecretMaker, plain_step, source_lines, system_names, system_of
from sla_domain.event import TimeQuality
from sla_ingest.dialect import Accepted
from sla_standalone.cli.connect.place import SecretPlace, made_secret
from sla_standalone.cli.connect.trial import sample_outcome, signed_test
from sla_standalone.cli.connect.written import new_file

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs" / "connect"


def written(name: str, folder: Path, *, filled: bool = False) -> Path:
    """The file that is written for a system; `filled`: with its hints taken in."""
    system, place = system_of(name), SecretPlace(file=folder / "secrets" / "desk")
    place.keep(made_secret(SecretMaker.WHSEC if system.secret is SecretMaker.WHSEC else SecretMaker.OURS))
    text = new_file(system, source_lines(system, "desk", place.key))
    if filled:
        text = re.sub(r"^(    )# ", r"\1", text, flags=re.MULTILINE)
    file = folder / "source-desk.yaml"
    file.write_text(text)
    return file


def test_every_dialect_and_every_preset_is_a_system() -> None:
    assert set(system_names()) == {dialect.value for dialect in Dialect} | set(preset_names())


@pytest.mark.parametrize("name", system_names())
def test_what_is_written_is_sound_and_so_are_its_hints(name: str, tmp_path: Path) -> None:
    source = load_source(written(name, tmp_path), "desk", {})
    assert source is not None
    assert source.dialect is system_of(name).dialect
    assert source.authentication.secrets[0].reveal()
    filled = load_source(written(name, tmp_path, filled=True), "desk", {})
    assert filled is not None
    # Compiled maps are not comparable.
    changed = repr(replace(filled, map=None)) != repr(replace(source, map=None))
    assert bool(system_of(name).hints) is changed


@pytest.mark.parametrize("name", system_names())
def test_a_test_delivery_is_proven_as_its_sender_would(name: str, tmp_path: Path) -> None:
    source = load_source(written(name, tmp_path), "desk", {})
    assert source is not None
    body, headers = signed_test(source, "https://slad.example/v1/webhooks/desk", "word", NOW)
    assert b'"slad_test":"word"' in body
    assert set(headers) > {"Content-Type"}


@pytest.mark.parametrize("name", system_names())
def test_the_sample_of_every_system_opens_an_incident(name: str, tmp_path: Path) -> None:
    source, system = load_source(written(name, tmp_path), "desk", {}), system_of(name)
    assert source is not None
    outcome = sample_outcome(source, system.sample, NOW).outcome
    assert isinstance(outcome, Accepted), outcome
    # A monitor has no word for an opening: it is down, which opens what is not known.
    first = "reopened" if name == "uptime-kuma" else "opened"
    assert {one.event.kind.value for one in outcome.events} >= {first}
    assert {one.event.occurred_at for one in outcome.events} == {NOW}
    assert {one.event.quality for one in outcome.events} == {TimeQuality.EXACT}


def page_of(name: str) -> str:
    """The page of a system as one line of words, without the fences of code."""
    return " ".join(re.sub(r"^ *```\w*$", "", (DOCS / f"{name}.md").read_text(), flags=re.MULTILINE).split())


def lacking(name: str, wanted: Iterable[str]) -> list[str]:
    """What of these texts the page of a system does not have, word for word."""
    found = []
    for text in wanted:
        pattern = re.escape(" ".join(text.split()))
        pattern = pattern.replace(re.escape("{url}"), r"https://\S+?/v1/webhooks/[\w-]+")
        pattern = pattern.replace(re.escape("{source}"), r"[\w-]+")
        if not re.search(pattern, page_of(name)):
            found.append(text)
    return found


@pytest.mark.parametrize("name", system_names())
def test_the_page_of_every_system_has_its_steps_and_traps_word_for_word(name: str) -> None:
    system = system_of(name)
    assert system.page == f"docs/connect/{name}.md"
    assert lacking(name, (*system.steps, *system.traps)) == []
    assert f"slad connect {name}" in page_of(name)


@pytest.mark.parametrize("name", system_names())
def test_the_page_of_every_system_says_what_its_deliveries_tell(name: str) -> None:
    system = system_of(name)
    assert tuple(system.facts) == FACTS
    assert all(system.facts.values())
    assert lacking(name, (f"| {asked} | {answer} |" for asked, answer in system.facts.items())) == []


def test_a_page_says_nothing_else_than_its_system() -> None:
    assert {file.stem for file in DOCS.glob("*.md")} == set(system_names())
    gone = system_of("jira").steps[0].replace("administrator", "guest")
    assert lacking("jira", [gone, "| when | never |"]) == [gone, "| when | never |"]


def test_a_step_is_plain_in_a_terminal() -> None:
    step = plain_step("Tick **Issues** of `{url}`, *now*.", "https://slad.example/v1/webhooks/desk", "desk")
    assert step == "Tick Issues of https://slad.example/v1/webhooks/desk, now."


def test_a_preset_whose_sender_sends_no_header_of_ours_has_its_own_proof(tmp_path: Path) -> None:
    proofs = {name: system_of(name).authentication for name in preset_names()}
    assert {name: proof for name, proof in proofs.items() if proof != "kind: bearer"} == {
        "hubspot": "scheme: hubspot", "postmark": "kind: basic, username: slad", "ses": "kind: basic, username: slad",
    }  # fmt: skip
    source = load_source(written("hubspot", tmp_path), "desk", {})
    assert source is not None
    assert source.authentication.header == "X-HubSpot-Signature-v3"
