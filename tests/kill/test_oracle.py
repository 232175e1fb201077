"""The drill's oracle: right in cases a reader can check by hand, and of one mind with the fold on many drawn ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from tests.kill.drill import SOURCE, customer, plan, write_catalogue
from tests.kill.script import LONGEST, Script, scripts
from tests.oracle.tenth_walker import Allowed, Ending, Happening, Told, walked

from sla_catalogue import load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.fold import fold
from sla_domain.rulebook import Rulebook

ZERO = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = {"resolution": {"P1": Allowed(40, {"warn-50": 20}), "P2": Allowed(100, {"warn-50": 50})}}


def told(*happenings: Happening) -> set[tuple[int, str, int]]:
    found = walked(PLAN, happenings, 300).told
    return {(mark.generation, mark.threshold, mark.tenth) for mark in found}


def test_a_clock_left_alone_warns_and_breaches() -> None:
    assert told(Happening(10, "opened", "P1")) == {(0, "warn-50", 30), (0, "breach", 50)}


def test_what_happens_at_the_very_instant_happens_first() -> None:
    assert told(Happening(0, "opened", "P1"), Happening(40, "resolved")) == {(0, "warn-50", 20)}
    assert (0, "breach", 40) in told(Happening(0, "opened", "P1"), Happening(41, "resolved"))


def test_waiting_costs_no_time() -> None:
    waits = (Happening(0, "opened", "P1"), Happening(10, "waiting"), Happening(35, "resumed"))
    assert told(*waits) == {(0, "warn-50", 45), (0, "breach", 65)}


def test_a_raised_priority_counts_from_the_beginning() -> None:
    raised = (Happening(0, "opened", "P2"), Happening(30, "priority", "P1"))
    assert told(*raised) == {(1, "breach", 40)}, "the warning lies behind the change and is not told"


def test_a_priority_raised_too_late_is_breached_at_its_own_instant() -> None:
    raised = (Happening(0, "opened", "P2"), Happening(60, "priority", "P1"))
    assert told(*raised) == {(0, "warn-50", 50), (1, "breach", 40)}


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    folder = write_catalogue(tmp_path_factory.mktemp("drill"), "http://127.0.0.1:9")
    return load_catalogue(folder).rulebook


def test_the_oracle_and_the_fold_agree_on_a_thousand_incidents(rulebook: Rulebook) -> None:
    for script in islice(scripts(seed=7), 1000):
        assert folded(script, rulebook) == script.ending(), script


def folded(script: Script, rulebook: Rulebook) -> Ending:
    """What the engine makes of a script, in the oracle's words. A last word at the end shows what time has passed."""
    end = Happening(LONGEST + 1, "updated")
    steps = script.happenings if script.happenings[-1].kind == "resolved" else (*script.happenings, end)
    incident = fold([_event(script, number, step) for number, step in enumerate(steps)], rulebook)
    marks = {
        Told(clock.metric, mark.generation, mark.kind, round((mark.at - ZERO) / timedelta(seconds=0.1)))
        for clock in incident.clocks
        for mark in clock.marks
        if mark.at < ZERO + timedelta(seconds=end.tenth / 10)
    }
    states = {str(clock.metric): clock.state.value for clock in incident.clocks}
    return Ending(incident.phase.value, states, frozenset(marks))


def _event(script: Script, number: int, step: Happening) -> IncidentEvent:
    at = ZERO + timedelta(seconds=step.tenth / 10)
    stated = {"priority": step.priority} if step.priority else {}
    if step.kind == "opened":
        stated |= {"customer": customer(script.number), "description": "it is broken"}
    return IncidentEvent(
        id=EventId(f"{number}"),
        incident=IncidentId(f"{SOURCE}:{script.name}"),
        kind=EventKind({"priority": "priority_changed"}.get(step.kind, step.kind)),
        occurred_at=at,
        received_at=at,
        source=SOURCE,
        actor=Actor.STAFF if step.kind != "opened" else Actor.UNKNOWN,
        attributes=stated,
        waiting_on=WaitingOn.CUSTOMER if step.kind == "waiting" else None,
    )


def test_the_plan_of_the_oracle_is_the_plan_of_the_catalogue(rulebook: Rulebook) -> None:
    """Told apart from the agreement above, so that a slip in the catalogue is named as such."""
    rows = {
        (target.metric, condition): target
        for target in next(p for name, p in rulebook.plans.items() if name == "drill").targets
        for condition in target.match.conditions[0].values
    }
    assert {(metric, priority) for metric, known in plan().items() for priority in known} == set(rows)
