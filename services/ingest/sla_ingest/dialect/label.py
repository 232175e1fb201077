"""Labels that state something: a priority, a phase, or by prefix a customer or product. For GitHub and Jira."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import NOTHING, EventKind
from sla_ingest.dialect.phase import EventStep, transition_steps
from sla_ingest.dialect.read import after_prefix, clean_text

# Only words that cannot mean anything else pause a clock without being configured.
USUAL_LABELS: Mapping[str, TicketPhase] = {
    "waiting for customer": TicketPhase.WAITING_CUSTOMER,
    "waiting-for-customer": TicketPhase.WAITING_CUSTOMER,
    "waiting on customer": TicketPhase.WAITING_CUSTOMER,
    "waiting-on-customer": TicketPhase.WAITING_CUSTOMER,
    "waiting for vendor": TicketPhase.WAITING_VENDOR,
    "waiting-for-vendor": TicketPhase.WAITING_VENDOR,
}


@dataclass(frozen=True, slots=True)
class LabelStep:
    """An event that follows from a change of a ticket's labels: its kind, and the attributes that the labels give."""

    step: EventStep
    """The event's kind, and for whom the ticket then waits."""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """What the labels state, such as `{"priority": "high"}`. Empty if the event changes only the ticket's phase."""


def priority_by_label(source: Source, labels: Iterable[str]) -> str:
    """Return the priority that a ticket's labels give; "" if they give no priority.

    The source's table `priority_labels` gives a priority for some labels. The first label of the table that is in
    `labels` decides.
    """
    present = {fold_case(label) for label in labels}
    return next((priority for label, priority in source.priority_labels.items() if label in present), "")


def phase_by_label(source: Source, labels: Iterable[str]) -> TicketPhase | None:
    """Return the phase that a ticket's labels mean; None if they mean no phase.

    The source's table `labels` gives a phase for some labels; if it is empty, `USUAL_LABELS` is used. The first label
    of the table that is in the argument `labels` decides.
    """
    present = {fold_case(label) for label in labels}
    table = source.labels or USUAL_LABELS
    return next((phase for label, phase in table.items() if label in present), None)


def label_changes(
    source: Source, before: frozenset[str], after: frozenset[str], lookups: Mapping[str, Lookup]
) -> tuple[LabelStep, ...]:
    """Return the events that follow from a change of a ticket's labels.

    Events for changed attributes come first, then the priority, then the phase. A ticket without a label for a phase is
    open.

    Args:
        source: The sender, whose tables give the meaning of labels.
        before: The labels before the change.
        after: The labels after the change.
        lookups: Maps an attribute to the place of its value. Only lookups by a label's prefix are used.
    """
    steps: list[LabelStep] = []
    changed = {
        name: clean_text(lookup.translate(now or lookup.constant))
        for name, lookup in lookups.items()
        if lookup.label and (now := after_prefix(lookup.label, after)) != after_prefix(lookup.label, before)
    }
    if changed:
        steps.append(LabelStep(EventStep(EventKind.RECLASSIFIED), changed))
    priority = priority_by_label(source, after)
    if priority != priority_by_label(source, before):
        steps.append(LabelStep(EventStep(EventKind.PRIORITY_CHANGED), {"priority": priority}))
    was, now_is = phase_by_label(source, before), phase_by_label(source, after)
    if was is not now_is:
        # Without a label for a phase the incident is open.
        for step in transition_steps(was or TicketPhase.OPEN, now_is or TicketPhase.OPEN):
            steps.append(LabelStep(step))
    return tuple(steps)
