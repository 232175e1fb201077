"""The events that the entries of a source's map make of a delivery, and the ticket's state that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_catalogue.map_expression.node import is_true
from sla_catalogue.source_map import MapAct, MapEntry
from sla_domain.bounds import METRIC
from sla_domain.event import Actor, AgreedTarget, EventKind, IncidentId, Snapshot, TimeQuality
from sla_domain.same_as import SAME_AS
from sla_ingest.dialect.mapped_reading import MapReading
from sla_ingest.dialect.phase import EventStep, standing_of, transition_steps
from sla_ingest.dialect.port import ClaimedTime, DoesNotFit, EventDraft, RemarkNote, incident_id
from sla_ingest.dialect.speaker import SAID

ENDS = frozenset({EventKind.RESOLVED, EventKind.CLOSED, EventKind.CANCELLED})
"""The kinds of events that end the work on a ticket."""
_WORDS = frozenset({EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED, EventKind.COMMENTED})
# Which attributes events of a kind state; others state the ticket's by their snapshot.
_STATED: Mapping[EventKind, frozenset[str]] = {
    EventKind.ASSIGNED: frozenset({"assignee"}),
    EventKind.DESCRIBED: frozenset({"title", "description"}),
    EventKind.PRIORITY_CHANGED: frozenset({"priority"}),
    EventKind.DOWNGRADE_PROPOSED: frozenset({"priority"}),
    EventKind.DOWNGRADE_AGREED: frozenset({"priority"}),
}
_STATUS = frozenset({"status"})
_ALL = frozenset({EventKind.OPENED, EventKind.RECLASSIFIED})


def applying(reading: MapReading) -> list[tuple[int, MapEntry]]:
    """Return the entries under `when` in a source's map that apply to an event, each with its index from 0.

    A map says by JMESPath expressions how to read a source's deliveries. The result may be empty.

    Raises:
        MapFailed: A condition fails.
    """
    found: list[tuple[int, MapEntry]] = []
    for number, entry in enumerate(reading.map.entries):
        if entry.when is None or is_true(reading.evaluated(f"when[{number}]", entry.when)):
            found.append((number, entry))
            if not entry.go_on:
                break
    return found


def drafts_of(reading: MapReading, entry: MapEntry, at: ClaimedTime) -> list[EventDraft]:
    """Return the events that follow from a delivery by one entry of its source's map, as drafts (without ids).

    A map says by JMESPath expressions how to read a source's deliveries. There are no drafts if the entry says to
    ignore the delivery, and for a bot's comment or reply.

    Args:
        reading: The values that the map finds in the delivery.
        entry: The entry, which applies to the delivery.
        at: The time that the sender gives for the event.

    Raises:
        MapFailed: An expression fails.
        DoesNotFit: The event lacks a value that its kind needs.
    """
    if entry.means is MapAct.IGNORED:
        return []
    if isinstance(entry.means, MapAct):
        return [_drafted(reading, step, at, stated=_STATUS) for step in _steps(reading)]
    return [
        draft
        for draft in [_drafted(reading, EventStep(entry.means, entry.waiting_on), at)]
        if not (draft.kind in _WORDS and draft.actor is Actor.BOT)
    ]


def _steps(reading: MapReading) -> tuple[EventStep, ...]:
    """By the statuses before and after; a status that no table has changes nothing."""
    after, _ = reading.phase()
    if after is None:
        return (EventStep(EventKind.OBSERVED),)
    before = reading.text("status_before")
    return transition_steps(reading.source.phase_of(before) if before else None, after) or (
        EventStep(EventKind.OBSERVED),
    )


def _drafted(reading: MapReading, step: EventStep, at: ClaimedTime, stated: frozenset[str] = frozenset()) -> EventDraft:
    kind, who = step.kind, reading.speaker()
    remarks: tuple[RemarkNote, ...] = ()
    if kind in _WORDS:
        unsure = who.actor is Actor.UNKNOWN
        if not unsure:
            kind = SAID.get(who.actor, kind)
        elif kind is EventKind.RESPONDED and reading.source.only_staff:
            kind = EventKind.COMMENTED
        remarks = who.remarks if unsure and kind is EventKind.COMMENTED else ()
    attributes = dict(reading.attributes())
    # What the source looks up is read from every event: there may be no snapshot to carry it.
    wanted = _STATED.get(kind, frozenset()) | stated | reading.source.attributes.keys()
    if kind is EventKind.OPENED:
        attributes = {name: value for name, value in attributes.items() if value or name == SAME_AS}
    elif kind not in _ALL:
        attributes = {name: value for name, value in attributes.items() if name in wanted}
    if kind is EventKind.PRIORITY_CHANGED and "priority" not in attributes:
        raise DoesNotFit("an event priority_changed needs priority: its expression finds none")
    account = reading.text("actor")
    return EventDraft(
        kind=kind,
        stamp=at,
        actor=who.actor,
        actor_name=reading.text("actor_name") or account,
        attributes=attributes,
        waiting_on=step.waiting_on,
        agreed=_agreed(reading) if kind is EventKind.TARGET_AGREED else None,
        merged_into=_other(reading, "merged_into") if kind is EventKind.MERGED else None,
        known_as=_other(reading, "known_as") if kind is EventKind.RENAMED else None,
        metrics=_metrics(reading) if kind is EventKind.EXEMPTED else (),
        score=_score(reading) if kind is EventKind.RATED else None,
        reason=reading.text("reason"),
        remarks=remarks,
        unless_reporter=account if kind in _WORDS and who.actor is Actor.STAFF and _may_report(reading) else "",
    )


def _may_report(reading: MapReading) -> bool:
    """Whether the author may be the reporter: the map names none, and the catalogue does not list the author."""
    account = reading.text("actor")
    return bool(account) and not reading.stated("reporter") and not reading.source.is_staff(account)


def snapshot_of(reading: MapReading, at: ClaimedTime, received_at: datetime, *, dated_end: bool) -> Snapshot | None:
    """Return the ticket's state in a delivery; None if the source's map has neither status, labels nor priority.

    Args:
        reading: The values that the map finds in the delivery.
        at: The time that the sender gives for the event.
        received_at: The time of receipt, used if the sender gives no time.
        dated_end: Whether the ticket, if it has ended, ended at `at`. True for an event that is the end itself, and for
            a comment by staff, which may end the ticket too. If False, the time of an end is not known.

    Raises:
        MapFailed: An expression fails.
    """
    shown = any(reading.stated(name) for name in ("status", "labels", "priority"))
    if not shown:
        return None
    phase, _ = reading.phase()
    created = reading.time("created", TimeQuality.EXACT).at
    held = at.at or received_at
    return Snapshot(
        at=held,
        created_at=created,
        phase=None if phase is None else standing_of(phase),
        waiting_on=None if phase is None else phase.waiting_on,
        ended_at=at.at if dated_end else None,
        attributes=reading.attributes(),
        version=at.version,
    )


def with_remarks(drafts: list[EventDraft], reading: MapReading) -> list[EventDraft]:
    """Return the drafts, with remarks on unknown words added to the last draft.

    The words are the ticket's status, resolution and priority. A word is unknown if no table of the source explains it.
    Without drafts, the result is empty.
    """
    _, odd = reading.phase()
    _, prioritised = reading.priority()
    more = (*odd, *prioritised)
    return [*drafts[:-1], replace(drafts[-1], remarks=(*drafts[-1].remarks, *more))] if more and drafts else drafts


# -- what single kinds need


def _other(reading: MapReading, name: str) -> IncidentId:
    own = reading.identifier(name)
    if not own:
        raise DoesNotFit(f"{name} of the map finds no id of a ticket")
    return incident_id(reading.source.id, own)


def _score(reading: MapReading) -> int:
    found = reading.value("score")
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**31:
        raise DoesNotFit("score of the map finds no whole number from 0 on")
    return found


def _metrics(reading: MapReading) -> tuple[str, ...]:
    found = reading.value("metrics")
    names = found if isinstance(found, list) else [] if found is None else [found]
    if len(names) > 50 or not all(isinstance(name, str) and 0 < len(name) <= METRIC for name in names):
        raise DoesNotFit(f"metrics of the map finds no names of metrics of at most {METRIC} characters")
    return tuple(names)


def _agreed(reading: MapReading) -> AgreedTarget:
    due = reading.time("agreed_due_at", TimeQuality.EXACT).at
    metric, by = reading.text("agreed_metric"), reading.text("agreed_by")
    for name, value in (("agreed_due_at", due), ("agreed_metric", metric), ("agreed_by", by)):
        if not value:
            raise DoesNotFit(f"{name} of the map finds nothing, and an agreed due time needs it")
    assert due is not None
    if len(metric) > METRIC:
        raise DoesNotFit(f"the name of a metric has at most {METRIC} characters")
    return AgreedTarget(metric=metric, due_at=due, agreed_by=by, reason=reading.text("reason"))
