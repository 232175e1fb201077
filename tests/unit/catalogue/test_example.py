"""The example catalogue is documentation that must keep its word, and the schema must know what it shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from sla_catalogue import (
    ChannelId,
    KeyScope,
    SourceId,
    catalogue_schema,
    check_files,
    load_catalogue,
    run_scenarios,
)
from sla_catalogue.builtin import builtin_texts
from sla_domain.contract import ContractId
from sla_notifier.channel.webhook.config import WebhookEndpoint

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "catalogue"


def plain(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def test_the_example_raises_no_warning() -> None:
    assert [problem.code for problem in check_files(EXAMPLE, environment={})] == []


def test_its_own_tests_hold() -> None:
    results = run_scenarios(load_catalogue(EXAMPLE, environment={}))
    assert len(results) >= 2
    assert [result.failures for result in results if not result.passed] == []


def test_it_holds_what_the_readme_promises() -> None:
    catalogue = load_catalogue(EXAMPLE, environment={})
    book = catalogue.rulebook
    zones = {contract.zone for contract in book.contracts.values()}
    assert zones >= {"Europe/Warsaw", "Asia/Taipei", "America/New_York"}
    assert "Acme" in book.contracts[ContractId("acme")].customers
    assert set(catalogue.sources) == {"demo", "github-demo", "jira-demo"}
    assert catalogue.sources[SourceId("demo")].authentication.secrets[0].reveal() == "demo-ingest-key"
    (ingest,) = (key for key in catalogue.keys.values() if key.fits("demo-ingest-key"))
    (read,) = (key for key in catalogue.keys.values() if key.fits("demo-read-key"))
    assert ingest.allows(KeyScope.INGEST)
    assert read.allows(KeyScope.READ)
    assert read.allows(KeyScope.ACK)
    assert not read.allows(KeyScope.INGEST)
    pager = catalogue.channels[ChannelId("pager")]
    assert isinstance(pager, WebhookEndpoint)
    assert pager.private_addresses
    assert [level.after.total_seconds() for level in catalogue.escalations["on-call"].levels] == [0, 600, 1800]


def test_a_stranger_s_ticket_falls_to_the_house_and_to_nobody_else_s_people() -> None:
    book = load_catalogue(EXAMPLE, environment={}).rulebook
    match = book.contract_for("A customer nobody knows", datetime(2026, 11, 10, 16, 50, tzinfo=UTC))
    house = match.contract
    assert house.id == book.default_contract == "house"
    assert house.customers == frozenset()
    assert {address.rpartition("@")[2] for person in house.people.values() for address in person.addresses} == {
        "support.example"
    }


@pytest.mark.parametrize("file", sorted(EXAMPLE.glob("*.yaml")), ids=lambda file: file.name)
def test_the_schema_accepts_the_example(file: Path) -> None:
    assert _refused(file.read_text("utf-8")) == []


@pytest.mark.parametrize("number", range(len(builtin_texts())))
def test_the_schema_accepts_the_shipped_plans(number: int) -> None:
    assert _refused(builtin_texts()[number].text) == []


@pytest.mark.parametrize(
    "text",
    [
        "plns: {}",
        "plans: {gold: {prioritys: []}}",
        "contracts: {acme: {zone: UTC}}",
        "channels: {c: {kind: pigeon}}",
        "settings: {smtp: {host: h, sender: s, port: many}}",
    ],
)
def test_the_schema_refuses_what_an_editor_should_underline(text: str) -> None:
    assert _refused(text)


def _refused(text: str) -> list[str]:
    validator = jsonschema_rs.validator_for(catalogue_schema())
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(plain(text))]
