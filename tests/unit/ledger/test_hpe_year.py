"""A year of an HPE contract (clause H10): credits bought, two standby weekends one of them late, an expiry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.build.ledgers import Book, accepted, changes, local, refused, terms

from sla_domain.allowance import AllowancePeriod, BalanceWarning
from sla_domain.ledger import EntryId, RefusalReason, forecast, lots_to_expire

WARSAW = "Europe/Warsaw"
CREDITS = terms(
    "credits",
    zone=WARSAW,
    first=date(2026, 2, 1),
    end=date(2028, 2, 1),
    expires=AllowancePeriod.CONTRACT_YEAR,
    warnings=(BalanceWarning(percent=20), BalanceWarning(days=30)),
    clause="H10",
)


def test_a_year_of_credits() -> None:
    book = Book(CREDITS)
    assert accepted(book.write("bought", "2026-02-10T09:00", 30)).free == 30

    # A weekend on duty, booked three weeks ahead: ten credits are set aside, and used when it is over.
    june = {"serves_at": "2026-06-06T00:00", "reference": "window-1"}
    booked = accepted(book.write("reserved", "2026-05-04T10:00", 10, id_="june", **june))
    assert (booked.free, booked.reserved) == (20, 10)
    done = accepted(book.write("used", "2026-06-08T09:00", of=EntryId("june"), reference="window-1"))
    assert (done.free, done.reserved) == (20, 0)

    # Another at eight days' notice: half as much again.
    october = {"serves_at": "2026-10-03T00:00", "reference": "window-2", "surcharge": 50}
    late = accepted(book.write("reserved", "2026-09-25T10:00", 10, id_="october", **october))
    assert (late.free, late.reserved) == (5, 15)
    assert (late.steps[-1].raw, late.steps[-1].surcharge, late.steps[-1].amount) == (10, 50, 15)
    assert [(one.warning.key, one.at, one.balance) for one in late.crossings] == [
        ("left-20-percent", local("2026-09-25T10:00", WARSAW), 5)
    ]
    accepted(book.write("used", "2026-10-05T09:00", of=EntryId("october")))

    # More than is left is refused with how much is missing; money back and another contract, with the clause.
    short = refused(book.write("reserved", "2026-11-02T10:00", 6), RefusalReason.BELOW_ZERO)
    assert (short.objection.missing, short.objection.free, short.clause) == (1, 5, "H10")
    assert refused(book.write("refunded", "2026-11-02T10:00", 5), RefusalReason.NOT_REFUNDABLE).clause == "H10"
    assert refused(book.write("transferred", "2026-11-02T10:00", 5), RefusalReason.NOT_TRANSFERABLE).clause == "H10"

    accepted(book.write("bought", "2026-12-01T10:00", 4))
    winter = book.at("2027-01-15T12:00")
    assert [(one.lot.amount, one.left, one.lot.expires) for one in lots_to_expire(winter)] == [
        (30, 5, local("2027-02-01T00:00", WARSAW)),
        (4, 4, local("2027-02-01T00:00", WARSAW)),
    ]
    told = [(one.warning.key, one.at, one.balance) for one in winter.crossings[1:]]
    assert told == [("expiry-30-days", local("2027-01-02T00:00", WARSAW), left) for left in (5, 4)]

    # With the contract's year they are gone, and the next year begins with nothing.
    after = book.at("2027-02-01T00:00")
    assert (after.free, after.reserved) == (0, 0)
    assert [(one.lot.amount, one.used, one.expired) for one in after.lots] == [(30, 25, 5), (4, 0, 4)]
    refused(book.write("used", "2027-02-01T00:00", 1), RefusalReason.BELOW_ZERO)
    assert changes(after) == [
        ("2026-02-10 09:00", "bought", 30, 30),
        ("2026-05-04 10:00", "reserved", 10, 20),
        ("2026-06-08 09:00", "used", 10, 20),
        ("2026-09-25 10:00", "reserved", 15, 5),
        ("2026-10-05 09:00", "used", 15, 5),
        ("2026-12-01 10:00", "bought", 4, 9),
        ("2027-02-01 00:00", "expired", 5, 4),
        ("2027-02-01 00:00", "expired", 4, 0),
    ]
    assert after.objections == ()


def test_how_long_the_credits_last() -> None:
    """The same use a day as so far: 20 of 30 in half a year leave ten for the other half."""
    book = Book(CREDITS)
    book.write("bought", "2026-02-01T00:00", 30)
    book.write("used", "2026-03-01T12:00", 20)
    seen = forecast(book.at("2026-08-02T12:00"))  # 182.5 of 365 days, one hour of which summer time took
    assert seen is not None
    assert (seen.used, seen.left) == (20, 0)
    assert Decimal("19.9") < seen.expected < Decimal("20.1")
    assert seen.runs_out_at is not None
    assert abs((seen.runs_out_at - local("2026-11-01T18:00", WARSAW)).total_seconds()) < 7200
    assert forecast(book.at("2026-02-01T00:00")) is None, "nothing is known when the year begins"


def test_a_cancelled_weekend_gives_its_credits_back_until_they_have_expired() -> None:
    book = Book(CREDITS)
    book.write("bought", "2026-02-10T09:00", 10)
    book.write("reserved", "2026-12-01T10:00", 6, id_="one", serves_at="2027-01-30T00:00")
    book.write("reserved", "2026-12-01T10:00", 4, id_="two", serves_at="2027-01-31T00:00")
    back = accepted(book.write("released", "2027-01-20T10:00", of=EntryId("one"), reason="cancelled"))
    assert (back.free, back.reserved) == (6, 4)
    refused(book.write("released", "2027-01-21T10:00", of=EntryId("one")), RefusalReason.NO_RESERVATION)
    late = accepted(book.write("released", "2027-02-03T10:00", of=EntryId("two")))
    assert (late.free, late.reserved) == (0, 0)
    assert [(one.used, one.expired) for one in late.lots] == [(0, 10)]
    assert changes(late)[-2:] == [("2027-02-03 10:00", "released", 4, 0), ("2027-02-03 10:00", "expired", 4, 0)]


def test_a_reservation_for_next_year_is_not_paid_by_credits_of_this_one() -> None:
    book = Book(CREDITS)
    book.write("bought", "2026-02-10T09:00", 10)
    short = book.write("reserved", "2027-01-20T10:00", 6, serves_at="2027-02-06T00:00")
    assert refused(short, RefusalReason.BELOW_ZERO).objection.missing == 6
