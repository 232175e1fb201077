"""What a support plan says of a contract's ledgers, deliverables, reviews and people's hours, in five languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from sla_board.page.render import Pages
from sla_board.plan.build import support_plan
from sla_board.plan.model import PlanTable, StoredOfPlan, SupportPlan
from sla_board.schedule.upcoming import NextReport
from sla_catalogue import Catalogue, load_catalogue
from sla_domain.contract import Contract, ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, close_ledger
from sla_domain.record import (
    ContractRecord,
    EntryPosted,
    LedgersClosed,
    PostedEntry,
    RecordChange,
    apply_change,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CATALOGUE = """
coverages: {desk: {hours: {mon-fri: "09:00-17:00"}}}
escalations: {desk: {levels: [{after: 0m, tell: on_call}]}}
plans:
  gold:
    priorities: [{id: P1}]
    roles: [{id: on_call, title: On call}, {id: contact, side: customer, optional: true}]
    targets: [{metric: first_response, coverage: desk, time: 1h}]
    escalation: desk
    allowances:
      - {id: credits, title: {en: Credits}, unit: credits, expires: contract_year}
      - {id: work, title: {en: Work}, unit: hours, amount: 120h}
      - {id: kick-off, title: {en: Kick-off}, unit: visits, amount: 1, per: term, expires: term}
      - {id: visit, title: {en: Site visit}, unit: visits, amount: 3}
    reports:
      - {id: monthly, kind: service_report, period: month, to: [contact], after: {working_days: 2, at: "09:00"}}
      - {id: quarterly, kind: review, period: quarter, to: [contact, on_call], after: {working_days: 1, at: "09:00"}}
contracts:
  acme:
    customers: [Acme]
    plan: gold
    zone: Europe/Warsaw
    valid: {from: 2026-02-01, to: 2027-02-01}
    people:
      ann: {name: Ann, email: ann@example.com, hours: {mon-thu: "10:00-18:00"}, zone: Europe/Rome}
      bob: {name: Bob, email: bob@example.com, hours: {fri: "08:00-12:00"}}
      cid: {name: Cid, email: cid@example.com}
    roles: {on_call: [ann, bob], contact: [cid]}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file: Path = tmp_path_factory.mktemp("plan") / "catalogue.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    return load_catalogue(file, environment={})


def _posted() -> Iterator[PostedEntry]:
    def entry(
        allowance: str, kind: str, month: int, amount: str | None = None, id_: str = "", **more: str
    ) -> PostedEntry:
        at = datetime(2026, month, 10, 9, tzinfo=UTC)
        serves = datetime.fromisoformat(more["serves"]) if "serves" in more else None
        of = EntryId(more["of"]) if "of" in more else None
        made = LedgerEntry(
            id=EntryId(id_ or f"{allowance}-{month}-{kind}"),
            kind=EntryKind(kind),
            at=at,
            who="ann",
            amount=None if amount is None else Decimal(amount),
            of=of,
            serves_at=serves,
        )
        return PostedEntry(allowance=allowance, entry=made, posted_in=1)

    yield entry("credits", "bought", 2, "30")
    yield entry("credits", "reserved", 3, "8", "one")
    yield entry("credits", "used", 4, of="one")
    yield entry("credits", "reserved", 5, "12", serves="2026-12-05T00:00+01:00")
    yield entry("work", "used", 6, "5400")
    yield entry("kick-off", "used", 2, "1")
    yield entry("visit", "used", 3, "1")
    yield entry("visit", "reserved", 11, "1", serves="2026-12-15T09:00+01:00")


_NEXT = NextReport(contract="acme", schedule="monthly", period="2026-10", due_at=datetime(2026, 11, 3, 8, tzinfo=UTC))
STORED = StoredOfPlan(
    ContractRecord(id="acme", revision=1, entries=tuple(_posted())),
    MappingProxyType({"monthly": _NEXT}),
)


def _plan(book: Catalogue, language: str = "en", contract: Contract | None = None) -> SupportPlan:
    found = contract or book.rulebook.contracts[ContractId("acme")]
    return support_plan(book, found, NOW, language, STORED)


def _rows(plan: SupportPlan, section: str) -> list[tuple[str, ...]]:
    parts = next((one.parts for one in plan.sections if one.id == section), ())
    return [row for part in parts if isinstance(part, PlanTable) for row in part.rows]


def test_of_each_allowance_it_says_what_is_left_reserved_used_and_when_it_expires(book: Catalogue) -> None:
    assert _rows(_plan(book), "balances") == [
        ("Credits", "10 credits", "12 credits", "8 credits", "10 credits: January 31, 2027"),
        ("Work", "118 h 30 min", "0 min", "1 h 30 min", "118 h 30 min: January 31, 2027"),
        ("Kick-off", "0 visits", "0 visits", "1 visit", ""),
        ("Site visit", "1 visit", "1 visit", "1 visit", "1 visit: January 31, 2027"),
    ]


def test_after_old_entries_are_closed_balances_stay_and_what_was_done_is_still_said(book: Catalogue) -> None:
    """The days of closed entries are in the history alone; that a visit was made, and one is planned, stays."""
    contract = book.rulebook.contracts[ContractId("acme")]
    through = datetime(2026, 11, 20, tzinfo=UTC)
    openings = tuple(
        EntryPosted(
            terms.allowance.id,
            LedgerEntry(
                id=EntryId("opening"),
                kind=EntryKind.OPENING,
                at=through,
                who="slad",
                opening=close_ledger(terms, STORED.entries_of(terms.allowance.id), through),
            ),
        )
        for terms in ledger_terms(book.rulebook, contract)
    )
    made = RecordChange(
        contract=contract.id, revision=2, at=NOW, by="slad", reason="", change=LedgersClosed(through, openings)
    )
    assert STORED.record is not None
    closed = support_plan(book, contract, NOW, "en", replace(STORED, record=apply_change(STORED.record, made)))
    assert _rows(closed, "balances") == _rows(_plan(book), "balances")
    assert _rows(closed, "deliverables") == [
        ("Kick-off", "done: 1 visit", ""),
        ("Site visit", "done: 1 visit", ""),
        ("Site visit", "planned", "December 15, 2026"),
        *_rows(_plan(book), "deliverables")[3:],
    ]


def test_deliverables_have_the_days_on_which_they_were_done_are_planned_or_must_be_asked_for(book: Catalogue) -> None:
    assert _rows(_plan(book), "deliverables") == [
        ("Kick-off", "done", "February 10, 2026"),
        ("Site visit", "done", "March 10, 2026"),
        ("Site visit", "planned", "December 15, 2026"),
        ("Site visit", "to come: 1 visit", "until January 31, 2027"),
    ]


def test_reviews_have_their_next_days_and_readers_and_end_with_the_contract(book: Catalogue) -> None:
    """The report of October is stored as the next one: it waits for something. January's is the last of the term."""
    monthly = "November 3, 2026; December 2, 2026; January 4, 2027"
    quarterly = "January 1, 2027; April 1, 2027"
    assert _rows(_plan(book), "reviews") == [
        ("Service report", "month", monthly, "contact (Cid)"),
        ("Service review", "quarter", quarterly, "contact (Cid); On call (Ann, Bob)"),
    ]
    over = replace(book.rulebook.contracts[ContractId("acme")], valid_to=date(2026, 10, 15))
    rows = _rows(_plan(book, contract=over), "reviews")
    assert [row[2] for row in rows] == ["November 3, 2026", "January 1, 2027"]


def test_people_have_their_hours_and_the_zone_of_these(book: Catalogue) -> None:
    people = {row[0]: row[1:] for row in _rows(_plan(book), "people")}
    assert people["Ann"] == ("en", "Mon–Thu 10:00–18:00", "Europe/Rome")
    assert people["Bob"] == ("en", "Fri 08:00–12:00", "Europe/Warsaw"), "of the contract: he has none of his own"
    assert people["Cid"] == ("en", "", "")


LEFT = {
    "pl": ("Salda", "10 kredytów", "1 godz. 30 min", "do wykorzystania: 1 wizyta", "do 31 stycznia 2027", "Przegląd"),
    "it": ("Saldi", "10 crediti", "1 h 30 min", "da eseguire: 1 visita", "fino al 31 gennaio 2027", "Rapporto"),
    "ru": ("Остатки", "10 кредитов", "1 ч 30 мин", "предстоит: 1 выезд", "31 января 2027", "Отчёт о качестве"),
    "zh-TW": ("餘額", "10 點", "1 小時 30 分", "尚可使用: 1 次", "2027年1月31日", "服務報告"),
}


@pytest.mark.parametrize("language", LEFT)
def test_it_is_said_in_every_language(book: Catalogue, language: str) -> None:
    html = Pages().support_plan(_plan(book, language), NOW)
    assert [one for one in LEFT[language] if one not in html] == []
