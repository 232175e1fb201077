"""Whatever is entered, in whatever order: nothing is lost, nothing falls below zero, and every prefix is whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.build.ledgers import MOSCOW_HOURS, terms

from sla_domain.allowance import AllowancePeriod, BalanceWarning
from sla_domain.ledger import (
    EntryAccepted,
    EntryId,
    EntryKind,
    Ledger,
    LedgerEntry,
    LedgerTerms,
    WorkSpan,
    close_ledger,
    current_crossings,
    decide,
    forecast,
    ledger_at,
    replay,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = 900
NOW = START + timedelta(days=DAYS)
KINDS = [EntryKind.BOUGHT, EntryKind.USED, EntryKind.USED, EntryKind.RESERVED, EntryKind.RELEASED, EntryKind.ADJUSTED]
PERIODS = list(AllowancePeriod)


@st.composite
def some_terms(draw: st.DrawFn) -> LedgerTerms:
    hours = draw(st.booleans())
    limit = draw(st.sampled_from([{}, {AllowancePeriod.QUARTER: 40}, {AllowancePeriod.CONTRACT_YEAR: 90}]))
    return terms(
        "hours" if hours else "credits",
        draw(st.sampled_from([None, 10, 50])) if not hours else 36_000,
        zone="Europe/Moscow",
        first=date(2026, 3, 1),
        end=draw(st.sampled_from([None, date(2028, 2, 1)])),
        calendar=MOSCOW_HOURS if hours else None,
        rate=draw(st.sampled_from(["2", "1.5"])),
        per=draw(st.sampled_from(PERIODS)),
        expires=draw(st.sampled_from(PERIODS)),
        at_most={} if hours else limit,
        warnings=(BalanceWarning(percent=50), BalanceWarning(days=10)),
    )


@st.composite
def some_entries(draw: st.DrawFn, of: LedgerTerms) -> list[LedgerEntry]:
    random = draw(st.randoms(use_true_random=False))
    return [_entry(of, number, random) for number in range(draw(st.integers(0, 16)))]


def _entry(of: LedgerTerms, number: int, random: Random) -> LedgerEntry:
    kind, at = random.choice(KINDS), START + random.randrange(DAYS * 24) * HOUR
    amount: Decimal | None = Decimal(random.choice(["1", "2.5", "7", "20", "0.000001"]))
    work, of_, serves_at, surcharge, booked = None, None, None, 0, False
    if kind is EntryKind.USED and of.hours is not None and random.random() < 0.7:
        work, amount = WorkSpan(at - timedelta(seconds=random.randrange(1, 200_000)), at), None
    if kind in (EntryKind.USED, EntryKind.RELEASED) and random.random() < 0.6:
        of_, amount = EntryId(f"{random.choice(['e', 'window:e'])}{random.randrange(16)}"), None
    if kind is EntryKind.RESERVED:
        serves_at, surcharge = at + random.randrange(2000) * HOUR, random.choice([0, 50])
        booked = random.random() < 0.5
    if kind is EntryKind.ADJUSTED and amount is not None and random.random() < 0.5:
        amount = -amount
    mark = "window:" if booked else ""
    return LedgerEntry(
        id=EntryId(f"{mark}e{number}"), kind=kind, at=at, who="ann", amount=amount, work=work, of=of_,
        serves_at=serves_at, surcharge=surcharge, reason="why",
    )  # fmt: skip


def written(of: LedgerTerms, candidates: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Those that are accepted, in the order in which they arrive."""
    kept: list[LedgerEntry] = []
    for entry in candidates:
        if isinstance(decide(of, kept, entry, NOW), EntryAccepted):
            kept.append(entry)
    return kept


def check_whole(ledger: Ledger) -> None:
    """Nothing is lost and nothing below zero, in the lots and along the steps."""
    zero = Decimal(0)
    assert ledger.objections == ()
    for each in ledger.lots:
        assert min(each.left, each.reserved, each.used, each.expired) >= 0
        assert each.left + each.reserved + each.used + each.expired == each.lot.amount
    began = [each for each in ledger.lots if each.lot.start <= ledger.at]
    assert ledger.free == sum((each.left for each in began), zero)
    assert ledger.free == sum((step.change for step in ledger.steps), zero)
    assert all(step.balance >= 0 for step in ledger.steps)
    assert [step.at for step in ledger.steps] == sorted(step.at for step in ledger.steps)

    def total(*kinds: EntryKind) -> Decimal:
        return sum((step.amount for step in ledger.steps if step.kind in kinds), zero)

    taken = -sum((min(step.amount, zero) for step in ledger.steps if step.kind is EntryKind.ADJUSTED), zero)
    brought = total(EntryKind.GRANTED, EntryKind.BOUGHT, EntryKind.ADJUSTED) + taken
    assert brought == sum((each.lot.amount for each in began), zero)
    assert total(EntryKind.USED) + taken == sum((each.used for each in ledger.lots), zero)
    assert total(EntryKind.EXPIRED) == sum((each.expired for each in ledger.lots), zero)


@given(st.data())
def test_nothing_is_lost_and_every_prefix_is_whole(data: st.DataObject) -> None:
    of = data.draw(some_terms())
    kept = written(of, data.draw(some_entries(of)))
    for count in range(len(kept) + 1):  # whichever entry a crash comes after
        check_whole(ledger_at(of, kept[:count], NOW))
    at = data.draw(st.datetimes(START.replace(tzinfo=None), NOW.replace(tzinfo=None))).replace(tzinfo=UTC)
    check_whole(ledger_at(of, kept, at))


@given(st.data(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(data: st.DataObject, random: Random) -> None:
    of = data.draw(some_terms())
    kept = written(of, data.draw(some_entries(of)))
    shuffled = list(kept)
    random.shuffle(shuffled)
    assert ledger_at(of, shuffled, NOW) == ledger_at(of, kept, NOW)
    assert replay(of, shuffled, NOW).ledger == ledger_at(of, kept, NOW)


@given(st.data())
def test_what_was_the_case_at_an_instant_stays_the_case(data: st.DataObject) -> None:
    """The steps up to an instant are the first of all steps, whatever comes later."""
    of = data.draw(some_terms())
    kept = written(of, data.draw(some_entries(of)))
    whole = ledger_at(of, kept, NOW)
    at = data.draw(st.datetimes(START.replace(tzinfo=None), NOW.replace(tzinfo=None))).replace(tzinfo=UTC)
    then = ledger_at(of, kept, at)
    assert then.steps == tuple(step for step in whole.steps if step.at <= at)
    assert then.crossings == tuple(one for one in whole.crossings if one.at <= at)


@given(st.data())
def test_the_same_entry_twice_is_one(data: st.DataObject) -> None:
    of = data.draw(some_terms())
    kept = written(of, data.draw(some_entries(of)))
    for entry in kept:
        again = decide(of, kept, entry, NOW)
        assert isinstance(again, EntryAccepted)
        assert again.known
        assert again.ledger == ledger_at(of, kept, NOW)


@given(st.data())
def test_a_closed_ledger_goes_on_as_if_it_had_never_been_closed(data: st.DataObject) -> None:
    """What entries before an instant left is all that the ledger needs; twice is as once."""
    of = data.draw(some_terms())
    kept = written(of, data.draw(some_entries(of)))
    left = kept
    since = START
    for number in range(2):
        since = before_no_work(left, max(since, START + data.draw(st.integers(1, DAYS)) * 24 * HOUR))
        if any(one.opening is not None and one.opening.at > since for one in left):
            break
        brought = LedgerEntry(
            id=EntryId(f"opening-{number}"), kind=EntryKind.OPENING, at=since, who="slad",
            opening=close_ledger(of, left, since),
        )  # fmt: skip
        left = [*(one for one in left if one.at >= since), brought]
        for at in (since, since + data.draw(st.integers(0, DAYS)) * 24 * HOUR, NOW):
            whole, closed = ledger_at(of, kept, max(at, since)), ledger_at(of, left, max(at, since))
            assert (closed.free, closed.reserved) == (whole.free, whole.reserved)
            assert closed.steps[1:] == tuple(step for step in whole.steps if step.at >= since)
            assert closed.steps[0].balance + sum(step.change for step in closed.steps[1:]) == closed.free
            known = {each.lot.id: each for each in whole.lots}
            assert all(known[each.lot.id] == each for each in closed.lots)
            assert {each.lot.id for each in whole.lots if each.left} <= {each.lot.id for each in closed.lots}
            assert set(current_crossings(closed)) == set(current_crossings(whole))
            assert forecast(closed) == forecast(whole)
            assert closed.objections == ()


def before_no_work(entries: Sequence[LedgerEntry], at: datetime) -> datetime:
    """An instant by `at` at which no work is going on."""
    while spanning := [one.work.start for one in entries if one.work is not None and one.work.start < at <= one.at]:
        at = min(spanning)
    return at
