"""Deliveries of one instant, in the order in which they can have happened.

A sender whose clock shows whole seconds gives two changes of one second the same instant, and they arrive in any order.
Their snapshots show which was first: how the ticket stood before and after each of them (`Snapshot.before`). Beside a
word the ticket stands before as it does after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, permutations

from sla_domain.event import ENDED, PHASE, WORDS, EventKind, IncidentEvent, Snapshot
from sla_domain.phase import Phase

_Delivery = tuple[list[IncidentEvent], Mapping[str, str]]  # its events, and how the ticket stood before them
_ENDED = frozenset(phase.value for phase in Phase if not phase.live)
_QUIET = WORDS | {EventKind.OBSERVED}
_TRIED = 5  # deliveries of which every order is tried
_STEPS = 500  # in which an order of more is looked for
_MOST = 50  # and beyond which they stay as they arrived


def in_causal_order(rows: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Return the events with those of the same instant in the order in which they must have happened.

    This order is found from snapshots (states of the whole ticket), which show the ticket before and after each
    delivery. The events of an instant keep their given order in three cases:

    1. No other order fits the snapshots better.
    2. One of the events has a version (a number by which the sender orders its changes).
    3. The events came in more than 50 deliveries.

    An event that is moved is replaced by a copy with a `version` that sorts it into its new place.

    Args:
        rows: The events, sorted by instant.
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
    """Return whether the event's snapshot states earlier values of the ticket (`before`)."""
    return event.snapshot is not None and bool(event.snapshot.before)


def _in_turn(events: list[IncidentEvent], known: Mapping[str, str]) -> list[IncidentEvent]:
    deliveries: dict[str, list[IncidentEvent]] = {}
    for event in events:
        deliveries.setdefault(event.id.rpartition("/")[0] or event.id, []).append(event)
    if not 1 < len(deliveries) <= _MOST or any(event.version for event in events):
        return events
    arrived = [(one, _stood_before(one)) for one in deliveries.values()]
    if len(arrived) <= _TRIED:
        tried: Iterable[Sequence[_Delivery]] = permutations(arrived)
    else:
        tried = (arrived, _chain(arrived, known) or _step_by_step(arrived, known))
    # The first order with the fewest contradictions; the order of arrival is tried first.
    best = list(max(tried, key=lambda order: _fit(order, known)))
    if best == arrived:
        return events
    return [replace(event, version=place) for place, (one, _) in enumerate(best) for event in one]


def _stood_before(delivery: list[IncidentEvent]) -> Mapping[str, str]:
    """How the ticket stood before the delivery: as it says, and in all else as after it; empty when it does not say."""
    shown = delivery[-1].snapshot
    if shown is None:
        return {}
    if shown.before:
        return {**shown.attributes, **shown.before}
    if not all(event.kind in _QUIET for event in delivery):
        return {}
    return {**shown.attributes, PHASE: shown.phase_text} if shown.phase_text else shown.attributes


def _chain(arrived: Sequence[_Delivery], known: Mapping[str, str]) -> list[_Delivery] | None:
    """An order in which each begins where the one before it ended; None when none is found in so many steps."""
    # Deliveries that change no attribute, such as comments, come first where they fit.
    ranked = sorted(arrived, key=lambda delivery: not all(event.kind in _QUIET for event in delivery[0]))
    begun: list[tuple[list[_Delivery], Mapping[str, str]]] = [([], known)]
    for _ in range(_STEPS):
        if not begun:
            return None
        found, state = begun.pop()
        if len(found) == len(ranked):
            return found
        for one in reversed(ranked):
            if not any(one is other for other in found) and _agrees(one[1], state) == len(one[1].keys() & state):
                after = dict(state)
                for event in one[0]:
                    _take(after, event)
                begun.append(([*found, one], after))
    return None


def _step_by_step(arrived: Sequence[_Delivery], known: Mapping[str, str]) -> list[_Delivery]:
    """Always the delivery next that fits best what is known by then."""
    state, left, found = dict(known), list(arrived), list[_Delivery]()
    while left:
        one = max(left, key=lambda delivery: _agrees(delivery[1], state))
        left.remove(one)
        found.append(one)
        for event in one[0]:
            _take(state, event)
    return found


def _fit(order: Iterable[_Delivery], known: Mapping[str, str]) -> int:
    state, fit = dict(known), 0
    for delivery, before in order:
        fit += _agrees(before, state)
        for event in delivery:
            _take(state, event)
    return fit


def _agrees(before: Mapping[str, str], state: Mapping[str, str]) -> int:
    """How many values stood as a delivery says that they stood before it, less those that stood otherwise."""
    return sum(1 if _same(state[name], value) else -1 for name, value in before.items() if name in state)


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
