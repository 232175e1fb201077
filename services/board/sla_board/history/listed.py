"""The rows of the list of incidents, computed from what the board has stored of an incident. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sla_board.history.part import ListPart
from sla_board.history.verdict import ClockVerdict, verdict_of_clock, verdict_of_incident
from sla_board.projection.text import searchable
from sla_domain.bounds import CUSTOMER, PRIORITY, shorten
from sla_domain.incident import Phase
from sla_domain.ticket_key import ticket_key
from sla_platform.wire import ClockFact

LONGEST = 200
"""The most characters of a product, assignee or group in the list; longer ones are cut."""
UNKNOWN = "unknown"
"""The phase of an incident of which no event is known."""
_LIVE = frozenset(phase.value for phase in Phase if phase.live)
_ENDED = frozenset(phase.value for phase in Phase if not phase.live)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The stored data of an incident, or of the part of it under one contract: the input of `listed_rows`."""

    incident: str
    part: ListPart
    contract: str
    """"" if unknown."""
    record: Any
    """Row of the table `board_incident`. None if no event is known."""
    clocks: Sequence[Any]
    """Rows of the table `board_clock`."""
    phase: str
    """The state of work on the incident, such as `open`."""
    first_at: datetime
    """When the board first received something about the incident. Used if no other instant is known."""
    left_at: datetime | None = None
    """When the incident left the contract. None if it has not."""
    fact: ClockFact | None = None
    """The newest fact, for an incident without clocks. Title, priority and zone are read from it."""


@dataclass(frozen=True, slots=True)
class ListedRows:
    """The computed rows of the list for one incident."""

    incidents: list[dict[str, Any]]
    """Rows of the table `board_listed`."""
    clocks: list[dict[str, Any]]
    """Rows of the table `board_listed_clock`."""


def listed_rows(seen: Seen) -> ListedRows:
    """Return the rows of the list of incidents for one incident, or for one contract's part of it.

    There is one row for the incident and one for each clock.

    Args:
        seen: What the board has stored of the incident.
    """
    record, clocks = seen.record, sorted(seen.clocks, key=lambda clock: (clock.open, clock.cycle, str(clock.id)))
    newest = clocks[-1] if clocks else seen.fact
    verdicts = [(clock, verdict_of_clock(clock)) for clock in clocks]
    whole = verdict_of_incident([one for _, one in verdicts], seen.phase in _ENDED)
    attributes = {} if record is None else orjson.loads(record.attributes)
    title = (record.title if record else "") or (newest.title if newest else "")
    url = (record.url if record else "") or (newest.url if newest else "")
    customer = (record.customer if record else "") or (newest.customer if newest else "")
    ticket = (record.ticket if record else "") or ticket_key(
        seen.incident, url, attributes.get("key", "") or getattr(newest, "ticket", "")
    )
    opened_at, ended_at = _opened(seen), _ended(seen)
    shared = {
        "incident": seen.incident,
        "contract": seen.contract,
        "part": seen.part.value,
        "customer": shorten(customer, CUSTOMER),
        "product": shorten(attributes.get("product", ""), LONGEST),
        "phase": seen.phase,
    }
    row = shared | {
        "ticket": ticket,
        "title": title,
        "url": url,
        "priority": shorten((newest.priority if newest else "") or (record.priority if record else ""), PRIORITY),
        "verdict": whole.verdict.value,
        "counts_at": whole.counts_at or ended_at or opened_at or seen.first_at,
        "assignee": shorten(attributes.get("assignee", ""), LONGEST),
        "team": shorten(attributes.get("group", ""), LONGEST),
        "zone": newest.zone if newest else "UTC",
        "opened_at": opened_at,
        "ended_at": ended_at,
        "due_at": whole.due_at,
        "left_at": seen.left_at,
        "met": whole.met,
        "missed": whole.missed,
        "open": whole.open,
        "exempt": whole.exempt,
        "folded": ticket.casefold(),
        "search": _search(seen, ticket, title, customer),
    }
    return ListedRows([row], [_clock_row(shared, clock, verdict, seen) for clock, verdict in verdicts])


def _search(seen: Seen, ticket: str, title: str, customer: str) -> str:
    """What text finds it; the record has its other names, too."""
    if seen.record is None:
        return searchable(seen.incident, ticket, title, customer, seen.contract)
    return "\n".join(part for part in (seen.record.search, seen.contract.casefold()) if part)


def _clock_row(shared: dict[str, Any], clock: Any, verdict: ClockVerdict, seen: Seen) -> dict[str, Any]:
    return shared | {
        "clock": clock.id,
        "metric": clock.metric,
        "cycle": clock.cycle,
        "priority": shorten(clock.priority, PRIORITY),
        "verdict": verdict.verdict.value,
        "counts_at": verdict.counts_at or seen.first_at,
        "due_at": clock.due_at or clock.breached_at,
        "stopped_at": clock.stopped_at,
    }


def _opened(seen: Seen) -> datetime | None:
    if seen.record is not None and seen.record.opened_at is not None:
        opened: datetime = seen.record.opened_at
        return opened
    return min((clock.started_at for clock in seen.clocks if clock.started_at is not None), default=None)


def _ended(seen: Seen) -> datetime | None:
    if seen.record is None or seen.phase in _LIVE:
        return None
    ended: datetime | None = seen.record.ended_at or seen.record.changed_at
    return ended
