"""Key `allowances`: what a plan includes by number, what a contract makes of it, and what cannot be counted."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML
from tests.build.ledgers import Book, accepted, hours, local, refused
from tests.unit.catalogue.made import SOUND, changed, codes, loaded, problems

from sla_catalogue import builtin_catalogue, catalogue_schema, load_text
from sla_catalogue.amount import BadAmount, parse_amount, parse_balance_warning
from sla_domain.allowance import Allowance, AllowancePeriod, AllowanceUnit, BalanceWarning
from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import LedgerTerms, RefusalReason
from sla_domain.plan import PlanId

PLAN = """\
    escalation: none
    allowances:
      - {id: admin, unit: hours, amount: 120h, off_hours: {coverage: office, multiplier: 2}, warn: [10h left]}
      - {id: visit, unit: visits, amount: 1, per: quarter, at_most: {quarter: 1}}
      - {id: extra, unit: credits, optional: true, expires: contract_year, warn: [20% left, 30 days before expiry]}
"""
BASE = changed("    escalation: none\n", PLAN)
DATED = changed("    plan: gold\n", "    plan: gold\n    valid: {from: 2026-03-01, to: 2028-03-01}\n", BASE)


def of_acme(tmp_path: Path, text: str) -> dict[str, Allowance]:
    contract = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")]
    return {each.id: each for each in contract.allowances}


def with_own(own: str) -> str:
    return changed("    plan: gold\n", f"    plan: gold\n    allowances: {own}\n", DATED)


def test_a_contract_has_what_its_plan_includes_and_no_option(tmp_path: Path) -> None:
    found = of_acme(tmp_path, DATED)
    assert list(found) == ["admin", "visit"]
    assert (found["admin"].amount, found["admin"].per) == (hours("120h"), AllowancePeriod.CONTRACT_YEAR)
    assert (found["visit"].amount, found["visit"].expires) == (1, AllowancePeriod.QUARTER)
    assert codes(tmp_path, DATED) == []


def test_a_contract_extends_an_amount_and_buys_an_option(tmp_path: Path) -> None:
    """Clauses E14 and E13."""
    found = of_acme(tmp_path, with_own("{admin: 160h, extra: {amount: 5, at_most: {month: 2}, warn: [1 left]}}"))
    assert found["admin"].amount == hours("160h")
    assert found["admin"].warnings == (BalanceWarning(left=hours("10h")),)
    extra = found["extra"]
    assert (extra.amount, dict(extra.at_most), extra.optional) == (5, {AllowancePeriod.MONTH: 2}, False)
    assert extra.warnings == (BalanceWarning(left=Decimal(1)),)
    assert of_acme(tmp_path, with_own("{extra: {}}"))["extra"].amount is None


def test_a_child_replaces_an_allowance_of_its_parent_whole(tmp_path: Path) -> None:
    child = "  silver:\n    extends: gold\n    allowances: [{id: visit, unit: visits, amount: 2}]\ncontracts:\n"
    text = changed("contracts:\n", child, changed("plan: gold", "plan: silver", DATED))
    found = of_acme(tmp_path, text)
    assert (found["visit"].amount, dict(found["visit"].at_most)) == (2, {})
    assert found["admin"].amount == hours("120h")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("amount: 120h", "amount: 120", "amount"),
        ("amount: 120h", "amount: -1h", "amount"),
        ("amount: 120h", "amount: 0h", "amount"),
        ("visits, amount: 1", "visits, amount: 1.5", "amount"),
        ("visits, amount: 1", "visits, amount: 1h", "amount"),
        ("10h left", "75%", "balance-warning"),
        ("10h left", "100% left", "balance-warning"),
        ("10h left", "0 days before expiry", "balance-warning"),
        ("10h left", "10 left", "balance-warning"),
        ("multiplier: 2", "multiplier: 1", "shape"),
        ("multiplier: 2", "multiplier: 1.0001", "shape"),
        ("coverage: office, multiplier", "coverage: offices, multiplier", "unknown-coverage"),
        ("{id: visit", "{id: admin", "duplicate-allowance"),
        ("at_most: {quarter: 1}", "at_most: {quarter: 0}", "shape"),
        ("at_most: {quarter: 1}", "at_most: {week: 1}", "unknown-value"),
        ("per: quarter", "per: quarter, expires: month", "expires-early"),
        ("per: quarter", "per: term, expires: year", "expires-early"),
        ("unit: visits", "unit: visits, off_hours: {coverage: office, multiplier: 2}", "unread-key"),
        ("id: extra", f"id: {'x' * 61}", "too-long"),
        ("    plan: gold\n", "    plan: gold\n    allowances: {admins: 130h}\n", "unknown-allowance"),
        ("    plan: gold\n", "    plan: gold\n    allowances: {admin: 130}\n", "amount"),
        ("    plan: gold\n", "    plan: gold\n    allowances: {visit: {warn: [none]}}\n", "balance-warning"),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(tmp_path: Path, old: str, new: str, code: str) -> None:
    found = [one for one in problems(tmp_path, changed(old, new, DATED)) if one.severity.value == "error"]
    assert [one.code for one in found][:1] == [code], found
    assert found[0].line > 0


def test_what_gives_less_than_it_seems_is_a_warning(tmp_path: Path) -> None:
    assert codes(tmp_path, BASE) == ["no-start"]
    assert codes(tmp_path, with_own("{admin: 100h}")) == ["allowance-below-plan"]
    assert codes(tmp_path, with_own("{admin: 120h, extra: {}}")) == []
    book = loaded(tmp_path, BASE).rulebook
    assert ledger_terms(book, book.contracts[ContractId("acme")]) == ()


def test_hours_that_nobody_gives_are_found_for_a_rate_too(tmp_path: Path) -> None:
    rate = "off_hours: {coverage: desk, multiplier: 2}"
    text = changed("off_hours: {coverage: office, multiplier: 2}", rate, DATED)
    text = changed("coverages:\n", 'coverages:\n  desk: {hours: {mon: "09:00-10:00"}, holidays: contract}\n', text)
    assert codes(tmp_path, text) == []
    assert "no-country" in codes(tmp_path, changed("    country: PL\n", "", text))


def test_a_stored_catalogue_has_the_same_allowances(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, with_own("{admin: 160h}"))
    again = load_text(catalogue.text)
    assert again.rulebook.contracts == catalogue.rulebook.contracts
    assert again.rulebook.plans[PlanId("gold")] == catalogue.rulebook.plans[PlanId("gold")]


@pytest.mark.parametrize("own", ["{admin: 160h, visit: 2}", "{extra: {amount: 5, at_most: {month: 2}}, visit: {}}"])
def test_the_schema_for_editors_accepts_them(own: str) -> None:
    schema = jsonschema_rs.validator_for(catalogue_schema())
    text = with_own(own).replace("valid: {from: 2026-03-01, to: 2028-03-01}", "valid: {}")  # dates are no JSON
    whole = json.loads(json.dumps(YAML(typ="safe").load(text)))
    assert [error.message for error in schema.iter_errors(whole)] == []
    whole["contracts"]["acme"]["allowances"] = {"admin": ["160h"]}
    assert not schema.is_valid(whole)


def test_a_catalogue_without_allowances_keeps_its_version(tmp_path: Path) -> None:
    assert '"allowances"' not in loaded(tmp_path, SOUND).text


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [("120h", "hours", 432_000), ("90m", "hours", 5400), ("1h 30m", "hours", 5400), ("7.5", "credits", "7.5"),
     (" 2 ", "visits", 2), ("0.000001", "days", "0.000001")],
)  # fmt: skip
def test_an_amount_is_exact(text: str, unit: str, amount: int | str) -> None:
    assert parse_amount(text, AllowanceUnit(unit)) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "x", "1e3", "1,5", "٣", "2000000000", "5 days"])
def test_what_is_no_amount_says_what_to_write(text: str) -> None:
    with pytest.raises(BadAmount) as raised:
        parse_amount(text, AllowanceUnit.CREDITS)
    assert raised.value.hint


def test_thresholds_have_stable_names() -> None:
    texts = ("20% left", "10h left", "1 day before expiry")
    keys = [parse_balance_warning(text, AllowanceUnit.HOURS).key for text in texts]
    assert keys == ["left-20-percent", "left-36000", "expiry-1-days"]


# -- the plans that ship with slad ------------------------------------------------------------------------


def terms_of(contract: str) -> dict[str, LedgerTerms]:
    book = builtin_catalogue().rulebook
    return {each.allowance.id: each for each in ledger_terms(book, book.contracts[ContractId(contract)])}


def test_express_premium_as_shipped_counts_evening_work_twice_and_one_visit_a_quarter() -> None:
    """Clause E10: by the Russian calendar, in Moscow's hours."""
    found = terms_of("express-premium")
    work = Book(found["administration"])
    assert accepted(work.worked("2026-04-10T17:30", "2026-04-10T21:45")).free == hours("113h")
    assert accepted(work.worked("2026-06-12T12:00", "2026-06-12T13:00")).free == hours("111h")  # Russia Day, a Friday
    visits = Book(found["site-visit"])
    for day in ("2026-02-03", "2026-04-01", "2026-09-30", "2026-10-01"):
        accepted(visits.write("used", f"{day}T12:00", 1))
    assert refused(visits.write("used", "2026-12-31T23:59", 1), RefusalReason.AT_MOST).clause == "E10"


def test_an_option_of_express_is_bought_with_any_plan() -> None:
    """Clause E13."""
    plan = builtin_catalogue().rulebook.plans[PlanId("express-8x5")]
    assert {each.id: each.optional for each in plan.allowances} == {"administration": True, "site-visit": True}
    assert terms_of("express-24x7") == {}


def test_hpe_credits_as_shipped_are_bought_and_expire_with_the_contract_year() -> None:
    """Clause H10, and the visits of H12."""
    found = terms_of("hpe-flexcare-tw")
    assert {name: each.allowance.amount for name, each in found.items()} == {
        "kick-off": 1, "site-visit": 1, "credits": None,
    }  # fmt: skip
    book = Book(found["credits"])
    accepted(book.write("bought", "2026-05-04T09:00", 12))
    assert book.at("2026-12-31T23:59").free == 12
    assert book.at("2027-01-01T00:00").free == 0
    assert found["credits"].first_day == date(2026, 1, 1)
    assert book.at("2027-01-01T00:00").steps[-1].at == local("2027-01-01T00:00", "Asia/Taipei")
    kick_off = Book(found["kick-off"])
    accepted(kick_off.write("used", "2026-01-20T09:00", 1))
    refused(kick_off.write("used", "2027-01-20T09:00", 1), RefusalReason.BELOW_ZERO)
    assert "credits" in terms_of("hpe-flexcare-pl")
    assert "site-visit" not in terms_of("hpe-flexcare-pl"), "the NASE visits nobody"
