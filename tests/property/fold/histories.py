"""Random histories on whole minutes: events that come late, twice or in another order, and plans that move targets.

A history is drawn from a number, quickly: no shrinking, but ten thousand of them in a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from tests.build.rulebook import ALWAYS, contract, plan, row, rulebook

from sla_domain.event import Actor, AgreedTarget, EventId, EventKind, IncidentEvent, IncidentId, Snapshot, WaitingOn
from sla_domain.metrics import BUILT_IN
from sla_domain.phase import Phase
from sla_domain.plan import PriorityChangeMode, ReopenMode
from sla_domain.rulebook import Rulebook

START = datetime(2026, 11, 16, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG = timedelta(days=60)
PRIORITIES = ("P1", "P2", "P3", "P4")
METRICS = ("first_response", "next_response", "update", "resolution")

_KINDS = (
    *(EventKind.PRIORITY_CHANGED,) * 6,
    *(EventKind.CUSTOMER_REPLIED,) * 3,
    *(EventKind.RESPONDED,) * 2,
    *(EventKind.WAITING, EventKind.RESUMED, EventKind.RESOLVED, EventKind.REOPENED) * 2,
    EventKind.UPDATED,
    EventKind.TARGET_AGREED,
    EventKind.WORKAROUND_PROVIDED,
    EventKind.CLOSED,
    EventKind.CANCELLED,
    EventKind.MERGED,
)


@dataclass(frozen=True)
class Arrival:
    """An event is received, or (None) another catalogue comes into force."""

    at: datetime
    event: IncidentEvent | None


@dataclass(frozen=True)
class History:
    seed: int
    arrivals: tuple[Arrival, ...]
    books: tuple[Rulebook, Rulebook]
    restarts: bool  # a changed priority counts from the change: two cycles may be due at one instant


def history(seed: int, incident: str = "INC-1") -> History:
    chance = Random(seed)
    # Few minutes and few rows: events that share an instant, and targets that share a due instant, are what goes wrong.
    span = chance.choice((10, 40, 200))
    count = chance.randint(1, 9)
    events = [_event(chance, 0, EventKind.OPENED, chance.randint(0, span // 2), incident)]
    events += [_event(chance, number, chance.choice(_KINDS), chance.randint(0, span), incident)
               for number in range(1, count + 1)]  # fmt: skip
    order = sorted(events, key=lambda event: event.occurred_at)
    for _ in range(chance.randint(0, count)):
        late = order.pop(chance.randrange(len(order)))
        order.insert(chance.randint(0, len(order)), late)
    order += chance.choices(order, k=chance.randint(0, 2))
    now, arrivals = START, []
    for event in order:
        now = max(now, event.occurred_at) + chance.choice((0, 0, 1, 5, span)) * MINUTE
        arrivals.append(Arrival(now, replace(event, received_at=now)))
        if chance.random() < 0.04:
            arrivals.append(Arrival(now, None))
    first = chance.randrange(len(_SHAPES))
    second = (first + chance.randint(1, 3)) % len(_SHAPES)
    return History(seed, tuple(arrivals), (_book(first), _book(second)), _RESTARTS in (first, second))


def histories(first: int, count: int) -> Iterator[History]:
    return map(history, range(first, first + count))


def shown(history: History) -> History:
    """The same with a look at the whole ticket on some events, often not as the events have it, and some lost."""
    chance = Random(~history.seed)
    snapshots: dict[EventId, Snapshot | None] = {}
    arrivals = []
    for number, arrival in enumerate(history.arrivals):
        event = arrival.event
        if event is not None and event.id not in snapshots:
            snapshots[event.id] = _snapshot(chance, event) if chance.random() < 0.4 else None
        if event is None:
            arrivals.append(arrival)
        elif number == 0 or chance.random() > 0.15:
            arrivals.append(Arrival(arrival.at, replace(event, snapshot=snapshots[event.id])))
    return replace(history, arrivals=tuple(arrivals))


def _snapshot(chance: Random, event: IncidentEvent) -> Snapshot:
    phase = chance.choice((None, Phase.OPEN, Phase.OPEN, Phase.WAITING, Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED))
    attributes = {"priority": chance.choice(("", *PRIORITIES))} if chance.random() < 0.5 else {}
    if chance.random() < 0.2:
        attributes["customer"] = chance.choice(("acme", "umbrella"))
    return Snapshot(
        at=event.occurred_at + chance.choice((0, 0, 0, 3)) * MINUTE,
        created_at=START if chance.random() < 0.7 else None,
        phase=phase,
        ended_at=event.occurred_at - chance.choice((0, 2, 30)) * MINUTE if chance.random() < 0.7 else None,
        attributes=attributes,
    )


def _event(chance: Random, number: int, kind: EventKind, minute: int, incident: str) -> IncidentEvent:
    at = START + minute * MINUTE
    attributes = {}
    if kind is EventKind.OPENED:
        attributes = {"customer": "acme", "description": "broken"}
    elif kind is EventKind.UPDATED and chance.random() < 0.5:
        attributes = {"customer": chance.choice(("acme", "umbrella"))}
    if kind in (EventKind.OPENED, EventKind.PRIORITY_CHANGED):
        attributes["priority"] = chance.choice(PRIORITIES)
    agreed = None
    if kind is EventKind.TARGET_AGREED:
        due = at + chance.choice((5, 20, 100)) * MINUTE
        agreed = AgreedTarget(metric="resolution", due_at=due, agreed_by="both", moved_by_pauses=chance.random() < 0.5)
    customer = kind is EventKind.CUSTOMER_REPLIED or (kind is EventKind.REOPENED and chance.random() < 0.5)
    return IncidentEvent(
        id=EventId(f"{incident}/{number}"),
        incident=IncidentId(incident),
        kind=kind,
        occurred_at=at,
        received_at=at,
        source="test",
        version=chance.choice((0, number)),
        actor=Actor.CUSTOMER if customer else Actor.STAFF,
        attributes=attributes,
        waiting_on=chance.choice(tuple(WaitingOn)) if kind is EventKind.WAITING else None,
        agreed=agreed,
        merged_into=IncidentId("other") if kind is EventKind.MERGED else None,
    )


# Minutes by priority; the modes of a changed priority and of a reopening.
_SHAPES = (
    ({"P1": 4, "P2": 8, "P3": 30, "P4": 30}, PriorityChangeMode.RETARGET, ReopenMode.RESUME),
    ({"P1": 5, "P2": 15, "P3": 15, "P4": 60}, PriorityChangeMode.RETARGET, ReopenMode.NEW_CYCLE),
    ({"P1": 4, "P2": 4, "P3": 8, "P4": 20}, PriorityChangeMode.RESTART, ReopenMode.RESUME),
    ({"P1": 10, "P3": 20, "P4": 90}, PriorityChangeMode.RETARGET, ReopenMode.RESUME),
)


_RESTARTS = 2


@cache
def _book(shape: int) -> Rulebook:
    minutes, mode, reopening = _SHAPES[shape]
    rows = [
        row(metric, f"{span * (1 if metric != 'resolution' else 2)}m", "always", priority=priority, warn=(50, 75))
        for metric in METRICS
        for priority, span in minutes.items()
    ]
    metrics = []
    for metric in BUILT_IN.values():
        fields = {name: getattr(metric, name) for name in metric.__dataclass_fields__ if name != "reactions"}
        changed = {"on_priority_change": mode}
        if metric.id == "resolution":
            changed |= {"on_reopen": reopening}
        metrics.append(type(metric)(**(fields | changed)))
    return rulebook(
        plan(*rows, coverages=(ALWAYS,), metrics=metrics),
        contract(),
        contract(id_="umbrella", customers=("umbrella",)),
    )
