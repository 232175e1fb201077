"""What nobody could have been told in time is on record as history; a broken promise that still runs is news."""

from __future__ import annotations

from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, instant
from tests.unit.domain.test_diff import Listener

from sla_domain.fact import Fact, FactKind
from sla_domain.fold import fold
from sla_domain.incident import Incident

RULES = rulebook(
    plan(row("resolution", "4h", priority="P1", warn=[50]), row("resolution", "8h", priority="P2", warn=[50]))
)
LATE = instant("Fri 12:00")


def marks(facts: list[Fact]) -> list[tuple[str, bool]]:
    kinds = (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED)
    return [(fact.kind.value, fact.history) for fact in facts if fact.kind in kinds]


def folded(told: Telling) -> Incident:
    return fold(told.events, RULES)


def test_a_promise_broken_and_over_before_slad_heard_of_it_is_history() -> None:
    told = Telling().opened("Mon 09:00", received_at=LATE).resolved("Mon 15:00", received_at=LATE)
    assert marks(Listener(RULES).hears(told)) == [("clock.warned", True), ("clock.breached", True)]


def test_the_end_may_come_to_the_fold_later_than_the_opening() -> None:
    """The opening was received when the due instant had passed: the timer may not have fired it in between."""
    told, listener = Telling().opened("Mon 09:00", received_at=LATE), Listener(RULES)
    assert marks(listener.hears(told)) == []  # left to the timer
    told.resolved("Mon 15:00", received_at=instant("Fri 12:05"))
    assert marks(listener.hears(told)) == [("clock.warned", True), ("clock.breached", True)]


def test_a_promise_that_slad_had_heard_of_in_time_is_news_although_it_is_over() -> None:
    """The timer was away between 09:01 and the end; ingest was not."""
    told = Telling().opened("Mon 09:00").resolved("Mon 15:00")
    assert marks(Listener(RULES).hears(told)) == [("clock.warned", False), ("clock.breached", False)]


def test_a_promise_that_was_broken_and_ran_when_slad_heard_of_it_is_news_though_the_timer_finds_it_over() -> None:
    """The opening came late, the end happened after that; the timer was away and reads both together."""
    told = Telling().opened("Mon 09:00", received_at=instant("Mon 14:00")).resolved("Mon 15:00")
    assert marks(Listener(RULES).hears(told)) == [("clock.warned", False), ("clock.breached", False)]


def test_a_target_that_was_broken_when_it_was_made_is_news_though_the_timer_finds_it_over() -> None:
    told = Telling().opened("Mon 09:00", "P2").priority("Mon 14:00", "P1").resolved("Mon 15:00")
    assert ("clock.breached", False) in marks(Listener(RULES).hears(told))


def test_a_target_that_was_replaced_after_slad_heard_of_its_breach_is_news() -> None:
    told = Telling().opened("Mon 09:00", received_at=instant("Mon 14:00")).priority("Mon 15:00", "P2")
    assert ("clock.breached", False) in marks(Listener(RULES).hears(told))


def test_a_target_that_is_over_is_history_while_the_clock_runs_on() -> None:
    told = Telling().opened("Mon 09:00", received_at=LATE).priority("Mon 14:00", "P2", received_at=LATE)
    assert marks(Listener(RULES).hears(told)) == [("clock.warned", True), ("clock.breached", True)]


def test_a_broken_promise_that_still_runs_is_left_to_the_timer_and_is_no_history() -> None:
    told = Telling().opened("Mon 09:00", received_at=LATE)
    assert marks(Listener(RULES).hears(told, upto="Fri 12:00")) == [("clock.warned", False), ("clock.breached", False)]
    assert folded(told).imported_through is None


def test_a_pause_that_is_heard_of_late_makes_a_late_breach_history_once_it_is_over() -> None:
    told, listener = Telling().opened("Mon 09:00").waits("Mon 10:00"), Listener(RULES)
    listener.hears(told)
    told.resumed("Mon 11:00", received_at=LATE).resolved("Mon 16:00", received_at=LATE)
    assert marks(listener.hears(told)) == [("clock.warned", True), ("clock.breached", True)]


def test_what_an_import_tells_is_history_also_of_an_incident_that_is_open() -> None:
    told = Telling().opened("Mon 09:00", received_at=LATE, history=True)
    assert folded(told).imported_through == LATE
    facts = Listener(RULES).hears(told, upto="Fri 12:00")
    assert all(fact.history for fact in facts)
    assert marks(facts) == [("clock.warned", True), ("clock.breached", True)]


def test_what_breaks_after_the_import_is_news() -> None:
    told, listener = Telling().opened("Mon 09:00", received_at=instant("Mon 10:00"), history=True), Listener(RULES)
    facts = listener.hears(told, upto="Mon 14:00")
    assert marks(facts) == [("clock.warned", False), ("clock.breached", False)]


def test_a_target_made_after_the_import_is_news_although_its_instant_lies_before() -> None:
    told, listener = (
        Telling().opened("Mon 09:00", "P2", received_at=instant("Mon 14:00"), history=True),
        Listener(RULES),
    )
    listener.hears(told, upto="Mon 14:00")
    told.priority("Mon 14:30", "P1")
    assert marks(listener.hears(told, upto="Mon 14:30")) == [("clock.breached", False)]


def test_an_import_makes_no_history_of_an_incident_that_its_sender_had_spoken_of() -> None:
    told = Telling().opened("Mon 09:00").updated("Mon 09:30", received_at=LATE, history=True)
    assert folded(told).imported_through is None


def test_history_ends_where_the_sender_begins_to_speak() -> None:
    told = Telling().opened("Mon 09:00", received_at=instant("Mon 10:00"), history=True).updated("Mon 11:00")
    told.updated("Mon 11:30", received_at=LATE, history=True)
    assert folded(told).imported_through == instant("Mon 11:00")
