"""Section `tests`: what happened to an incident, and what must follow from it under a contract."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, InstantText, Names, refuse


class AgreedDocument(Document):
    """A due date that the parties agree on, in a test of the catalogue (clause B5, docs/clauses.md).

    `metric`: the metric whose clock is then due at `due`.
    `due`: an instant; without an offset, local time of the contract's zone.
    `by`: who agreed.
    `moved_by_pauses`: whether pauses move the date.
    """

    metric: str
    due: InstantText
    by: str
    moved_by_pauses: bool = False


class EventDocument(Document):
    """An event after the opening, in a test of the catalogue.

    `at`: an instant; without an offset, local time of the contract's zone.
    `event`: the kind of event, such as `responded`.
    `by`: the actor, such as `staff`.
    `waiting_on`: for a pause, whom the incident waits on.
    `attributes`: name -> value, of the attributes that the event changes.
    `priority`: the priority that the event states.
    `agreed`: the due date agreed on.
    `reason`: as in the ticket.
    """

    at: InstantText
    event: str
    by: str = "unknown"
    waiting_on: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    priority: str | None = None
    agreed: AgreedDocument | None = None
    reason: str = ""


class ExpectDocument(Document):
    """What a test of the catalogue expects of the clock of one metric.

    Absent keys are not checked.
    `due`, `warn`, `breach`: instants. `breach: never` means no breach by the test's `now`.
    `state`: `absent` means that there is no clock.
    `unspecified`: the plan gives no number, so there is no clock.
    `clause`: the clause that the clock's target names.
    A plain text means `due`, or is the word `unspecified`.
    """

    due: InstantText | None = None
    warn: list[InstantText] | None = None
    breach: InstantText | Literal["never"] | None = None
    state: Literal["running", "paused", "met", "missed", "cancelled", "absent"] | None = None
    unspecified: bool = False
    clause: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if value == "unspecified":
            return {"unspecified": "true"}
        return {"due": value} if isinstance(value, str) else value


class ScenarioDocument(Document):
    """A test of the catalogue: an incident of a contract as events, and what must follow from them.

    `opened`: when the incident is opened, with `attributes` (name -> value) and `priority`.
    `events`: what happens afterwards.
    `expect`: metric -> what is expected of its last clock. `<metric>/<number>` means another clock, counted from 0.
    `remarks`: the kinds of remarks that the incident must have, and no others; absent: not checked.
    `now`: the instant up to which breaches are checked; absent: that of the last event.
    `clauses`: what the test is about, for people.
    """

    name: str
    contract: str
    opened: InstantText
    priority: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    events: list[EventDocument] = Field(default_factory=list)
    now: InstantText | None = None
    expect: dict[str, ExpectDocument] = Field(default_factory=dict)
    remarks: Names | None = None  # the kinds of remarks the incident must bear, these and no others
    clauses: Names = Field(default_factory=list)

    @model_validator(mode="after")
    def _expects_something(self) -> ScenarioDocument:
        if self.remarks is None and "expect" not in self.model_fields_set:
            raise refuse("missing-key", "a test says what must follow", "expect: {first_response: …}, or remarks: […]")
        return self
