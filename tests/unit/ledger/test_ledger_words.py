"""Ledgers in words: what a refusal says, how a balance is explained, in every language of explanations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.build.ledgers import MOSCOW_HOURS, Book, hours, local, refused, terms

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.ledger import amount_text, refusal_text, render_ledger
from sla_domain.explain.ledger.text import LEDGER_LANGUAGES
from sla_domain.ledger import EntryId, EntryKind, EntryRefused, LedgerEntry, Objection, RefusalReason

CREDITS = terms(
    "credits", 10, clause="H10", titles={"en": "Credits", "pl": "Kredyty"}, at_most={AllowancePeriod.QUARTER: 8}
)


def test_every_language_of_explanations_has_words_for_everything() -> None:
    assert LEDGER_LANGUAGES.keys() == LANGUAGES.keys()
    entry = LedgerEntry(id=EntryId("e"), kind=EntryKind.RELEASED, at=local("2026-03-01"), who="ann", of=EntryId("r-7"))
    for tag, words in LEDGER_LANGUAGES.items():
        assert words.reasons.keys() == set(RefusalReason)
        assert words.kinds.keys() == set(EntryKind)
        assert words.periods.keys() == set(AllowancePeriod)
        assert words.units.keys() | {AllowanceUnit.HOURS} == set(AllowanceUnit)
        for reason in RefusalReason:
            what = Objection(
                reason=reason, entry=entry.id, at=entry.at, missing=Decimal(3), free=Decimal(5), limit=8,
                period=AllowancePeriod.QUARTER, since=local("2026-01-01"),
            )  # fmt: skip
            said = refusal_text(EntryRefused(entry, what, "H10"), CREDITS, tag)
            assert "H10" in said
            assert "{" not in said
            later = refusal_text(EntryRefused(entry, replace(what, entry=EntryId("e-9"))), CREDITS, tag)
            assert "e-9" in later
        texts = [refusal_text(EntryRefused(entry, Objection(reason=one, entry=entry.id, at=entry.at)), CREDITS, tag)
                 for one in RefusalReason]  # fmt: skip
        assert len(set(texts)) == len(RefusalReason), "each reason has its own words"


def test_a_refusal_says_what_is_missing_and_by_which_clause() -> None:
    book = Book(CREDITS)
    book.write("used", "2026-03-01T12:00", 7)
    short = refused(
        book.write("reserved", "2026-03-02T12:00", 4, serves_at="2026-04-02T12:00"), RefusalReason.BELOW_ZERO
    )
    assert refusal_text(short, CREDITS) == "Refused: short by 1 credit: 3 credits can be used then (clause H10)."
    limit = refused(book.write("used", "2026-03-02T12:00", Decimal("1.5")), RefusalReason.AT_MOST)
    assert refusal_text(limit, CREDITS) == (
        "Refused: at most 8 credits per quarter: 0.5 credits too many in the one from 2026-01-01 (clause H10)."
    )
    refund = refused(book.write("refunded", "2026-03-02T12:00", 3), RefusalReason.NOT_REFUNDABLE)
    assert refusal_text(refund, CREDITS, "pl-PL") == "Odmowa: niczego się nie zwraca (klauzula H10)."


def test_a_balance_is_explained_step_by_step() -> None:
    """Evening work of clause E10: which part was off hours, and which portion paid."""
    work = terms(
        "hours", hours("120h"), zone="Europe/Moscow", first=date(2026, 3, 16), calendar=MOSCOW_HOURS,
        titles={"en": "Administration", "ru": "Администрирование"},
    )  # fmt: skip
    book = Book(work)
    book.worked("2026-04-10T17:30", "2026-04-10T21:45:30", reference="INC-7")
    assert render_ledger(book.at("2026-04-11T00:00")) == (
        "Administration of acme at 2026-04-11 00:00\n"
        "Left 112 h 59 min, reserved 0 min\n"
        "2026-03-16 00:00  included 120 h, left 120 h\n"
        "2026-04-10 17:30  used 1 h 30 min (17:30–19:00 within hours, × 1; 1 h 30 min of granted-2026-03-16; by ann;"
        " INC-7), left 118 h 30 min\n"
        "2026-04-10 19:00  used 5 h 31 min (19:00–21:45:30 off hours, × 2; 5 h 31 min of granted-2026-03-16; by ann;"
        " INC-7), left 112 h 59 min\n"
    )
    assert "вне рабочего времени" in render_ledger(book.at("2026-04-11T00:00"), "ru")


def test_a_surcharge_is_shown_with_what_it_is_on() -> None:
    book = Book(terms("credits", 30))
    book.write("reserved", "2026-03-01T12:00", 10, surcharge=50, reference="window-2")
    assert "reserved 15 credits (10 credits + 50 %; 15 credits of granted-2026-01-01" in render_ledger(
        book.at("2026-03-01T12:00")
    )


@pytest.mark.parametrize(
    ("tag", "amount", "text"),
    [
        ("en", "1", "1 credit"), ("en", "1.5", "1.5 credits"), ("en", "0", "0 credits"),
        ("it", "1", "1 credito"), ("it", "2", "2 crediti"),
        ("pl", "1", "1 kredyt"), ("pl", "2", "2 kredyty"), ("pl", "5", "5 kredytów"), ("pl", "12", "12 kredytów"),
        ("pl", "21", "21 kredytów"), ("pl", "22", "22 kredyty"), ("pl", "2.5", "2,5 kredytu"),
        ("ru", "1", "1 кредит"), ("ru", "21", "21 кредит"), ("ru", "11", "11 кредитов"), ("ru", "3", "3 кредита"),
        ("ru", "112", "112 кредитов"), ("ru", "0.5", "0,5 кредита"), ("zh-TW", "7", "7 點"), ("en", "-2", "−2 credits"),
    ],
)  # fmt: skip
def test_nouns_beside_numbers(tag: str, amount: str, text: str) -> None:
    assert amount_text(Decimal(amount), AllowanceUnit.CREDITS, tag) == text
