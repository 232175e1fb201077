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

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class RemarkResponse(TimerResponse):
    """A remark on something odd about an incident, such as an unknown customer.

    The incident was accepted nevertheless.
    """

    kind: str
    """The remark's code."""
    text: str
    """The remark for people."""


class MatchedContractResponse(TimerResponse):
    """The contract that applies to the incident."""

    id: str
    title: str
    zone: str
    """The contract's time zone, such as `Europe/Berlin`."""
    why: str = Field(description="how the contract was found")


class SegmentResponse(TimerResponse):
    """A stretch of time in which a clock was running, or was paused for one reason."""

    start: InstantText
    end: InstantText | None
    """The end of the stretch. Null while the stretch lasts."""
    running: bool
    """Whether the clock was running. False for a pause."""
    why: str
    """The reason why the clock ran or was paused."""
    waiting_on: str | None = Field(description="during a pause: customer, vendor or other")


class MarkResponse(TimerResponse):
    """A mark of a clock: a warning or the breach, with the instant `at` at which it is published, once."""

    key: str = Field(description="<generation>/<threshold>")
    """The name of the mark, such as `0/warn-75` or `0/breach`. The number is the clock's target: 0 for the first
    target, 1 for the next, and so on."""
    at: InstantText
    pending: bool = Field(description="it lies ahead and has not been published")


class BreakdownPartResponse(TimerResponse):
    """How much of a clock's time passed with one assignee, group and support line, while one party had to act.

    The assignee, group and support line are those of the incident at that time, or "" if the ticket names none. The
    party is, for example, the customer.
    """

    assignee: str
    group: str
    line: str
    party: str = Field(description="own, customer, vendor, defect (at the vendor), other, or ended (till a reopening)")
    wall_seconds: float
    """The wall-clock time."""
    within_seconds: float
    """The time within the clock's hours."""
    counted_seconds: float
    """The time within the clock's hours that the clock consumed."""


class ClockResponse(TimerResponse):
    """One SLA clock: one measurement of one metric on an incident."""

    id: str
    metric: str
    cycle: int
    """The clock's number, from 0, among the incident's clocks of this metric."""
    state: str = Field(description="running, paused, met, missed or cancelled")
    breached: bool
    breached_at: InstantText | None
    """The due instant that was passed. Null if no due instant was passed."""
    priority: str
    target: str = Field(description="the allowed time in words")
    clause: str
    """The contract's clause that the target quotes."""
    coverage: str
    """The name of the hours that count."""
    generation: int = Field(description="counts the targets the clock has had, from 0")
    started_at: InstantText
    due_at: InstantText | None = Field(description="null while paused")
    due_local: InstantText | None = Field(description="in the contract's zone")
    original_due_at: InstantText | None = Field(description="the first promise of this cycle")
    stopped_at: InstantText | None
    """When the clock ended. Null while it is open."""
    withdrawn_at: InstantText | None = Field(description="when its target was no longer promised")
    earned_breaches: list[InstantText] = Field(description="breaches that stay on record though their target is gone")
    consumed_seconds: float
    """The counted time so far."""
    exempt: str = Field(description="why the verdict does not count; empty otherwise")
    agreed_by: str = Field(description="who agreed on another due date; empty otherwise")
    urgency: float = Field(description="severity × plan rank × time left; the higher, the sooner")
    segments: list[SegmentResponse] = Field(description="the latest 200")
    """The stretches of time in which the clock ran or was paused."""
    segments_total: int
    marks: list[MarkResponse] = Field(description="the latest 200")
    """Warnings and breaches, with their instants."""
    counted_seconds: float | None = Field(
        description="left in the hours in which the clock counts, negative once late; null where it is not known"
    )
    """The counted time left."""
    outside_hours: bool = Field(description="it runs and its hours are closed")
    opens_at: InstantText | None = Field(description="when they open again")
    breakdown: list[BreakdownPartResponse] | None = Field(
        description="whose time it was, up to now or to its end; the parts sum to the whole; null where it is not known"
    )


class AgreedTargetResponse(TimerResponse):
    """A due date that the parties agreed on instead of the plan's target (clause B5, docs/clauses.md)."""

    metric: str
    due_at: InstantText
    agreed_by: str
    reason: str
    moved_by_pauses: bool
    """Whether pauses move the due date."""


class SnapshotResponse(TimerResponse):
    """The state of the whole ticket at the instant `at`, from one delivery of the ticketing system."""

    at: InstantText
    created_at: InstantText | None = Field(description="as the ticket states it, as is ended_at")
    phase: str | None = Field(description="null: not stated, or not understood")
    waiting_on: str | None
    """For whom the ticket waits."""
    ended_at: InstantText | None
    attributes: dict[str, str]
    """The value "" means that the ticket has no value; nothing is known about a missing name."""
    version: int
    """The sender's version. 0 means no version."""
    before: dict[str, str] = Field(description="what the delivery changed, as it was before")


class EventResponse(TimerResponse):
    """An event of the incident.

    Most fields matter only for a few kinds of event.
    """

    id: str
    kind: str
    occurred_at: InstantText
    received_at: InstantText
    """When slad received the event."""
    source: str
    quality: str = Field(description="of occurred_at: exact, object_updated or receipt")
    """How reliable `occurred_at` is. From the best: exact, doubtful, object_updated (the ticket's last change) or
    receipt."""
    version: int
    """The sender's version, which orders events of the same instant. 0 means no version."""
    actor: str
    """The author's side: customer, staff, bot or unknown."""
    actor_name: str
    actor_id: str = Field(description="account of the author, where it is asked whether that is the reporter")
    """The author's account, if the author may be the reporter. Otherwise ""."""
    attributes: dict[str, str]
    """What the event states about the incident."""
    waiting_on: str | None
    """For whom the incident waits after the event."""
    agreed: AgreedTargetResponse | None
    """A due date agreed on."""
    merged_into: str | None
    """The incident that continues this one."""
    known_as: str | None
    """Another id of the incident. For `linked` and `unlinked`, the other system's ticket."""
    said_as: str | None
    """The linked ticket from which the event came. Null if it came from the incident's own ticket."""
    copy_of: str | None
    """The id of the event of which this is a copy, made when tickets were linked or unlinked."""
    carried_from: str | None
    """The id of the merged incident from which the event was copied. Null for other events."""
    metrics: list[str]
    """The metrics that an exemption concerns. Empty means all."""
    score: int | None
    """The customer's rating."""
    reason: str
    warnings: list[str]
    """What could not be understood."""
    snapshot: SnapshotResponse | None = Field(
        description="null as well for a key of one contract where the incident has been under another"
    )
    """The state of the whole ticket at that time."""
    history: bool = Field(description="stated by an import; nobody is notified of what followed from it")


class HeldResponse(TimerResponse):
    """How long the incident was assigned to one person, in one group, on one support line.

    A name is "" if the ticket had none.
    """

    assignee: str
    group: str
    line: str
    seconds: float = Field(description="wall time up to now or to the end of the incident")


class IncidentResponse(TimerResponse):
    """An incident as computed from its events, with its clocks and one page of the events."""

    id: str
    phase: str = Field(description="open, waiting, resolved, closed, cancelled or merged")
    merged_into: str | None
    """The incident that continues this one. Null if no incident does."""
    attributes: dict[str, str]
    priority: str
    contract: MatchedContractResponse
    plan: str
    """The id of the plan whose targets apply."""
    scope: str
    """Whether the contract covers the incident's product, in words."""
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    opened_at: InstantText
    time_quality: str
    """How reliable the times of the events are: the worst `quality` of any event."""
    ended_at: InstantText | None
    remarks: list[RemarkResponse]
    waiting_seconds: dict[str, float] = Field(
        description="by whom it waited on: own, customer, vendor, defect, other, and ended (till a reopening)"
    )
    held: list[HeldResponse] = Field(description="the first holder first; clause B9 of docs/clauses.md")
    """Who had the incident, and for how long."""
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
    """Other ids of the incident."""


class OpenClockResponse(TimerResponse):
    """A running or paused clock in the list of open clocks."""

    id: str
    incident: str
    contract: str
    metric: str
    cycle: int
    """The clock's number, from 0, among the incident's clocks of this metric."""
    priority: str
    state: str = Field(description="running or paused")
    generation: int
    """The number of the clock's target: 0 for the first target, 1 for the next, and so on."""
    started_at: InstantText
    due_at: InstantText | None = Field(description="null while paused")
    breached: bool
    breached_at: InstantText | None
    """The due instant that was passed. Null if no due instant was passed."""
    urgency: float = Field(description="severity × plan rank × time left; the higher, the sooner")
    counted_seconds: float | None
    """The counted time left, negative once late. Null if unknown."""
    outside_hours: bool
    """Whether the clock runs while its hours are closed."""
    opens_at: InstantText | None
    """When the hours open next. Null if unknown, or if `outside_hours` is false."""


class OpenClocksResponse(TimerResponse):
    """A page of open clocks, the most urgent first."""

    clocks: list[OpenClockResponse]
    next: str | None = Field(description="pass as `after` for the next page; null at the end")


class PreviewedWarningResponse(TimerResponse):
    """A warning that would be given at the instant `at`."""

    key: str
    """The warning's threshold, such as `warn-75`."""
    at: InstantText


class PreviewedMetricResponse(TimerResponse):
    """A metric that would be measured if an incident were opened, with its due instant."""

    metric: str
    due_at: InstantText | None = Field(description="in the contract's zone")
    due_at_utc: InstantText | None
    target: str | None = Field(description="the allowed time in words")
    coverage: str
    """The name of the hours that count."""
    clause: str
    """The contract's clause that the target quotes."""
    row: str = Field(description="where the target stands in the catalogue")
    """The target's place in the catalogue, as `<file>:<line>`."""
    warnings: list[PreviewedWarningResponse]
    """Warnings before the due instant."""
    conditional: bool
    """Whether a later event starts the clock. `due_at` assumes that this event came with the opening."""
    missing: str = Field(description="why there is no due instant; empty otherwise")


class DeadlinesResponse(TimerResponse):
    """What would be due if an incident were opened.

    The metric that is due first comes first.
    """

    contract: str
    """The contract's id."""
    why: str
    """How the contract was found, in words."""
    plan: str
    """The plan's id."""
    scope: str
    """Whether the contract covers the product, in words."""
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    priority: str
    zone: str
    """The contract's time zone."""
    opened_at: InstantText
    metrics: list[PreviewedMetricResponse]
    remarks: list[RemarkResponse]
    """What is odd about the question."""
