"""A report's ledgers: what closed entries would be needed for is not told as a smaller sum."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.unit.board.test_plan_balances import CATALOGUE

from sla_board.report.section.ledgers import ledgers
from sla_board.report.subject import SectionUnavailable
from sla_board.report.value import text
from sla_catalogue import load_catalogue
from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, close_ledger
from sla_domain.record import ContractRecord, PostedEntry

CLOSED = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_a_period_that_reaches_back_before_the_closing_has_no_section_and_a_later_one_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    book = load_catalogue(file, environment={})
    contract = book.rulebook.contracts[ContractId("acme")]
    terms = ledger_terms(book.rulebook, contract)[0]
    opening = LedgerEntry(
        id=EntryId("opening"), kind=EntryKind.OPENING, at=CLOSED, who="slad", opening=close_ledger(terms, [], CLOSED)
    )
    entries = (PostedEntry(allowance=terms.allowance.id, entry=opening, posted_in=1),)

    async def record(_: object) -> ContractRecord:
        return ContractRecord(id=contract.id, revision=1, entries=entries)

    monkeypatch.setattr(sys.modules[ledgers.__module__], "_record", record)

    def subject(start: datetime) -> SimpleNamespace:
        bounds = SimpleNamespace(start=start, end=start + 30 * DAY, hold=lambda at: start <= at < start + 30 * DAY)
        names = SimpleNamespace(titled=lambda *_: text("Credits"))
        return SimpleNamespace(catalogue=book, known=contract, bounds=bounds, now=CLOSED + 90 * DAY, names=names)

    for start in (CLOSED - 40 * DAY, CLOSED - DAY):
        with pytest.raises(SectionUnavailable, match=r"missing\.ledgers_closed"):
            await ledgers(subject(start))  # type: ignore[arg-type]
    assert (await ledgers(subject(CLOSED))).parts  # type: ignore[arg-type]
