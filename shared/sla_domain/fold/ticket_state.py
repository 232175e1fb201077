"""How one of several linked tickets stands, beside the incident that they are together.

A snapshot shows one ticket. It is compared with what that ticket has told, not with the incident: a comment on an issue
that is open takes back no solution that another system has told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Protocol

from sla_domain.event import EventId, EventKind, IncidentEvent, WaitingOn
from sla_domain.fold.priority import Priorities
from sla_domain.phase import Phase
from sla_domain.phase_state import END_PHASES, PhaseState, phase_state_after, with_author_decided

StatedPhase = tuple[Phase, WaitingOn | None, datetime | None]
SHOWS_LIFE = frozenset({EventKind.OPENED, EventKind.REOPENED, EventKind.WAITING, EventKind.RESUMED})


class KnownState(Protocol):
    """The state of an incident, or of one of its linked tickets, with which a snapshot is compared (protocol)."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """Return the attributes of the incident or ticket, name -> value."""
        ...

    @property
    def phase(self) -> Phase:
        """Return the phase of the incident or ticket."""
        ...

    @property
    def waiting(self) -> WaitingOn | None:
        """Return whom the incident or ticket waits on, or None if it does not wait."""
        ...

    @property
    def stated(self) -> StatedPhase | None:
        """Return the phase in the last snapshot, or None if an event has changed the phase since.

        The result is also None if there was no snapshot with a phase.
        """
        ...

    @property
    def ended_at(self) -> datetime | None:
        """Return when the incident or ticket ended, or None if it has not ended."""
        ...

    @property
    def known_open_at(self) -> datetime:
        """Return the last instant at which the incident or ticket is known to have been open."""
        ...

    @property
    def at(self) -> datetime:
        """Return the instant of the last event that was read, on any ticket of the incident."""
        ...

    @property
    def opening_id(self) -> EventId:
        """Return the id of the event that opened the incident."""
        ...

    @property
    def priorities(self) -> Priorities:
        """Return the priorities of the incident."""
        ...


class TicketState:
    """The state of one linked ticket after the events read so far.

    Args:
        incident: The state of the whole incident. The ticket shares its opening, last instant and priorities.
        at: The first instant at which the ticket is known.
    """

    __slots__ = ("_incident", "attributes", "ended_at", "known_open_at", "phase", "stated", "waiting")

    def __init__(self, incident: KnownState, at: datetime) -> None:
        self._incident = incident
        self.attributes: Mapping[str, str] = {}
        self.phase = Phase.OPEN
        self.waiting: WaitingOn | None = None
        self.stated: StatedPhase | None = None
        self.ended_at: datetime | None = None
        self.known_open_at = at

    @property
    def at(self) -> datetime:
        """Return the instant of the last event that was read, on any ticket of the incident."""
        return self._incident.at

    @property
    def opening_id(self) -> EventId:
        """Return the id of the event that opened the incident."""
        return self._incident.opening_id

    @property
    def priorities(self) -> Priorities:
        """Return the priorities of the incident."""
        return self._incident.priorities

    def branch(self, incident: KnownState) -> TicketState:
        """Return an independent copy for a copy of the incident.

        Args:
            incident: The copy of the incident's state, to which the result belongs.
        """
        twin = copy(self)
        twin._incident = incident
        return twin

    def read(self, event: IncidentEvent, at: datetime, earliest_end: datetime | None = None) -> None:
        """Apply one event on this ticket.

        Args:
            at: The instant at which the event is read.
            earliest_end: For an event that ends the ticket, when it may have ended. None means `at`.
        """
        event = with_author_decided(event, self.attributes)
        if event.attributes:
            self.attributes = {**self.attributes, **event.attributes}
        if event.kind in SHOWS_LIFE:
            self.known_open_at = at
        before = PhaseState(self.phase, self.waiting)
        after = phase_state_after(before, event.kind, event.waiting_on, automatic=event.automatic)
        if after is before:
            return
        self.phase, self.waiting = after.phase, after.waiting
        if event.kind in END_PHASES and before.phase.live:
            self.ended_at = earliest_end or at
        elif after.phase.live:
            self.ended_at = None
