"""A contract's record: versions are added, take effect, are withdrawn and frozen; what does not fit is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_domain.contract import ContractId
from sla_domain.record import (
    Change,
    ContractRecord,
    RecordChange,
    RefusalCode,
    RefusedChange,
    apply_change,
    fold_changes,
    next_in_force,
    prepare_freeze,
    prepare_version,
    prepare_withdrawal,
)

NOV = datetime(2026, 11, 1, tzinfo=UTC)
DEC = datetime(2026, 12, 1, tzinfo=UTC)
ACME = ContractId("acme")


def made(record: ContractRecord, change: Change, at: datetime) -> ContractRecord:
    return apply_change(
        record,
        RecordChange(contract=ACME, revision=record.revision + 1, at=at, by="ann", reason="said", change=change),
    )


def written(record: ContractRecord, text: str, since: datetime | None, now: datetime) -> ContractRecord:
    return made(record, prepare_version(record, text, since, now), now)


def refused(record: ContractRecord, text: str, since: datetime | None, now: datetime) -> RefusedChange:
    with pytest.raises(RefusedChange) as caught:
        prepare_version(record, text, since, now)
    return caught.value


EMPTY = ContractRecord(id=ACME)


def test_each_instant_has_the_version_that_applied_then() -> None:
    record = written(EMPTY, "one", NOV, NOV + timedelta(days=3))
    record = written(record, "two", None, NOV + timedelta(days=10))
    assert [v.document for v in record.applied()] == ["one", "two"]
    assert record.at(NOV - timedelta(seconds=1)) is None
    assert record.at(NOV).document == "one"  # type: ignore[union-attr]
    assert record.at(NOV + timedelta(days=10)).document == "two"  # type: ignore[union-attr]


def test_as_of_an_earlier_revision_later_changes_are_not_there() -> None:
    record = written(written(EMPTY, "one", NOV, NOV), "two", None, NOV + timedelta(days=10))
    assert record.at(DEC, revision=1).document == "one"  # type: ignore[union-attr]
    assert record.at(DEC, revision=2).document == "two"  # type: ignore[union-attr]


def test_a_version_that_lies_ahead_applies_only_once_it_is_put_in_force() -> None:
    record = written(written(EMPTY, "one", NOV, NOV), "two", DEC, NOV + timedelta(days=10))
    assert record.at(DEC).document == "one"  # type: ignore[union-attr]
    ahead = next_in_force(record)
    assert ahead is not None
    assert ahead.at == DEC
    record = made(record, ahead.change, DEC)
    assert record.at(DEC).document == "two"  # type: ignore[union-attr]
    assert next_in_force(record) is None


def test_a_change_before_a_later_version_is_refused_until_that_is_withdrawn() -> None:
    record = written(written(EMPTY, "one", NOV, NOV), "two", DEC, NOV)
    error = refused(record, "three", NOV + timedelta(days=5), NOV + timedelta(days=5))
    assert error.code is RefusalCode.OVERLAPS
    assert "withdraw that one first" in str(error)
    record = made(record, prepare_withdrawal(record, 2), NOV + timedelta(days=5))
    record = written(record, "three", NOV + timedelta(days=5), NOV + timedelta(days=5))
    assert record.at(DEC).document == "three"  # type: ignore[union-attr]
    assert [v.number for v in record.versions] == [1, 2, 3]


def test_a_version_dated_like_the_last_takes_its_place() -> None:
    record = written(written(EMPTY, "wrong", NOV, NOV), "right", NOV, NOV + timedelta(days=2))
    assert record.at(NOV).document == "right"  # type: ignore[union-attr]
    assert record.at(NOV, revision=1).document == "wrong"  # type: ignore[union-attr]


def test_a_change_into_a_frozen_period_is_refused() -> None:
    record = written(EMPTY, "one", NOV, NOV)
    record = made(record, prepare_freeze(record, DEC, DEC), DEC)
    error = refused(record, "two", DEC - timedelta(seconds=1), DEC + timedelta(days=1))
    assert error.code is RefusalCode.FROZEN
    assert error.place == "effective_from"
    assert written(record, "two", DEC, DEC).at(DEC).document == "two"  # type: ignore[union-attr]


def test_what_is_frozen_stays_frozen_and_only_the_past_can_be() -> None:
    record = made(EMPTY, prepare_freeze(EMPTY, DEC, DEC), DEC)
    for through in (NOV, DEC + timedelta(days=2)):
        with pytest.raises(RefusedChange):
            prepare_freeze(record, through, DEC + timedelta(days=1))


def test_the_same_text_again_is_refused() -> None:
    assert refused(written(EMPTY, "one", NOV, NOV), "one", None, DEC).code is RefusalCode.UNCHANGED


def test_a_version_in_force_cannot_be_withdrawn_and_neither_can_one_that_is_not_there() -> None:
    record = written(EMPTY, "one", NOV, NOV)
    for number, code in ((1, RefusalCode.IN_FORCE), (7, RefusalCode.UNKNOWN_VERSION)):
        with pytest.raises(RefusedChange) as caught:
            prepare_withdrawal(record, number)
        assert caught.value.code is code


def test_a_missing_change_is_noticed_and_a_repeated_one_skipped() -> None:
    first = RecordChange(
        contract=ACME, revision=1, at=NOV, by="ann", reason="", change=prepare_version(EMPTY, "one", NOV, NOV)
    )
    record = apply_change(EMPTY, first)
    assert apply_change(record, first) is record
    with pytest.raises(ValueError, match="revision 3 cannot follow"):
        apply_change(record, RecordChange(contract=ACME, revision=3, at=NOV, by="", reason="", change=first.change))


@given(st.lists(st.tuples(st.integers(-20, 40), st.sampled_from("abcd"), st.booleans()), max_size=12))
def test_whatever_is_accepted_every_earlier_revision_is_still_whole(steps: list[tuple[int, str, bool]]) -> None:
    """For all prefixes of a history: the record as of that revision is the fold of that prefix."""
    changes: list[RecordChange] = []
    record, now = EMPTY, NOV
    for days, text, withdraw in steps:
        now += timedelta(days=1)
        try:
            ahead = next_in_force(record)
            change: Change
            if ahead is not None and ahead.at <= now:
                change = ahead.change
            elif withdraw and record.pending:
                change = prepare_withdrawal(record, record.pending[-1].number)
            else:
                change = prepare_version(record, text, now + timedelta(days=days), now)
        except RefusedChange:
            continue
        changes.append(
            RecordChange(contract=ACME, revision=record.revision + 1, at=now, by="ann", reason="r", change=change)
        )
        record = apply_change(record, changes[-1])
    assert fold_changes(ACME, changes) == record
    for length in range(len(changes) + 1):
        then = fold_changes(ACME, changes[:length])
        for day in range(-25, 60, 5):
            at = NOV + timedelta(days=day)
            before, now_seen = then.at(at), record.at(at, revision=length)
            withdrawn = before is not None and record.versions[before.number - 1].withdrawn_in is not None
            assert withdrawn or (before and before.number) == (now_seen and now_seen.number)
