"""How targets count: consumed time, due instants, warnings and breaches, pauses and changes of target."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, instant, keys

from sla_domain.calendar import AtClose
from sla_domain.clock import ClockState
from sla_domain.incident import RemarkKind
from sla_domain.metrics import resolution
from sla_domain.plan import Metric, PriorityChangeMode, SatisfiedBy, Target
from sla_domain.rulebook import Rulebook

HOUR = timedelta(hours=1)


def book(*rows: Target, **fields: object) -> Rulebook:
    return rulebook(plan(*rows), contract(**fields))


def restarting() -> Metric:
    known = {name: getattr(resolution, name) for name in resolution.__dataclass_fields__ if name != "reactions"}
    return Metric(**(known | {"on_priority_change": PriorityChangeMode.RESTART}))


class TestBorders:
    """A mark counts when time ran past it."""

    rules = book(row("resolution", "4h", warn=[50]))

    def test_stopped_exactly_at_the_due_instant_is_met(self) -> None:
        clock = Telling().opened("Mon 09:00").resolved("Mon 13:00").clock(self.rules)
        assert (clock.state, keys(clock)) == (ClockState.MET, ["0/warn-50"])

    def test_a_microsecond_later_is_missed(self) -> None:
        clock = Telling().opened("Mon 09:00").resolved("Mon 13:00:00.000001").clock(self.rules)
        assert (clock.state, keys(clock)) == (ClockState.MISSED, ["0/warn-50", "0/breach"])
        assert clock.breached_at == instant("Mon 13:00")

    def test_a_warning_at_the_very_stop_is_not_told(self) -> None:
        clock = Telling().opened("Mon 09:00").resolved("Mon 11:00").clock(self.rules)
        assert keys(clock) == []

    def test_paused_exactly_at_the_due_instant_is_due_when_it_resumes(self) -> None:
        told = Telling().opened("Mon 09:00").waits("Mon 13:00").resumed("Tue 10:00")
        clock = told.clock(self.rules)
        assert clock.due_at == told.at("Tue 10:00")
        assert clock.breached_at is None
        assert told.resolved("Tue 10:00").clock(self.rules).state is ClockState.MET

    def test_stopped_while_paused_is_met_if_it_was_not_breached_before(self) -> None:
        clock = Telling().opened("Mon 09:00").waits("Mon 12:00").resolved("Fri 12:00").clock(self.rules)
        assert (clock.state, clock.consumed) == (ClockState.MET, 3 * HOUR)
        assert clock.due_at == instant("Fri 13:00"), "as if it had been resumed at the stop"
        assert clock.stopped_while_paused

    def test_a_zero_target_is_due_at_its_start(self) -> None:
        rules = book(row("resolution", "0h"))
        assert Telling().opened("Mon 20:00").clock(rules).due_at == instant("Mon 20:00")
        assert Telling().opened("Mon 20:00").resolved("Mon 20:00").clock(rules).state is ClockState.MET
        assert Telling().opened("Mon 20:00").resolved("Mon 20:01").clock(rules).state is ClockState.MISSED


class TestPauses:
    def test_only_open_time_inside_a_pause_is_credited(self) -> None:
        rules = book(row("resolution", "8h"))
        told = Telling().opened("Mon 09:00").waits("Mon 16:00").resumed("Tue 10:00")
        assert told.clock(rules).due_at == told.at("Tue 11:00")

    def test_a_pause_outside_hours_credits_nothing(self) -> None:
        rules = book(row("resolution", "8h"))
        told = Telling().opened("Mon 10:00").waits("Mon 18:00").resumed("Tue 07:00")
        assert told.clock(rules).due_at == told.at("Tue 10:00")

    def test_while_paused_there_is_no_due_instant_and_no_timer(self) -> None:
        clock = Telling().opened("Mon 09:00").waits("Mon 10:00").clock(book(row("resolution", "8h", warn=[50])))
        assert (clock.state, clock.due_at, clock.pending) == (ClockState.PAUSED, None, ())
        assert clock.original_due_at == instant("Mon 17:00")

    def test_a_pause_moves_the_marks_but_keeps_the_generation(self) -> None:
        told = Telling().opened("Mon 09:00").waits("Mon 10:00").resumed("Mon 12:00")
        clock = told.clock(book(row("resolution", "4h", warn=[50])))
        assert [(m.key, m.at, m.pending) for m in clock.marks] == [
            ("0/warn-50", told.at("Mon 13:00"), True),
            ("0/breach", told.at("Mon 15:00"), True),
        ]

    @pytest.mark.parametrize(
        ("target", "resumed", "due"),
        [
            # opened Mon 10:00; paused Tue 10:00 to Wed 12:00 is 7 + 3 = 10 open hours, to Tue 12:00 two
            ("2 working days", "Tue 12:00", "Wed 12:00"),
            ("2 working days", "Wed 12:00", "Thu 12:00"),
            ("2 working days close", "Tue 12:00", "Thu 11:00"),
            ("2 working days", "Tue 10:00", "Wed 10:00"),
        ],
    )
    def test_a_pause_adds_back_working_time_to_working_days(self, target: str, resumed: str, due: str) -> None:
        told = Telling().opened("Mon 10:00").waits("Tue 10:00").resumed(resumed)
        assert told.clock(book(row("resolution", target))).due_at == told.at(due)

    def test_wall_time_counts_nights_and_pauses_by_the_wall(self) -> None:
        told = Telling().opened("Fri 16:00").waits("Fri 18:00").resumed("Sat 18:00")
        assert told.clock(book(row("resolution", "wall 10h"))).due_at == told.at("Sun 02:00")


class TestWarnings:
    def test_before_due_is_counted_backwards_in_open_time(self) -> None:
        """Due Tuesday 09:30: one hour before is Monday 16:30."""
        told = Telling().opened("Mon 10:30")
        clock = told.clock(book(row("resolution", "7h", warn=["1h"])))
        assert clock.due_at == told.at("Tue 09:30")
        assert clock.marks[0].at == told.at("Mon 16:30")

    def test_before_due_lies_in_open_time_when_it_falls_on_a_border(self) -> None:
        told = Telling().opened("Mon 10:00")
        clock = told.clock(book(row("resolution", "8h", warn=["1h"])))
        assert clock.marks[0].at == told.at("Tue 09:00"), "not Monday 17:00, when everybody leaves"

    def test_longer_before_than_the_target_is_skipped(self) -> None:
        clock = Telling().opened("Mon 10:00").clock(book(row("resolution", "1h", warn=["2h", 50])))
        assert keys(clock) == ["0/warn-50", "0/breach"]

    def test_percent_of_working_days_is_of_their_open_time(self) -> None:
        told = Telling().opened("Mon 10:00")
        clock = told.clock(book(row("resolution", "2 working days", warn=[50])))
        assert clock.marks[0].at == told.at("Tue 10:00")

    def test_marks_ahead_are_in_order_of_time(self) -> None:
        clock = Telling().opened("Mon 09:00").clock(book(row("resolution", "4h", warn=[75, "3h", 50])))
        assert keys(clock) == ["0/warn-10800s", "0/warn-50", "0/warn-75", "0/breach"]


class TestChangedPriority:
    rows = (row("resolution", "2h", priority="P1", warn=[50]), row("resolution", "8h", priority="P2", warn=[50]))

    def test_retarget_counts_from_the_start(self) -> None:
        told = Telling().opened("Mon 09:00", "P2").priority("Mon 10:00", "P1")
        clock = told.clock(book(*self.rows))
        assert (clock.generation, clock.due_at) == (1, told.at("Mon 11:00"))
        assert [m.key for m in clock.pending] == ["1/warn-50", "1/breach"]

    def test_restart_counts_from_the_change(self) -> None:
        rules = rulebook(plan(*self.rows, metrics=(restarting(),)))
        told = Telling().opened("Mon 09:00", "P2").priority("Mon 10:00", "P1")
        assert told.clock(rules).due_at == told.at("Mon 12:00")

    def test_a_clock_born_breached_tells_its_breach_once_and_no_warning(self) -> None:
        told = Telling().opened("Mon 09:00", "P2").priority("Mon 12:00", "P1")
        clock = told.clock(book(*self.rows))
        assert [(m.key, m.at, m.pending) for m in clock.marks] == [("1/breach", told.at("Mon 11:00"), False)]
        assert (clock.due_at, clock.breached_at) == (told.at("Mon 11:00"), told.at("Mon 11:00"))
        assert told.resolved("Mon 12:01").clock(book(*self.rows)).state is ClockState.MISSED

    def test_lowered_after_a_breach_it_is_met_and_the_breach_stays_on_record(self) -> None:
        told = Telling().opened("Mon 09:00", "P1").priority("Mon 12:00", "P2").resolved("Mon 16:00")
        clock = told.clock(book(*self.rows))
        assert clock.state is ClockState.MET
        assert keys(clock) == ["0/warn-50", "0/breach", "1/warn-50"], "half of eight hours is at 13:00"
        assert clock.breached_at is None

    def test_the_same_row_for_two_priorities_is_no_new_target(self) -> None:
        told = Telling().opened("Mon 09:00", "P3").priority("Mon 10:00", "P4")
        clock = told.clock(book(row("resolution", "8h")))
        assert (clock.generation, clock.priority) == (0, "P4")

    def test_pauses_survive_a_new_target_and_are_recounted_in_its_hours(self) -> None:
        rules = book(row("resolution", "8h", priority="P2"), row("resolution", "8h", "always", priority="P1"))
        told = Telling().opened("Mon 15:00", "P2").waits("Mon 16:00").resumed("Tue 08:00").priority("Tue 10:00", "P1")
        # Round the clock: one hour on Monday, then from Tuesday 08:00.
        assert told.clock(rules).due_at == told.at("Tue 15:00")

    def test_a_priority_without_a_row_cancels_and_coming_back_counts_from_the_start(self) -> None:
        rules = book(row("resolution", "8h", priority="P2"))
        told = Telling().opened("Mon 09:00", "P2").priority("Mon 10:00", "P4")
        gone = told.clock(rules)
        assert (gone.state, gone.stopped_at, gone.pending) == (ClockState.CANCELLED, told.at("Mon 10:00"), ())

        back = told.priority("Mon 12:00", "P2").clock(rules)
        assert (back.state, back.generation, back.due_at) == (ClockState.RUNNING, 1, told.at("Mon 17:00"))

    def test_a_row_that_first_matches_later_counts_from_the_start(self) -> None:
        told = Telling().opened("Mon 09:00", "P4").priority("Mon 12:00", "P2")
        clock = told.clock(book(row("resolution", "8h", priority="P2")))
        assert (clock.generation, clock.started_at, clock.due_at) == (0, told.at("Mon 09:00"), told.at("Mon 17:00"))


def test_at_close_may_move_to_the_next_opening_per_contract() -> None:
    told = Telling().opened("Mon 09:00")
    assert told.clock(book(row("resolution", "8h"))).due_at == told.at("Mon 17:00")
    assert told.clock(book(row("resolution", "8h"), at_close=AtClose.NEXT_OPEN)).due_at == told.at("Tue 09:00")


def test_a_target_no_calendar_reaches_is_a_remark_and_no_failure() -> None:
    rules = rulebook(plan(row("resolution", "9000h"), row("workaround", "900 working days")), last_year=2027)

    incident = Telling().opened("Mon 09:00").waits("Mon 10:00").resolved("Mon 11:00").fold(rules)

    assert {remark.kind for remark in incident.remarks} == {RemarkKind.UNREACHABLE_TARGET}
    assert [clock.due_at for clock in incident.clocks] == [None]


def test_a_row_whose_coverage_is_missing_is_a_remark() -> None:
    incident = Telling().opened("Mon 09:00").fold(book(row("resolution", "8h", "night")))
    assert [remark.kind for remark in incident.remarks] == [RemarkKind.NO_COVERAGE]
    assert incident.clocks == ()


def test_raised_it_is_retargeted_and_lowered_it_may_restart() -> None:
    known = {name: getattr(resolution, name) for name in resolution.__dataclass_fields__ if name != "reactions"}
    metric = Metric(**(known | {"on_priority_lowered": PriorityChangeMode.RESTART}))
    rules = rulebook(
        plan(row("resolution", "4h", priority="P1"), row("resolution", "8h", priority="P2"), metrics=(metric,))
    )
    raised = Telling().opened("Mon 09:00", "P2").priority("Mon 11:00", "P1")
    lowered = Telling().opened("Mon 09:00", "P1").priority("Mon 11:00", "P2")
    assert raised.clock(rules).due_at == raised.at("Mon 13:00")
    assert lowered.clock(rules).due_at == lowered.at("Tue 11:00")


def test_the_rest_after_a_satisfying_downgrade_may_restart_too() -> None:
    met = {"satisfied_by": frozenset({SatisfiedBy.DOWNGRADE}), "satisfying_priorities": frozenset({"P3"})}
    rows = (row("resolution", "4h", priority="P1", **met), row("resolution", "8h"))
    told = Telling().opened("Mon 09:00", "P1").priority("Mon 11:00", "P3")
    assert told.clock(rulebook(plan(*rows))).due_at == told.at("Mon 17:00")
    assert told.clock(rulebook(plan(*rows, metrics=(restarting(),)))).due_at == told.at("Tue 11:00")
