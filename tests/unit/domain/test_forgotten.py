"""Which events count once an incident has been forgotten: nothing but a new life, in whatever order it is told."""

from __future__ import annotations

from itertools import permutations

from tests.build.story import Telling, instant

from sla_domain.event import EventId
from sla_domain.forgotten import drop_forgotten

ENDED = instant("Mon 12:00")


def _ids(told: Telling) -> list[EventId]:
    return sorted(event.id for event in drop_forgotten(told.events, ENDED))


def test_an_incident_that_was_never_forgotten_keeps_every_event() -> None:
    told = Telling().opened("Mon 10:00").updated("Mon 13:00")
    assert drop_forgotten(told.events, None) == told.events


def test_history_does_not_count_not_even_its_opening() -> None:
    assert _ids(Telling().opened("Mon 10:00").resolved("Mon 12:00")) == []


def test_a_late_word_begins_nothing() -> None:
    assert _ids(Telling().updated("Tue 10:00").replied("Tue 11:00").resolved("Tue 12:00").closed("Tue 13:00")) == []


def test_a_reopening_begins_a_life_of_which_what_lies_before_is_no_part() -> None:
    told = Telling().opened("Mon 10:00").updated("Tue 09:00").reopened("Tue 10:00").resolved("Tue 11:00")
    assert _ids(told) == ["e2", "e3"]


def test_so_does_an_opening_after_the_end() -> None:
    assert _ids(Telling().replied("Tue 09:00").opened("Tue 10:00").reopened("Wed 10:00")) == ["e1", "e2"]


def test_the_order_of_arrival_makes_no_difference() -> None:
    told = Telling().updated("Tue 09:00").reopened("Tue 10:00").resolved("Tue 11:00").updated("Mon 11:00")
    found = {tuple(sorted(e.id for e in drop_forgotten(events, ENDED))) for events in permutations(told.events)}
    assert found == {("e1", "e2")}
