"""How many events of one incident count, and which still do when there are more.

A ticket has tens of events; a loop between two systems has as many as there is time. All of the first `MOST` count.
Beyond them only those count that can change a clock, and beyond twice as many only those that end or resume
something and start nothing: there can be no endless number of them that matter. So a flood of updates never hides the
resolution behind it. What does not count is kept and remarked on, never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold.folding import Folding
from sla_domain.fold.metric_tracker import STRUCTURAL, any_trigger_accepts
from sla_domain.phase_state import END_PHASES

MOST = 50_000


def split_by_limit(
    folding: Folding, count: int, events: Iterable[IncidentEvent], most: int = MOST
) -> tuple[Sequence[IncidentEvent], Sequence[IncidentEvent]]:
    """Divide the next events of a very large incident into (events to read, events to leave out).

    This limits the work for an incident with too many events. Both parts keep the order of `events`. Which events are
    read depends on how many were read before:

    1. Fewer than `most`: every event is read.
    2. Fewer than twice `most`: only events that may change a clock are read.
    3. More: only events that end the incident, end its wait or stop a clock are read.

    Args:
        folding: The incident after the events read before. Each of `events` is judged by this state.
        count: How many events were read before.
    """
    counted: list[IncidentEvent] = []
    surplus: list[IncidentEvent] = []
    for event in events:
        before = count + len(counted)
        if before < most or (may_change_clock(folding, event) if before < 2 * most else leads_to_end(folding, event)):
            counted.append(event)
        else:
            surplus.append(event)
    return counted, surplus


def may_change_clock(folding: Folding, event: IncidentEvent) -> bool:
    """Return whether the event could change a clock of the incident.

    The result is True in case of doubt. As a side effect, `folding` reads the snapshots (states of the whole ticket)
    whose reading it had postponed.

    Args:
        folding: The incident after all earlier events.
    """
    state = folding.state
    if (
        folding.snapshot_differs(event)
        or event.carried_from is not None
        or event.known_as is not None
        or event.kind in STRUCTURAL
        or any(event.kind in tracker.metric.reactions for tracker in folding.trackers)
    ):
        return True
    stated = {name for name, value in event.attributes.items() if state.attributes.get(name) != value}
    return not stated.isdisjoint(state.entitlement.matched_on | {"customer", "priority"})


def leads_to_end(folding: Folding, event: IncidentEvent) -> bool:
    """Return whether the event, if read next, would end the incident, end its wait or stop a clock.

    The result is False for an event that may start or reset a clock, unless it ends the incident or the wait.

    Args:
        folding: The incident after all earlier events.
    """
    state, kind, shown = folding.state, event.kind, event.snapshot
    if kind in END_PHASES:
        return state.phase is not END_PHASES[kind]
    if shown is not None and shown.phase is not None and state.phase.live and not shown.phase.live:
        return True
    if kind is EventKind.RESUMED:
        return state.waiting is not None
    stopped = False
    for tracker in folding.trackers:
        reaction = tracker.metric.reactions.get(kind)
        if reaction is None:
            continue
        if reaction.start or reaction.reset:
            return False
        stopped |= (
            tracker.current is not None
            and tracker.current.open
            and any_trigger_accepts(reaction.stop, event, state.waiting)
        )
    return stopped
