"""Ledger entries in a contract's record: written once, paid for bookings, and whole after every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.ledgers import MOSCOW_HOURS, hours, local, terms

from sla_domain.contract import Contract, ContractId, EnvironmentItem
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, LedgerTerms, RefusalReason, WorkSpan, ledger_at
from sla_domain.plan import Plan, PlanId
from sla_domain.record import (
    BookingRequest,
    Change,
    ContractRecord,
    EntryNotAllowed,
    EntryPosted,
    ProfileChanged,
    RecordChange,
    RefusalCode,
    RefusedChange,
    VersionAdded,
    VersionWithdrawn,
    apply_change,
    fold_changes,
    posting,
    prepare_booking,
    prepare_cancellation,
    prepare_entry,
    prepare_work,
)
from sla_domain.window import BookableWindow, LateBooking, WindowPrice
from sla_platform.wire.contract import (
    ContractChangedData,
    canonical,
    change_of,
    changed_data,
    decode_change,
    encode_change,
    history_text,
    read_record,
    record_data,
    record_text,
)

ACME = ContractId("acme")
NOV = datetime(2026, 11, 2, 9, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, tzinfo=UTC)
CREDITS = terms("credits", first=date(2026, 2, 1), clause="H10")
ALLOWANCE = CREDITS.allowance.id
STANDBY = BookableWindow(
    id="standby",
    titles={},
    notice=timedelta(weeks=3),
    late=LateBooking.SURCHARGE,
    surcharge=50,
    price=WindowPrice(ALLOWANCE, Decimal(2)),
)
CONTRACT = Contract(id=ACME, title="Acme", plan=PlanId("gold"), zone="UTC", customers=frozenset({"Acme"}))
PLAN = Plan(
    id=PlanId("gold"), titles={}, rank=1, priorities=(), coverages={}, metrics={}, targets=(), windows=(STANDBY,)
)


def entry(kind: str, id_: str, amount: Any = None, at: datetime = NOV, **more: Any) -> EntryPosted:
    written = LedgerEntry(
        id=EntryId(id_),
        kind=EntryKind(kind),
        at=at,
        who="ann",
        amount=None if amount is None else Decimal(amount),
        **more,
    )
    return EntryPosted(ALLOWANCE, written)


class History:
    """A contract's changes as they are made, and the record after them."""

    def __init__(self) -> None:
        self.changes: list[RecordChange] = []
        self.record = ContractRecord(id=ACME)

    def make(self, change: Change | None, at: datetime = NOV) -> None:
        if change is None:
            return
        made = RecordChange(
            contract=ACME, revision=self.record.revision + 1, at=at, by="ann", reason="said", change=change
        )
        self.changes.append(made)
        self.record = apply_change(self.record, made)

    def post(self, posted: EntryPosted, now: datetime = NOV) -> None:
        self.make(prepare_entry(self.record, (CREDITS,), posted, now), now)

    def book(self, id_: str, start: datetime, now: datetime = NOV) -> None:
        asked = BookingRequest(
            id=id_, window="standby", start=start, end=start + timedelta(days=2), surcharge_confirmed=True
        )
        self.make(prepare_booking(self.record, CONTRACT, PLAN, asked, now, (CREDITS,), "ann"), now)

    def cancel(self, id_: str, now: datetime = NOV) -> None:
        self.make(prepare_cancellation(self.record, id_, now, "ann"), now)

    def balance(self, at: datetime = NOV) -> tuple[Decimal, Decimal]:
        ledger = ledger_at(CREDITS, self.record.entries_of(ALLOWANCE), at)
        assert ledger.objections == ()
        return ledger.free, ledger.reserved


def refused(history: History, posted: EntryPosted, terms_: LedgerTerms = CREDITS) -> RefusedChange:
    with pytest.raises(RefusedChange) as caught:
        prepare_entry(history.record, (terms_,), posted, NOV)
    return caught.value


def test_an_entry_is_written_once_and_its_id_is_never_another() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    history.post(entry("bought", "invoice-1", 10))
    assert (history.balance(), history.record.revision) == ((10, 0), 1)
    error = refused(history, entry("bought", "invoice-1", 11))
    assert isinstance(error, EntryNotAllowed)
    assert error.refused.reason is RefusalReason.ID_TAKEN
    unknown = refused(history, replace(entry("bought", "x", 1), allowance="visits"))
    assert (unknown.code, unknown.place) == (RefusalCode.NO_LEDGER, "allowance")


def test_a_booking_sets_its_price_aside_and_cancelling_gives_it_back() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 6))
    history.book("fair", SATURDAY)
    assert history.balance() == (4, 2)
    history.book("late", SATURDAY - timedelta(weeks=2), now=NOV + timedelta(days=1))
    assert history.balance(NOV + timedelta(days=1)) == (1, 5), "three credits, half as much again"
    with pytest.raises(EntryNotAllowed) as short:
        history.book("third", SATURDAY + timedelta(weeks=1), now=NOV + timedelta(days=2))
    assert (short.value.refused.objection.missing, short.value.refused.clause) == (1, "H10")
    assert history.record.revision == 3, "the window is not booked either"
    history.cancel("late", NOV + timedelta(days=3))
    assert history.balance(NOV + timedelta(days=3)) == (4, 2)


def test_what_a_booking_has_used_is_not_given_back_and_a_second_booking_of_the_id_is_its_own() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    history.book("fair", SATURDAY)
    reserved = history.record.entries[-1].entry.id
    history.post(entry("used", "done", of=reserved, at=NOV + timedelta(hours=1)), NOV + timedelta(hours=1))
    history.cancel("fair", NOV + timedelta(hours=2))
    assert history.balance(NOV + timedelta(hours=2)) == (8, 0)
    history.book("fair", SATURDAY + timedelta(weeks=1), now=NOV + timedelta(hours=3))
    assert history.balance(NOV + timedelta(hours=3)) == (6, 2)
    first, second = history.record.windows
    assert (first.cancelled_in, second.cancelled_in) == (4, None)
    history.cancel("fair", NOV + timedelta(hours=4))
    assert [one.cancelled_in for one in history.record.windows] == [4, 6]
    assert history.balance(NOV + timedelta(hours=4)) == (8, 0)


def test_what_is_reserved_for_a_window_is_not_given_back_by_hand_before_or_after_it() -> None:
    """H10: nothing is ever refunded; only cancelling the window, before it begins, releases its credits."""
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    history.book("fair", SATURDAY)
    reserved = history.record.entries[-1].entry.id
    for now in (NOV, SATURDAY + timedelta(days=30)):
        for kind, amount in (("released", None), ("used", 1), ("used", "0.000001")):
            posted = entry(kind, "back", amount, at=NOV, of=reserved)
            with pytest.raises(EntryNotAllowed) as caught:
                prepare_entry(history.record, (CREDITS,), posted, now)
            about = caught.value.refused
            assert (about.reason, about.clause) == (RefusalReason.OF_A_WINDOW, "H10")
    assert history.balance() == (8, 2)


def test_a_window_that_has_begun_is_used_without_a_hand() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    history.book("fair", SATURDAY)
    assert history.balance(SATURDAY - timedelta(seconds=1)) == (8, 2)
    assert history.balance(SATURDAY) == (8, 0)
    step = ledger_at(CREDITS, history.record.entries_of(ALLOWANCE), SATURDAY).steps[-1]
    assert (step.at, step.kind, step.amount, step.reference, step.change) == (SATURDAY, EntryKind.USED, 2, "fair", 0)
    with pytest.raises(RefusedChange):
        history.cancel("fair", SATURDAY)
    # Said by hand, too, it is the same.
    reserved = history.record.entries[-1].entry.id
    later = SATURDAY + timedelta(days=3)
    history.post(entry("used", "done", of=reserved, at=later), later)
    assert history.balance(later) == (8, 0)


def test_what_was_served_is_not_released_whatever_it_was_reserved_for() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    history.post(entry("reserved", "visit", 3, serves_at=SATURDAY))
    history.post(entry("reserved", "someday", 2))
    after = SATURDAY + timedelta(days=1)
    with pytest.raises(EntryNotAllowed) as served:  # dated before, said after
        prepare_entry(history.record, (CREDITS,), entry("released", "back", of=EntryId("visit")), after)
    assert served.value.refused.reason is RefusalReason.SERVED
    history.post(entry("released", "back", of=EntryId("visit")), SATURDAY - timedelta(days=1))
    history.post(entry("released", "no-day", of=EntryId("someday"), at=after), after)
    assert history.balance(after) == (10, 0)


def test_a_refund_is_refused_with_the_clause_of_the_plan_and_not_of_another_vendor() -> None:
    own = terms("visits", 3, clause="E10")
    error = refused(History(), EntryPosted(ALLOWANCE, entry("refunded", "r", 1).entry), own)
    assert isinstance(error, EntryNotAllowed)
    assert (error.refused.reason, error.refused.clause) == (RefusalReason.NOT_REFUNDABLE, "E10")
    error = refused(History(), EntryPosted(ALLOWANCE, entry("refunded", "r", 1).entry), terms("visits", 3))
    assert isinstance(error, EntryNotAllowed)
    assert error.refused.clause == ""


def test_work_that_is_done_is_counted_even_if_the_ledger_cannot_pay_all_of_it() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 3))
    change, over = prepare_work(history.record, (CREDITS,), entry("used", "work", 5), NOV)
    assert over == 2
    history.make(change)
    ledger = ledger_at(CREDITS, history.record.entries_of(ALLOWANCE), NOV)
    assert (ledger.free, [one.missing for one in ledger.objections]) == (0, [2])
    assert prepare_work(history.record, (CREDITS,), entry("used", "work", 5), NOV) == (None, 0), "once"
    with pytest.raises(EntryNotAllowed):
        prepare_work(history.record, (CREDITS,), entry("used", "early", 1, at=NOV - timedelta(days=900)), NOV)


def test_work_over_the_allowance_by_day_and_by_night_is_over_by_all_of_it() -> None:
    """Each part of the work is short by itself; what is over is their sum."""
    hours_ = terms("hours", hours("1h"), zone="Europe/Moscow", first=date(2026, 3, 16), calendar=MOSCOW_HOURS)
    start = local("2026-11-02T17:00", "Europe/Moscow")
    work = LedgerEntry(
        id=EntryId("work"),
        kind=EntryKind.USED,
        at=start + timedelta(hours=4),
        who="ann",
        work=WorkSpan(start, start + timedelta(hours=4)),
    )
    change, over = prepare_work(ContractRecord(id=ACME), (hours_,), EntryPosted(ALLOWANCE, work), work.at)
    assert change is not None
    assert over == hours("5h")  # two by day, two by night that count twice; one hour is there


def test_a_contract_has_room_for_so_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "MOST_ENTRIES", 1)
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    assert refused(history, entry("bought", "invoice-2", 10)).code is RefusalCode.LEDGER_FULL
    history.post(entry("bought", "invoice-1", 10))


STEPS = st.tuples(st.sampled_from(["bought", "used", "book", "cancel", "release"]), st.integers(0, 4))


@given(st.lists(STEPS, max_size=14))
def test_every_prefix_of_a_history_is_whole_on_the_wire_too(steps: list[tuple[str, int]]) -> None:
    """Killed between any two changes: windows and their credits agree, no balance is below zero, nothing is lost."""
    history, now = History(), NOV
    for number, (what, size) in enumerate(steps):
        now += timedelta(hours=1)
        try:
            match what:
                case "book":
                    history.book(f"w{size}", SATURDAY + timedelta(weeks=size), now)
                case "cancel":
                    history.cancel(f"w{size}", now)
                case "release":
                    held = [one.entry.id for one in history.record.entries if one.entry.kind is EntryKind.RESERVED]
                    if held:
                        history.post(entry("released", f"e{number}", at=now, of=held[size % len(held)]), now)
                case kind:
                    history.post(entry(kind, f"e{number}", size, at=now), now)
        except RefusedChange:
            continue
    record = ContractRecord(id=ACME)
    for made in history.changes:
        record = apply_change(record, made)
        assert record == fold_changes(ACME, history.changes[: record.revision])
        assert read_record(record_text(record_data(record))) == record
        assert change_of(decode_change(encode_change(made, record))) == made.change
        entries = record.entries_of(ALLOWANCE)
        whole = [one.entry for one in history.record.entries if one.posted_in <= record.revision]
        assert entries == tuple(whole)
        ledger = ledger_at(CREDITS, entries, now)
        assert (ledger.objections, ledger.free >= 0) == ((), True)
        assert sum(each.lot.amount for each in ledger.lots) == sum(
            each.left + each.reserved + each.used + each.expired for each in ledger.lots
        )
        for when in (now, SATURDAY + timedelta(weeks=9)):  # before all weekends, and after
            ledger = ledger_at(CREDITS, entries, when)
            ended = {one.of for one in entries}
            open_ = {one.reference for one in entries if one.kind is EntryKind.RESERVED and one.id not in ended}
            used = {step.reference for step in ledger.steps if step.kind is EntryKind.USED and step.reference}
            standing = {one.id for one in record.windows_at()}
            assert standing == open_, "each window has its credits, and nothing else holds any"
            assert (used, ledger.reserved > 0) == ((set(), bool(standing)) if when == now else (standing, False))


def test_a_history_keeps_with_each_change_what_it_wrote_alone() -> None:
    history = History()
    history.make(VersionAdded(1, NOV, '{"title":"the first text"}'))
    history.make(ProfileChanged((EnvironmentItem(product="shop", versions=("4.1",)),)))
    history.make(VersionAdded(2, NOV, '{"title":"the second text"}'))
    for number in range(3):
        history.post(entry("bought", f"invoice-{number}", 1))
    history.book("fair", SATURDAY)
    history.cancel("fair")
    record, kept = ContractRecord(id=ACME), []
    for made in history.changes:
        record = apply_change(record, made)
        text = history_text(made, record)
        assert change_of(ContractChangedData.model_validate_json(text)) == made.change
        kept.append(text)
    named = ("the first text", "4.1", "the second text", "invoice-0", "invoice-1", "invoice-2")
    for number, text in enumerate(kept[:6]):
        assert [one for one in named if one in text] == [named[number]]
    assert [one for one in named if one in kept[6] or one in kept[7]] == []
    whole = changed_data(history.changes[-1], history.record)
    assert len(whole.record.entries or ()) == 5, "the event has all"


def test_a_history_of_older_releases_with_the_whole_record_is_read_as_before() -> None:
    history = History()
    history.make(VersionAdded(1, NOV, '{"title":"first"}'))
    history.make(ProfileChanged((EnvironmentItem(product="shop", versions=("4.1",)),)))
    history.post(entry("bought", "invoice-0", 1))
    stored = changed_data(history.changes[-1], history.record).model_dump_json(exclude_none=True)
    assert change_of(ContractChangedData.model_validate_json(stored)) == history.changes[-1].change


def test_the_text_of_a_withdrawn_version_leaves_the_record_and_stays_in_the_history() -> None:
    history = History()
    history.make(VersionAdded(1, NOV, '{"title":"first"}'))
    added = RecordChange(
        contract=ACME, revision=2, at=NOV, by="ann", reason="", change=VersionAdded(2, SATURDAY, '{"title":"second"}')
    )
    history.make(added.change)
    assert "second" in history_text(added, history.record)
    history.make(VersionWithdrawn(2))
    assert [one.document for one in history.record.versions] == ['{"title":"first"}', "{}"]
    assert "second" not in record_text(record_data(history.record))


def test_a_record_without_ledgers_is_stored_as_before() -> None:
    assert "entries" not in record_text(record_data(ContractRecord(id=ACME, revision=1)))
    assert read_record('{"id":"acme","revision":1}').entries == ()
    assert canonical({}) == "{}"


def test_a_ledger_entry_judges_no_incident_otherwise_and_a_booking_does() -> None:
    history = History()
    history.post(entry("bought", "invoice-1", 10))
    assert (history.record.revision, history.record.judged_in) == (1, 0)
    history.book("fair", SATURDAY)
    history.post(entry("bought", "invoice-2", 10))
    assert (history.record.revision, history.record.judged_in) == (3, 2)
    assert read_record(record_text(record_data(history.record))).judged_in == 2
