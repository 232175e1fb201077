"""Incidents and clocks as JSON: absolute instants in UTC and in the contract's zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sla_domain.breakdown import Party, TimeSums, clock_breakdown, consumed_until, incident_breakdown
from sla_domain.calendar import Calendar
from sla_domain.clock import BREACH, Clock, ClockId, ClockState, Segment
from sla_domain.contract_view import ContractView
from sla_domain.errors import CalendarError
from sla_domain.event import IncidentEvent, Snapshot
from sla_domain.explain import (
    as_dict,
    calendar_of,
    explain_clock,
    localized_dict,
    render,
    sentence_words,
)
from sla_domain.explain.language import tag_for, words_for
from sla_domain.hours import ALWAYS, UNKNOWN, calendar_named, counted_span, hours_name, opening_times
from sla_domain.incident import Incident, Remark, RemarkKind
from sla_domain.preview import Preview, PreviewLine
from sla_domain.published import PublishedState
from sla_domain.published_mark import PublishedMark
from sla_domain.published_mark import is_published as no_news
from sla_domain.rfc3339 import rfc3339_or_none
from sla_domain.rulebook import Rulebook
from sla_domain.sentence import Sentence
from sla_domain.target_text import target_text
from sla_domain.urgency import urgency
from sla_timer.apply.context import left_seconds
from sla_timer.rulebooks import version_of

MOST_CLOCKS = 100  # in one answer; the open ones, then the latest
MOST_EXPLAINED = 20
MOST_SEGMENTS = 200  # of one clock, the latest; of marks as many


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page of an incident's events, in the order in which they occurred."""

    events: Sequence[IncidentEvent]
    total: int
    """How many events all pages have together."""
    next: str | None
    """The event id to pass as `after` for the next page. None on the last page."""
    surplus: int = 0
    """How many further events are stored beyond the limit of one incident. They are on no page and change no clock."""


def latest_clocks(clocks: Sequence[Clock], most: int) -> list[Clock]:
    """Return at most `most` of the clocks, in the order given.

    If there are more clocks, ended clocks are left out first, beginning with the one that started earliest. Open clocks
    are left out only if there are more than `most` open clocks.
    """
    if len(clocks) <= most:
        return list(clocks)
    newest = sorted(clocks, key=lambda clock: (clock.state.open, clock.started_at), reverse=True)[:most]
    chosen = {clock.id for clock in newest}
    return [clock for clock in clocks if clock.id in chosen]


def incident_json(
    incident: Incident,
    page: EventPage,
    rulebook: Rulebook,
    now: datetime,
    told: Mapping[ClockId, PublishedState] = MappingProxyType({}),
    seen: ContractView | None = None,
    rulebooks: Mapping[ClockId, Rulebook] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the JSON object of an incident: its state, its clocks and one page of its events.

    The object has at most 100 clocks. A rulebook holds plans, contracts and calendars.

    Args:
        rulebook: The rulebook by which the incident is judged.
        now: The instant for which urgencies, consumed times and waiting times are computed.
        told: Maps a clock's id to what has been published about the clock, such as a breach that a timer published
            after the last event.
        seen: The part of the incident that an API key of one contract may see. None means that the key is for all
            contracts.
        rulebooks: Maps a clock's id to its rulebook, for clocks that are judged by another rulebook.
    """
    until = None if seen is None else seen.until
    if seen is not None:
        incident, now = seen.of(incident), seen.as_of(now)
    contract = incident.contract
    zone = ZoneInfo(contract.zone)
    whole = incident_breakdown(incident, max(now, incident.opened_at))
    life = whole.by_party()
    return {
        "id": incident.id,
        "phase": incident.phase.value,
        "merged_into": incident.merged_into,
        "attributes": dict(incident.attributes),
        "priority": incident.priority,
        "contract": {
            "id": contract.id,
            "title": contract.title,
            "zone": contract.zone,
            "why": incident.match_reason.value,
        },
        "plan": incident.plan,
        "scope": incident.scope.value,
        "entitlement": incident.entitlement,
        "opened_at": rfc3339_or_none(incident.opened_at),
        "time_quality": incident.quality.value,
        "ended_at": rfc3339_or_none(incident.ended_at),
        "remarks": [
            {"kind": remark.kind.value, "text": remark.text} for remark in (*incident.remarks, *_overfull(page))
        ],
        "waiting_seconds": {party.value: life.get(party, TimeSums()).wall.total_seconds() for party in Party},
        "held": [
            {"assignee": held.assignee, "group": held.group, "line": held.line, "seconds": sums.wall.total_seconds()}
            for held, sums in whole.by_holder().items()
        ],
        "clocks": [
            clock_json(
                clock,
                zone,
                urgency(incident, clock, rulebook, now),
                told.get(clock.id),
                _consumed(clock, incident, rulebooks.get(clock.id, rulebook), now),
                until,
            )
            | hours_json(_hours(clock, incident, rulebook), clock, now)
            | {"breakdown": _breakdown(clock, incident, rulebooks.get(clock.id, rulebook), now)}
            for clock in latest_clocks(incident.clocks, MOST_CLOCKS)
        ],
        "clocks_total": len(incident.clocks),
        "events": [event_json(event) for event in page.events],
        "events_total": page.total,
        "events_complete": seen is None or seen.events_complete,
        "next": page.next,
        "catalogue": version_of(incident, rulebook),
        "until": rfc3339_or_none(until),
    }


def _overfull(page: EventPage) -> tuple[Remark, ...]:
    if not page.surplus:
        return ()
    text = Sentence.OVERFULL.filled(count=page.surplus)
    return (Remark(RemarkKind.OVERFULL, text),)


def clock_json(
    clock: Clock,
    zone: ZoneInfo,
    score: float,
    told: PublishedState | None,
    consumed: timedelta,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Return the JSON object of one clock, as the HTTP API shows it.

    Args:
        zone: The time zone of the field `due_local`.
        score: The clock's urgency now.
        told: What has been published about the clock, such as a breach that a timer published after the last event.
            None means that nothing has been published.
        consumed: The counted time so far.
        until: When the incident left the contract of the API key. The clock is then shown as of that instant, and
            `told` is ignored. None means that the incident has not left, or that the key is for all contracts.
    """
    if until is not None:
        return _clock_json(clock, zone, score, consumed, _passed(clock, until), [], until)
    # An ended clock is as its events have it: no timer of it has fired since.
    known = told if told is not None and clock.state.open and told.generation == clock.generation else None
    breached_at = clock.breached_at or (known.breached_at if known is not None else None)
    published = known.published_marks(clock) if known is not None else []
    return _clock_json(clock, zone, score, consumed, breached_at, published, None)


def _passed(clock: Clock, until: datetime) -> datetime | None:
    """The due instant of the generation in force that the clock had passed by then."""
    marks = (m for m in clock.marks if m.kind == BREACH and m.generation == clock.generation and m.at < until)
    return clock.breached_at or next((mark.at for mark in marks if mark.pending), None)


def _clock_json(
    clock: Clock,
    zone: ZoneInfo,
    score: float,
    consumed: timedelta,
    breached_at: datetime | None,
    published: list[PublishedMark],
    until: datetime | None,
) -> dict[str, Any]:
    return {
        "id": str(clock.id),
        "metric": clock.metric,
        "cycle": clock.cycle,
        "state": clock.state.value,
        "breached": breached_at is not None,
        "breached_at": rfc3339_or_none(breached_at),
        "priority": clock.priority,
        "target": target_text(clock.target.allowed),
        "clause": clock.target.clause,
        "coverage": clock.coverage,
        "generation": clock.generation,
        "started_at": rfc3339_or_none(clock.started_at),
        "due_at": rfc3339_or_none(clock.due_at),
        "due_local": _local(clock.due_at, zone),
        "original_due_at": rfc3339_or_none(clock.original_due_at),
        "stopped_at": rfc3339_or_none(clock.stopped_at),
        "withdrawn_at": rfc3339_or_none(clock.withdrawn_at),
        "earned_breaches": [rfc3339_or_none(each.at) for each in clock.earned],
        "consumed_seconds": consumed.total_seconds(),
        "exempt": clock.exempt,
        "agreed_by": clock.agreed_by,
        "urgency": score,
        "segments": [segment_json(segment) for segment in clock.segments[-MOST_SEGMENTS:]],
        "segments_total": len(clock.segments),
        "marks": [
            {
                "key": mark.key,
                "at": rfc3339_or_none(mark.at),
                "pending": mark.pending
                and not no_news(mark, published)
                and not (until is not None and mark.at < until),
            }
            for mark in clock.marks[-MOST_SEGMENTS:]
        ],
    }


def _hours(clock: Clock, incident: Incident, rulebook: Rulebook) -> Hours:
    calendar = calendar_of(clock, incident, rulebook)
    return Hours(hours_name(calendar), calendar, left_seconds(clock, calendar))


def _consumed(clock: Clock, incident: Incident, rulebook: Rulebook, now: datetime) -> timedelta:
    """Up to now; of a clock whose calendar does not reach so far, up to its last event."""
    if clock.state is not ClockState.RUNNING:
        return clock.consumed
    try:
        return consumed_until(clock, calendar_of(clock, incident, rulebook), now)
    except CalendarError:
        return clock.consumed


def _breakdown(clock: Clock, incident: Incident, rulebook: Rulebook, now: datetime) -> list[dict[str, Any]] | None:
    """Whose time the clock's was, up to now; None for a clock whose calendar does not reach so far."""
    try:
        found = clock_breakdown(clock, incident, calendar_of(clock, incident, rulebook), max(now, clock.started_at))
    except CalendarError:
        return None
    return [
        {
            "assignee": part.holder.assignee,
            "group": part.holder.group,
            "line": part.holder.line,
            "party": part.party.value,
            "wall_seconds": part.sums.wall.total_seconds(),
            "within_seconds": part.sums.within.total_seconds(),
            "counted_seconds": part.sums.counted.total_seconds(),
        }
        for part in found.parts
    ]


def segment_json(segment: Segment) -> dict[str, Any]:
    """Return a segment of a clock's life (a span in which it ran, or was paused for one reason) as JSON.

    `end` is null while the segment lasts.
    """
    return {
        "start": rfc3339_or_none(segment.start),
        "end": rfc3339_or_none(segment.end),
        "running": segment.running,
        "why": segment.why,
        "waiting_on": segment.waiting_on.value if segment.waiting_on else None,
    }


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which one clock counts time, with the time left if the clock is paused."""

    name: str
    """The name of the hours in published events. `wall` means wall-clock time, "" an unknown name."""
    calendar: Calendar | None
    """The calendar of the hours. None for wall-clock time, and if the catalogue has no calendar of that name."""
    left_seconds: float | None = None
    """The counted seconds left of a paused clock, negative once late. None if unknown, and for clocks that are not
    paused."""

    @classmethod
    def of(cls, row: Any, rulebook: Rulebook) -> Hours:
        """Return the hours in which a clock counts time.

        Args:
            row: The clock's row of `timer_clock`.
            rulebook: The plans, contracts and calendars by which the clock is judged.
        """
        context = row.context if isinstance(row.context, dict) else orjson.loads(row.context)
        name = context.get("hours", UNKNOWN)
        return cls(name, calendar_named(rulebook, row.contract, name), context.get("left_seconds"))


def hours_json(hours: Hours, clock: Any, now: datetime) -> dict[str, Any]:
    """Return the three keys of a clock's JSON object that depend on its hours and on `now`.

    - `counted_seconds`: the counted seconds left at `now`, negative once late. It is None if unknown, or if the clock
      has ended.
    - `outside_hours`: True if the clock runs and its hours are closed at `now`.
    - `opens_at`: when the hours open next, as RFC 3339 text. It is None if unknown, or if `outside_hours` is False.

    Args:
        hours: The hours in which the clock counts time.
        clock: Any object with `state` and `due_at`.
    """
    running = clock.state == ClockState.RUNNING
    here = opening_times(hours.calendar, now) if running else ALWAYS
    left = hours.left_seconds if clock.state == ClockState.PAUSED else None
    if running and clock.due_at is not None:
        counted = counted_span(hours.calendar, hours.name, now, clock.due_at).counted
        left = None if counted is None else counted.total_seconds()
    return {"counted_seconds": left, "outside_hours": not here.open, "opens_at": rfc3339_or_none(here.opens)}


def event_json(event: IncidentEvent) -> dict[str, Any]:
    """Return the JSON object of an event, with every field that is stored.

    The command `slad apply` reads such objects, to compute how clocks would be under other rules.
    """
    agreed = event.agreed
    return {
        "id": event.id,
        "kind": event.kind.value,
        "occurred_at": rfc3339_or_none(event.occurred_at),
        "received_at": rfc3339_or_none(event.received_at),
        "source": event.source,
        "quality": event.quality.value,
        "version": event.version,
        "actor": event.actor.value,
        "actor_name": event.actor_name,
        "actor_id": event.actor_id,
        "attributes": dict(event.attributes),
        "waiting_on": event.waiting_on.value if event.waiting_on else None,
        "agreed": None
        if agreed is None
        else {
            "metric": agreed.metric,
            "due_at": rfc3339_or_none(agreed.due_at),
            "agreed_by": agreed.agreed_by,
            "reason": agreed.reason,
            "moved_by_pauses": agreed.moved_by_pauses,
        },
        "merged_into": event.merged_into,
        "known_as": event.known_as,
        "said_as": event.said_as,
        "copy_of": event.copy_of,
        "carried_from": event.carried_from,
        "metrics": list(event.metrics),
        "score": event.score,
        "reason": event.reason,
        "warnings": list(event.warnings),
        "snapshot": None if event.snapshot is None else _snapshot_json(event.snapshot),
        "history": event.history,
    }


def _snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "at": rfc3339_or_none(snapshot.at),
        "created_at": rfc3339_or_none(snapshot.created_at),
        "phase": snapshot.phase.value if snapshot.phase else None,
        "waiting_on": snapshot.waiting_on.value if snapshot.waiting_on else None,
        "ended_at": rfc3339_or_none(snapshot.ended_at),
        "attributes": dict(snapshot.attributes),
        "version": snapshot.version,
        "before": dict(snapshot.before),
    }


def explained_json(
    name: str,
    incident: Incident | None,
    rulebook: Rulebook,
    at: datetime,
    language: str,
    metric: str,
    rulebooks: Mapping[ClockId, Rulebook] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the JSON body that explains how the clocks of an incident came to their due instants.

    At most 20 clocks are explained. If there are more, open clocks are preferred, and then the clocks that started
    last. A rulebook holds plans, contracts and calendars.

    Args:
        name: The incident's id.
        incident: The incident. None before the first event; there are no clocks then.
        rulebook: The rulebook by which the incident is judged.
        at: The instant as of which the clocks are explained.
        language: The language of the texts, such as `en`.
        metric: The metric of the clocks to explain. "" means clocks of all metrics.
        rulebooks: Maps a clock's id to its rulebook, for clocks that are judged by another rulebook.
    """
    asked = [clock for clock in incident.clocks if metric in ("", clock.metric)] if incident else []
    shown = latest_clocks(asked, MOST_EXPLAINED)
    explanations = [
        explain_clock(clock, incident, rulebooks.get(clock.id, rulebook), at) for clock in shown if incident is not None
    ]
    clocks = [
        as_dict(one) | {"text": render(one, language), "words": localized_dict(one, language)} for one in explanations
    ]
    words = words_for(language)
    text = "\n".join(clock["text"] for clock in clocks) or f"{words.no_clock.format(incident=name)}\n"
    remarks = [(one.kind.value, sentence_words(one.text, language)) for one in incident.remarks] if incident else []
    if remarks:
        english = words.language == "en"  # the kinds are names for programs
        lines = [f"  {kind}: {said}" if english else f"  {said}" for kind, said in remarks]
        text += "\n" + "\n".join([words.remarks, *lines]) + "\n"
    return {
        "incident": name,
        "at": rfc3339_or_none(at),
        "language": language,
        "spoken": tag_for(language),
        "clocks": clocks,
        "clocks_total": len(asked),
        "remarks": [{"kind": kind, "text": said} for kind, said in remarks],
        "remarks_title": words.remarks,
        "text": text,
    }


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return the JSON object of a preview: what would be due if an incident were opened.

    Metrics are sorted by due instant, the earliest first. Metrics without a due instant come last.
    """
    zone = ZoneInfo(preview.contract.zone)
    return {
        "contract": preview.contract.id,
        "why": preview.reason.value,
        "plan": preview.plan,
        "scope": preview.scope.value,
        "entitlement": preview.entitlement,
        "priority": preview.priority,
        "zone": preview.contract.zone,
        "opened_at": rfc3339_or_none(preview.opened_at.astimezone(zone)),
        "metrics": [_line_json(line, zone) for line in sorted(preview.lines, key=_soonest)],
        "remarks": [{"kind": remark.kind.value, "text": remark.text} for remark in preview.remarks],
    }


def _soonest(line: PreviewLine) -> tuple[bool, float]:
    """The most urgent first: of one incident with one priority that is the one due first."""
    return line.due_at is None, 0.0 if line.due_at is None else line.due_at.timestamp()


def _line_json(line: PreviewLine, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "metric": line.metric,
        "due_at": rfc3339_or_none(line.due_at.astimezone(zone)) if line.due_at else None,
        "due_at_utc": rfc3339_or_none(line.due_at),
        "target": target_text(line.target.allowed) if line.target else None,
        "coverage": line.coverage,
        "clause": line.target.clause if line.target else "",
        "row": line.target.line if line.target else "",
        "warnings": [
            {"key": warning.key, "at": rfc3339_or_none(warning.at.astimezone(zone))} for warning in line.warnings
        ],
        "conditional": line.conditional,
        "missing": line.missing,
    }


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    """In the contract's zone; in UTC at the ends of the calendar, which have no local time everywhere."""
    try:
        return None if at is None else rfc3339_or_none(at.astimezone(zone))
    except OverflowError:
        return rfc3339_or_none(at)
