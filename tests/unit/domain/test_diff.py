"""What is told is the difference: each fact once, nothing twice, and what is no longer true is taken back."""

from __future__ import annotations

from datetime import timedelta

from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, instant

from sla_domain import published_text
from sla_domain.clock import ClockId, ClockState
from sla_domain.diff import new_facts
from sla_domain.event import WaitingOn
from sla_domain.fact import Fact, FactKind, Warned
from sla_domain.fold import fold
from sla_domain.published import PublishedState, Timer, after_publishing, keys_after, timers
from sla_domain.rulebook import Rulebook
from sla_platform.wire.fact_body import details_of

RULES = rulebook(
    plan(row("resolution", "4h", priority="P1", warn=[50]), row("resolution", "8h", priority="P2", warn=[50]))
)


class Listener:
    """Tells after every event, and remembers."""

    def __init__(self, rules: Rulebook = RULES) -> None:
        self.rules = rules
        self.told: dict[ClockId, PublishedState] = {}
        self.keys: frozenset[str] = frozenset()

    def hears(self, told: Telling, upto: str = "") -> list[Fact]:
        incident = fold(told.events, self.rules)
        facts = new_facts(incident, self.told, self.keys, told.at(upto) if upto else None)
        self.told = after_publishing(self.told, facts, incident.clocks)
        self.keys = keys_after(self.keys, facts)
        assert new_facts(incident, self.told, self.keys, told.at(upto) if upto else None) == ()
        return [fact for fact in facts if fact.clock is not None]

    @property
    def row(self) -> PublishedState:
        (only,) = self.told.values()
        return only


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


def test_one_life_told_step_by_step() -> None:
    told, listener = Telling(), Listener()
    steps = [
        (lambda: told.opened("Mon 09:00"), [FactKind.CLOCK_STARTED]),
        (lambda: told.waits("Mon 10:00", WaitingOn.VENDOR, reason="ticket 7"), [FactKind.CLOCK_PAUSED]),
        (lambda: told.resumed("Mon 11:00"), [FactKind.CLOCK_RESUMED]),
        (lambda: told.priority("Mon 11:30", "P2"), [FactKind.CLOCK_RETARGETED]),
        (lambda: told.resolved("Mon 16:00"), [FactKind.CLOCK_WARNED, FactKind.CLOCK_MET]),
        (lambda: told.reopened("Tue 09:00"), [FactKind.CLOCK_RESUMED]),
        (lambda: told.cancelled("Tue 10:00"), [FactKind.CLOCK_CANCELLED]),
    ]
    for step, expected in steps:
        step()
        assert kinds(listener.hears(told)) == expected


def test_a_pause_says_whose_turn_it_is_and_a_retarget_both_due_instants() -> None:
    told, listener = Telling().opened("Mon 09:00"), Listener()
    listener.hears(told)
    (paused,) = listener.hears(told.waits("Mon 10:00", WaitingOn.VENDOR, reason="ticket 7"))
    assert (details_of(paused.body)["waiting_on"], details_of(paused.body)["why"], paused.due_at) == (
        "vendor",
        "vendor: ticket 7",
        None,
    )
    listener.hears(told.resumed("Mon 11:00"))
    (moved,) = listener.hears(told.priority("Mon 11:30", "P2"))
    assert moved.key == "1/target"
    assert (details_of(moved.body)["old_due_at"], details_of(moved.body)["new_due_at"]) == (
        instant("Mon 14:00").isoformat(),
        instant("Tue 10:00").isoformat(),
    )


SAME = rulebook(plan(row("resolution", "4h", priority=["P1", "P2"]), row("resolution", "8h", priority="P3")))


def test_another_priority_that_leaves_the_target_is_told_once_for_each_clock_that_shows_it() -> None:
    told, listener = Telling().opened("Mon 09:00"), Listener(SAME)
    listener.hears(told)
    (said,) = listener.hears(told.priority("Mon 09:30", "P2"))
    assert (said.kind, said.at, said.generation, said.due_at) == (
        FactKind.CLOCK_RETARGETED, told.at("Mon 09:30"), 0, told.at("Mon 13:00"),
    )  # fmt: skip
    assert details_of(said.body) == {"priority": "P2", "old_priority": "P1"}
    assert listener.hears(told.updated("Mon 09:40")) == []
    assert len(listener.hears(told.priority("Mon 09:50", "P1"))) == 1
    paused = listener.hears(told.waits("Mon 10:00", WaitingOn.VENDOR).priority("Mon 10:00", "P2"))
    assert kinds(paused) == [FactKind.CLOCK_PAUSED], "one fact says both"
    assert kinds(listener.hears(told.priority("Mon 10:10", "P3"))) == [FactKind.CLOCK_RETARGETED]
    assert listener.hears(told.resumed("Mon 10:20").resolved("Mon 10:30").priority("Mon 10:40", "P1"))[-1].kind is (
        FactKind.CLOCK_MET
    ), "an ended clock keeps the priority it ended with"


def test_history_that_arrives_at_once_is_told_in_order_and_its_warnings_are_overtaken() -> None:
    told = Telling().opened("Mon 09:00").resolved("Tue 09:30")
    facts = Listener().hears(told)
    assert [
        (fact.kind, fact.key.partition("/")[0], isinstance(fact.body, Warned) and fact.body.overtaken) for fact in facts
    ] == [
        (FactKind.CLOCK_STARTED, "started", False),
        (FactKind.CLOCK_WARNED, "0", True),
        (FactKind.CLOCK_BREACHED, "0", False),
        (FactKind.CLOCK_MISSED, "missed", False),
    ]
    assert facts[2].at == told.at("Mon 13:00"), "the due instant, not when it was noticed"


def test_a_breach_told_by_a_timer_and_one_noticed_by_telling_leave_the_same_row() -> None:
    told = Telling().opened("Mon 09:00")
    noticed, fired = Listener(), Listener()
    noticed.hears(told, upto="Mon 13:00")
    fired.hears(told)
    row = fired.row
    after = published_text.read_state(
        f"{published_text.write_state(row)} 0/warn-50 0/breach",
        state=row.state,
        generation=row.generation,
        due_at=row.due_at,
        breached_at=told.at("Mon 13:00"),
        priority=row.priority,
        metric=row.metric,
        started_at=row.started_at,
    )
    assert after == noticed.row


def test_timers_are_the_marks_ahead_and_each_has_the_key_it_will_tell() -> None:
    told = Telling().opened("Mon 09:00")
    listener = Listener()
    listener.hears(told)
    clock = told.clock(RULES)
    assert timers(clock, listener.row) == (
        Timer("warn-50", 0, told.at("Mon 11:00")),
        Timer("breach", 0, told.at("Mon 13:00")),
    )
    listener.hears(told, upto="Mon 12:00")
    assert timers(clock, listener.row) == (Timer("breach", 0, told.at("Mon 13:00")),)


class TestAmendments:
    """N1: a late event takes back what it disproves."""

    def test_a_late_answer_takes_back_breach_and_miss(self) -> None:
        told, listener = Telling().opened("Mon 09:00").resolved("Mon 15:00"), Listener()
        listener.hears(told)
        (amended,) = listener.hears(told.resolved("Mon 12:00").late())
        assert amended.kind is FactKind.CLOCK_AMENDED
        assert details_of(amended.body)["takes_back"] == "0/breach"
        assert (details_of(amended.body)["old_state"], details_of(amended.body)["new_state"]) == ("missed", "met")
        assert listener.row.breached_at is None

    def test_a_breach_taken_back_may_come_true_later_under_a_new_key(self) -> None:
        told, listener = Telling().opened("Mon 09:00"), Listener()
        listener.hears(told, upto="Mon 13:00")
        assert listener.row.breached_at == told.at("Mon 13:00")

        told.waits("Mon 10:00").resumed("Mon 12:00")
        amended, resumed = listener.hears(told, upto="Mon 13:30")
        assert (amended.kind, resumed.kind) == (FactKind.CLOCK_AMENDED, FactKind.CLOCK_RESUMED)
        assert timers(told.clock(RULES), listener.row) == (Timer("breach~1", 0, told.at("Mon 15:00")),)

        (again,) = listener.hears(told, upto="Mon 15:00")
        assert (again.kind, again.key, again.at) == (FactKind.CLOCK_BREACHED, "0/breach~1", told.at("Mon 15:00"))

    def test_a_warning_is_told_once_even_if_a_late_pause_moves_it(self) -> None:
        told, listener = Telling().opened("Mon 09:00"), Listener()
        listener.hears(told, upto="Mon 11:30")
        told.waits("Mon 10:00").resumed("Mon 11:00")
        assert FactKind.CLOCK_WARNED not in kinds(listener.hears(told, upto="Mon 12:30"))

    def test_a_breach_that_stands_at_another_instant_is_corrected(self) -> None:
        told, listener = Telling().opened("Mon 09:00").resolved("Mon 16:00"), Listener()
        listener.hears(told)
        told.waits("Mon 10:00").late().resumed("Mon 11:00").late()
        (amended,) = listener.hears(told)
        assert "takes_back" not in details_of(amended.body)
        assert details_of(amended.body)["breached_at"] == instant("Mon 14:00").isoformat()
        assert listener.row.breached_at == instant("Mon 14:00")

    def test_a_verdict_that_a_late_event_moves_is_amended_though_it_stays_the_same(self) -> None:
        told, listener = Telling().opened("Mon 09:00").resolved("Mon 11:00"), Listener()
        listener.hears(told)
        (amended,) = listener.hears(told.resolved("Mon 10:00").late())
        assert (details_of(amended.body)["old_state"], details_of(amended.body)["new_state"]) == ("met", "met")

    def test_a_reopening_is_no_amendment(self) -> None:
        told, listener = Telling().opened("Mon 09:00").resolved("Mon 10:30"), Listener()
        listener.hears(told)
        told.reopened("Mon 12:00").resolved("Mon 12:10")
        assert kinds(listener.hears(told)) == [FactKind.CLOCK_MET]

    def test_a_reopened_broken_promise_runs_again_past_its_due_instant(self) -> None:
        """What makes the notifier page anew."""
        told, listener = Telling().opened("Mon 09:00").resolved("Mon 14:00"), Listener()
        assert kinds(listener.hears(told))[-2:] == [FactKind.CLOCK_BREACHED, FactKind.CLOCK_MISSED]
        (again,) = listener.hears(told.reopened("Mon 15:00"))
        assert (again.kind, again.at, again.due_at) == (
            FactKind.CLOCK_RESUMED, told.at("Mon 15:00"), told.at("Mon 13:00"),
        )  # fmt: skip

    def test_a_clock_that_late_events_undo_is_said_to_be_gone(self) -> None:
        rules = rulebook(plan(row("first_response", "1h"), row("next_response", "1h")))
        told, listener = Telling().opened("Mon 09:00").responded("Mon 09:10").replied("Mon 09:20"), Listener(rules)
        listener.hears(told, upto="Mon 11:00")
        facts = listener.hears(told.resolved("Mon 09:15").late(), upto="Mon 11:00")
        (gone,) = [fact for fact in facts if fact.key == "gone"]
        assert (gone.kind, details_of(gone.body)["takes_back"]) == (FactKind.CLOCK_CANCELLED, "0/breach")
        assert not any(told_.state.open for told_ in listener.told.values())


def test_a_late_opening_moves_the_start_and_the_due_instant() -> None:
    told, listener = Telling().updated("Mon 10:00", customer="acme", priority="P1"), Listener()
    listener.hears(told)
    (moved,) = listener.hears(told.opened("Mon 09:00").late())
    assert (moved.kind, moved.due_at) == (FactKind.CLOCK_RETARGETED, told.at("Mon 13:00"))


def test_a_row_survives_its_text() -> None:
    row = PublishedState(
        state=ClockState.PAUSED,
        generation=2,
        due_at=None,
        keys=frozenset({"0/warn-50", "1/breach", "-1/breach", "paused/ab12"}),
        cause="ab12",
        promised_at=instant("Mon 10:00") + timedelta(microseconds=1),
    )
    assert published_text.read_state(published_text.write_state(row), state="paused", generation=2, due_at=None) == row


class TestPromise:
    def facts(self, told: Telling, listener: Listener) -> list[tuple[FactKind, str]]:
        incident = fold(told.events, listener.rules)
        facts = new_facts(incident, listener.told, listener.keys)
        listener.told = after_publishing(listener.told, facts, incident.clocks)
        listener.keys = keys_after(listener.keys, facts)
        return [(f.kind, details_of(f.body).get("moved", "")) for f in facts if f.kind.value.startswith("promise")]

    def test_it_is_made_once_and_moves_with_a_promised_instant(self) -> None:
        rules = rulebook(
            plan(
                row("first_response", "1h"),
                row("next_response", "1h"),
                row("resolution", "4h", priority="P1"),
                row("resolution", "8h"),
            )
        )
        told, listener = Telling().opened("Mon 09:00"), Listener(rules)
        moved = FactKind.PROMISE_MOVED
        assert self.facts(told, listener) == [(FactKind.PROMISE_MADE, "")]
        assert self.facts(told.responded("Mon 09:30"), listener) == []
        assert self.facts(told.waits("Mon 10:00"), listener) == []
        assert self.facts(told.resumed("Mon 11:00"), listener) == [(moved, "resolution")]
        assert self.facts(told.replied("Mon 11:10"), listener) == [], "a reply arms a clock and moves no promise"
        assert self.facts(told.priority("Mon 11:30", "P2"), listener) == [(moved, "resolution")]
        assert self.facts(told.agreed("Mon 12:00", "resolution", "Thu 12:00"), listener) == [(moved, "resolution")]
        assert self.facts(told.resolved("Mon 13:00"), listener) == []

    def test_opened_while_waiting_it_is_made_when_the_clock_first_runs(self) -> None:
        told, listener = Telling().opened("Mon 09:00", waiting_on=WaitingOn.CUSTOMER), Listener()
        assert self.facts(told, listener) == []
        assert self.facts(told.replied("Mon 10:00"), listener) == [(FactKind.PROMISE_MADE, "")]


def test_a_told_breach_is_remembered_when_late_events_turn_generations_back() -> None:
    told, listener = Telling().opened("Mon 09:00"), Listener()
    listener.hears(told, upto="Mon 14:00")
    listener.hears(told.priority("Mon 14:30", "P2"), upto="Mon 14:30")
    assert (listener.row.generation, listener.row.breached_at) == (1, None)
    listener.hears(told.resolved("Mon 14:20"))  # late: the priority changed only after the end
    assert listener.row.generation == 0
    assert listener.row.breached_at == instant("Mon 13:00")
