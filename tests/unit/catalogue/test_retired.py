"""Catalogues that an older release stored: read by today's, under their own version, with the rules they had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla_catalogue import CatalogueInvalid, load_catalogue, load_text
from sla_catalogue.retired import without_retired
from sla_domain.contract import ContractId
from sla_domain.notice_terms import NoticeTerms, Registration
from sla_domain.plan import PlanId

GOLDEN = Path(__file__).parents[2] / "golden" / "catalogue"
STORED_VERSION = "17c192b25561"


def test_a_stored_catalogue_of_format_1_keeps_its_version_and_its_rules() -> None:
    old = load_text((GOLDEN / "format-1.json").read_text())
    assert old.version == old.rulebook.version == STORED_VERSION  # incidents are pinned to it
    plan = old.rulebook.plans[PlanId("silver")]
    assert [(role.id, dict(role.titles)) for role in plan.roles] == [("on_call", {}), ("csm", {"en": "Manager"})]
    assert plan.notices == NoticeTerms(registration=Registration.OPT_IN)
    people = old.rulebook.contracts[ContractId("acme")].people
    assert {id_: person.notices for id_, person in people.items()} == {"ada": False, "bo": True}
    assert set(old.sources) == {"github"}  # nobody spoke the other one's dialect


def test_what_it_becomes_is_stored_under_the_same_version_too() -> None:
    old = load_text((GOLDEN / "format-1.json").read_text())
    again = load_text(old.text)
    assert '"format":2' in old.text
    assert again.rulebook.plans == old.rulebook.plans


@pytest.mark.parametrize(
    "entry",
    [
        "plans: {gold: {extras: {reviews: []}}}",
        "plans: {gold: {objective: {ratio: 95%}}}",
        "plans: {gold: {roles: [{id: csm, chain: business}]}}",
        "plans: {gold: {roles: [{id: csm, told_of: every_incident}]}}",
        "escalations: {desk: {chain: business}}",
        "contracts: {acme: {plan: gold, zone: UTC, extras: {sold_by: Cy}}}",
        "settings: {public_url: 'https://sla.example'}",
        "channels: {post: {kind: webhook, url: 'https://x.example', sender: a@example.com}}",
        "sources: {hub: {dialect: github, options: {not_planned: resolved}}}",
        "keys: {reader: {sha256: x, scopes: [read], title: the dashboard}}",
    ],
)
def test_in_a_file_a_key_that_nothing_reads_is_an_error(entry: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(entry)
    with pytest.raises(CatalogueInvalid) as refused:
        load_catalogue(file, environment={})
    assert "unknown-key" in {problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    "dialect",
    ["bugzilla", "trac", "notes", "telex"],
)
def test_a_dialect_that_nobody_speaks_is_an_error(dialect: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(f"sources: {{desk: {{dialect: {dialect}, authentication: {{kind: none}}}}}}")
    with pytest.raises(CatalogueInvalid) as refused:
        load_catalogue(file, environment={})
    (found,) = [problem for problem in refused.value.problems if problem.code == "unknown-dialect"]
    assert "github" in found.hint  # the nearest, or all there are


def test_how_declined_work_ends_is_kept_under_its_new_name() -> None:
    stored: Any = {"sources": {"hub": {"dialect": "github", "options": {"done": "resolved", "colour": "red"}}}}
    assert without_retired(stored)["sources"] == {"hub": {"dialect": "github", "resolutions": {"done": "resolved"}}}
