"""The content of an incident's page, for the HTML and for its JSON form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import orjson
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.clock import PublishedFact, about_clock, reason_with_party
from sla_board.projection.incident import names_in
from sla_board.projection.store import envelope_of
from sla_board.shown import word
from sla_board.shown.alert import ShownAlert, alerts_of
from sla_board.shown.breaches import PlanReasons, ShownBreach, breaches_of_clocks
from sla_board.shown.breakdown import WhoseTime, read_whose_time
from sla_board.shown.history import spans_of, split_by_hours
from sla_board.shown.hours import HoursAt
from sla_board.shown.not_shown import Attempts, NotShown
from sla_board.shown.row import ClockRow, row_of
from sla_board.shown.share import IncidentShare, read_share
from sla_board.shown.timeline import Drawing, MarkKind, Point, TimelineRow, TimelineSpan, draw_timeline, split_overdue
from sla_domain.breach_reason import NO_RULES
from sla_domain.event import LINKING, IncidentEvent, TimeQuality
from sla_domain.fact import FactKind, PromiseMade, PromiseMoved
from sla_domain.fold.linked import happened_there
from sla_domain.ticket_key import ticket_key
from sla_platform.envelope import Envelope, Topic
from sla_platform.store.alias import incident_named
from sla_platform.wire import ClockFact, decode_clock_fact, decode_event

_Made = TypeVar("_Made")
LATE = timedelta(minutes=1)
_MOST_EVENTS = 500
_ENDED = (0.0, True, 0.0, "", 0)  # behind every `ClockRow.place` of an open clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPromise:
    """A clock of the incident with its history, such as the first promised due instant and the pauses."""

    row: ClockRow
    """The clock as of now."""
    original_due_at: datetime | None
    """The due instant that was promised first."""
    stopped_at: datetime | None
    """When the clock ended. None while it is open."""
    spans: tuple[TimelineSpan, ...]
    """The periods in which the clock ran, was outside its hours, paused or overdue, oldest first."""

    @property
    def moved(self) -> bool:
        """Return whether the clock's due instant differs from the instant that was promised first.

        The result is False while the clock is paused, because it has no due instant then.
        """
        return None not in (self.original_due_at, self.row.due_at) and self.original_due_at != self.row.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event of the incident: it happened at `at`, and slad received it at `received_at`."""

    at: datetime
    received_at: datetime
    kind: str
    """For example, `opened`."""
    who: str
    """A name, or else customer, staff or bot. "" if unknown."""
    details: Mapping[str, str]
    """Values that the event states, by name."""
    quality: TimeQuality
    """How reliable `at` is."""
    late: timedelta | None
    """The time from `at` to `received_at` if it is over a minute. Otherwise None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFact:
    """A fact that slad published about the incident, such as a breach."""

    at: datetime
    """When the fact became true."""
    noticed_at: datetime
    """When slad published the fact."""
    metric: str
    """The metric's title. "" for a fact without a metric."""
    what: str
    """For example, `breached` (of a clock) or `promise made` (of the incident)."""
    details: str
    """More in words, such as the due instant. "" without details."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFile:
    """The content of an incident's page, as far as the viewer may see it.

    The contract, plan and time zone are those of the newest clock. Without a clock, they are those of the newest fact.
    """

    id: str
    also_known_as: tuple[str, ...]
    """Its other ids: of before a move, and of other systems' tickets that are linked."""
    ticket: str
    title: str
    link: str
    """The link to the ticket. "" without a link."""
    phase: str
    """The state of the work, such as `waiting`."""
    priority: str
    customer: str
    contract: str
    plan: str
    zone: str
    """The time zone in which instants are shown."""
    opened_at: datetime | None
    """When the incident was opened. None if unknown."""
    attributes: Mapping[str, str]
    """What the events state, such as `product`, by name."""
    promises: tuple[ShownPromise, ...]
    """The clocks, open clocks first, the most urgent in front."""
    happenings: tuple[ShownEvent, ...]
    """The events."""
    sayings: tuple[ShownFact, ...]
    deliveries: Sequence[Any]  # records of board_delivery
    whose_time: WhoseTime
    breaches: tuple[ShownBreach, ...]
    alerts: tuple[ShownAlert, ...]
    drawing: Drawing | None
    """The timeline. None if there is nothing to draw."""
    not_shown: tuple[NotShown, ...]
    """Parts that cannot be shown because of an error."""
    until: datetime | None
    """When the incident left the viewer's contract. The page shows the incident as of that instant. None means that the
    incident has not left."""


class PartMaker:
    """Builds the parts of one incident's page: call `one` for a part, or `all` for several.

    No error is raised for a part that cannot be built. The part is added to the list `not_shown` instead.

    Args:
        attempts: Calls the functions that build parts, and logs errors.
    """

    def __init__(self, incident: str, attempts: Attempts) -> None:
        self._incident = incident
        self._attempts = attempts
        self.not_shown: list[NotShown] = []

    def one(self, part: str, id_: str, made: Callable[[], _Made]) -> _Made | None:
        """Call `made`, a function that builds a part of the page, and return the part.

        If `made` raises an error, the part is added to `not_shown`, and None is returned.

        Args:
            part: The kind of the part, such as `clock`.
            id_: The id among parts of this kind.
            made: Builds the part.
        """
        found = self._attempts.make(part, id_, self._incident, made)
        if isinstance(found, NotShown):
            self.not_shown.append(found)
            return None
        return found

    def all(self, part: str, each: Iterable[tuple[str, Callable[[], _Made]]]) -> list[_Made]:
        """Call several functions that each build a part of the page, and return the parts in order.

        If a function raises an error, its part is left out and added to `not_shown`.

        Args:
            part: The kind of the parts, such as `event`.
            each: Pairs of a part's id and the function that builds the part.
        """
        return [found for id_, made in each if (found := self.one(part, id_, made)) is not None]


async def read_incident(
    connection: AsyncConnection,
    incident: str,
    only_contract: str | None,
    hours: HoursAt,
    attempts: Attempts,
    reasons: PlanReasons = lambda _: NO_RULES,
) -> IncidentFile | None:
    """Return the content of an incident's page; None if the incident is unknown or hidden.

    If there are more than 500 events and published facts together, only the newest 500 are read.

    Args:
        incident: Any id of the incident.
        only_contract: The only contract that the viewer's key may see. None means all contracts.
        hours: Gives the instant "now" and the hours of clocks.
        attempts: Makes each part and logs errors.
    """
    incident = await incident_named(connection, tables.alias, incident)
    known = tables.incident.c
    record = (await connection.execute(select(tables.incident).where(known.id == incident))).one_or_none()
    clocks = await _about(connection, tables.clock, incident)
    if record is None and not clocks:
        return None
    kept = tables.event
    query = select(kept).where(kept.c.incident == incident).order_by(kept.c.position.desc()).limit(_MOST_EVENTS)
    events = [envelope_of(row) for row in (await connection.execute(query)).all()]
    making = PartMaker(incident, attempts)
    told = making.all("event", ((e.id, partial(decode_event, e)) for e in events if e.topic is Topic.INCIDENTS))
    happened = happened_there(sorted(told, key=lambda event: event.order))
    facts = making.all("fact", ((e.id, partial(_said, e)) for e in events if e.topic is Topic.CLOCKS))
    deliveries = await _about(connection, tables.delivery, incident)
    steps = await _about(connection, tables.alert, incident)
    part: IncidentShare | None = IncidentShare(record, clocks, happened, facts, deliveries, steps, None)
    if only_contract is not None:
        sent = (deliveries, steps)
        part = await read_share(connection, incident, only_contract, record, clocks, happened, facts, sent)
    if part is None:
        return None
    coarse = HoursAt(_coarse(hours.now), hours.calendars)
    whose = await read_whose_time(connection, incident, only_contract, part.until, coarse)
    own = [clock for clock in clocks if only_contract in (None, clock.contract)]
    breaches = await breaches_of_clocks(connection, own, reasons, hours, only_contract)
    return _file(incident, part, hours, making, whose, breaches)


def _said(envelope: Envelope) -> PublishedFact:
    return PublishedFact(envelope.id, decode_clock_fact(envelope))


async def _about(connection: AsyncConnection, table: Table, incident: str) -> list[Any]:
    query = select(table).where(table.c.incident == incident).order_by(table.c.id).limit(_MOST_EVENTS)
    return list((await connection.execute(query)).all())


def _file(
    incident: str,
    part: IncidentShare,
    hours: HoursAt,
    making: PartMaker,
    whose_time: WhoseTime,
    breaches: tuple[ShownBreach, ...],
) -> IncidentFile:
    record, clocks, facts = part.record, part.clocks, part.facts
    if part.until is not None and part.until < hours.now:
        hours = HoursAt(part.until, hours.calendars)
    now = hours.now
    newest = max(clocks, key=lambda clock: (clock.open, clock.cycle, str(clock.id)), default=None)
    # Of an incident without a clock, such as one that is promised nothing, the timer's newest fact says whose it is.
    latest = max((one for one in facts if one.fact.contract), key=lambda one: one.noticed, default=None)
    under = newest if newest is not None or latest is None else latest.fact
    zone = under.zone if under else "UTC"
    by_clock = _by_clock(facts)
    promises = _promises(clocks, by_clock, hours, making)
    attributes = {} if record is None else making.one("attributes", incident, partial(orjson.loads, record.attributes))
    names = tuple(names_in(part.happened))
    several = any(event.said_as is not None for event in part.happened)
    happenings = making.all("event", ((event.id, partial(_happening, event, several)) for event in part.happened))
    sayings = making.all(
        "fact", ((one.id, partial(_saying, one.fact)) for one in sorted(facts, key=lambda one: one.noticed))
    )
    drawing = making.one("drawing", incident, lambda: _drawing(promises, by_clock, now, zone))
    url = (record.url if record else "") or (newest.url if newest else "")
    return IncidentFile(
        id=incident,
        also_known_as=names,
        ticket=(record.ticket if record else "") or ticket_key(incident, url),
        title=(record.title if record else "") or (newest.title if newest else "") or incident,
        link=word.web_link(url),
        phase=record.phase if record else "unknown",
        priority=(newest.priority if newest else "") or (record.priority if record else ""),
        customer=(record.customer if record else "") or (newest.customer if newest else ""),
        contract=under.contract if under else "",
        plan=under.plan if under else "",
        zone=zone,
        opened_at=record.opened_at if record else None,
        attributes=attributes or {},
        promises=promises,
        happenings=tuple(happenings),
        sayings=tuple(sayings),
        deliveries=sorted(part.deliveries, key=lambda delivery: (delivery.at, delivery.id)),
        whose_time=whose_time,
        breaches=breaches,
        alerts=alerts_of(part.steps),
        until=part.until,
        drawing=drawing,
        not_shown=tuple(making.not_shown),
    )


def _coarse(now: datetime) -> datetime:
    """The drawing moves on every half minute, so that an incident on which nothing happens is not sent anew."""
    return now.replace(second=now.second // 30 * 30, microsecond=0)


def _by_clock(facts: Sequence[PublishedFact]) -> dict[str, list[PublishedFact]]:
    found: dict[str, list[PublishedFact]] = {}
    for one in facts:
        if about_clock(one.fact):
            found.setdefault(str(one.fact.clock), []).append(one)
    return found


def _promises(
    clocks: Sequence[Any], facts: Mapping[str, Sequence[PublishedFact]], hours: HoursAt, making: PartMaker
) -> tuple[ShownPromise, ...]:
    now = hours.now

    def promise(clock: Any) -> ShownPromise:
        spans = split_overdue(spans_of(facts.get(str(clock.id), [])), clock.breached_at or clock.due_at, now)
        return ShownPromise(
            row=row_of(clock, hours),
            original_due_at=clock.original_due_at,
            stopped_at=clock.stopped_at,
            spans=split_by_hours(spans, hours.look(clock.contract, clock.hours).calendar, _coarse(now)),
        )

    ordered = sorted(clocks, key=lambda clock: (clock.started_at or now, clock.metric, clock.cycle))
    made = making.all("clock", ((str(clock.id), partial(promise, clock)) for clock in ordered))
    # The open ones first, the most urgent of them; the sort keeps the order of their starts among the others.
    return tuple(sorted(made, key=lambda one: one.row.place(now) if one.row.state.open else _ENDED))


def _drawing(
    promises: Sequence[ShownPromise], facts: Mapping[str, Sequence[PublishedFact]], now: datetime, zone: str
) -> Drawing | None:
    return draw_timeline([_lane(promise, facts.get(promise.row.id, [])) for promise in promises], _coarse(now), zone)


def _lane(promise: ShownPromise, facts: Sequence[PublishedFact]) -> TimelineRow:
    row = promise.row
    points = [
        Point(MarkKind.WARNED, one.fact.at, f"warned at {word.threshold_text(one.fact.threshold)}")
        for one in facts
        if one.fact.kind is FactKind.CLOCK_WARNED and not one.fact.overtaken
    ]
    if row.breached_at is not None:
        points.append(Point(MarkKind.BREACHED, row.breached_at, "breached"))
    elif row.due_at is not None and row.state.open:
        points.append(Point(MarkKind.DUE, row.due_at, "due"))
    if promise.stopped_at is not None:
        points.append(Point(MarkKind.STOPPED, promise.stopped_at, row.word.text.lower()))
    return TimelineRow(
        f"{word.metric_title(row.metric)}{f' {row.cycle + 1}' if row.cycle else ''}", promise.spans, tuple(points)
    )


def _happening(event: IncidentEvent, several: bool) -> ShownEvent:
    """`several`: tickets of several systems tell of the incident, so that each event says which of them did."""
    details = dict(event.attributes)
    if event.waiting_on is not None:
        details["waiting on"] = event.waiting_on.value
    if event.agreed is not None:
        details[f"{event.agreed.metric} agreed"] = f"{word.utc_text(event.agreed.due_at)} with {event.agreed.agreed_by}"
    if event.merged_into is not None and event.kind not in LINKING:
        details["merged into"] = event.merged_into
    if event.known_as is not None:
        details["with" if event.kind in LINKING else "known as"] = event.known_as
    if several and event.kind not in LINKING and event.carried_from is None:
        details["said on"] = event.said_as or event.incident
    if event.carried_from is not None:
        details["on"] = event.carried_from
    if event.score is not None:
        details["score"] = str(event.score)
    if event.reason:
        details["reason"] = event.reason
    delay = event.received_at - event.occurred_at
    return ShownEvent(
        at=event.occurred_at,
        received_at=event.received_at,
        kind=event.kind.value,
        who=event.actor_name or (event.actor.value if event.actor.value != "unknown" else ""),
        details=details,
        quality=event.quality,
        late=delay if delay > LATE else None,
    )


_DETAILED = (
    FactKind.CLOCK_AMENDED,
    FactKind.PRIORITY_CORRECTED,
    FactKind.CLOCK_RETARGETED,
    FactKind.ESCALATION_MADE,
    FactKind.RATING_GIVEN,
    FactKind.DOWNGRADE_PROPOSED,
)


def _saying(fact: ClockFact) -> ShownFact:
    details = (
        [reason_with_party(fact)]
        if fact.kind in (FactKind.CLOCK_PAUSED, FactKind.CLOCK_CANCELLED, FactKind.PROMISE_NONE)
        else []
    )
    if fact.threshold:
        details.append(word.threshold_text(fact.threshold))
    if fact.due_at is not None:
        details.append(f"due {word.local_text(fact.due_at, fact.zone)}")
    if isinstance(body := fact.body, PromiseMade | PromiseMoved):
        dues = sorted(body.lines.items())
        details += [f"{word.metric_title(metric)} due {word.local_text(at, fact.zone)}" for metric, at in dues]
    if fact.is_history and fact.kind in (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED):
        details.append("no notification: history")
    if fact.kind in _DETAILED:
        details += [f"{key}: {value}" for key, value in sorted(fact.details.items()) if value]
    return ShownFact(
        at=fact.at,
        noticed_at=fact.fired_at or fact.at,
        metric=word.metric_title(fact.metric) if fact.metric else "",
        what=fact.kind.value.partition(".")[2] if fact.clock else fact.kind.value.replace(".", " "),
        details=", ".join(part for part in details if part),
    )
