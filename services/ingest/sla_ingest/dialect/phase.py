"""The events that a change of phase means; the same for every dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sla_catalogue.source import TicketPhase
from sla_domain.event import EventKind, WaitingOn
from sla_domain.phase import Phase as Standing

_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})


@dataclass(frozen=True, slots=True)
class EventStep:
    """An event that follows from a change of a ticket's phase, such as open or resolved: its kind, and who must act."""

    kind: EventKind
    waiting_on: WaitingOn | None = None
    """For WAITING, for whom the ticket then waits. Otherwise None."""


def transition_steps(before: TicketPhase | None, after: TicketPhase) -> tuple[EventStep, ...]:
    """Return the events that follow from a ticket's change from one phase to another, in order.

    The result is empty if the change makes no difference to the work, such as a change from closed to resolved.

    If `before` is None, slad does not know whether the incident's clocks (measurements of targets) are stopped. So
    REOPENED and RESUMED are returned too. These events change nothing if the clocks run. If `after` is a wait, only
    REOPENED is added. If `after` is an end (resolved, closed or cancelled), neither is added.

    Args:
        before: The phase before the change. None if not known.
    """
    again = (EventStep(EventKind.REOPENED),) if before is None or before in _ENDED else ()
    match after:
        case TicketPhase.OPEN | TicketPhase.IN_PROGRESS:
            if before is None:
                return (*again, EventStep(EventKind.RESUMED))
            if again:
                return again
            if before.waiting_on is not None:
                return (EventStep(EventKind.RESUMED),)
            return (EventStep(EventKind.UPDATED),) if before is not after else ()
        case TicketPhase.WAITING_CUSTOMER | TicketPhase.WAITING_VENDOR | TicketPhase.WAITING_OTHER:
            return (*again, EventStep(EventKind.WAITING, after.waiting_on)) if before is not after else ()
        case TicketPhase.WORKAROUND:
            resumed = (EventStep(EventKind.RESUMED),) if before is None or before.waiting_on is not None else ()
            return (*again, *resumed, EventStep(EventKind.WORKAROUND_PROVIDED))
        case TicketPhase.RESOLVED:
            # From closed to resolved is no change of work: it had ended before.
            return (EventStep(EventKind.RESOLVED),) if before not in (TicketPhase.RESOLVED, TicketPhase.CLOSED) else ()
        case TicketPhase.CLOSED:
            return (EventStep(EventKind.CLOSED),) if before is not TicketPhase.CLOSED else ()
        case TicketPhase.CANCELLED:
            return (EventStep(EventKind.CANCELLED),) if before is not TicketPhase.CANCELLED else ()
    assert_never(after)


def standing_of(phase: TicketPhase) -> Standing:
    """Return the phase of an incident (a Standing) for the phase of its ticket.

    A ticket that is in progress, or has a workaround, gives OPEN. All kinds of waiting give WAITING.
    """
    match phase:
        case TicketPhase.OPEN | TicketPhase.IN_PROGRESS | TicketPhase.WORKAROUND:
            return Standing.OPEN
        case TicketPhase.WAITING_CUSTOMER | TicketPhase.WAITING_VENDOR | TicketPhase.WAITING_OTHER:
            return Standing.WAITING
        case TicketPhase.RESOLVED:
            return Standing.RESOLVED
        case TicketPhase.CLOSED:
            return Standing.CLOSED
        case TicketPhase.CANCELLED:
            return Standing.CANCELLED
    assert_never(phase)
