"""An incident, its clocks and their calendars as lines of JSON: the same each time for the same events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sla_domain.calendar import Calendar
from sla_domain.clock import Clock
from sla_domain.contract_view import ContractView
from sla_domain.errors import CalendarError
from sla_domain.explain import as_dict, calendar_of, explain_clock, render
from sla_domain.hours import hours_name
from sla_domain.incident import Incident
from sla_domain.rfc3339 import rfc3339_or_none
from sla_domain.rulebook import Rulebook
from sla_domain.target_text import target_text
from sla_timer.answer import EventPage, incident_json, segment_json
from sla_timer.evidence.judged import RefoldedClock

MOST_PIECES = 5_000  # open and closed stretches of one calendar
_DAY = timedelta(days=1)
_NOT_HERE = ("clocks", "events", "events_total", "events_complete", "next")  # they have lines of their own


def incident_line(
    incident: Incident, rulebook: Rulebook, as_of: datetime, surplus: int, seen: ContractView | None
) -> dict[str, Any]:
    """Return the state of an incident as of an instant, as JSON values.

    Clocks and events are left out.

    Args:
        surplus: How many events beyond the limit are stored but ignored.
        seen: What an API key of one contract may see. None means that everything may be seen.
    """
    whole = incident_json(incident, EventPage((), 0, None, surplus), rulebook, as_of, seen=seen)
    shown = incident if seen is None else seen.of(incident)
    periods = [
        {"contract": one.contract, "customer": one.customer, "from": rfc3339_or_none(one.start), "event": one.event}
        for number, one in enumerate(shown.periods)
        if seen is None or seen.share.own[number]
    ]
    return {name: value for name, value in whole.items() if name not in _NOT_HERE} | {"periods": periods}


def clock_line(judged: RefoldedClock) -> dict[str, Any]:
    """Return a computed clock with its segments and its warnings and breaches, as JSON values.

    If the events give no such clock, the key `clock` is None.
    """
    clock, published = judged.clock, judged.published
    if clock is None:
        assert published is not None
        return {"id": str(published.id), "metric": published.metric, "catalogue": judged.version, "clock": None}
    return {
        "id": str(clock.id),
        "metric": clock.metric,
        "cycle": clock.cycle,
        "catalogue": judged.version,
        "contract": clock.contract,
        "plan": clock.plan,
        "priority": clock.priority,
        "state": clock.state.value,
        "why": clock.why,
        "target": target_text(clock.target.allowed),
        "clause": clock.target.clause,
        "coverage": clock.coverage,
        "hours": _hours(judged, clock),
        "generation": clock.generation,
        "started_at": rfc3339_or_none(clock.started_at),
        "counted_from": rfc3339_or_none(clock.counted_from),
        "due_at": rfc3339_or_none(clock.due_at),
        "original_due_at": rfc3339_or_none(clock.original_due_at),
        "stopped_at": rfc3339_or_none(clock.stopped_at),
        "breached_at": rfc3339_or_none(clock.breached_at),
        "consumed_seconds": clock.consumed.total_seconds(),
        "exempt": clock.exempt,
        "exempt_by": clock.exempt_by,
        "agreed_by": clock.agreed_by,
        "agreed_reason": clock.agreed_reason,
        "segments": [segment_json(segment) for segment in clock.segments],
        "marks": [
            {"kind": mark.kind, "generation": mark.generation, "at": rfc3339_or_none(mark.at), "pending": mark.pending}
            for mark in clock.marks
        ],
    }


def explanation_line(judged: RefoldedClock, as_of: datetime, language: str) -> dict[str, Any]:
    """Return the explanation of a clock's due instant, as of an instant, as JSON values.

    The key `text` has the explanation in words. If the calendar does not reach far enough, there is only the key
    `error` with the reason.

    Args:
        language: Language tag of the words.
    """
    clock = judged.clock
    if clock is None:
        return {"clock": str(judged.published.id) if judged.published else "", "error": "no such clock"}
    try:
        made = explain_clock(clock, judged.fold.incident, judged.fold.rulebook, as_of)
        return as_dict(made) | {"text": render(made, language)}
    except CalendarError as error:
        return {"clock": str(clock.id), "error": str(error)}


def calendar_lines(clocks: Iterable[RefoldedClock], as_of: datetime) -> Iterator[dict[str, Any]]:
    """Yield for each calendar in which a clock counts time its open and closed intervals, as JSON values.

    The intervals reach from a day before the first instant of the clocks to a day after the last instant or `as_of`. At
    most 5,000 intervals of a calendar are returned. The key `until` has the instant up to which the intervals reach.
    """
    lives: dict[str, tuple[Calendar, list[datetime]]] = {}
    for judged in clocks:
        clock = judged.clock
        calendar = None if clock is None else _calendar(judged, clock)
        if clock is not None and calendar is not None:
            known = lives.setdefault(hours_name(calendar), (calendar, [as_of]))[1]
            known += [at for at in (clock.started_at, clock.due_at, clock.original_due_at, clock.stopped_at) if at]
    for name, (calendar, instants) in sorted(lives.items()):
        yield _calendar_line(name, calendar, min(instants) - _DAY, max(instants) + _DAY)


def _calendar_line(name: str, calendar: Calendar, start: datetime, end: datetime) -> dict[str, Any]:
    line: dict[str, Any] = {"hours": name, "zone": calendar.zone, "from": rfc3339_or_none(start)}
    try:
        pieces = calendar.pieces(start, end)[:MOST_PIECES]
    except CalendarError as error:
        return line | {"until": rfc3339_or_none(start), "error": str(error), "pieces": []}
    return line | {
        "until": rfc3339_or_none(pieces[-1].end if pieces else start),
        "pieces": [
            {
                "from": rfc3339_or_none(one.start),
                "until": rfc3339_or_none(one.end),
                "kind": one.kind.value,
                "reason": one.reason,
            }
            for one in pieces
        ],
    }


def _hours(judged: RefoldedClock, clock: Clock) -> str:
    try:
        return hours_name(calendar_of(clock, judged.fold.incident, judged.fold.rulebook))
    except CalendarError:
        return ""


def _calendar(judged: RefoldedClock, clock: Clock) -> Calendar | None:
    try:
        return calendar_of(clock, judged.fold.incident, judged.fold.rulebook)
    except CalendarError:
        return None
