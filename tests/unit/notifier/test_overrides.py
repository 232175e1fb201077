"""Overrides of the API over the catalogue's rotas: as they count, in which order, and whose shifts they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract, rulebook

from sla_domain.contract import Person
from sla_domain.rota import Rota, RotaId, RotaLayer, RotaOverride, Rotation, on_call, shifts_between
from sla_notifier.override.catalogue import overridden, why_ignored
from sla_notifier.override.changed import changed_shifts
from sla_notifier.override.recorded import OverrideState, RecordedOverride

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DESK = Rota(
    id=RotaId("desk"),
    zone="UTC",
    layers=(RotaLayer(rotation=Rotation(people=("ann", "bob"), days=1, at=9 * 3600, starts=date(2026, 3, 1))),),
    leaves={"cy": NINE + 10 * DAY},
)  # bob's day begins at NINE
BOOK = replace(
    rulebook([], contract()),
    rotas={DESK.id: DESK},
    people={id_: Person(id=id_, name=id_.title(), addresses=()) for id_ in ("ann", "bob", "cy", "dee")},
)


def made(number: int, person: str, start: datetime = NINE, length: timedelta = DAY, **more: Any) -> RecordedOverride:
    values = {"rota": DESK.id, "instead_of": None, "by": "ops", "reason": "", "made_at": NINE - DAY} | more
    return RecordedOverride(number=number, person=person, start=start, end=start + length, **values)


def told(rota: Rota, *instants: datetime) -> list[str]:
    found = [on_call(rota, at) for at in instants]
    return [shift.person if shift is not None else "-" for shift in found]


@pytest.mark.parametrize(
    ("more", "span"),
    [
        ({}, (NINE, NINE + DAY)),
        ({"made_at": NINE + HOUR}, (NINE + HOUR, NINE + DAY)),
        ({"ended_at": NINE + 2 * HOUR}, (NINE, NINE + 2 * HOUR)),
        ({"made_at": NINE + HOUR, "ended_at": NINE + 2 * HOUR}, (NINE + HOUR, NINE + 2 * HOUR)),
        ({"ended_at": NINE - HOUR}, None),
        ({"made_at": NINE + HOUR, "ended_at": NINE + HOUR}, None),
    ],
)
def test_an_override_counts_from_its_making_until_it_is_ended(more: dict[str, Any], span: Any) -> None:
    counted = made(1, "cy", **more).counted
    assert (None if counted is None else (counted.start, counted.end)) == span


def test_where_an_override_stands() -> None:
    one = made(1, "cy")
    states = [one.state(at) for at in (NINE - HOUR, NINE, NINE + DAY - HOUR, NINE + DAY)]
    assert states == [OverrideState.AHEAD, OverrideState.IN_FORCE, OverrideState.IN_FORCE, OverrideState.OVER]
    assert replace(one, ended_at=NINE).state(NINE + 9 * DAY) is OverrideState.ENDED


def test_overrides_of_the_api_count_behind_those_of_the_files_and_the_later_before_the_earlier() -> None:
    file = replace(DESK, overrides=(RotaOverride(start=NINE, end=NINE + DAY, person="dee"),))
    assert told(overridden(BOOK, file, []), NINE) == ["dee"]
    both = overridden(BOOK, file, [made(1, "cy"), made(2, "ann", NINE + HOUR, HOUR)])
    assert told(both, NINE, NINE + HOUR, NINE + 2 * HOUR, NINE + DAY) == ["cy", "ann", "cy", "ann"]
    swapped = overridden(BOOK, file, [made(1, "cy"), made(2, "ann", NINE, HOUR, instead_of="cy")])
    assert told(swapped, NINE, NINE + HOUR) == ["ann", "cy"], "instead of whom an override has put there"
    assert both.person("cy").name == "Cy"


def test_who_leaves_after_all_is_on_call_no_longer() -> None:
    rota = overridden(BOOK, DESK, [made(1, "cy", NINE + 9 * DAY, 3 * DAY)])
    assert told(rota, NINE + 10 * DAY - HOUR, NINE + 10 * DAY) == ["cy", "-"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, ""),
        ({"person": "eve"}, "the catalogue has no person 'eve' any more"),
        ({"instead_of": "eve"}, "the catalogue has no person 'eve' any more"),
        ({"rota": RotaId("disk")}, "the catalogue has no rota 'disk' any more"),
    ],
)
def test_why_an_override_is_ignored(more: dict[str, Any], why: str) -> None:
    assert why_ignored(BOOK, replace(made(1, "cy"), **more)) == why


spans = st.tuples(st.integers(-60, 100), st.integers(1, 80), st.sampled_from(["ann", "bob", "cy", "dee"]),
                  st.sampled_from([None, "ann", "bob", "cy"]))  # fmt: skip


@given(st.lists(spans, max_size=6))
def test_the_changed_shifts_are_those_in_which_somebody_else_is_on_call(found: list[Any]) -> None:
    """Hour by hour: each is asked for by itself, before and after."""
    overrides = [
        made(number, person, NINE + start * HOUR, length * HOUR, instead_of=of)
        for number, (start, length, person, of) in enumerate(found)
    ]
    after = overridden(BOOK, DESK, overrides)
    low, high = NINE - 20 * HOUR, NINE + 70 * HOUR
    shifts = changed_shifts(DESK, after, low, high)
    for hour in range(90):
        at = low + hour * HOUR
        was, becomes = told(DESK, at)[0], told(after, at)[0]
        said = [(one.before, one.after) for one in shifts if one.start <= at < one.end]
        assert said == ([] if was == becomes else [(was, becomes)])
    assert all(low <= one.start < one.end <= high for one in shifts)


@given(st.lists(spans, max_size=8), st.integers(-80, 120))
def test_a_shift_is_the_same_wherever_the_window_that_shows_it_begins(found: list[Any], hour: int) -> None:
    """What an override far away cuts off is cut off, though the window does not reach there."""
    overrides = [
        made(number, person, NINE + start * HOUR, length * HOUR, instead_of=of)
        for number, (start, length, person, of) in enumerate(found)
    ]
    rota = overridden(BOOK, DESK, overrides)
    at = NINE + hour * HOUR
    wide = shifts_between(rota, NINE - 20 * DAY, NINE + 20 * DAY)
    assert shifts_between(rota, at, at + timedelta(microseconds=1)) == tuple(
        shift for shift in wide if shift.start <= at < shift.end
    )
