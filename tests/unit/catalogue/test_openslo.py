"""Objectives as OpenSLO v1: each document fits the schema of the project, and says what the contract says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from ruamel.yaml import YAML
from tests.build.rulebook import contract

from sla_catalogue import builtin_catalogue
from sla_catalogue.openslo import openslo_name, openslo_of, openslo_yaml
from sla_domain.contract import ContractEntitlement, ContractId
from sla_domain.objective import CountedUnit, Objective, PeriodKind

SCHEMAS = Path(__file__).parents[2] / "data" / "openslo"
WITHIN = Objective(id="within-sla", percent=Decimal("99.5"), titles={"en": "In time", "pl": "W terminie"}, clause="E4")


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    read = [json.loads(file.read_text()) for file in sorted(SCHEMAS.rglob("*.json"))]
    registry: Registry[Any] = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in read)
    whole = next(one for one in read if one["$id"].endswith("/v1/openslo.schema.json"))
    return Draft7Validator(whole, registry=registry)


def wrong(schema: Draft7Validator, document: dict[str, Any]) -> list[str]:
    return [error.message for error in schema.iter_errors(document)]


def test_every_shipped_objective_fits_the_schema(schema: Draft7Validator) -> None:
    documents = [
        document
        for known in builtin_catalogue().rulebook.contracts.values()
        for document in openslo_of(known).documents
    ]
    assert {document["kind"] for document in documents} == {"Service", "SLO"}
    assert [wrong(schema, document) for document in documents] == [[]] * len(documents)


@pytest.mark.parametrize("period", list(PeriodKind))
@pytest.mark.parametrize("of", list(CountedUnit))
@pytest.mark.parametrize("zone", ["UTC", "Asia/Taipei", "America/Argentina/Buenos_Aires"])
def test_every_kind_of_objective_fits_the_schema(
    schema: Draft7Validator, period: PeriodKind, of: CountedUnit, zone: str
) -> None:
    odd = replace(WITHIN, id="Ünder 4 h!", period=period, of=of, metrics=frozenset({"resolution"}))
    signed = contract('Acme "EU"\\1', zone=zone, valid_from=date(2026, 3, 15), objectives=(WITHIN, odd))
    found = openslo_of(signed)
    assert found.left_out == ()
    assert [wrong(schema, document) for document in found.documents] == [[], [], []]
    for document in found.documents:
        assert YAML(typ="safe").load(openslo_yaml(document)) == document


def test_a_schema_that_finds_nothing_would_be_noticed(schema: Draft7Validator) -> None:
    slo = openslo_of(contract(objectives=(WITHIN,))).documents[1]
    assert wrong(schema, slo) == []
    assert wrong(schema, slo | {"spec": slo["spec"] | {"budgetingMethod": "Guessing"}})
    assert wrong(schema, slo | {"spec": slo["spec"] | {"objectives": [{"target": 1}]}})
    assert wrong(schema, slo | {"metadata": {"name": "Not A Name"}})


def test_it_says_what_the_contract_says() -> None:
    year = replace(WITHIN, id="year", period=PeriodKind.CONTRACT_YEAR)
    own = contract(objectives=(year,), valid_from=date(2026, 3, 15), title="Acme S.A.")
    nase = ContractEntitlement(id="nase", bought=contract(objectives=(WITHIN,)))
    service, whole, part = openslo_of(replace(own, entitlements=(nase,)), "pl").documents
    assert service["metadata"] == {
        "name": "acme", "displayName": "Acme S.A.", "annotations": {"slad.io/contract": "acme"},
    }  # fmt: skip
    assert whole["spec"]["timeWindow"] == [
        {"duration": "1Y", "isRolling": False,
         "calendar": {"startTime": "2026-03-15 00:00:00", "timeZone": "Europe/Warsaw"}}
    ]  # fmt: skip
    assert part["metadata"]["name"] == "acme-nase-within-sla"
    assert part["metadata"]["displayName"] == "W terminie"
    assert part["spec"]["objectives"] == [{"displayName": "W terminie", "target": 0.995}]
    assert part["spec"]["service"] == "acme"
    ratio = part["spec"]["indicator"]["spec"]["ratioMetric"]
    labels = 'contract="acme",entitlement="nase",objective="within-sla"'
    assert ratio["good"]["metricSource"]["spec"]["query"] == (
        f'sum(max by (verdict) (slad_attainment_objective_counted{{{labels},verdict="met"}}))'
    )
    assert ratio["total"]["metricSource"]["spec"]["query"] == (
        f'sum(max by (verdict) (slad_attainment_objective_counted{{{labels},verdict=~"met|missed"}}))'
    )


def test_what_openslo_cannot_say_is_left_out_with_the_reason() -> None:
    every = replace(WITHIN, id="every", percent=Decimal(100))
    year = replace(WITHIN, id="year", period=PeriodKind.CONTRACT_YEAR)
    found = openslo_of(contract(objectives=(every, year)))
    assert found.documents == ()
    assert [sentence.partition(": it ")[2] or sentence.rpartition(": ")[2] for sentence in found.left_out] == [
        "promises all of them, and a target of OpenSLO is less than 1",
        "the contract has no first day from which its years would be counted",
    ]


def test_names_that_have_to_be_changed_stay_different() -> None:
    assert openslo_name("acme-1") == "acme-1"
    odd = [openslo_name(text) for text in ("Acme", "ACME", "acme!", "-", "ä", "x" * 64, "x" * 65)]
    assert len(set(odd)) == len(odd)
    assert all(len(name) <= 63 for name in odd)
    assert ContractId("acme") not in odd
