"""What the timer's routes answer, as documented models.

Instants are RFC 3339, UTC is written with `Z`. Spans are seconds. Explanations are in `explanation`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The text as it was written goes out; reading it as an instant and writing it anew could change its form.
InstantText = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class TimerResponse(BaseModel):
    """The base class of the response models of the timer's HTTP routes; instances cannot be changed."""

    model_config = ConfigDict(frozen=True)


class RemarkResponse(TimerResponse):
    """A remark on something odd about an incident, such as an unknown customer.

    The incident was accepted nevertheless. `kind`: a code. `text`: the remark for people.
    """

    kind: str
    text: str


class MatchedContractResponse(TimerResponse):
    """The contract that applies to the incident. `zone`: its time zone, such as `Europe/Berlin`."""

    id: str
    title: str
    zone: str
    why: str = Field(description="how the contract was found")


class SegmentResponse(TimerResponse):
    """A stretch of time in which a clock was running, or was paused for one reason.

    `end`: null while the stretch lasts. `running`: false for a pause. `why`: the reason.
    """

    start: InstantText
    end: InstantText | None
    running: bool
    why: str
    waiting_on: str | None = Field(description="during a pause: customer, vendor or other")


class MarkResponse(TimerResponse):
    """A mark of a clock: the instant `at` at which a warning or the breach is due.

    `key`: such as `0/warn-75` or `0/breach`. The number is the clock's target: 0 for the first target, 1 for the
    next, and so on.
    """

    key: str = Field(description="<generation>/<threshold>")
    at: InstantText
    pending: bool = Field(description="it lies ahead and has not been published")


class BreakdownPartResponse(TimerResponse):
    """The part of a clock's time for which one holder had the incident while it was on the side of one party.

    A name of the holder is "" where none was stated. `wall_seconds`: wall-clock time; `within_seconds`: the part of it
    within the clock's hours; `counted_seconds`: the part of that which the clock consumed.
    """

    assignee: str
    group: str
    line: str
    party: str = Field(description="own, customer, vendor, defect (at the vendor), other, or ended (till a reopening)")
    wall_seconds: float
    within_seconds: float
    counted_seconds: float


class ClockResponse(TimerResponse):
    """One SLA clock: one measurement of one metric on an incident.

    - `cycle`: the clock's number, from 0, among the incident's clocks of this metric.
    - `breached_at`: the due instant that was passed, null for none.
    - `clause`: the contract's clause that the target quotes.
    - `coverage`: the name of the hours that count.
    - `stopped_at`: when the clock ended, null while open.
    - `consumed_seconds`: the counted time so far. `counted_seconds`: the counted time left.
    - `segments`: the stretches of time in which the clock ran or was paused.
    - `marks`: warnings and breaches, with their instants.
    """

    id: str
    metric: str
    cycle: int
    state: str = Field(description="running, paused, met, missed or cancelled")
    breached: bool
    breached_at: InstantText | None
    priority: str
    target: str = Field(description="the allowed time in words")
    clause: str
    coverage: str
    generation: int = Field(description="counts the targets the clock has had, from 0")
    started_at: InstantText
    due_at: InstantText | None = Field(description="null while paused")
    due_local: InstantText | None = Field(description="in the contract's zone")
    original_due_at: InstantText | None = Field(description="the first promise of this cycle")
    stopped_at: InstantText | None
    withdrawn_at: InstantText | None = Field(description="when its target was no longer promised")
    earned_breaches: list[InstantText] = Field(description="breaches that stay on record though their target is gone")
    consumed_seconds: float
    exempt: str = Field(description="why the verdict does not count; empty otherwise")
    agreed_by: str = Field(description="who agreed on another due date; empty otherwise")
    urgency: float = Field(description="severity × plan rank × time left; the higher, the sooner")
    segments: list[SegmentResponse] = Field(description="the latest 200")
    segments_total: int
    marks: list[MarkResponse] = Field(description="the latest 200")
    counted_seconds: float | None = Field(
        description="left in the hours in which the clock counts, negative once late; null where it is not known"
    )
    outside_hours: bool = Field(description="it runs and its hours are closed")
    opens_at: InstantText | None = Field(description="when they open again")
    breakdown: list[BreakdownPartResponse] | None = Field(
        description="whose time it was, up to now or to its end; the parts sum to the whole; null where it is not known"
    )


class AgreedTargetResponse(TimerResponse):
    """A due date that the parties agreed on instead of the plan's target (clause B5, docs/clauses.md).

    `moved_by_pauses`: whether pauses move the due date.
    """

    metric: str
    due_at: InstantText
    agreed_by: str
    reason: str
    moved_by_pauses: bool


class SnapshotResponse(TimerResponse):
    """The state of the whole ticket at the instant `at`, from one delivery of the ticketing system.

    `waiting_on`: for whom the ticket waits. `attributes`: the value "" means that the ticket has no value; nothing
    is known about a missing name. `version`: the sender's version, 0 for none. `before`: the earlier values of what
    the delivery changed.
    """

    at: InstantText
    created_at: InstantText | None = Field(description="as the ticket states it, as is ended_at")
    phase: str | None = Field(description="null: not stated, or not understood")
    waiting_on: str | None
    ended_at: InstantText | None
    attributes: dict[str, str]
    version: int
    before: dict[str, str] = Field(description="what the delivery changed, as it was before")


class EventResponse(TimerResponse):
    """One thing that happened to the incident. Most fields matter only for a few kinds of event.

    - `received_at`: when slad received the event.
    - `quality`: how reliable `occurred_at` is, the best first: exact, doubtful, object_updated (the ticket's last
      change) or receipt.
    - `version`: the sender's version, which orders events of one instant; 0 for none.
    - `actor`: the author's side: customer, staff, bot or unknown.
    - `actor_id`: the author's account, if the author may be the reporter; otherwise "".
    - `attributes`: what the event states about the incident.
    - `waiting_on`: for whom the incident waits after the event.
    - `agreed`: a due date agreed on.
    - `merged_into`: the incident that continues this one.
    - `known_as`: another id of the incident.
    - `carried_from`: the id of the merged incident from which the event was copied; null for other events.
    - `metrics`: the metrics that an exemption concerns; empty: all.
    - `score`: the customer's rating.
    - `warnings`: what could not be understood.
    - `snapshot`: the state of the whole ticket at that time.
    """

    id: str
    kind: str
    occurred_at: InstantText
    received_at: InstantText
    source: str
    quality: str = Field(description="of occurred_at: exact, object_updated or receipt")
    version: int
    actor: str
    actor_name: str
    actor_id: str = Field(description="account of the author, where it is asked whether that is the reporter")
    attributes: dict[str, str]
    waiting_on: str | None
    agreed: AgreedTargetResponse | None
    merged_into: str | None
    known_as: str | None
    carried_from: str | None
    metrics: list[str]
    score: int | None
    reason: str
    warnings: list[str]
    snapshot: SnapshotResponse | None = Field(
        description="null as well for a key of one contract where the incident has been under another"
    )
    history: bool = Field(description="stated by an import; nobody is notified of what followed from it")


class HeldResponse(TimerResponse):
    """How long the incident was assigned to one person, in one group, on one support line.

    A name is "" if none was stated.
    """

    assignee: str
    group: str
    line: str
    seconds: float = Field(description="wall time up to now or to the end of the incident")


class IncidentResponse(TimerResponse):
    """An incident as computed from its events, with its clocks and one page of the events.

    - `merged_into`: the incident that continues this one; null for none.
    - `plan`: the id of the plan whose targets apply.
    - `scope`: whether the contract covers the incident's product, in words.
    - `time_quality`: how reliable the times of the events are: the worst `quality` of any event.
    - `remarks`: what is odd about the incident.
    - `waiting_seconds`: wall time, by whom the incident waited for. `own`: the remaining time.
    - `held`: who had the incident, and for how long.
    - `also_known_as`: other ids of the incident.
    """

    id: str
    phase: str = Field(description="open, waiting, resolved, closed, cancelled or merged")
    merged_into: str | None
    attributes: dict[str, str]
    priority: str
    contract: MatchedContractResponse
    plan: str
    scope: str
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    opened_at: InstantText
    time_quality: str
    ended_at: InstantText | None
    remarks: list[RemarkResponse]
    waiting_seconds: dict[str, float] = Field(
        description="by whom it waited on: own, customer, vendor, defect, other, and ended (till a reopening)"
    )
    held: list[HeldResponse] = Field(description="the first holder first; clause B9 of docs/clauses.md")
    clocks: list[ClockResponse] = Field(description="the open ones and the latest of the others, 100 at most")
    clocks_total: int
    events: list[EventResponse] = Field(description="a page, in the order in which they occurred")
    events_total: int
    events_complete: bool = Field(
        description="the pages hold every event by which the incident is judged; false where this key may not see some"
    )
    next: str | None = Field(description="pass as `after` for the next page of events; null at the end")
    catalogue: str = Field(description="the version by whose rules it is judged")
    until: InstantText | None = Field(description="when the incident left the key's contract; null while it is there")
    also_known_as: list[str]


class OpenClockResponse(TimerResponse):
    """A running or paused clock in the list of open clocks.

    - `cycle`: the clock's number, from 0, among the incident's clocks of this metric.
    - `generation`: 0 for the clock's first target, 1 for the next, and so on.
    - `breached_at`: the due instant that was passed, null for none.
    - `counted_seconds`: the counted time left, negative once late; null if unknown.
    - `outside_hours`: whether the clock runs while its hours are closed.
    - `opens_at`: when the hours open next; null if unknown, or if `outside_hours` is false.
    """

    id: str
    incident: str
    contract: str
    metric: str
    cycle: int
    priority: str
    state: str = Field(description="running or paused")
    generation: int
    started_at: InstantText
    due_at: InstantText | None = Field(description="null while paused")
    breached: bool
    breached_at: InstantText | None
    urgency: float = Field(description="severity × plan rank × time left; the higher, the sooner")
    counted_seconds: float | None
    outside_hours: bool
    opens_at: InstantText | None


class OpenClocksResponse(TimerResponse):
    """A page of open clocks, the most urgent first."""

    clocks: list[OpenClockResponse]
    next: str | None = Field(description="pass as `after` for the next page; null at the end")


class PreviewedWarningResponse(TimerResponse):
    """A warning that would be given at the instant `at`. `key`: its threshold, such as `warn-75`."""

    key: str
    at: InstantText


class PreviewedMetricResponse(TimerResponse):
    """A metric that would be measured if an incident were opened, with its due instant.

    - `coverage`: the name of the hours that count.
    - `clause`: the contract's clause that the target quotes.
    - `row`: the target's place in the catalogue, `<file>:<line>`.
    - `warnings`: warnings before the due instant.
    - `conditional`: whether a later event starts the clock; `due_at` assumes that this event came with the opening.
    """

    metric: str
    due_at: InstantText | None = Field(description="in the contract's zone")
    due_at_utc: InstantText | None
    target: str | None = Field(description="the allowed time in words")
    coverage: str
    clause: str
    row: str = Field(description="where the target stands in the catalogue")
    warnings: list[PreviewedWarningResponse]
    conditional: bool
    missing: str = Field(description="why there is no due instant; empty otherwise")


class DeadlinesResponse(TimerResponse):
    """What would be due if an incident were opened; the metric that is due first comes first.

    `contract`, `plan`: their ids. `why`: how the contract was found, in words. `scope`: whether the contract covers
    the product, in words. `zone`: the contract's time zone. `remarks`: what is odd about the question.
    """

    contract: str
    why: str
    plan: str
    scope: str
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    priority: str
    zone: str
    opened_at: InstantText
    metrics: list[PreviewedMetricResponse]
    remarks: list[RemarkResponse]
