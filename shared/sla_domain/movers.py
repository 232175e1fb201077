"""Which events can move a due instant, by what a catalogue's rules match on.

No event is left out that could; an event that only may move one is included too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold.metric_tracker import STRUCTURAL
from sla_domain.rulebook import Rulebook

# What decides on the contract, the priority and the scope, whatever the plans say.
_DECIDING = frozenset({"customer", "priority", "product", "description"})
_ALWAYS = STRUCTURAL | {
    EventKind.PRIORITY_CHANGED, EventKind.DOWNGRADE_AGREED, EventKind.DESCRIBED, EventKind.RENAMED,
    EventKind.COMMENTED,  # it may end a wait that only a snapshot of the ticket had shown
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DueDateMovers:
    """Tells which events can change a due instant under one catalogue version (`may_move`)."""

    kinds: frozenset[EventKind]
    """Kinds of events that can move a due instant."""
    names: frozenset[str]
    """Attributes. An event that states such an attribute can move a due instant."""
    dated: bool
    """Whether every event can move a due instant. True if contracts begin or end on some day, as any event may be the
    first under another contract."""

    def may_move(self, event: IncidentEvent) -> bool:
        """Return whether the event could start, stop, pause, resume or move a clock.

        The result is True in case of doubt. It is True for every event with a snapshot (state of the whole ticket). It
        is also True for every event if `dated` is True: contracts then begin or end on some day, and any event may be
        the first under another contract.
        """
        return (
            self.dated
            or event.kind in self.kinds
            or event.snapshot is not None
            or not self.names.isdisjoint(event.attributes)
        )


def due_date_movers(rulebook: Rulebook) -> DueDateMovers:
    """Return which events can change a due instant under these plans and contracts.

    The result is cached in `rulebook.derived`. If any contract is recorded in the database, `may_move` is True for
    every event, as a contract version may begin at any instant.
    """
    dated = bool(rulebook.recorded)
    known = rulebook.derived.get(("movers", dated))
    if isinstance(known, DueDateMovers):
        return known
    metrics = [metric for plan in rulebook.plans.values() for metric in plan.metrics]
    contracts = rulebook.written_contracts.values()
    made = DueDateMovers(
        kinds=_ALWAYS.union(*(metric.reactions for metric in metrics)),
        names=_DECIDING.union(
            *(plan.matched_on for plan in rulebook.plans.values()), *(contract.matched_on for contract in contracts)
        ),
        dated=dated or any(contract.valid_from is not None or contract.valid_to is not None for contract in contracts),
    )
    rulebook.derived["movers", dated] = made
    return made
