"""Deliveries of one instant, in the order in which they can have happened.

A sender whose clock shows whole seconds gives two changes of one second the same instant, and they arrive in any order.
Their snapshots show which was first: how the ticket stood before and after each of them (`Snapshot.before`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, permutations

from sla_domain.event import ENDED, PHASE, IncidentEvent, Snapshot
from sla_domain.phase import Phase

_ENDED = frozenset(phase.value for phase in Phase if not phase.live)
_TRIED = 5  # deliveries of which every order is tried
_MOST = 50  # and beyond which they stay as they arrived


def in_causal_order(rows: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Return the events in order, with deliveries of one instant in the order that their snapshots show.

    If they show none, or more than one order fits, the order of arrival stays. Events that are moved get versions by
    which they sort in the new order.
    """
    found: list[IncidentEvent] = []
    known: dict[str, str] = {}
    for _, same in groupby(rows, key=lambda event: event.occurred_at):
        together = list(same)
        if len(together) > 1 and any(has_state_before(event) for event in together):
            together = _in_turn(together, known)
        for event in together:
            _take(known, event)
        found += together
    return found


def has_state_before(event: IncidentEvent) -> bool:
    """Return whether the event's delivery states how the ticket stood before it."""
    return event.snapshot is not None and bool(event.snapshot.before)


def _in_turn(events: list[IncidentEvent], known: Mapping[str, str]) -> list[IncidentEvent]:
    deliveries: dict[str, list[IncidentEvent]] = {}
    for event in events:
        deliveries.setdefault(event.id.rpartition("/")[0] or event.id, []).append(event)
    if not 1 < len(deliveries) <= _MOST or any(event.version for event in events):
        return events
    arrived = list(deliveries.values())
    best = _best(arrived, known) if len(arrived) <= _TRIED else _step_by_step(arrived, known)
    if best == arrived:
        return events
    return [replace(event, version=place) for place, one in enumerate(best) for event in one]


def _best(arrived: list[list[IncidentEvent]], known: Mapping[str, str]) -> list[list[IncidentEvent]]:
    """The first of the orders that contradict themselves least; that of arrival is tried first."""
    return list(max(permutations(arrived), key=lambda order: _fit(order, known)))


def _step_by_step(arrived: list[list[IncidentEvent]], known: Mapping[str, str]) -> list[list[IncidentEvent]]:
    """Always the delivery next that fits best what is known by then."""
    state, left, found = dict(known), list(arrived), list[list[IncidentEvent]]()
    while left:
        one = max(left, key=lambda delivery: _agrees(delivery, state))
        left.remove(one)
        found.append(one)
        for event in one:
            _take(state, event)
    return found


def _fit(order: Iterable[list[IncidentEvent]], known: Mapping[str, str]) -> int:
    state, fit = dict(known), 0
    for delivery in order:
        fit += _agrees(delivery, state)
        for event in delivery:
            _take(state, event)
    return fit


def _agrees(delivery: list[IncidentEvent], state: Mapping[str, str]) -> int:
    """How many values stood before the delivery as it says, less those that stood otherwise."""
    shown = delivery[-1].snapshot
    if shown is None:
        return 0
    return sum(1 if _same(state[name], value) else -1 for name, value in shown.before.items() if name in state)


def _same(stands: str, before: str) -> bool:
    return stands == before or (before == ENDED and stands in _ENDED)


def _take(state: dict[str, str], event: IncidentEvent) -> None:
    if event.carried_from is not None:
        return
    shown: Snapshot | None = event.snapshot
    state.update(event.attributes)
    if shown is not None:
        state.update(shown.attributes)
        if shown.phase_text:
            state[PHASE] = shown.phase_text
