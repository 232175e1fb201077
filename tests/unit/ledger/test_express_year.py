"""A year of an eXpress Premium contract (clause E10): hours at a double rate off hours, a visit in each quarter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.build.ledgers import MOSCOW_HOURS, Book, accepted, changes, hours, left, local, refused, terms

from sla_domain.allowance import AllowancePeriod, BalanceWarning
from sla_domain.ledger import RefusalReason, lots_to_expire

MOSCOW = "Europe/Moscow"
FIRST = date(2026, 3, 16)
ADMINISTRATION = terms(
    "hours",
    hours("120h"),
    zone=MOSCOW,
    first=FIRST,
    calendar=MOSCOW_HOURS,
    warnings=(left(hours("12h")), BalanceWarning(days=30)),
    clause="E10",
)
VISITS = terms(
    "visits",
    1,
    zone=MOSCOW,
    first=FIRST,
    per=AllowancePeriod.QUARTER,
    expires=AllowancePeriod.QUARTER,
    at_most={AllowancePeriod.QUARTER: 1},
    clause="E10",
)


def test_evening_work_is_split_at_seven_in_the_evening_to_the_second() -> None:
    book = Book(ADMINISTRATION)
    book.worked("2026-04-10T17:30:10", "2026-04-10T21:45:05", reference="INC-7")
    ledger = book.at("2026-04-11T00:00")
    granted, day, evening = ledger.steps
    assert granted.amount == hours("120h")
    assert (day.part, evening.part) != (None, None)
    assert day.part is not None
    assert evening.part is not None
    assert (day.part.start, day.part.end) == (local("2026-04-10T17:30:10", MOSCOW), local("2026-04-10T19:00", MOSCOW))
    assert (day.part.off_hours, day.amount) == (False, 5390)
    assert (evening.part.off_hours, evening.part.reason, evening.raw) == (True, "outside hours", 9905)
    assert evening.amount == 19810
    assert ledger.free == hours("120h") - 5390 - 19810
    assert {step.reference for step in (day, evening)} == {"INC-7"}


def test_a_holiday_and_a_night_are_off_hours_by_name() -> None:
    book = Book(ADMINISTRATION)
    book.worked("2026-04-30T18:30", "2026-05-01T11:00")
    parts = [step.part for step in book.at("2026-05-02T00:00").steps if step.part is not None]
    assert [(part.off_hours, part.reason, part.seconds) for part in parts] == [
        (False, "open", 1800),
        (True, "outside hours", hours("5h")),
        (True, "Spring and Labour Day", hours("11h")),
    ]
    assert book.at("2026-05-02T00:00").free == hours("120h") - 1800 - hours("32h")


def test_a_year_of_administration() -> None:
    book = Book(ADMINISTRATION)
    accepted(book.worked("2026-04-10T17:30", "2026-04-10T21:45"))  # 1.5 h, and 2.75 h twice: 7 h
    accepted(book.write("used", "2026-09-01T12:00", hours("100h"), reason="migration"))
    low = accepted(book.worked("2026-11-09T11:00", "2026-11-09T12:30"))
    assert low.free == hours("11h30m")
    assert [(one.warning.key, one.balance) for one in low.crossings] == [("left-43200", hours("11h30m"))]

    # A night of seven hours costs fourteen: refused whole, and two and a half hours are said to be missing.
    night = refused(book.worked("2026-12-01T22:00", "2026-12-02T05:00"), RefusalReason.BELOW_ZERO)
    assert (night.objection.missing, night.clause) == (hours("2h30m"), "E10")
    assert book.at("2026-12-02T05:00").free == hours("11h30m")
    accepted(book.write("bought", "2026-12-03T10:00", hours("20h"), reason="extended by a letter"))  # E14
    assert accepted(book.worked("2026-12-03T22:00", "2026-12-04T05:00")).free == hours("17h30m")

    # What is left of either lot expires with the contract's year, and the next 120 hours begin.
    (only,) = lots_to_expire(book.at("2027-02-20T00:00"))
    assert (only.left, only.lot.expires) == (hours("17h30m"), local("2027-03-16T00:00", MOSCOW))
    told = [(one.warning.key, one.at) for one in book.at("2027-03-15T00:00").crossings]
    assert ("expiry-30-days", local("2027-02-14T00:00", MOSCOW)) in told
    assert changes(book.at("2027-03-16T00:00"))[-2:] == [
        ("2027-03-16 00:00", "expired", hours("17h30m"), 0),
        ("2027-03-16 00:00", "granted", hours("120h"), hours("120h")),
    ]


def test_work_over_the_end_of_the_year_is_paid_by_both_years() -> None:
    book = Book(ADMINISTRATION)
    book.write("used", "2027-03-15T12:00", hours("117h"))
    accepted(book.worked("2027-03-15T23:00", "2027-03-16T02:00"))
    old, new = book.at("2027-03-16T03:00").lots
    assert (old.used, old.expired, new.used) == (hours("119h"), hours("1h"), hours("4h"))


def test_a_visit_in_each_quarter_and_one_too_many() -> None:
    book = Book(VISITS)
    for day in ("2026-03-20", "2026-05-12", "2026-08-04"):
        accepted(book.write("used", f"{day}T11:00", 1))
    second = refused(book.write("used", "2026-08-20T11:00", 1), RefusalReason.AT_MOST)
    assert (second.objection.limit, second.objection.period, second.objection.since, second.clause) == (
        1, AllowancePeriod.QUARTER, local("2026-07-01T00:00", MOSCOW), "E10",
    )  # fmt: skip
    accepted(book.write("used", "2026-10-01T00:00", 1))
    night = [step for step in book.at("2026-12-31T00:00").steps if step.at.month == 9]
    seen = [(step.kind.value, step.balance) for step in night]
    assert seen == [("granted", 1), ("used", 0)], "1 October in Moscow begins on 30 September in UTC"


def test_a_bought_visit_does_not_make_two_in_a_quarter() -> None:
    book = Book(VISITS)
    accepted(book.write("bought", "2026-04-02T11:00", 1))
    accepted(book.write("reserved", "2026-04-10T11:00", 1, id_="r", serves_at="2026-05-12T11:00"))
    refused(book.write("reserved", "2026-04-10T12:00", 1, serves_at="2026-06-12T11:00"), RefusalReason.AT_MOST)
    accepted(book.write("released", "2026-04-11T11:00", of=book.entries[-1].id))
    accepted(book.write("reserved", "2026-04-12T12:00", 1, serves_at="2026-06-12T11:00"))


def test_half_a_visit_is_none() -> None:
    refused(Book(VISITS).write("used", "2026-04-02T11:00", Decimal("0.5")), RefusalReason.NOT_WHOLE)
