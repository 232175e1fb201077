"""The board's reading of an incident's events, and the timer's word, name the phase that the fold names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_board.projection.incident import incident_row
from sla_board.projection.memory import essential_events
from sla_board.projection.phase import phase_rows
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.fold import fold
from sla_domain.incident import Phase
from sla_platform.wire import decode_clock_fact

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
RULES = rulebook(plan(row("resolution", "8h")), contract())
_KINDS = (
    *[EventKind.WAITING, EventKind.CUSTOMER_REPLIED, EventKind.RESUMED, EventKind.RESOLVED, EventKind.REOPENED] * 3,
    *[EventKind.CLOSED, EventKind.CANCELLED, EventKind.RESPONDED] * 2,
    EventKind.OPENED, EventKind.MERGED, EventKind.DESCRIBED,
)  # fmt: skip
_WAITS = (*WaitingOn, WaitingOn.CUSTOMER, WaitingOn.CUSTOMER, None)


def life(random: Random) -> list[IncidentEvent]:
    """Up to twelve events on few instants, with or without an opening, in the order of their arrival."""
    events = [_event(random, number) for number in range(random.randint(1, 12))]
    if random.random() < 0.8:
        events.append(_event(random, 99, EventKind.OPENED))
    random.shuffle(events)
    return events


def _event(random: Random, number: int, kind: EventKind | None = None) -> IncidentEvent:
    kind = kind or random.choice(_KINDS)
    at = START + timedelta(minutes=random.randrange(8))
    stated = {"reporter": random.choice(("ann", "bob"))} if random.random() < 0.2 else {}
    return IncidentEvent(
        id=EventId(f"e{number}"),
        incident=IncidentId("INC-1"),
        kind=kind,
        occurred_at=at,
        received_at=at,
        source="test",
        actor=random.choice((Actor.UNKNOWN, Actor.STAFF)),
        actor_name=random.choice(("", "ann")),
        waiting_on=random.choice(_WAITS) if kind in (EventKind.WAITING, EventKind.OPENED) else None,
        merged_into=IncidentId("INC-2") if kind is EventKind.MERGED else None,
        version=random.choice((0, 0, 1)),
        attributes=stated,
    )


def agree(seeds: range) -> None:
    """Both readings, event by event as they arrive, and with little more remembered than what matters."""
    for seed in seeds:
        remembered: list[IncidentEvent] = []
        arrived = life(Random(seed))
        for number, event in enumerate(arrived, 1):
            remembered = essential_events([*remembered, event])
            assert incident_row(remembered)["phase"] == incident_row(arrived[:number])["phase"], seed
        assert incident_row(arrived)["phase"] == fold(arrived, RULES).phase.value, seed


def test_the_board_reads_the_phase_as_the_fold_does() -> None:
    agree(range(1_000))


@pytest.mark.slow
def test_the_board_reads_the_phase_as_the_fold_does_in_ten_thousand_lives() -> None:
    agree(range(1_000, 11_000))


def test_the_timer_says_the_phase_with_its_facts_or_by_one_of_its_own() -> None:
    for seed in range(150):
        timer, now, said = TimerInMemory(RULES), START, 0
        for event in life(Random(seed)):
            now += timedelta(minutes=5)
            timer.receive([event], now)
            facts = [decode_clock_fact(envelope) for envelope in timer.said[said:]]
            said = len(timer.said)
            assert all(fact.phase == timer.incident.phase.value for fact in facts)
            everything = [decode_clock_fact(envelope) for envelope in timer.said]
            Random(seed).shuffle(everything)
            assert [row["phase"] for row in phase_rows(everything)] == [timer.incident.phase.value], seed
        assert len({envelope.id for envelope in timer.said}) == len(timer.said)


_C, _V = WaitingOn.CUSTOMER, WaitingOn.VENDOR


@pytest.mark.parametrize(
    ("said", "phase"),
    [
        ("waits customer, replied", Phase.OPEN),
        ("waits vendor, replied", Phase.WAITING),
        ("cancelled, closed", Phase.CANCELLED),
        ("cancelled, resolved", Phase.CANCELLED),
        ("merged, closed", Phase.MERGED),
        ("resolved, waits customer", Phase.RESOLVED),
        ("closed, resumed", Phase.CLOSED),
        ("closed, resolved", Phase.CLOSED),
        ("resolved, resumed", Phase.RESOLVED),
        ("closed, opened", Phase.OPEN),
        ("resolved, replied", Phase.RESOLVED),
        ("cancelled, reopened, waits vendor", Phase.WAITING),
    ],
)
def test_sequences_that_the_last_event_alone_would_tell_wrongly(said: str, phase: Phase) -> None:
    words = {
        "waits": EventKind.WAITING, "replied": EventKind.CUSTOMER_REPLIED, "resumed": EventKind.RESUMED,
        "opened": EventKind.OPENED, "reopened": EventKind.REOPENED, "resolved": EventKind.RESOLVED,
        "closed": EventKind.CLOSED, "cancelled": EventKind.CANCELLED, "merged": EventKind.MERGED,
    }  # fmt: skip
    events = [_plain(0, EventKind.OPENED)]
    for number, each in enumerate(said.split(", "), 1):
        word, _, on = each.partition(" ")
        events.append(_plain(number, words[word], WaitingOn(on) if on else None))
    assert fold(events, RULES).phase is phase
    assert incident_row(reversed(events))["phase"] == phase.value


def _plain(minute: int, kind: EventKind, waiting_on: WaitingOn | None = None) -> IncidentEvent:
    at = START + timedelta(minutes=minute)
    return IncidentEvent(
        id=EventId(f"e{minute}"), incident=IncidentId("INC-1"), kind=kind, occurred_at=at, received_at=at,
        source="test", waiting_on=waiting_on,
    )  # fmt: skip
