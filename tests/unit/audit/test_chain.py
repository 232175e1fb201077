"""A log of acts that is tampered with in every way says at which row, and says what it cannot tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_platform.audit.act import ActName, canonical_json, state_digest
from sla_platform.audit.chain import (
    FORM,
    GENESIS,
    AuditHead,
    AuditRow,
    canonical_row,
    first_break,
    row_hash,
    row_json,
    row_of_json,
)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Rows = list[AuditRow]


def row(seq: int, previous: str, **more: object) -> AuditRow:
    made = AuditRow(
        service="notifier", seq=seq, at=NINE + timedelta(minutes=seq), actor="key:ops", act="alert.acknowledged",
        object=f"alert-{seq}", contract="acme", reason="", before="b" * 64, after="a" * 64, details='{"via":"api"}',
        previous=previous, hash="",
    )  # fmt: skip
    made = replace(made, **more)  # type: ignore[arg-type]  # fields by name
    return replace(made, hash=row_hash(made))


def log(length: int = 6) -> Rows:
    rows: Rows = []
    for seq in range(1, length + 1):
        rows.append(row(seq, rows[-1].hash if rows else GENESIS))
    return rows


def chained(rows: Sequence[AuditRow]) -> Rows:
    """The same acts in a chain that fits: what somebody makes who can write every table."""
    made: Rows = []
    for seq, one in enumerate(rows, 1):
        one = replace(one, seq=seq, previous=made[-1].hash if made else GENESIS)
        made.append(replace(one, hash=row_hash(one)))
    return made


def head(rows: Rows) -> AuditHead:
    return AuditHead("notifier", rows[-1].seq, rows[-1].hash) if rows else AuditHead("notifier")


WHOLE = log()


def test_what_was_written_fits() -> None:
    assert first_break(WHOLE, head(WHOLE)) is None
    assert first_break([], AuditHead("notifier")) is None
    assert first_break(WHOLE, head(WHOLE), {seq.seq: seq.hash for seq in WHOLE} | {0: GENESIS}) is None


def _changed(rows: Rows) -> Rows:
    return [replace(one, actor="key:somebody") if one.seq == 3 else one for one in rows]


def _changed_with_its_hash(rows: Rows) -> Rows:
    return [row(3, one.previous, actor="key:somebody") if one.seq == 3 else one for one in rows]


def _deleted(rows: Rows) -> Rows:
    return [one for one in rows if one.seq != 3]


def _deleted_and_closed_up(rows: Rows) -> Rows:
    return [replace(one, seq=one.seq - (one.seq > 3)) for one in rows if one.seq != 3]


def _inserted(rows: Rows) -> Rows:
    forged = row(4, rows[2].hash, object="never done")
    return [*rows[:3], forged, *(replace(one, seq=one.seq + 1) for one in rows[3:])]


def _swapped(rows: Rows) -> Rows:
    return [*rows[:2], replace(rows[3], seq=3), replace(rows[2], seq=4), *rows[4:]]


def _twice(rows: Rows) -> Rows:
    return [*rows[:3], rows[2], *rows[3:]]


def _first_gone(rows: Rows) -> Rows:
    return rows[1:]


def _of_another_log(rows: Rows) -> Rows:
    return [*rows[:3], row(4, rows[2].hash, service="ingest"), *rows[4:]]


@pytest.mark.parametrize(
    ("tamper", "seq", "why"),
    [
        (_changed, 3, "the row was changed"),
        (_changed_with_its_hash, 4, "does not follow the row before"),
        (_deleted, 4, "rows 3 to 3 are missing"),
        (_deleted_and_closed_up, 3, "the row was changed"),
        (_inserted, 5, "the row was changed"),
        (_swapped, 3, "the row was changed"),
        (_twice, 3, "stands behind row 3"),
        (_first_gone, 2, "rows 1 to 1 are missing"),
        (_of_another_log, 4, "a row of ingest"),
    ],
)
def test_the_first_row_that_does_not_fit_is_named(tamper: Callable[[Rows], Rows], seq: int, why: str) -> None:
    found = first_break(tamper(WHOLE), head(WHOLE))
    assert found is not None
    assert (found.seq, why in found.why) == (seq, True), found


def test_a_tail_that_was_cut_is_missed_by_the_head() -> None:
    found = first_break(WHOLE[:4], head(WHOLE))
    assert found is not None
    assert (found.seq, "the head says row 6" in found.why) == (5, True)
    emptied = first_break([], head(WHOLE))
    assert emptied is not None
    assert emptied.seq == 1


def test_rows_behind_the_head_are_nobodys() -> None:
    found = first_break(WHOLE, head(WHOLE[:4]))
    assert found is not None
    assert "the head says that the log ends with row 4" in found.why


def test_a_tail_that_was_cut_together_with_the_head_is_missed_by_a_checkpoint_alone() -> None:
    cut = WHOLE[:4]
    assert first_break(cut, head(cut)) is None, "nothing inside the database tells it"
    found = first_break(cut, head(cut), {6: WHOLE[5].hash})
    assert found is not None
    assert (found.seq, "a checkpoint knows row 6" in found.why) == (5, True)


def test_a_log_that_was_written_anew_is_told_by_a_checkpoint_alone() -> None:
    forged = chained([one for one in WHOLE if one.seq != 2])
    assert first_break(forged, head(forged)) is None, "nothing inside the database tells it"
    found = first_break(forged, head(forged), {1: WHOLE[0].hash, 5: WHOLE[4].hash})
    assert found is not None
    assert (found.seq, "written anew" in found.why) == (5, True)


FIELDS = sorted(set(AuditRow.__dataclass_fields__) - {"hash"})


@given(seq=st.integers(1, 6), name=st.sampled_from(FIELDS), text=st.text(st.characters(codec="utf-8"), max_size=8))
def test_no_field_of_any_row_can_be_changed_unseen(seq: int, name: str, text: str) -> None:
    kept = WHOLE[seq - 1]
    value = {"seq": kept.seq + len(text), "at": kept.at + timedelta(microseconds=len(text))}.get(name, text)
    forged = [replace(one, **{name: value}) if one.seq == seq else one for one in WHOLE]
    found = first_break(forged, head(WHOLE))
    assert (found is None) is (forged == WHOLE)


def test_anybody_can_compute_a_hash_by_what_the_documents_say() -> None:
    kept = replace(WHOLE[2], object='Zażółć "x" \n', reason="因為")
    said = [
        FORM, "notifier", 3, "2026-03-02T09:03:00.000000+00:00", "key:ops", "alert.acknowledged", 'Zażółć "x" \n',
        "acme", "因為", "b" * 64, "a" * 64, '{"via":"api"}', WHOLE[1].hash,
    ]  # fmt: skip
    written = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical_row(kept) == written
    assert row_hash(kept) == hashlib.sha256(written).hexdigest()


def test_an_instant_is_the_same_in_every_zone() -> None:
    moved = replace(WHOLE[0], at=WHOLE[0].at.astimezone(timezone(timedelta(hours=5))))
    assert row_hash(moved) == WHOLE[0].hash


def test_an_exported_line_is_the_row() -> None:
    assert [row_of_json(json.loads(json.dumps(row_json(one)))) for one in WHOLE] == WHOLE
    for line in ({}, row_json(WHOLE[0]) | {"seq": "1"}, row_json(WHOLE[0]) | {"at": "2026-03-02T09:00:00"}):
        with pytest.raises(ValueError, match="no row"):
            row_of_json(line)


def test_equal_states_have_equal_digests_whatever_their_order_and_type_of_set() -> None:
    one = {"scopes": frozenset({"read", "ack"}), "at": NINE, "expires": NINE.date(), "n": None}
    other = {"n": None, "expires": "2026-03-02", "at": "2026-03-02T09:00:00.000000+00:00", "scopes": ["ack", "read"]}
    assert state_digest(one) == state_digest(other) == hashlib.sha256(canonical_json(one).encode()).hexdigest()
    assert state_digest(None) == ""
    assert state_digest({}) != ""
    with pytest.raises(TypeError, match="object"):
        canonical_json({"x": object()})


def test_operations_have_a_line_for_every_act() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    assert [name.value for name in ActName if f"`{name.value}`" not in page] == []
