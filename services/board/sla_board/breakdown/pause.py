"""The pauses of an incident's clocks for an audit: who set each, who held the ticket, whether the customer replied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sla_board.breakdown.stored import held_text
from sla_domain.breakdown import Party, party_of
from sla_domain.calendar import Calendar
from sla_domain.clock import Clock, Segment
from sla_domain.errors import CalendarError
from sla_domain.event import Actor, EventKind, IncidentEvent, WaitingOn
from sla_domain.hours import UNKNOWN
from sla_domain.incident import ContractPeriod, HolderSpan, Incident

MOST = 1_000  # pauses of one clock, the latest
_SPOKE = (EventKind.COMMENTED, EventKind.UPDATED)


class PauseReader:
    """Computes the rows of `board_pause` for the clocks of one incident. Call `rows_of` for each clock.

    A pause belongs to the contract that applied to the incident when the pause began. Holders (assignee, group, support
    line) and comments of the customer are included only from the time under this contract.

    Args:
        incident: The incident computed from `events`.
        events: All events of the incident.
    """

    def __init__(self, incident: Incident, events: Iterable[IncidentEvent]) -> None:
        self._incident = incident
        self._said = {event.id: event for event in events}
        self._cuts = sorted({period.start for period in incident.periods[1:]})
        self._words: dict[str, list[datetime]] = {}
        for event in sorted(self._said.values(), key=lambda event: event.occurred_at):
            if _customer_spoke(event):
                self._words.setdefault(owner_at(incident.periods, event.occurred_at), []).append(event.occurred_at)

    def rows_of(self, clock: Clock, hours: str, calendar: Calendar | None) -> Iterator[dict[str, Any]]:
        """Yield a row for each pause of a clock, the oldest first.

        Only the newest 1,000 segments of a clock (stretches in which it ran or was paused) are used. The time between
        the end of an incident and its reopening is not a pause.

        Args:
            hours: Name of the hours in which the clock counts.
            calendar: The calendar of these hours. None for wall-clock time.
        """
        for segment in clock.segments[-MOST:]:
            if segment.running or party_of(segment) is Party.ENDED:
                continue
            end, owner = segment.end, owner_at(self._incident.periods, segment.start)
            cause = self._said.get(segment.event)
            party = "" if segment.waiting_on is None else segment.waiting_on.value
            over = segment is clock.segments[-1] and clock.stopped_at is not None
            yield {
                "clock": clock.id, "started_at": segment.start, "incident": clock.incident, "contract": owner,
                "metric": clock.metric, "cycle": clock.cycle, "priority": clock.priority, "hours": hours,
                "waiting_on": party, "defect": self._defect(segment),
                "why": segment.why.removeprefix(party).lstrip(": "),
                "set_by": "" if cause is None else cause.actor_name or _side(cause.actor),
                "ended_at": end, "wall_seconds": None if end is None else (end - segment.start).total_seconds(),
                "within_seconds": None if end is None else _within(calendar, hours, segment.start, end),
                "verdict": clock.state.value if over else "", "words": self._spoken(segment, owner),
                "held": held_text(self._held(segment, owner)),
            }  # fmt: skip

    def _defect(self, segment: Segment) -> str:
        """The first defect that the incident named in a pause that waits on the vendor."""
        if segment.waiting_on is not WaitingOn.VENDOR:
            return ""
        waits = self._incident.waits
        first = max(bisect_right(waits, segment.start, key=lambda wait: wait.start) - 1, 0)
        for wait in waits[first:]:
            if segment.end is not None and wait.start >= segment.end:
                break
            if wait.defect:
                return wait.defect
        return ""

    def _spoken(self, segment: Segment, owner: str) -> int:
        if segment.waiting_on is not WaitingOn.CUSTOMER:
            return 0
        words = self._words.get(owner, [])
        last = len(words) if segment.end is None else bisect_left(words, segment.end)
        return max(last - bisect_right(words, segment.start), 0)

    def _held(self, segment: Segment, owner: str) -> Iterator[HolderSpan]:
        holders = self._incident.holders
        first = max(bisect_right(holders, segment.start, key=lambda span: span.start) - 1, 0)
        for span in holders[first:]:
            if segment.end is not None and span.start >= segment.end:
                break
            ends = [one for one in (span.end, segment.end) if one is not None]
            yield from self._own(
                replace(span, start=max(span.start, segment.start), end=min(ends, default=None)), owner
            )

    def _own(self, span: HolderSpan, owner: str) -> Iterator[HolderSpan]:
        """The parts of a span that lie under the contract whose pause it is."""
        start = span.start
        inside = [cut for cut in self._cuts if span.start < cut and (span.end is None or cut < span.end)]
        for stop in (*inside, span.end):
            if (stop is None or start < stop) and owner_at(self._incident.periods, start) == owner:
                yield replace(span, start=start, end=stop)
            start = start if stop is None else stop


def owner_at(periods: Sequence[ContractPeriod], at: datetime) -> str:
    """Return the id of the contract that applied to an incident at an instant.

    While the customer of an incident is unknown, the default contract applies. For an instant in that time, the result
    is the customer's contract, which applied as soon as the customer was known.

    Args:
        periods: The periods of the incident under one contract each, in order.
        at: The instant.
    """
    first = next((number for number, period in enumerate(periods) if period.named), 0)
    return periods[max(bisect_right(periods, at, key=lambda period: period.start) - 1, first)].contract


def _within(calendar: Calendar | None, hours: str, start: datetime, end: datetime) -> float | None:
    if hours == UNKNOWN:
        return None
    try:
        return (end - start if calendar is None else calendar.between(start, end)).total_seconds()
    except CalendarError:
        return None


def _customer_spoke(event: IncidentEvent) -> bool:
    if event.carried_from is not None:
        return False
    return event.kind is EventKind.CUSTOMER_REPLIED or (event.kind in _SPOKE and event.actor is Actor.CUSTOMER)


def _side(actor: Actor) -> str:
    return "" if actor is Actor.UNKNOWN else actor.value
