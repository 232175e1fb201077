"""What `GET /v1/incidents/{id}/explain` answers, as documented models.

UTC is written with `+00:00`, spans are seconds.
"""

from __future__ import annotations

from pydantic import Field

from sla_timer.api.model import InstantText, MarkResponse, RemarkResponse, TimerResponse

# A whole number of seconds, or one with the microseconds as decimals.
Seconds = int | float


class ReasonedChoiceResponse(TimerResponse):
    """The contract of an incident, and how the contract was found.

    `id`: the contract's id. `reason`: a code such as `customer` or `no_customer`. `text`: the reason in words.
    """

    id: str
    reason: str
    text: str


class ScopedPlanResponse(TimerResponse):
    """The plan whose targets apply, and whether it covers the incident's product.

    `id`: the plan's id. `scope`: `in`, `out` or `excluded`. `text`: the scope in words.
    """

    id: str
    scope: str
    text: str


class PassedOverResponse(TimerResponse):
    """An entitlement that does not apply to the incident, and why.

    An entitlement is one of several plans of a contract. `reason`: a code such as `product` or `begins`. `text`: the
    reason in words.
    """

    entitlement: str
    reason: str
    text: str


class ExplainedTargetResponse(TimerResponse):
    """The target of a clock: the time that the plan or contract allows.

    `allowed`: the time in words. `coverage`: the name of the hours that count. `coverage_titles`: the title of these
    hours, by language. `zone`: the time zone of these hours; for wall-clock time, the zone of the contract.
    `clause`: the clause of the contract that the target quotes. `line`: where the target is defined, as
    `<file>:<line>` of the catalogue.
    """

    allowed: str
    coverage: str
    coverage_titles: dict[str, str]
    zone: str
    clause: str
    line: str


class AgreementResponse(TimerResponse):
    """A person's decision that changes how a clock is judged.

    The decision is another due date, or an exemption from the verdict. `by`: who decided. `reason`: why.
    """

    by: str
    reason: str


class StepResponse(TimerResponse):
    """One stretch of a clock's time, from `start` to `end`: whether the time counts, and why.

    - `kind`: `counted`, `outside_hours`, `holiday`, `closing` (an exceptional closing), `paused`, `ended` (until a
      reopening), `before_restart` (erased by a reset) or `earlier` (the oldest stretches, summed up).
    - `reason`: why the time does not count.
    - `waiting_on`: for whom a pause waited; null for other stretches.
    - `counted_seconds`: counted time in this stretch. `total_seconds`: counted time up to the end of the stretch.
    - `credited_seconds`: by how much this pause moves a due date that was agreed on or is in working days.
    """

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
    """The first condition of a target that the incident does not fulfil.

    Because of this condition the target does not apply. `attribute`: the attribute compared. `actual`: the
    incident's value. `values`: the values in the condition. `negated`: whether the condition demands that `actual`
    is none of `values`.
    """

    attribute: str
    actual: str
    values: list[str]
    negated: bool


class RowTriedResponse(TimerResponse):
    """A target of the plan or contract that was compared with the incident, and whether it matched.

    `clause`: the clause that the target quotes. `line`: where the target is defined, as `<file>:<line>` of the
    catalogue. `allowed`: the allowed time in words. `outcome`: `matched`, `failed`, or `unspecified` (matched, but
    without a number). `failed`: the condition that the incident does not fulfil; null if there is none.
    """

    clause: str
    line: str
    allowed: str
    outcome: str
    failed: FailedConditionResponse | None


class VersionsResponse(TimerResponse):
    """The versions of the data by which a clock was computed.

    `tzdata`: the version of the time zones. `calendar`: `<id>@<revision>` of the compiled calendar; "" for a clock
    in wall-clock time.
    """

    catalogue: str
    holidays: str
    tzdata: str
    calendar: str


class RowWordsResponse(TimerResponse):
    """A target that was compared with the incident, as text for people.

    `name`: which target. `said`: whether the target matched, and if not, why.
    """

    name: str
    said: str


class StepWordsResponse(TimerResponse):
    """One stretch of a clock's time, as text for people.

    `when`: the start and end. `what`: whether the time counts, and if not, why. `counted`: the counted time in the
    stretch. `total`: the counted time up to the end of the stretch. Both are "" if no time counts. `notes`: further
    remarks, such as that the stretch lies ahead.
    """

    when: str
    what: str
    counted: str
    total: str
    notes: list[str]


class DefinitionResponse(TimerResponse):
    """How the plan defines the incident's priority, such as "production is down".

    `language`: the language of `text`.
    """

    language: str
    text: str


class TimeLeftResponse(TimerResponse):
    """The words for a countdown of the time left, for a page that updates the countdown.

    `form`: the sentence, in which `{left}` stands for the time. `units`: the words for "hour", "minute" and
    "second".
    """

    form: str
    units: dict[str, str]


class WordsResponse(TimerResponse):
    """The explanation of one clock as text in one language, divided into parts.

    Pages with their own layout use the parts.

    - `metric`: the metric's title. `state`: of the clock.
    - `basis`: lines on contract, plan and target.
    - `definition`: of the priority, null without one.
    - `rows`: the targets compared, under the heading `rows_title`.
    - `steps`: the clock's time as a table, with the heading `time_title` and the column heads `columns`.
    - `sums`: counted and allowed time.
    - `instants`: lines on due instants and warnings.
    - `grounds`: lines on the versions used.
    - `left`: words for a countdown; null if only a date was agreed on.
    """

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
    """The explanation of one clock: its target, its time, and the targets compared.

    - `at`: the requested instant. `why`: why the clock is in its state.
    - `broken_since`: the due instant, if the clock is still open and passed it at `at` or before; otherwise null.
    - `cycle`: the clock's number, from 0, among the incident's clocks of this metric.
    - `priority_titles`, `priority_definitions`: by language.
    - `generation`: 0 for the clock's first target, one more for each new target.
    - `allowed_seconds`, `remaining_seconds`: null if a date was agreed on, or if the target has no number.
    - `consumed_seconds`: the counted time up to `at`.
    - `original_due_at`: the due instant promised first. `counted_from`: the start of the counted time.
    - `agreed`: who set another due date. `exempt`: who exempted the clock from the verdict.
    - `steps`: the clock's time up to the due instant. `rows`: the targets compared. `marks`: warnings and breaches.
    - `withdrawn_at`: since when the target is no longer promised.
    - `quality`: how reliable the times of the events are.
    - `text`: the whole explanation in words. `words`: the same in parts.
    """

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
    entitlement: str = Field(description="of a contract with several, the one that applies; empty otherwise")
    passed_over: list[PassedOverResponse] = Field(description="the contract's other entitlements")
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
    """The explanations of an incident's clocks as of the instant `at`.

    `text`: the explanations in words. `clocks_total`: how many clocks match the request; `clocks` has at most 20 of
    them.
    """

    incident: str
    at: InstantText
    language: str = Field(description="as asked for")
    spoken: str = Field(description="the language of the answer")
    clocks: list[ExplainedClockResponse] = Field(description="the open ones and the latest of the others, 20 at most")
    clocks_total: int
    remarks: list[RemarkResponse]
    remarks_title: str = Field(description="a heading for the remarks, in the language of the answer")
    text: str = Field(description="all clocks and remarks in words")
