"""Catalogues of many contracts: what stands between contracts is looked at by customer, each file is read once."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.catalogue.made import errors, loaded, problems

from sla_catalogue import CatalogueInvalid, load_catalogue, load_text
from sla_catalogue.canonical import parse_stored
from sla_catalogue.rule import contract as rules
from sla_domain.contract import ContractId

HEAD = """\
coverages: {office: {hours: {mon-fri: "09:00-17:00"}}}
people: {bo: {name: Bo, email: bo@example.com}, anna: {name: Anna, email: anna@example.com}}
plans:
  gold:
    priorities: [{id: P1}]
    targets: [{metric: first_response, coverage: office, time: 1h}]
    escalation: none
settings: {default_contract: c0}
contracts:
"""


def contract(number: int, customers: str, more: str = "") -> str:
    held = "roles: {on_call: [anna], manager: [bo]}"
    return f"  c{number}: {{customers: [{customers}], plan: gold, zone: Europe/Warsaw, {held}{more}}}\n"


def test_only_contracts_with_a_customer_in_common_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[set[str]] = []
    monkeypatch.setattr(rules, "dates_overlap", lambda one, other: compared.append({one.id, other.id}) or False)
    entries = [contract(number, f"Customer {number}") for number in range(40)]
    assert errors(tmp_path, HEAD + "".join(entries) + contract(40, "Customer 7, Customer 7b")) == []
    assert compared == [{"c7", "c40"}]


def test_each_pair_of_contracts_is_told_once_with_all_its_customers(tmp_path: Path) -> None:
    """The second and the third share two names with the first, the fourth follows them in time."""
    text = HEAD + "".join(
        [
            contract(0, "A, B, C", ", valid: {to: 2026-06-01}"),
            contract(1, "B, A"),
            contract(2, "C, B", ", valid: {to: 2026-06-01}"),
            contract(3, "C", ", valid: {from: 2026-06-01}"),
        ]
    )
    found = [each for each in problems(tmp_path, text) if each.code == "duplicate-customer"]
    assert [(each.line, each.message) for each in found] == [
        (11, "A, B is a customer of c0 at the same time"),
        (12, "B is a customer of c1 at the same time"),
        (12, "B, C is a customer of c0 at the same time"),
    ]


def test_a_customer_of_several_contracts_has_the_one_in_force(tmp_path: Path) -> None:
    """Last year's, this year's and next year's, one of them under the name in capitals."""
    years = [(2025, "Acme"), (2026, "ACME, Acme Corp"), (2027, "Acme")]
    text = (
        HEAD
        + contract(0, "House")
        + "".join(
            contract(year, names, f", valid: {{from: {year}-01-01, to: {year + 1}-01-01}}") for year, names in years
        )
    )
    book = loaded(tmp_path, text).rulebook
    assert book.by_customer["Acme"] == ("c2025", "c2027")
    assert sorted(book.contracts_of(" acme ")) == ["c2025", "c2026", "c2027"]
    assert book.contract_for("Acme corp", datetime(2026, 7, 1, tzinfo=UTC)).contract.id == "c2026"
    assert book.contract_for("acme", datetime(2026, 7, 1, tzinfo=UTC)).contract.id == "c2026"
    assert book.contract_for("Acme", datetime(2027, 7, 1, tzinfo=UTC)).contract.id == "c2027"


def test_shared_people_are_in_the_order_written(tmp_path: Path) -> None:
    book = loaded(tmp_path, HEAD + contract(0, "House", ", people: {cy: {name: Cy, email: cy@example.com}}")).rulebook
    assert list(book.contracts[ContractId("c0")].people) == ["bo", "anna", "cy"]


def test_contracts_in_many_files_are_those_of_one(tmp_path: Path) -> None:
    entries = [contract(number, f"Customer {number}") for number in range(30)]
    whole = loaded(tmp_path, HEAD + "".join(entries))
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "a.yaml").write_text(HEAD + entries[0])
    for number, entry in enumerate(entries[1:]):
        (folder / f"b{number:02}.yaml").write_text("contracts:\n" + entry)
    parts = load_catalogue(folder, environment={})
    assert (parts.version, list(parts.rulebook.contracts)) == (whole.version, list(whole.rulebook.contracts))


def test_a_stored_text_has_the_version_that_its_content_gives(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, HEAD + contract(0, "Hüse"))
    assert parse_stored(catalogue.text).version == catalogue.version
    assert load_text(catalogue.text).text == catalogue.text


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_of_garbage_is_as_it_was_after_a_catalogue(tmp_path: Path, enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        text = loaded(tmp_path, HEAD + contract(0, "House")).text
        assert gc.isenabled() is enabled
        load_text(text)
        with pytest.raises(CatalogueInvalid):
            loaded(tmp_path, HEAD + contract(0, "House", ", plan: lead"))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
