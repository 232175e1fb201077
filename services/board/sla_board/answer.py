"""The JSON forms of the board's pages, as documented models. Instants are RFC 3339 UTC, spans are seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sla_board.page.render import remaining_seconds
from sla_board.shown.breakdown import ShownBreakdown
from sla_board.shown.incident import IncidentFile
from sla_board.shown.not_shown import Attempts, NotShown
from sla_board.shown.queue import Queue
from sla_board.shown.row import ClockRow, row_of
from sla_domain.breakdown import Breakdown


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class ClockAnswer(_Answer):
    """A clock in the board's list or on the page of its incident.

    A clock is the time that runs against one target of an incident. Texts that do not apply are "".
    """

    id: str
    incident: str
    ticket: str = Field(description="the name people use, such as SUP-77 or acme/shop#12")
    title: str
    """The title of the incident."""
    url: str = Field(description="of the ticket; empty unless http or https")
    """The address of the incident's ticket."""
    customer: str
    """The customer of the incident."""
    contract: str
    """The contract's name in the catalogue."""
    plan: str
    """The plan's name in the catalogue."""
    priority: str
    """The priority's name in the catalogue."""
    metric: str
    """The metric's name in the catalogue."""
    cycle: int
    """The clock's number, from 0, among the incident's clocks of this metric."""
    state: str = Field(description="running, paused, met, missed or cancelled")
    condition: str = Field(
        description="running, warned, outside, breached or paused: what the board's state column says"
    )
    bucket: str = Field(description="breached, soon (15 counted minutes), hour, today, later, outside or paused")
    urgency: float = Field(description="severity, plan rank and time left as one score; the higher is served first")
    breached: bool
    paused: bool
    provisional: bool
    """Whether the breach was published before all earlier events were read. Such a breach may be taken back."""
    why: str = Field(description="of a pause: waiting on whom")
    answer: str = Field(description="whether the breach is acknowledged, and by whom")
    goal: str = Field(description="the target in words")
    started_at: datetime | None
    """When the clock started. Null if it has not started."""
    due_at: datetime | None = Field(description="null while paused")
    breached_at: datetime | None
    """When the clock was breached. Null if it is not breached."""
    zone: str
    """The contract's time zone."""
    counted_seconds: float | None = Field(
        description="left in the hours in which the clock counts, negative once late; null where they are not known, "
        "or nothing is counted"
    )
    outside_hours: bool = Field(description="it runs and its hours are closed: counted time stands still")
    opens_at: datetime | None = Field(description="when they open again")
    remaining_seconds: float | None = Field(description="by the wall clock; negative once past due")


class NotShownAnswer(_Answer):
    """A part of an incident's page, or a clock in the board's list, that cannot be shown because of an error."""

    part: str = Field(description="row, event, fact, clock, drawing or attributes")
    id: str
    """The id among parts of this kind."""
    incident: str
    """The incident of the part."""
    error: str
    """The name of the error's class. The log has more."""


class BoardClocks(_Answer):
    """A page of the board's list of open clocks that match the caller's filter.

    The clocks are in the requested order. Their number is at most the requested limit.
    """

    now: datetime
    total: int
    """How many clocks match in all buckets (how soon clocks are due)."""
    open: int = Field(description="all open clocks the key may see")
    buckets: Mapping[str, int]
    """Maps a bucket, such as `soon`, to how many of `total` are in it."""
    clocks: tuple[ClockAnswer, ...]
    next: str | None = Field(description="pass as `cursor` for the next page; null at the end")
    not_shown: tuple[NotShownAnswer, ...] = Field(description="clocks that cannot be shown; see the log")


class SpanAnswer(_Answer):
    """A period in which a clock was in one condition (`kind`), such as running or paused."""

    kind: str = Field(description="running, outside (its hours are closed), paused or overdue")
    start: datetime
    end: datetime | None
    """The end of the period. Null while the period lasts."""
    why: str
    """For whom a pause waits, or why the hours are closed. Otherwise ""."""


class PromiseAnswer(_Answer):
    """A clock of an incident, with the periods in which the clock ran or was paused (`spans`)."""

    clock: ClockAnswer
    original_due_at: datetime | None
    """The due instant that was promised first."""
    stopped_at: datetime | None
    """When the clock ended. Null while it is open."""
    spans: tuple[SpanAnswer, ...]
    """The periods in which the clock ran, was outside its hours, paused or overdue, the oldest first."""


class EventAnswer(_Answer):
    """An event of an incident: what happened, when, and when slad received the event."""

    kind: str
    """For example, `opened`."""
    occurred_at: datetime
    received_at: datetime
    quality: str
    """How reliable `occurred_at` is: `exact`; `doubtful` (an ambiguous local time, or in conflict with other events);
    `object_updated` (the time of the ticket's last change); or `receipt` (when slad received the event)."""
    late_seconds: float | None = Field(description="when it reached slad more than a minute after the fact")
    """The time from the event to its receipt, in seconds. Null if not late."""
    who: str
    """A name, or customer, staff or bot. "" if unknown."""
    details: Mapping[str, str]
    """Attributes and other values that the event states, by name."""


class DeliveryAnswer(_Answer):
    """A notification to one recipient by one channel, in the state that slad last published."""

    id: str
    recipient: str
    channel: str
    """The kind of channel, such as `email`."""
    reason: str
    """Why this person is notified."""
    state: str
    """Held, queued, sending, retrying, sent, failed, cancelled or undeliverable."""
    held_until: datetime | None
    """The end of the recipient's quiet hours, until which the message waits. Null if it does not wait."""
    attempts: int
    """How many attempts were made."""
    possibly_duplicate: bool
    """Whether an earlier attempt may have arrived."""
    at: datetime
    """The start of the state."""
    due_at: datetime | None
    """The instant of the reported event, such as a breach. Null if no instant is stated."""
    error: str
    """The error of the last attempt. "" without an error."""


class AlertAnswer(_Answer):
    """An alert of an incident, with what happened since the alert last opened.

    An alert is the escalation about one breached clock. Instants of things that have not happened, such as an
    acknowledgement, are null. Their texts are "".
    """

    id: str
    state: str = Field(description="open, acknowledged or closed")
    opened_at: datetime
    level: str
    """The highest level reached, such as `level 2`. "" if no level was reached."""
    acknowledged_at: datetime | None
    """Of the last acknowledgement, which has expired if the alert is open."""
    acknowledged_by: str
    snoozed_until: datetime | None
    """When the snoozed alert opens again; null if it is not snoozed."""
    passed_to: str
    """The person to whom the alert was passed; empty if to nobody, or once somebody has acknowledged it."""
    passed_by: str
    closed_at: datetime | None
    close_reason: str
    """For example, `met`."""


class BreakdownPartAnswer(_Answer):
    """The part of an incident's or clock's time that falls to one holder and one party.

    The holder is the assignee, group and support line that had the incident. A name that the ticket does not state is
    "". The party is the side that had to act during this time, such as the customer.
    """

    assignee: str
    group: str
    line: str
    party: str = Field(description="own, customer, vendor, defect (at the vendor), other, or ended (till a reopening)")
    wall_seconds: float
    within_seconds: float | None = Field(description="within the clock's hours; null where they are not known")
    counted_seconds: float | None = Field(description="consumed by the clock; of an incident: on the support's side")


class BreakdownAnswer(_Answer):
    """The time of an incident, or of one of its clocks, divided by holder and party.

    The holder is the assignee, group and support line that had the incident. The party is the side that had to act,
    such as the customer. The parts sum to the whole time. In the breakdown of the incident itself, `clock` and `metric`
    are "".
    """

    clock: str
    metric: str
    cycle: int
    parts: tuple[BreakdownPartAnswer, ...]


class WhoseTimeAnswer(_Answer):
    """The time of an incident and of its clocks up to now, each divided by holder and party.

    The holder is the assignee, group and support line that had the incident. The party is the side that had to act,
    such as the customer.
    """

    behind: bool = Field(description="something has come in that is not counted here yet: read it again in a second")
    incident: BreakdownAnswer | None
    """The time of the incident. Null until it has been computed for the first time."""
    clocks: tuple[BreakdownAnswer, ...]
    """The time of each clock."""


class BreachReasonAnswer(_Answer):
    """A reason that somebody stated for a breach."""

    code: str
    """The code of the reason, one of those that the plan offers."""
    text: str
    by: str
    at: datetime


class IncidentBreachAnswer(_Answer):
    """A breach of one of the incident's clocks, with the reasons stated for it."""

    clock: str
    metric: str
    cycle: int
    breached_at: datetime
    exempt: bool
    """Whether the clock is left out of attainment, so that no reason is needed."""
    reason_required: bool
    """Whether the plan requires a reason before the period is frozen."""
    reasons: tuple[BreachReasonAnswer, ...]
    """The stated reasons, the oldest first. The last one applies."""


class IncidentAnswer(_Answer):
    """The content of an incident's page, as far as the caller's API key may see it.

    The contract, plan and time zone are those of the newest clock. Without a clock, they are those of the
    newest fact (an event in which the timer service reports what happened).
    """

    now: datetime
    id: str
    also_known_as: tuple[str, ...]
    """Its other ids: of before a move, and of other systems' tickets that are linked."""
    ticket: str = Field(description="the name people use, such as SUP-77 or acme/shop#12")
    title: str
    url: str
    """The address of the ticket. "" if there is no address."""
    phase: str
    """The state of the work, such as `waiting`."""
    priority: str
    customer: str
    contract: str
    plan: str
    zone: str
    opened_at: datetime | None
    """When the incident was opened. Null if unknown."""
    attributes: Mapping[str, str]
    """What the events state, such as `product`, by name."""
    promises: tuple[PromiseAnswer, ...]
    """The clocks."""
    events: tuple[EventAnswer, ...]
    """What the senders reported."""
    deliveries: tuple[DeliveryAnswer, ...]
    """The notifications."""
    alerts: tuple[AlertAnswer, ...]
    whose_time: WhoseTimeAnswer
    breaches: tuple[IncidentBreachAnswer, ...] = Field(description="promises that were broken, and why; oldest first")
    until: datetime | None = Field(description="when it left the key's contract: all of this is as it stood then")
    not_shown: tuple[NotShownAnswer, ...] = Field(description="what cannot be shown; see the log")


def clocks_answer(queue: Queue, attempts: Attempts) -> BoardClocks:
    """Return the board's list (`queue`) as its JSON model.

    A clock that cannot be shown because of an error is listed in `not_shown` instead of `clocks`.

    Args:
        attempts: Object that builds each clock's part of the model, and logs errors.
    """

    def clock(record: Any) -> ClockAnswer | NotShown:
        id_ = str(record.id)
        return attempts.make(
            "row", id_, record.incident, lambda: _clock(row_of(record, queue.hours, queue.alerts.get(id_)), queue.now)
        )

    made = [clock(record) for record in queue.rows]
    return BoardClocks(
        now=queue.now,
        total=queue.total,
        open=queue.open_clocks,
        buckets={bucket.slug: count for bucket, count in queue.buckets.items()},
        clocks=tuple(one for one in made if isinstance(one, ClockAnswer)),
        next=None if queue.after is None else str(queue.after),
        not_shown=_not_shown(one for one in made if isinstance(one, NotShown)),
    )


def _not_shown(found: Iterable[NotShown]) -> tuple[NotShownAnswer, ...]:
    return tuple(NotShownAnswer.model_validate(one, from_attributes=True) for one in found)


def incident_answer(file: IncidentFile, now: datetime) -> IncidentAnswer:
    """Return the content of an incident's page (`file`) as its JSON model.

    Args:
        now: The instant for which urgency and time left are computed.
    """
    return IncidentAnswer(
        now=now,
        id=file.id,
        also_known_as=file.also_known_as,
        ticket=file.ticket,
        title=file.title,
        url=file.link,
        phase=file.phase,
        priority=file.priority,
        customer=file.customer,
        contract=file.contract,
        plan=file.plan,
        zone=file.zone,
        opened_at=file.opened_at,
        attributes=file.attributes,
        promises=tuple(
            PromiseAnswer(
                clock=_clock(promise.row, now),
                original_due_at=promise.original_due_at,
                stopped_at=promise.stopped_at,
                spans=tuple(
                    SpanAnswer(kind=span.kind.value, start=span.start, end=span.end, why=span.why)
                    for span in promise.spans
                ),
            )
            for promise in file.promises
        ),
        events=tuple(
            EventAnswer(
                kind=event.kind,
                occurred_at=event.at,
                received_at=event.received_at,
                quality=event.quality.value,
                late_seconds=event.late.total_seconds() if event.late else None,
                who=event.who,
                details=event.details,
            )
            for event in file.happenings
        ),
        deliveries=tuple(DeliveryAnswer.model_validate(record, from_attributes=True) for record in file.deliveries),
        alerts=tuple(AlertAnswer.model_validate(record, from_attributes=True) for record in file.alerts),
        whose_time=WhoseTimeAnswer(
            behind=file.whose_time.behind,
            incident=None if file.whose_time.incident is None else _breakdown(file.whose_time.incident),
            clocks=tuple(map(_breakdown, file.whose_time.clocks)),
        ),
        breaches=tuple(
            IncidentBreachAnswer(
                clock=str(one.clock),
                metric=one.metric,
                cycle=one.cycle,
                breached_at=one.breached_at,
                exempt=one.exempt,
                reason_required=one.required,
                reasons=tuple(
                    BreachReasonAnswer(code=said.code, text=said.text, by=said.by, at=said.at) for said in one.reasons
                ),
            )
            for one in file.breaches
        ),
        until=file.until,
        not_shown=_not_shown(file.not_shown),
    )


def _breakdown(shown: ShownBreakdown) -> BreakdownAnswer:
    parts = parts_answer(shown.known, counted=shown.counted)
    return BreakdownAnswer(clock=shown.clock, metric=shown.metric, cycle=shown.cycle, parts=parts)


def parts_answer(known: Breakdown, *, counted: bool) -> tuple[BreakdownPartAnswer, ...]:
    """Return the parts of a breakdown as their JSON models.

    A breakdown divides the time of an incident or clock by holder (assignee, group, support line) and party (who had to
    act).

    Args:
        known: The breakdown.
        counted: Whether it is known how much time was within the clock's service hours. If False, the parts have only
            wall-clock time.
    """
    return tuple(
        BreakdownPartAnswer(
            assignee=part.holder.assignee,
            group=part.holder.group,
            line=part.holder.line,
            party=part.party.value,
            wall_seconds=part.sums.wall.total_seconds(),
            within_seconds=part.sums.within.total_seconds() if counted else None,
            counted_seconds=part.sums.counted.total_seconds() if counted else None,
        )
        for part in known.parts
    )


def _clock(row: ClockRow, now: datetime) -> ClockAnswer:
    return ClockAnswer(
        id=row.id,
        incident=row.incident,
        ticket=row.ticket,
        title=row.title,
        url=row.link,
        customer=row.customer,
        contract=row.contract,
        plan=row.plan,
        priority=row.priority,
        metric=row.metric,
        cycle=row.cycle,
        state=row.state.value,
        condition=row.condition.value,
        bucket=row.bucket.slug,
        urgency=row.urgency(now),
        breached=row.breached_at is not None,
        paused=row.state.value == "paused",
        provisional=row.provisional,
        why=row.why,
        answer=row.answer,
        goal=row.allowed,
        started_at=row.started_at,
        due_at=row.due_at,
        breached_at=row.breached_at,
        zone=row.zone,
        counted_seconds=_counted(row, now),
        outside_hours=row.outside,
        opens_at=row.opens_at,
        remaining_seconds=remaining_seconds(row.due_at, now),
    )


def _counted(row: ClockRow, now: datetime) -> float | None:
    left = None if row.count is None or row.count.by_wall else row.count.left_at(now)
    return None if left is None else left.total_seconds()
