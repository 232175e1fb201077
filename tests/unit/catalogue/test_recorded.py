"""Recorded contracts beside those of files: what is asked of many looks only at those that it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.build.record import record_of, version
from tests.unit.catalogue.made import loaded
from tests.unit.catalogue.test_compiler import FILES

from sla_catalogue.compiler import CompiledContract, ContractCompiler
from sla_catalogue.recorded import RecordedCatalogue
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.movers import due_date_movers
from sla_domain.notice import Affected, Notice, NoticeId, concerned_contracts, known_products, open_to_registration
from sla_domain.notice_terms import Severity
from sla_domain.rulebook import Rulebook
from sla_domain.version import VersionRange
from sla_platform.contracts.shelf import RecordShelf, index_of
from sla_platform.wire.contract import record_data, record_text

NOV = datetime(2026, 11, 1, tzinfo=UTC)
DEC = datetime(2026, 12, 1, tzinfo=UTC)


def keep(shelf: RecordShelf, contract: str, *versions: tuple[datetime, Mapping[str, Any]]) -> None:
    """Put a record on the shelf whose versions take effect at these instants."""
    changes = [version(number, since, values) for number, (since, values) in enumerate(versions, start=1)]
    record = record_of(contract, versions[-1][0], *changes)
    data = record_data(record)
    shelf.put(contract, record.revision, index_of(data), record_text(data).encode())


def section(customer: str, **more: Any) -> dict[str, Any]:
    return {
        "customers": [customer],
        "plan": "gold",
        "zone": "Europe/Warsaw",
        "country": "PL",
        "roles": {"on_call": ["anna"]},
    } | more


def using(product: str, customer: str = "C") -> dict[str, Any]:
    return section(customer, environment=[{"product": product}])


@pytest.fixture
def shelf() -> RecordShelf:
    return RecordShelf()


@pytest.fixture
def rulebook(tmp_path: Path, shelf: RecordShelf) -> Rulebook:
    catalogue = loaded(tmp_path, FILES)
    return RecordedCatalogue(lambda: catalogue, shelf)().rulebook


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the contracts that were built."""
    found: list[str] = []
    compile_ = ContractCompiler.compile

    def counted(self: ContractCompiler, id: str, values: Any, *, version: int = 0) -> CompiledContract:
        found.append(id)
        return compile_(self, id, values, version=version)

    monkeypatch.setattr(ContractCompiler, "compile", counted)
    return found


def notice(product: str) -> Notice:
    affected = (Affected(product, VersionRange.parse("*")),)
    return Notice(id=NoticeId("n-1"), severity=Severity.HIGH, affected=affected)


def test_a_notice_looks_only_at_contracts_with_the_product(
    shelf: RecordShelf, rulebook: Rulebook, built: list[str]
) -> None:
    for number in range(20):
        keep(shelf, f"c{number}", (NOV, using("Mail" if number % 10 else "Shop", f"C{number}")))
    assert [one.id for one in concerned_contracts(notice("shop"), rulebook, DEC)] == ["c0", "c10"]
    assert set(built) == {"c0", "c10"}
    assert known_products(rulebook) == {"mail": "Mail", "shop": "Shop"}


def test_a_notice_reaches_the_version_that_applies_then(shelf: RecordShelf, rulebook: Rulebook) -> None:
    keep(shelf, "acme", (NOV, using("Shop")), (DEC, using("Mail")))
    assert [one.version for one in concerned_contracts(notice("Shop"), rulebook, NOV)] == [1]
    assert concerned_contracts(notice("Shop"), rulebook, DEC) == []
    assert [one.version for one in concerned_contracts(notice("Mail"), rulebook, DEC)] == [2]


def test_a_product_that_the_last_contract_gave_up_is_known_no_more(shelf: RecordShelf, rulebook: Rulebook) -> None:
    keep(shelf, "acme", (NOV, using("Shop")))
    keep(shelf, "acme", (NOV, using("Mail")))
    assert known_products(rulebook) == {"mail": "Mail"}


def test_as_soon_as_a_contract_is_recorded_every_event_may_move_an_instant(
    shelf: RecordShelf, rulebook: Rulebook, built: list[str]
) -> None:
    escalated = IncidentEvent(
        id=EventId("e1"),
        incident=IncidentId("inc"),
        kind=EventKind.ESCALATED,
        occurred_at=NOV,
        received_at=NOV,
        source="/test",
        attributes={"weather": "fair"},
    )
    assert not due_date_movers(rulebook).may_move(escalated)
    keep(shelf, "acme", (NOV, section("Acme")))
    assert due_date_movers(rulebook).may_move(escalated)
    assert built == []


def test_who_registers_from_outside_has_only_contracts_built_that_name_the_mail_domain(
    shelf: RecordShelf, rulebook: Rulebook, built: list[str]
) -> None:
    for number in range(20):
        keep(shelf, f"c-{number}", (NOV, section(f"C{number}", registration_domains=[f"c{number}.example"])))
    keep(shelf, "bücher", (NOV, section("B", registration_domains=["Bücher.example", "C3.example"])))
    assert list(open_to_registration(rulebook, "c3.example", DEC)) == [], "no plan of these asks for registration"
    assert sorted(built) == ["bücher", "c-3"]
    assert rulebook.recorded is not None
    assert rulebook.recorded.with_domain("xn--bcher-kva.example") == ("bücher",)
    keep(shelf, "c-3", (NOV, section("C3")))
    assert rulebook.recorded.with_domain("c3.example") == ("bücher",)
    assert rulebook.recorded.with_domain("nobody.example") == ("bücher",), "its domain is not written in ASCII"
