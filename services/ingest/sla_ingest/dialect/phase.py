"""From what a status or label means, before and after, to what happened: the same for every dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sla_catalogue.source import TicketPhase
from sla_domain.event import EventKind, WaitingOn
from sla_domain.phase import Phase as Standing

_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})


@dataclass(frozen=True, slots=True)
class Step:
    kind: EventKind
    waiting_on: WaitingOn | None = None


def transition(before: TicketPhase | None, after: TicketPhase) -> tuple[Step, ...]:
    """What a change of phase means.

    `before` None is unknown: then both a reopening and a resumption are said. Each means nothing to an incident that
    neither had ended nor waits, and an unsaid one would leave its clocks stopped.
    """
    again = (Step(EventKind.REOPENED),) if before is None or before in _ENDED else ()
    match after:
        case TicketPhase.OPEN | TicketPhase.IN_PROGRESS:
            if before is None:
                return (*again, Step(EventKind.RESUMED))
            if again:
                return again
            if before.waiting_on is not None:
                return (Step(EventKind.RESUMED),)
            return (Step(EventKind.UPDATED),) if before is not after else ()
        case TicketPhase.WAITING_CUSTOMER | TicketPhase.WAITING_VENDOR | TicketPhase.WAITING_OTHER:
            return (*again, Step(EventKind.WAITING, after.waiting_on)) if before is not after else ()
        case TicketPhase.WORKAROUND:
            resumed = (Step(EventKind.RESUMED),) if before is None or before.waiting_on is not None else ()
            return (*again, *resumed, Step(EventKind.WORKAROUND_PROVIDED))
        case TicketPhase.RESOLVED:
            # Closed to resolved is book-keeping: the work had ended before.
            return (Step(EventKind.RESOLVED),) if before not in (TicketPhase.RESOLVED, TicketPhase.CLOSED) else ()
        case TicketPhase.CLOSED:
            return (Step(EventKind.CLOSED),) if before is not TicketPhase.CLOSED else ()
        case TicketPhase.CANCELLED:
            return (Step(EventKind.CANCELLED),) if before is not TicketPhase.CANCELLED else ()
    assert_never(after)


def standing(phase: TicketPhase) -> Standing:
    """Where an incident stands whose ticket is in this phase."""
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
