"""What `GET /v1/incidents/{id}/explain` answers, as documented models.

UTC is written with `+00:00`, spans are seconds.
"""

from __future__ import annotations

from pydantic import Field

from sla_timer.api.model import InstantText, MarkResponse, RemarkResponse, TimerResponse

# A whole number of seconds, or one with the microseconds as decimals.
Seconds = int | float


class ReasonedChoiceResponse(TimerResponse):
    """The contract of an incident, and how the contract was found."""

    id: str
    """The contract's id."""
    reason: str
    """A code such as `customer` or `no_customer`."""
    text: str
    """The reason in words."""


class ScopedPlanResponse(TimerResponse):
    """The plan whose targets apply, and whether it covers the incident's product."""

    id: str
    """The plan's id."""
    scope: str
    """`in`, `out` or `excluded`."""
    text: str
    """The scope in words."""


class PassedOverResponse(TimerResponse):
    """An entitlement (one of several plans of a contract) that does not apply to the incident, and why."""

    entitlement: str
    reason: str
    """A code such as `product` or `begins`."""
    text: str
    """The reason in words."""


class ExplainedTargetResponse(TimerResponse):
    """The target of a clock: the time that the plan or contract allows."""

    allowed: str
    """The time in words."""
    coverage: str
    """The name of the hours that count."""
    coverage_titles: dict[str, str]
    """The title of these hours, by language."""
    zone: str
    """The time zone of these hours. For wall-clock time, the zone of the contract."""
    clause: str
    """The clause of the contract that the target quotes."""
    line: str
    """Where the target is defined, as `<file>:<line>` of the catalogue."""


class AgreementResponse(TimerResponse):
    """A person's decision that changes how a clock is judged.

    The decision is another due date, or an exemption from the verdict.
    """

    by: str
    """Who decided."""
    reason: str
    """Why the decision was taken."""


class StepResponse(TimerResponse):
    """A span of a clock's time, from `start` to `end`: whether it counts, and if not, why."""

    start: InstantText
    end: InstantText
    kind: str
    """`counted`, `outside_hours`, `holiday`, `closing` (an exceptional closing), `paused`, `ended` (until a reopening),
    `before_restart` (erased by a reset) or `earlier` (the oldest stretches, summed up)."""
    reason: str
    """Why the time does not count."""
    waiting_on: str | None
    """For whom a pause waited. Null for other stretches."""
    counted_seconds: Seconds
    """Counted time in this stretch."""
    total_seconds: Seconds
    """Counted time up to the end of the stretch."""
    credited_seconds: Seconds
    """By how much this pause moves a due date that was agreed on or is in working days."""
    ahead: bool = Field(description="it lies after the instant that was asked about")


class FailedConditionResponse(TimerResponse):
    """The first condition of a target that the incident does not fulfil.

    Because of this condition the target does not apply.
    """

    attribute: str
    """The attribute compared."""
    actual: str
    """The incident's value."""
    values: list[str]
    """The values in the condition."""
    negated: bool
    """Whether the condition demands that `actual` is none of `values`."""


class RowTriedResponse(TimerResponse):
    """A target of the plan or contract that was compared with the incident, and whether it matched."""

    clause: str
    """The clause that the target quotes."""
    line: str
    """Where the target is defined, as `<file>:<line>` of the catalogue."""
    allowed: str
    """The allowed time in words."""
    outcome: str
    """`matched`, `failed`, or `unspecified` (matched, but without a number)."""
    failed: FailedConditionResponse | None
    """The condition that the incident does not fulfil. Null if there is no such condition."""


class VersionsResponse(TimerResponse):
    """The versions of the data by which a clock was computed."""

    catalogue: str
    holidays: str
    tzdata: str
    """The version of the time zones."""
    calendar: str
    """The compiled calendar, as `<id>@<revision>`. "" for a clock in wall-clock time."""


class RowWordsResponse(TimerResponse):
    """A target that was compared with the incident, as text for people."""

    name: str
    """Which target was compared."""
    said: str
    """Whether the target matched, and if not, why."""


class StepWordsResponse(TimerResponse):
    """A span of a clock's time, as text for people."""

    when: str
    """The start and end of the stretch."""
    what: str
    """Whether the time counts, and if not, why."""
    counted: str
    """The counted time in the stretch. "" if no time counts."""
    total: str
    """The counted time up to the end of the stretch. "" if no time counts."""
    notes: list[str]
    """Further remarks, such as that the stretch lies ahead."""


class DefinitionResponse(TimerResponse):
    """How the plan defines the incident's priority, such as "production is down"."""

    language: str
    """The language of `text`."""
    text: str


class TimeLeftResponse(TimerResponse):
    """The texts for showing how much time is left, in one language.

    A page that counts down by itself puts the present time left into them.
    """

    form: str
    """The sentence, in which `{left}` stands for the time."""
    units: dict[str, str]
    """The words for "hour", "minute" and "second"."""


class WordsResponse(TimerResponse):
    """The explanation of one clock as text in one language, divided into parts.

    A page that has a layout of its own shows the parts where it wants.
    """

    language: str
    metric: str
    """The metric's title."""
    state: str
    """The state of the clock, in words."""
    basis: list[str]
    """Lines on contract, plan and target."""
    definition: DefinitionResponse | None
    """How the plan defines the priority. Null without a definition."""
    rows_title: str
    rows: list[RowWordsResponse]
    """The targets compared, under the heading `rows_title`."""
    time_title: str
    columns: list[str]
    steps: list[StepWordsResponse]
    """The clock's time as a table, with the heading `time_title` and the column heads `columns`."""
    sums: str
    """Counted and allowed time."""
    instants: list[str]
    """Lines on due instants and warnings."""
    grounds: list[str]
    """Lines on the versions used."""
    left: TimeLeftResponse | None
    """Words for a countdown. Null if only a date was agreed on."""


class ExplainedClockResponse(TimerResponse):
    """The explanation of one clock: its target, its time, and the targets compared."""

    incident: str
    clock: str
    metric: str
    cycle: int
    """The clock's number, from 0, among the incident's clocks of this metric."""
    at: InstantText
    """The requested instant."""
    state: str
    broken_since: InstantText | None
    """The due instant, if the clock is still open and passed it at `at` or before. Otherwise null."""
    why: str
    """Why the clock is in its state."""
    contract: ReasonedChoiceResponse
    plan: ScopedPlanResponse
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    passed_over: list[PassedOverResponse] = Field(description="the contract's other entitlements")
    priority: str
    priority_titles: dict[str, str]
    """The titles of the priority, by language."""
    priority_definitions: dict[str, str]
    """How the plan defines the priority, by language."""
    target: ExplainedTargetResponse
    allowed_seconds: Seconds | None
    """The time that the target allows. Null if a date was agreed on, or if the target has no number."""
    consumed_seconds: Seconds | None
    """The counted time up to `at`."""
    remaining_seconds: Seconds | None
    """The time that remains. Null if a date was agreed on, or if the target has no number."""
    due_at: InstantText | None
    original_due_at: InstantText | None
    """The due instant promised first."""
    generation: int
    """The number of the clock's target. 0 is the first target, and each new target has the next number."""
    counted_from: InstantText | None
    """The start of the counted time."""
    agreed: AgreementResponse | None
    """Who set another due date."""
    exempt: AgreementResponse | None
    """Who exempted the clock from the verdict."""
    steps: list[StepResponse]
    """The clock's time up to the due instant."""
    rows: list[RowTriedResponse]
    """The targets compared."""
    withdrawn_at: InstantText | None
    """Since when the target is no longer promised."""
    marks: list[MarkResponse]
    """Warnings and breaches."""
    versions: VersionsResponse
    quality: str
    """How reliable the times of the events are."""
    text: str
    """The whole explanation in words."""
    words: WordsResponse
    """The explanation in words, divided into parts."""


class ExplanationResponse(TimerResponse):
    """The explanations of an incident's clocks as of the instant `at`."""

    incident: str
    at: InstantText
    language: str = Field(description="as asked for")
    spoken: str = Field(description="the language of the answer")
    clocks: list[ExplainedClockResponse] = Field(description="the open ones and the latest of the others, 20 at most")
    clocks_total: int
    """How many clocks match the request. `clocks` has at most 20 of them."""
    remarks: list[RemarkResponse]
    remarks_title: str = Field(description="a heading for the remarks, in the language of the answer")
    text: str = Field(description="all clocks and remarks in words")
