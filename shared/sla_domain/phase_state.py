"""How an event changes the phase of an incident: the one rule, for the fold and for services that show incidents.

Waiting ends when somebody resumes, when the customer replies to a wait for the customer, and with the incident. An
incident that was cancelled or merged stays so when it is closed afterwards, and a closed one is not resolved again. A
merge counts after any other end. Any of them is open again once it is reopened, or opened a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sla_domain.event import Actor, EventKind, IncidentEvent, WaitingOn
from sla_domain.fact import PHASE_CHANGED, Fact
from sla_domain.incident import Incident, Phase

END_PHASES: Mapping[EventKind, Phase] = MappingProxyType(
    {
        EventKind.RESOLVED: Phase.RESOLVED,
        EventKind.CLOSED: Phase.CLOSED,
        EventKind.CANCELLED: Phase.CANCELLED,
        EventKind.MERGED: Phase.MERGED,
    }
)
_REOPENING = (EventKind.REOPENED, EventKind.OPENED)
_UNDONE_BY_NO_END = (Phase.CANCELLED, Phase.MERGED)
_WHOSE = frozenset({EventKind.RESPONDED, EventKind.COMMENTED})  # the author may turn out to be the reporter
REPORTER_ATTRIBUTES = frozenset({"reporter", "reporter_id"})


@dataclass(frozen=True, slots=True)
class PhaseState:
    """The phase of an incident, and whom a waiting incident waits on."""

    phase: Phase = Phase.OPEN
    waiting: WaitingOn | None = None
    """Whom the incident waits on. None in any phase but WAITING."""


OPEN = PhaseState()


def phase_state_after(
    before: PhaseState, kind: EventKind, waiting_on: WaitingOn | None = None, *, automatic: bool = False
) -> PhaseState:
    """Return the phase of an incident after an event, and whom the incident waits on after it.

    Args:
        before: The phase, and whom the incident waits on, before the event. If the event changes neither, this same
            object is returned.
        kind: The kind of the event.
        waiting_on: For an event `waiting`, whom the incident waits on. None means OTHER.
        automatic: Whether the event is a comment or reply of a bot. Such an event does not end a wait.
    """
    match kind:
        case EventKind.WAITING:
            return PhaseState(Phase.WAITING, waiting_on or WaitingOn.OTHER) if before.phase.live else before
        case EventKind.RESUMED:
            return OPEN if before.waiting is not None else before
        case EventKind.CUSTOMER_REPLIED:
            return OPEN if before.waiting is WaitingOn.CUSTOMER and not automatic else before
        case _ if kind in _REOPENING:
            return before if before.phase.live else OPEN
        case _ if kind in END_PHASES:
            return _ended(before, END_PHASES[kind])
        case _:
            return before


def _ended(before: PhaseState, phase: Phase) -> PhaseState:
    if before.phase is Phase.CANCELLED and phase is Phase.MERGED:
        return PhaseState(phase)  # work goes on in another incident, which counts more than an end here
    if before.phase in _UNDONE_BY_NO_END or (before.phase is Phase.CLOSED and phase is Phase.RESOLVED):
        return before
    return before if before.phase is phase else PhaseState(phase)


def with_author_decided(event: IncidentEvent, attributes: Mapping[str, str]) -> IncidentEvent:
    """Return the event with its author corrected, after comparing the author with the incident's reporter.

    A comment or response that the reporter wrote becomes the customer's reply. A reply that is marked as the customer's
    but comes from another user id than the reporter's becomes a comment of an unknown author. Any other event is
    returned unchanged.

    Args:
        attributes: The incident's attributes before this event.
    """
    if is_reporters_comment(event, attributes):
        return replace(event, kind=EventKind.CUSTOMER_REPLIED, actor=Actor.CUSTOMER)
    account = attributes.get("reporter_id")
    taken = event.actor_id and event.kind is EventKind.CUSTOMER_REPLIED and account is not None
    if taken and event.actor_id != account:
        return replace(event, kind=EventKind.COMMENTED, actor=Actor.UNKNOWN)
    return event


def is_reporters_comment(event: IncidentEvent, attributes: Mapping[str, str]) -> bool:
    """Return whether a response or comment was written by the incident's reporter.

    The author and the reporter are compared as follows:

    1. If the event has an `actor_id`, it must equal the attribute `reporter_id`.
    2. Otherwise the actor must be UNKNOWN, and `actor_name` must equal the attribute `reporter_id` or `reporter`. For a
       comment, `reporter` is used only if there is no `reporter_id`.

    The result is False for other kinds of events.

    Args:
        attributes: The incident's attributes.
    """
    if event.actor_id:
        return event.kind in _WHOSE and event.actor_id == attributes.get("reporter_id")
    if event.kind not in _WHOSE or event.actor is not Actor.UNKNOWN or not event.actor_name:
        return False
    account, called = attributes.get("reporter_id"), attributes.get("reporter")
    by_name = event.kind is EventKind.RESPONDED or not account
    return event.actor_name == account or (by_name and event.actor_name == called)


def affects_phase(event: IncidentEvent) -> bool:
    """Return whether the event may change the incident's phase, or states who the reporter is.

    The reporter matters because a reporter's comment ends a wait for the customer. The result is True in case of doubt,
    and for every event with a snapshot.
    """
    kind = event.kind
    turning = kind in END_PHASES or kind in _REOPENING or kind in _OTHERS or event.snapshot is not None
    return turning or not REPORTER_ATTRIBUTES.isdisjoint(event.attributes)


_OTHERS = (EventKind.WAITING, EventKind.RESUMED, EventKind.CUSTOMER_REPLIED, EventKind.RESPONDED, EventKind.COMMENTED)


def phase_fact(incident: Incident, events: int) -> Fact:
    """Return the fact (event to publish) `phase.changed` of an incident.

    Publish it only if no other fact shows the change of phase.

    Args:
        events: How many events the incident has, for a unique key.
    """
    key = f"phase/{incident.phase.value}/{events}/{incident.changed_at.isoformat()}"
    through = incident.imported_through
    history = through is not None and incident.changed_at <= through
    return Fact(body=PHASE_CHANGED, incident=incident.id, key=key, at=incident.changed_at, history=history)


def turn_of(before: str | None, phase: Phase) -> str:
    """Return how an incident's phase changed: `opened`, `resolved`, `reopened`, or "" for any other change or none.

    A cancelled or merged incident was not resolved, and gives "".

    Args:
        before: The phase published before. None if no phase was published.
        phase: The phase now.
    """
    if before is None:
        return "opened" if phase.live else ""
    if Phase(before).live is phase.live:
        return ""
    if phase.live:
        return "reopened"
    return "resolved" if phase in (Phase.RESOLVED, Phase.CLOSED) else ""
