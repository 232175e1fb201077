"""What the shipped plans promise stands in keys that slad reads, and a contract names the price of a booked window."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.catalogue.made import loaded, written

from sla_catalogue import Catalogue, CatalogueInvalid, builtin_catalogue
from sla_catalogue import builtin as shipped
from sla_catalogue.sheet import sheet_of
from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.objective import PeriodKind
from sla_domain.plan import PlanId
from sla_domain.record import BookingRequest, ContractRecord, prepare_booking
from sla_domain.report_schedule import ReportKind
from sla_domain.window import WindowPrice

FILES = sorted(Path(shipped.__file__).parent.glob("*.yaml"))
BOOK = builtin_catalogue()
HPE = ContractId("hpe-flexcare-pl")
CONTRACT = """
contracts:
  bigco:
    customers: [BigCo]
    plan: hpe-flexcare-nase
    base_plan: hpe-enterprise-standard
    zone: Europe/Warsaw
    country: PL
    valid: {from: 2026-01-01}
    people: {ann: {name: Ann, email: ann@example.com}}
    roles: {nase: [ann], specialist_group: [ann], on_call: [ann], manager: [ann]}
    leaves_unspecified: [first_response]
"""


@pytest.mark.parametrize("file", FILES, ids=[one.stem for one in FILES])
def test_no_shipped_file_says_of_a_promise_that_slad_keeps_no_account_of_it(file: Path) -> None:
    assert "no account of it" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("plans", "kinds"),
    [
        (("nase", "tam", "esm", "agsm", "suites"), {("incident_review", "month"), ("review", "quarter")}),
        (("infor-elite",), {("incident_review", "month")}),
        (("infor-xtreme", "infor-premium"), set()),
        (("express-8x5", "express-24x7", "express-premium"), {("service_report", "month")}),
    ],
)
def test_reports_and_reviews_are_promised_as_the_documents_do(
    plans: tuple[str, ...], kinds: set[tuple[str, str]]
) -> None:
    """H9: remote reviews each month, and a technical, business and strategic one each quarter. I7 is of Elite."""
    known = BOOK.rulebook.plans
    for plan in plans:
        found = known.get(PlanId(plan)) or known[PlanId(f"hpe-flexcare-{plan}")]
        assert {(one.kind.value, one.period.value) for one in found.reports} == kinds, plan
    assert {kind for kind, _ in kinds} <= set(ReportKind)
    assert {period for _, period in kinds} <= set(PeriodKind)


def test_every_shipped_contract_of_such_a_plan_has_somebody_who_gets_them() -> None:
    for contract in BOOK.rulebook.contracts.values():
        held = {holder.role for holder in contract.roles}
        assert all(held & set(one.tell) for one in contract.reports), contract.id
    assert BOOK.rulebook.contracts[HPE].reports


def _book(text: str, tmp_path: Path) -> Catalogue:
    return loaded(tmp_path, text)


def _reserved(book: Catalogue, contract: ContractId) -> Decimal | None:
    """What a booking of a weekend sets aside of the credits, as bought before; None if it costs nothing."""
    found = book.rulebook.contracts[contract]
    plan = book.rulebook.plan_of(found)
    start = datetime.fromisoformat("2026-12-05T00:00+01:00")
    asked = BookingRequest(id="b", window="weekend-standby", start=start, end=start.replace(day=6))
    now = start.replace(month=11, day=1)
    from sla_domain.ledger import EntryId, EntryKind, LedgerEntry
    from sla_domain.record import PostedEntry

    bought = LedgerEntry(id=EntryId("po"), kind=EntryKind.BOUGHT, at=now.replace(month=3), who="x", amount=Decimal(30))
    record = ContractRecord(
        id=contract, revision=1, entries=(PostedEntry(allowance="credits", entry=bought, posted_in=1),)
    )
    change = prepare_booking(record, found, plan, asked, now, ledger_terms(book.rulebook, found))
    return None if change.reserved is None else change.reserved.entry.amount


def test_a_contract_says_what_a_weekend_costs_where_the_plan_does_not(tmp_path: Path) -> None:
    """H10: paid from credits; the document gives no number, and none is made up."""
    price = "    window_prices: {weekend-standby: {allowance: credits, amount: 12}}\n"
    without = _book(CONTRACT, tmp_path)
    priced = _book(CONTRACT + price, tmp_path)
    bigco = ContractId("bigco")
    assert (_reserved(without, bigco), _reserved(priced, bigco)) == (None, Decimal(12))
    (window,) = sheet_of(priced, bigco)["windows"]
    assert window["price"] == {"allowance": "credits", "amount": "12"}
    plan = priced.rulebook.plan_of(priced.rulebook.contracts[bigco])
    assert plan.id.startswith("hpe-flexcare-nase")
    assert [one.price for one in plan.windows] == [WindowPrice("credits", Decimal(12))]
    shared = priced.rulebook.plans[PlanId("hpe-flexcare-nase")]
    assert [one.price for one in shared.windows] == [None], "the plan itself, and other contracts, stay as they are"


def test_the_price_of_a_recorded_contract_is_its_own_too(tmp_path: Path) -> None:
    compiler = _book(CONTRACT, tmp_path).compiler
    values = {
        "customers": ["Rec"], "plan": "hpe-flexcare-nase", "base_plan": "hpe-enterprise-standard", "zone": "UTC",
        "country": "PL", "valid": {"from": "2026-01-01"}, "leaves_unspecified": ["first_response"],
        "window_prices": {"weekend-standby": {"allowance": "credits", "amount": "7"}},
    }  # fmt: skip
    made = compiler.compile("rec", values, version=3)
    (plan,) = [one for one in made.plans.values() if one.id == made.contract.plan]
    assert plan.id.endswith("@rec.v3")
    assert [one.price for one in plan.windows] == [WindowPrice("credits", Decimal(7))]


@pytest.mark.parametrize(
    ("price", "code", "place"),
    [
        ("{weekend: {allowance: credits, amount: 1}}", "unknown-window", "13:21"),
        ("{weekend-standby: {allowance: money, amount: 1}}", "unknown-allowance", "13:39"),
        ("{weekend-standby: {allowance: credits, amount: 4h}}", "amount", "13:59"),
    ],
)
def test_a_price_of_nothing_known_is_refused_with_its_place(price: str, code: str, place: str, tmp_path: Path) -> None:
    from sla_catalogue import load_catalogue

    with pytest.raises(CatalogueInvalid) as refused:
        load_catalogue(written(tmp_path, f"{CONTRACT}    window_prices: {price}\n"), environment={})
    (found,) = [one for one in refused.value.problems if one.code == code]
    assert place in str(found)
