"""Entries that are refused, each with its reason, and entries that come late or twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.build.ledgers import MOSCOW_HOURS, Book, accepted, hours, left, local, refused, terms
from tests.build.rulebook import weekly

from sla_domain.allowance import AllowancePeriod, BalanceWarning
from sla_domain.calendar import CalendarSpec, growing_calendar
from sla_domain.ledger import EntryAccepted, EntryId, EntryRefused, RefusalReason, WorkSpan, forecast, replay

CREDITS = terms("credits", 10, end=date(2027, 7, 1))
WORK = terms("hours", hours("10h"), zone="Europe/Moscow", calendar=MOSCOW_HOURS)
JUNE = "2026-06-01T12:00"


def span(start: str, end: str) -> dict[str, Any]:
    return {"work": WorkSpan(local(start, "Europe/Moscow"), local(end, "Europe/Moscow"))}


@pytest.mark.parametrize(
    ("reason", "kind", "at", "amount", "fields"),
    [
        ("computed", "granted", JUNE, 1, {}),
        ("computed", "expired", JUNE, 1, {}),
        ("no_author", "used", JUNE, 1, {"who": " "}),
        ("no_reason", "adjusted", JUNE, 1, {}),
        ("no_amount", "used", JUNE, None, {}),
        ("no_amount", "bought", JUNE, None, {}),
        ("no_amount", "released", JUNE, 1, {"of": EntryId("r")}),
        ("not_positive", "used", JUNE, 0, {}),
        ("not_positive", "used", JUNE, -1, {}),
        ("not_positive", "adjusted", JUNE, 0, {"reason": "x"}),
        ("out_of_bounds", "bought", JUNE, "1e13", {}),
        ("out_of_bounds", "bought", JUNE, "NaN", {}),
        ("out_of_bounds", "bought", JUNE, "0.0000001", {}),
        ("out_of_bounds", "used", JUNE, 1, {"surcharge": -50}),
        ("out_of_bounds", "used", JUNE, 1, {"surcharge": 1001}),
        ("no_surcharge", "bought", JUNE, 1, {"surcharge": 50}),
        ("no_surcharge", "used", JUNE, None, {"of": EntryId("r"), "surcharge": 50}),
        ("not_a_booking", "used", JUNE, 1, {"serves_at": "2026-07-01T12:00"}),
        ("served_before", "reserved", JUNE, 1, {"serves_at": "2026-05-01T12:00"}),
        ("no_reservation", "released", JUNE, None, {}),
        ("no_reservation", "released", JUNE, None, {"of": EntryId("nothing")}),
        ("no_reservation", "used", JUNE, 1, {"of": EntryId("nothing")}),
        ("no_reservation", "bought", JUNE, 1, {"of": EntryId("r")}),
        ("outside_contract", "used", "2025-12-31T23:59:59", 1, {}),
        ("outside_contract", "used", "2027-07-01T00:00", 1, {}),
        ("outside_contract", "reserved", JUNE, 1, {"serves_at": "2027-07-01T00:00"}),
        ("below_zero", "used", JUNE, 9, {}),
        ("not_hours", "used", "2026-06-01T15:00", None, span("2026-06-01T15:00", "2026-06-01T18:00")),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    reason: str, kind: str, at: str, amount: Any, fields: dict[str, Any]
) -> None:
    book = Book(CREDITS)
    accepted(book.write("reserved", "2026-03-01T12:00", 2, id_="r"))
    refused(book.write(kind, at, amount, **fields), RefusalReason(reason))
    assert [entry.id for entry in book.entries] == ["r"]


@pytest.mark.parametrize(
    ("reason", "at", "start", "end"),
    [
        ("empty_work", "2026-06-01T12:00", "2026-06-01T12:00", "2026-06-01T12:00"),
        ("empty_work", "2026-06-01T12:00", "2026-06-01T13:00", "2026-06-01T12:00"),
        ("not_at_end", "2026-06-02T12:00", "2026-06-01T11:00", "2026-06-01T12:00"),
        ("outside_contract", "2026-01-01T01:00", "2025-12-31T23:00", "2026-01-01T01:00"),
    ],
)
def test_work_that_cannot_be_is_refused(reason: str, at: str, start: str, end: str) -> None:
    refused(Book(WORK).write("used", at, **span(start, end)), RefusalReason(reason))


def test_work_beyond_the_years_of_the_calendar_is_refused() -> None:
    short = growing_calendar(CalendarSpec(id="short", zone="UTC", weekly=weekly("24x7")), 2025, 2026)
    book = Book(terms("hours", hours("10h"), calendar=short))
    refused(book.worked("2028-06-01T11:00", "2028-06-01T12:00"), RefusalReason.HOURS_UNKNOWN)


def test_work_that_goes_on_after_the_contract_is_refused() -> None:
    book = Book(terms("hours", hours("10h"), end=date(2026, 7, 1)))
    refused(book.worked("2026-06-30T23:00", "2026-07-01T00:00:01"), RefusalReason.OUTSIDE_CONTRACT)
    accepted(book.worked("2026-06-30T23:00", "2026-07-01T00:00", now="2026-07-02T00:00"))


def test_nothing_is_entered_before_it_happens() -> None:
    book = Book(CREDITS)
    refused(book.write("used", JUNE, 1, now="2026-06-01T11:59"), RefusalReason.IN_FUTURE)
    accepted(book.write("used", JUNE, 1))


def test_the_same_entry_again_changes_nothing_and_another_of_its_name_is_refused() -> None:
    book = Book(CREDITS)
    book.write("used", JUNE, 3, id_="one")
    again = book.write("used", JUNE, 3, id_="one")
    assert isinstance(again, EntryAccepted)
    assert (again.known, again.ledger.free, len(book.entries)) == (True, 7, 1)
    refused(book.write("used", JUNE, 4, id_="one"), RefusalReason.ID_TAKEN)


def test_an_entry_dated_before_others_is_refused_if_one_of_them_could_not_be_paid_then() -> None:
    book = Book(CREDITS)
    accepted(book.write("used", JUNE, 8, id_="june"))
    late = refused(book.write("used", "2026-03-01T12:00", 3, id_="march", now=JUNE), RefusalReason.BELOW_ZERO)
    assert (late.objection.entry, late.objection.missing) == ("june", 1)
    accepted(book.write("used", "2026-03-01T12:00", 2, id_="march", now=JUNE))
    assert book.at(JUNE).free == 0
    assert [step.entry for step in book.at(JUNE).steps] == [None, "march", "june"]


def test_a_purchase_does_not_pay_for_what_came_before_it() -> None:
    book = Book(CREDITS)
    accepted(book.write("bought", JUNE, 100))
    refused(book.write("used", "2026-03-01T12:00", 11, now=JUNE), RefusalReason.BELOW_ZERO)
    accepted(book.write("used", "2026-06-01T12:01", 110))


def test_who_expires_first_pays_first() -> None:
    book = Book(terms("credits", 5, per=AllowancePeriod.QUARTER, expires=AllowancePeriod.QUARTER))
    mixed = Book(terms("credits", 5, per=AllowancePeriod.QUARTER, expires=AllowancePeriod.CONTRACT_YEAR))
    book.write("used", "2026-02-01T00:00", 3)
    assert [(lot.lot.id, lot.used, lot.expired) for lot in book.at("2026-04-01T00:00").lots] == [
        ("granted-2026-01-01", 3, 2),
        ("granted-2026-04-01", 0, 0),
    ]
    mixed.write("used", "2026-05-01T00:00", 7)
    assert [(lot.lot.id, lot.used, lot.left) for lot in mixed.at("2026-05-01T00:00").lots] == [
        ("granted-2026-01-01", 5, 0),
        ("granted-2026-04-01", 2, 3),
    ]
    assert [(share.lot, share.amount) for share in mixed.at("2026-05-01T00:00").steps[-1].shares] == [
        ("granted-2026-01-01", 5),
        ("granted-2026-04-01", 2),
    ]


def test_an_adjustment_gives_or_takes_with_its_reason() -> None:
    book = Book(CREDITS)
    more = accepted(book.write("adjusted", JUNE, 2, reason="good will", id_="plus"))
    assert (more.free, more.steps[-1].reason) == (12, "good will")
    less = accepted(book.write("adjusted", JUNE, -5, reason="booked twice", id_="minus", now="2026-06-02T00:00"))
    assert less.free == 7
    refused(book.write("adjusted", "2026-06-03T00:00", -8, reason="x"), RefusalReason.BELOW_ZERO)


def test_a_reservation_that_costs_less_or_more_than_was_set_aside() -> None:
    book = Book(CREDITS)
    book.write("reserved", "2026-03-01T12:00", 6, id_="less")
    assert accepted(book.write("used", JUNE, 4, of=EntryId("less"))).free == 6
    book.write("reserved", "2026-06-02T12:00", 2, id_="more")
    done = accepted(book.write("used", "2026-06-03T12:00", 5, of=EntryId("more")))
    assert (done.free, done.reserved) == (1, 0)
    book.write("reserved", "2026-06-04T12:00", 1, id_="much")
    over = refused(book.write("used", "2026-06-05T12:00", 2, of=EntryId("much")), RefusalReason.BELOW_ZERO)
    assert (over.objection.missing, over.objection.free) == (1, 0)
    assert book.at("2026-06-05T12:00").reserved == 1


def test_thresholds_are_crossed_again_only_after_the_balance_has_risen() -> None:
    book = Book(terms("credits", 10, warnings=(left(5),)))
    for day, kind, amount in (
        (1, "used", 4), (2, "used", 1), (3, "used", 1), (4, "bought", 3), (5, "used", 2), (6, "used", 1),
    ):  # fmt: skip
        book.write(kind, f"2026-03-{day:02}T12:00", amount)
    assert [one.at.day for one in book.at(JUNE).crossings] == [2, 5]
    assert len({one.key for one in book.at(JUNE).crossings}) == 2


def test_entries_decided_anew_under_other_terms() -> None:
    book = Book(CREDITS)
    book.write("used", "2026-02-01T00:00", 6)
    book.write("used", "2026-03-01T00:00", 3)
    seen = replay(terms("credits", 8), reversed(book.entries), local(JUNE))
    first, second = seen.decisions
    assert isinstance(first, EntryAccepted)
    assert isinstance(second, EntryRefused)
    assert (second.objection.missing, seen.ledger.free) == (1, 2)


def test_entries_of_one_instant_are_decided_anew_in_the_order_in_which_they_count() -> None:
    """What uses a reservation comes after it, whatever their ids."""
    book = Book(CREDITS)
    accepted(book.write("reserved", JUNE, 10, id_="z"))
    accepted(book.write("used", JUNE, of=EntryId("z"), id_="a"))
    seen = replay(CREDITS, book.entries, local(JUNE))
    assert all(isinstance(one, EntryAccepted) for one in seen.decisions)
    assert seen.ledger == book.at(JUNE)


def test_a_service_out_of_reach_is_refused() -> None:
    for year in (2201, 9999):
        booked = Book(terms("credits", 10)).write("reserved", JUNE, 1, serves_at=f"{year}-12-31T12:00")
        refused(booked, RefusalReason.OUTSIDE_CONTRACT)


def test_less_than_was_used_already_is_an_objection_and_no_debt() -> None:
    """The contract is changed to less: what was written stays, and nothing more can be used."""
    book = Book(CREDITS)
    book.write("used", "2026-02-01T00:00", 6, id_="done")
    book.terms = terms("credits", 4)
    now = book.at("2026-03-01T00:00")
    assert (now.free, [(one.entry, one.missing) for one in now.objections]) == (0, [("done", Decimal(2))])
    refused(book.write("used", "2026-03-01T00:00", 1), RefusalReason.BELOW_ZERO)
    accepted(book.write("bought", "2026-03-02T00:00", 1))


def test_what_is_reserved_and_released_at_one_instant_is_there_again() -> None:
    book = Book(CREDITS)
    accepted(book.write("reserved", JUNE, 4, id_="z"))
    assert accepted(book.write("released", JUNE, of=EntryId("z"), id_="a")).free == 10


def test_a_reservation_for_the_next_quarter_is_paid_by_what_that_quarter_gives() -> None:
    book = Book(terms("visits", 1, per=AllowancePeriod.QUARTER, expires=AllowancePeriod.QUARTER))
    booked = accepted(book.write("reserved", "2026-03-20T12:00", 1, serves_at="2026-04-10T12:00"))
    assert (booked.free, booked.reserved) == (1, 1)
    assert (book.at("2026-04-02T00:00").free, book.at("2026-04-02T00:00").reserved) == (0, 1)


def test_what_is_bought_expires_as_the_allowance_does_and_not_by_the_period_that_gives() -> None:
    book = Book(terms("visits", 1, per=AllowancePeriod.QUARTER, expires=AllowancePeriod.CONTRACT_YEAR))
    book.write("bought", "2026-02-01T12:00", 3)
    assert book.at("2026-12-31T00:00").free == 7
    assert book.at("2027-01-01T00:00").free == 1


def test_nobody_is_warned_of_an_expiry_that_was_near_when_the_lot_came() -> None:
    book = Book(terms("credits", warnings=(BalanceWarning(days=30), BalanceWarning(days=5))))
    book.write("bought", "2026-12-20T12:00", 3)
    assert [one.warning.days for one in book.at("2026-12-31T00:00").crossings] == [5]


def test_a_forecast_goes_by_the_use_of_its_own_year() -> None:
    book = Book(terms("credits", 10))
    book.write("used", "2026-06-01T12:00", 10)
    seen = forecast(book.at("2027-07-01T00:00"))
    assert seen is not None
    assert (seen.used, seen.expected, seen.runs_out_at, seen.left) == (0, 0, None, 10)
