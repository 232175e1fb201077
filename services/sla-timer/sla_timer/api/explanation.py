"""What `GET /v1/incidents/{id}/explain` answers, as documented models.

UTC is written with `+00:00`, spans are seconds.
"""

from __future__ import annotations

from pydantic import Field

from sla_timer.api.model import InstantText, MarkResponse, RemarkResponse, TimerResponse

# A whole number of seconds, or one with the microseconds as decimals.
Seconds = int | float


class ReasonedChoiceResponse(TimerResponse):
    """The contract of the incident, and how it was found."""

    id: str
    reason: str
    text: str


class ScopedPlanResponse(TimerResponse):
    """The plan whose targets apply, and whether it covers the incident's product."""

    id: str
    scope: str
    text: str


class ExplainedTargetResponse(TimerResponse):
    """The target a clock runs under."""

    allowed: str
    coverage: str
    coverage_titles: dict[str, str]
    zone: str
    clause: str
    line: str


class AgreementResponse(TimerResponse):
    """A person's decision that changes how a clock is judged: by whom, and why."""

    by: str
    reason: str


class StepResponse(TimerResponse):
    """One stretch between the clock's start and its due instant: counted, or not counted with the reason."""

    start: InstantText
    end: InstantText
    kind: str
    reason: str
    waiting_on: str | None
    counted_seconds: Seconds
    total_seconds: Seconds
    credited_seconds: Seconds
    ahead: bool = Field(description="it lies after the instant that was asked about")


class FailedConditionResponse(TimerResponse):
    """The first condition of a plan's row that the incident does not fulfil: why the row does not apply."""

    attribute: str
    actual: str
    values: list[str]
    negated: bool


class RowTriedResponse(TimerResponse):
    """A row of the plan that was compared with the incident to find the clock's target, and whether it matched."""

    clause: str
    line: str
    allowed: str
    outcome: str
    failed: FailedConditionResponse | None


class VersionsResponse(TimerResponse):
    """The versions of catalogue, holidays, time-zone data and calendar by which the clock was computed."""

    catalogue: str
    holidays: str
    tzdata: str
    calendar: str


class RowWordsResponse(TimerResponse):
    """A row of the plan as text for people, and why it matched or did not."""

    name: str
    said: str


class StepWordsResponse(TimerResponse):
    """One stretch of the explanation as text for people."""

    when: str
    what: str
    counted: str
    total: str
    notes: list[str]


class DefinitionResponse(TimerResponse):
    """How the plan defines the incident's priority, and the language of that text."""

    language: str
    text: str


class TimeLeftResponse(TimerResponse):
    """A sentence pattern for the time left, so that a page can update it: `{left}` in `form` stands for the time."""

    form: str
    units: dict[str, str]


class WordsResponse(TimerResponse):
    """An explanation as text in one language, part by part, for pages with a layout of their own."""

    language: str
    metric: str
    state: str
    basis: list[str]
    definition: DefinitionResponse | None
    rows_title: str
    rows: list[RowWordsResponse]
    time_title: str
    columns: list[str]
    steps: list[StepWordsResponse]
    sums: str
    instants: list[str]
    grounds: list[str]
    left: TimeLeftResponse | None


class ExplainedClockResponse(TimerResponse):
    """The explanation of one clock: its target, every stretch up to the due instant, and the rows that were tried."""

    incident: str
    clock: str
    metric: str
    cycle: int
    at: InstantText
    state: str
    broken_since: InstantText | None
    why: str
    contract: ReasonedChoiceResponse
    plan: ScopedPlanResponse
    priority: str
    priority_titles: dict[str, str]
    priority_definitions: dict[str, str]
    target: ExplainedTargetResponse
    allowed_seconds: Seconds | None
    consumed_seconds: Seconds | None
    remaining_seconds: Seconds | None
    due_at: InstantText | None
    original_due_at: InstantText | None
    generation: int
    counted_from: InstantText | None
    agreed: AgreementResponse | None
    exempt: AgreementResponse | None
    steps: list[StepResponse]
    rows: list[RowTriedResponse]
    withdrawn_at: InstantText | None
    marks: list[MarkResponse]
    versions: VersionsResponse
    quality: str
    text: str
    words: WordsResponse


class ExplanationResponse(TimerResponse):
    """The explanations of an incident's clocks as of one instant."""

    incident: str
    at: InstantText
    language: str = Field(description="as asked for")
    spoken: str = Field(description="the language of the answer")
    clocks: list[ExplainedClockResponse] = Field(description="the open ones and the latest of the others, 20 at most")
    clocks_total: int
    remarks: list[RemarkResponse]
    remarks_title: str = Field(description="a heading for the remarks, in the language of the answer")
    text: str = Field(description="all clocks and remarks in words")
