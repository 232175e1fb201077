"""Every dialect and preset can be connected: its source is sound, its sample is understood, its page has its steps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_catalogue import Dialect, load_source
from sla_catalogue.preset import preset_names
from sla_ingest.dialect import Accepted
from sla_standalone.cli.connect.place import SecretPlace, made_secret
from sla_standalone.cli.connect.system import SecretMaker, plain_step, system_names, system_of
from sla_standalone.cli.connect.trial import sample_outcome, signed_test
from sla_standalone.cli.connect.written import new_file, source_lines

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
    assert bool(system_of(name).hints) is (repr(filled) != repr(source) and filled.map is None)


@pytest.mark.parametrize("name", system_names())
def test_a_test_delivery_is_proven_as_its_sender_would(name: str, tmp_path: Path) -> None:
    source = load_source(written(name, tmp_path), "desk", {})
    assert source is not None
    body, headers = signed_test(source, "https://slad.example/v1/webhooks/desk", "word", NOW)
    assert b'"slad_test":"word"' in body
    assert set(headers) > {"Content-Type"}


@pytest.mark.parametrize("dialect", Dialect)
def test_the_sample_of_every_dialect_opens_an_incident(dialect: Dialect, tmp_path: Path) -> None:
    source, sample = load_source(written(dialect.value, tmp_path), "desk", {}), system_of(dialect.value).sample
    assert source is not None
    assert sample is not None
    outcome = sample_outcome(source, sample, NOW).outcome
    assert isinstance(outcome, Accepted), outcome
    (event,) = {one.event.kind.value for one in outcome.events}
    assert event == "opened"
    assert {one.event.occurred_at for one in outcome.events} == {NOW}


@pytest.mark.parametrize("dialect", Dialect)
def test_the_page_of_every_dialect_has_the_steps_word_for_word(dialect: Dialect) -> None:
    page = " ".join((DOCS / f"{dialect.value}.md").read_text().split())
    for step in system_of(dialect.value).steps:
        pattern = re.escape(" ".join(step.split()))
        pattern = pattern.replace(re.escape("{url}"), r"https://\S+?/v1/webhooks/[\w-]+")
        pattern = pattern.replace(re.escape("{source}"), r"[\w-]+")
        assert re.search(pattern, page), f"docs/connect/{dialect.value}.md lacks: {step}"
    assert f"slad connect {dialect.value}" in page


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
