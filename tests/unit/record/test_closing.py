"""A record is full of entries: the older ones are closed, and the next one counts (decision 0110)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.build.ledgers import MOSCOW_HOURS, hours, terms
from tests.unit.record.test_posting import ALLOWANCE, CREDITS, NOV, SATURDAY, History, entry

from sla_domain.allowance import AllowancePeriod
from sla_domain.explain.ledger import render_ledger
from sla_domain.ledger import (
    EntryId,
    EntryKind,
    LedgerClosed,
    LedgerEntry,
    LedgerTerms,
    RefusalReason,
    WorkSpan,
    forecast,
    ledger_at,
)
from sla_domain.record import (
    ContractRecord,
    EntryNotAllowed,
    EntryPosted,
    LedgersClosed,
    RecordChange,
    RefusalCode,
    RefusedChange,
    apply_change,
    posting,
    prepare_closing,
    prepare_entry,
    prepare_work,
)
from sla_domain.record.record import PostedEntry
from sla_platform.wire.contract import change_of, decode_change, encode_change, read_record, record_data, record_text

HOUR = timedelta(hours=1)
YEARS = replace(CREDITS, allowance=replace(CREDITS.allowance, expires=AllowancePeriod.TERM))


def worked(number: int, at: datetime) -> EntryPosted:
    written = LedgerEntry(
        id=EntryId(f"work-{number}"), kind=EntryKind.USED, at=at + HOUR / 4, who="ann", work=WorkSpan(at, at + HOUR / 4)
    )
    return EntryPosted(ALLOWANCE, written)


def closed(history: History, of: LedgerTerms, now: datetime) -> LedgersClosed:
    change = prepare_closing(history.record, (of,), now)
    assert change is not None
    history.make(change, now)
    return change


def test_the_5001st_entry_of_work_is_counted_and_what_is_left_is_as_if_nothing_had_been_closed() -> None:
    of = terms(
        "hours", hours("10000h"), zone="Europe/Moscow", first=date(2026, 3, 1), calendar=MOSCOW_HOURS,
        per=AllowancePeriod.TERM, expires=AllowancePeriod.TERM,
    )  # fmt: skip
    start = datetime(2026, 3, 2, tzinfo=UTC)
    posted = [worked(number, start + number * HOUR) for number in range(5_001)]
    entries = tuple(
        PostedEntry(allowance=ALLOWANCE, entry=one.entry, posted_in=number)
        for number, one in enumerate(posted[:5_000], 1)
    )
    record = ContractRecord(id=History().record.id, revision=5_000, entries=entries)
    now = posted[-1].entry.at
    with pytest.raises(RefusedChange) as full:
        prepare_work(record, (of,), posted[-1], now)
    assert full.value.code is RefusalCode.LEDGER_FULL
    closing = prepare_closing(record, (of,), now)
    assert closing is not None
    record = apply_change(
        record, RecordChange(contract=record.id, revision=5_001, at=now, by="slad", reason="full", change=closing)
    )
    change, over = prepare_work(record, (of,), posted[-1], now)
    assert (change, over) == (posted[-1], 0)
    assert len(record.entries) <= 2_502
    whole = ledger_at(of, [one.entry for one in posted], now)
    after = ledger_at(of, [*record.entries_of(ALLOWANCE), posted[-1].entry], now)
    assert (after.free, after.reserved, after.lots) == (whole.free, whole.reserved, whole.lots)
    assert forecast(after) == forecast(whole)
    assert after.steps[1:] == whole.steps[-len(after.steps) + 1 :]


def test_ended_years_are_closed_and_the_last_ninety_days_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "MOST_ENTRIES", 8)
    history = History()
    for year in range(2):  # the contract's years begin on 1 February
        for month in range(4):
            at = datetime(2026 + year, 3 + month, 1, tzinfo=UTC)
            history.post(entry("bought", f"i-{year}-{month}", 5, at=at), at)
    now = datetime(2027, 7, 1, tzinfo=UTC)
    balance = history.balance(now)
    change = closed(history, CREDITS, now)
    assert change.through == datetime(2027, 2, 1, tzinfo=UTC)
    assert [one.id for one in history.record.entries_of(ALLOWANCE)] == [
        "opening:allowance:9", *(f"i-1-{month}" for month in range(4))
    ]  # fmt: skip
    assert history.balance(now) == balance
    history.post(entry("used", "next", 1, at=now), now)
    assert history.balance(now) == (balance[0] - 1, 0)
    said = render_ledger(ledger_at(CREDITS, history.record.entries_of(ALLOWANCE), now)).splitlines()
    assert said[2] == "2027-02-01 00:00  brought forward 20 credits, left 20 credits"
    assert said[3].startswith("2027-02-01 00:00  expired 5 credits")


def test_what_is_told_too_late_is_refused_with_the_instant_and_nothing_is_said_of_before() -> None:
    history = History()
    for month in range(4):
        at = datetime(2026, 3 + month, 1, tzinfo=UTC)
        history.post(entry("bought", f"i-{month}", 5, at=at), at)
    change = closed(history, CREDITS, NOV)
    assert change.through == datetime(2026, 5, 1, tzinfo=UTC), "no year has ended: the older half"
    with pytest.raises(EntryNotAllowed) as late:
        prepare_entry(history.record, (CREDITS,), entry("used", "late", 1, at=change.through - HOUR), NOV)
    assert (late.value.refused.reason, late.value.refused.objection.since) == (RefusalReason.CLOSED, change.through)
    with pytest.raises(LedgerClosed):
        ledger_at(CREDITS, history.record.entries_of(ALLOWANCE), change.through - HOUR)


def test_a_booking_whose_reservation_is_closed_is_cancelled_and_given_back() -> None:
    history = History()
    history.post(entry("bought", "i-0", 10))
    history.book("fair", SATURDAY, NOV + HOUR)
    for number in range(3):
        history.post(entry("used", f"u-{number}", 1, at=NOV + 2 * HOUR), NOV + 2 * HOUR)
    now = NOV + 3 * HOUR
    assert history.balance(now) == (5, 2)
    change = closed(history, CREDITS, now)
    assert change.through == NOV + 2 * HOUR
    assert history.balance(now) == (5, 2)
    history.cancel("fair", now)
    assert history.balance(now) == (7, 0)


def test_a_lot_that_the_contract_gives_follows_its_amount_after_the_closing() -> None:
    def granting(amount: int) -> LedgerTerms:
        return replace(YEARS, allowance=replace(YEARS.allowance, amount=Decimal(amount), per=AllowancePeriod.TERM))

    history = History()
    for number in range(4):
        change = prepare_entry(history.record, (granting(10),), entry("used", f"u-{number}", 1), NOV + number * HOUR)
        history.make(change, NOV + number * HOUR)
    for number in range(4, 8):
        at = NOV + number * HOUR
        history.make(prepare_entry(history.record, (granting(10),), entry("used", f"u-{number}", 1, at=at), at), at)
    now = NOV + 9 * HOUR
    closed(history, granting(10), now)
    found = {
        amount: (ledger.free, [one.missing for one in ledger.objections])
        for amount in (10, 20, 2)
        if (ledger := ledger_at(granting(amount), history.record.entries_of(ALLOWANCE), now))
    }
    assert found == {10: (2, []), 20: (12, []), 2: (0, [2, 1, 1, 1, 1])}, "two of eight were paid"


def test_a_closing_is_the_same_on_the_wire_and_twice_in_one_life() -> None:
    history = History()
    for number in range(6):
        at = NOV + number * HOUR
        history.post(entry("bought", f"i-{number}", 1, at=at), at)
    for hours_ in (6, 7):
        now = NOV + hours_ * HOUR
        change = closed(history, CREDITS, now)
        made = history.changes[-1]
        assert change_of(decode_change(encode_change(made, history.record))) == change
        assert read_record(record_text(record_data(history.record))) == history.record
        assert history.record.judged_in == 0, "no incident is judged by it"
        assert history.balance(now) == (6, 0)
    kept = ["opening:allowance:8", "i-4", "i-5"]
    assert [one.id for one in history.record.entries_of(ALLOWANCE)] == kept, "one opening, of both"
    history = History()
    history.post(entry("bought", "i-0", 1))
    assert prepare_closing(history.record, (CREDITS,), NOV) is None, "one entry makes no room"
