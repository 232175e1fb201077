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
    model_config = ConfigDict(frozen=True)


class ClockAnswer(_Answer):
    """A clock in the board's list or on the page of its incident.

    A clock is the time that runs against one target of an incident. Texts that do not apply are "".

    - `cycle`: the clock's number, from 0, among the incident's clocks of this metric.
    - `title`, `url`, `customer`: of the incident.
    - `contract`, `plan`, `priority`, `metric`: names in the catalogue.
    - `provisional`: the breach was published before all earlier events were read, and may be taken back.
    - `started_at`: null if not started. `breached_at`: null if not breached.
    - `zone`: the contract's time zone.
    """

    id: str
    incident: str
    ticket: str = Field(description="the name people use, such as SUP-77 or acme/shop#12")
    title: str
    url: str = Field(description="of the ticket; empty unless http or https")
    customer: str
    contract: str
    plan: str
    priority: str
    metric: str
    cycle: int
    state: str = Field(description="running, paused, met, missed or cancelled")
    condition: str = Field(
        description="running, warned, outside, breached or paused: what the board's state column says"
    )
    bucket: str = Field(description="breached, soon (15 counted minutes), hour, today, later, outside or paused")
    urgency: float = Field(description="severity, plan rank and time left as one score; the higher is served first")
    breached: bool
    paused: bool
    provisional: bool
    why: str = Field(description="of a pause: waiting on whom")
    answer: str = Field(description="whether the breach is acknowledged, and by whom")
    goal: str = Field(description="the target in words")
    started_at: datetime | None
    due_at: datetime | None = Field(description="null while paused")
    breached_at: datetime | None
    zone: str
    counted_seconds: float | None = Field(
        description="left in the hours in which the clock counts, negative once late; null where they are not known, "
        "or nothing is counted"
    )
    outside_hours: bool = Field(description="it runs and its hours are closed: counted time stands still")
    opens_at: datetime | None = Field(description="when they open again")
    remaining_seconds: float | None = Field(description="by the wall clock; negative once past due")


class NotShownAnswer(_Answer):
    """A part of an incident's page, or a clock of the board, that failed with an error.

    `part`: the kind of part. `id`: the id among parts of this kind. `incident`: the incident of the part. `error`:
    the name of the error's class; the log has more.
    """

    part: str = Field(description="row, event, fact, clock, drawing or attributes")
    id: str
    incident: str
    error: str


class BoardClocks(_Answer):
    """The board's list: the open clocks that match the caller's filter, in order, up to a limit.

    `total`: how many clocks match in all buckets (how soon clocks are due). `buckets`: bucket, such as `soon` -> how
    many of `total` are in the bucket.
    """

    now: datetime
    total: int
    open: int = Field(description="all open clocks the key may see")
    buckets: Mapping[str, int]
    clocks: tuple[ClockAnswer, ...]
    next: str | None = Field(description="pass as `cursor` for the next page; null at the end")
    not_shown: tuple[NotShownAnswer, ...] = Field(description="clocks that cannot be shown; see the log")


class SpanAnswer(_Answer):
    """A period of a clock's timeline in which the clock was in one condition, `kind`.

    `end`: null while the period lasts. `why`: for whom a pause waits, or why the hours are closed; otherwise "".
    """

    kind: str = Field(description="running, outside (its hours are closed), paused or overdue")
    start: datetime
    end: datetime | None
    why: str


class PromiseAnswer(_Answer):
    """A clock of an incident, with its history (`spans`).

    `original_due_at`: the due instant that was promised first. `stopped_at`: null while the clock is open. `spans`:
    the periods in which the clock ran, was outside its hours, paused or overdue, the oldest first.
    """

    clock: ClockAnswer
    original_due_at: datetime | None
    stopped_at: datetime | None
    spans: tuple[SpanAnswer, ...]


class EventAnswer(_Answer):
    """An event of an incident: what happened, when, and when slad received the event.

    - `kind`: such as `opened`.
    - `quality`: how reliable `occurred_at` is: `exact`; `doubtful` (an ambiguous local time, or in conflict with
      other events); `object_updated` (the time of the ticket's last change); or `receipt` (when slad received the
      event).
    - `late_seconds`: null if not late.
    - `who`: a name, or customer, staff or bot; "" if unknown.
    - `details`: attributes and other values that the event states, by name.
    """

    kind: str
    occurred_at: datetime
    received_at: datetime
    quality: str
    late_seconds: float | None = Field(description="when it reached slad more than a minute after the fact")
    who: str
    details: Mapping[str, str]


class DeliveryAnswer(_Answer):
    """A notification to one recipient by one channel, as slad last published it.

    - `channel`: the kind of channel, such as `email`.
    - `reason`: why this person is notified.
    - `state`: queued, sending, retrying, sent, failed, cancelled or undeliverable. `at`: the start of this state.
    - `attempts`: how many attempts were made.
    - `possibly_duplicate`: an earlier attempt may have arrived.
    - `due_at`: the instant of the reported event, such as a breach; null if none is stated.
    - `error`: of the last attempt, "" for none.
    """

    id: str
    recipient: str
    channel: str
    reason: str
    state: str
    attempts: int
    possibly_duplicate: bool
    at: datetime
    due_at: datetime | None
    error: str


class AlertAnswer(_Answer):
    """An alert of an incident, with what happened since the alert was opened last.

    An alert is the escalation about one breached clock. `level`: the highest level reached, such as `level 2`; ""
    for none. `close_reason`: such as `met`. For what has not happened, instants are null and texts are "".
    """

    id: str
    state: str = Field(description="open, acknowledged or closed")
    opened_at: datetime
    level: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    closed_at: datetime | None
    close_reason: str


class BreakdownPartAnswer(_Answer):
    """The part of an incident's or clock's time for which one holder had it, while it was on the side of one party.

    A name of the holder is "" where none was stated.
    """

    assignee: str
    group: str
    line: str
    party: str = Field(description="own, customer, vendor, defect (at the vendor), other, or ended (till a reopening)")
    wall_seconds: float
    within_seconds: float | None = Field(description="within the clock's hours; null where they are not known")
    counted_seconds: float | None = Field(description="consumed by the clock; of an incident: on the support's side")


class BreakdownAnswer(_Answer):
    """Whose time an incident (`clock` and `metric` are "") or one of its clocks was; the parts sum to the whole."""

    clock: str
    metric: str
    cycle: int
    parts: tuple[BreakdownPartAnswer, ...]


class WhoseTimeAnswer(_Answer):
    """The breakdowns of an incident and of its clocks, by holder and party, up to now.

    `incident`: null until it has been computed for the first time.
    """

    behind: bool = Field(description="something has come in that is not counted here yet: read it again in a second")
    incident: BreakdownAnswer | None
    clocks: tuple[BreakdownAnswer, ...]


class BreachReasonAnswer(_Answer):
    """What somebody said was the reason of a breach. `code`: one of those that the plan offers."""

    code: str
    text: str
    by: str
    at: datetime


class IncidentBreachAnswer(_Answer):
    """A breach of one of the incident's clocks, with what was said of it, the reason in force last.

    `exempt`: the clock counts in no attainment, so that nobody asks for a reason. `reason_required`: the plan wants one
    before a period is frozen.
    """

    clock: str
    metric: str
    cycle: int
    breached_at: datetime
    exempt: bool
    reason_required: bool
    reasons: tuple[BreachReasonAnswer, ...]


class IncidentAnswer(_Answer):
    """The content of an incident's page, as far as the caller's API key may see it.

    - `url`: of the ticket, "" for none.
    - `phase`: the state of the work, such as `waiting`.
    - `contract`, `plan`, `zone` (time zone): of the newest clock; without a clock, of the newest fact.
    - `opened_at`: null if unknown.
    - `attributes`: what the events state, such as `product`, by name.
    - `promises`: the clocks. `events`: what the senders reported. `deliveries`: the notifications.
    """

    now: datetime
    id: str
    ticket: str = Field(description="the name people use, such as SUP-77 or acme/shop#12")
    title: str
    url: str
    phase: str
    priority: str
    customer: str
    contract: str
    plan: str
    zone: str
    opened_at: datetime | None
    attributes: Mapping[str, str]
    promises: tuple[PromiseAnswer, ...]
    events: tuple[EventAnswer, ...]
    deliveries: tuple[DeliveryAnswer, ...]
    alerts: tuple[AlertAnswer, ...]
    whose_time: WhoseTimeAnswer
    breaches: tuple[IncidentBreachAnswer, ...] = Field(description="promises that were broken, and why; oldest first")
    until: datetime | None = Field(description="when it left the key's contract: all of this is as it stood then")
    not_shown: tuple[NotShownAnswer, ...] = Field(description="what cannot be shown; see the log")


def clocks_answer(queue: Queue, attempts: Attempts) -> BoardClocks:
    """Return the board's list (`queue`) as its JSON model.

    `attempts`: makes each clock, and logs errors. A clock that cannot be shown is in `not_shown` instead of
    `clocks`.
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

    `now`: the instant for which urgency and time left are computed.
    """
    return IncidentAnswer(
        now=now,
        id=file.id,
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
    """Return the parts of a breakdown as their JSON models. `counted`: whether it is known how much of it counted."""
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
