"""Section `tests`: what happened to an incident, and what must follow from it under a contract."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, InstantText, Names, refuse


class AgreedDocument(Document):
    """A due date that the parties agree on, in a test of the catalogue (clause B5, docs/clauses.md)."""

    metric: str
    """The metric whose clock is then due at `due`."""
    due: InstantText
    """The due instant. Without an offset, it is local time of the contract's zone."""
    by: str
    """Who agreed."""
    moved_by_pauses: bool = False
    """Whether pauses move the date."""


class EventDocument(Document):
    """An event of the incident in a test of the catalogue. It occurs after the opening."""

    at: InstantText
    """The instant of the event. Without an offset, it is local time of the contract's zone."""
    event: str
    """The kind of event, such as `responded`."""
    by: str = "unknown"
    """The actor, such as `staff`."""
    waiting_on: str | None = None
    """For a pause, whom the incident waits on."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """Name -> value, for the attributes that the event changes."""
    priority: str | None = None
    """The priority that the event states."""
    agreed: AgreedDocument | None = None
    """The due date agreed on."""
    reason: str = ""
    """The reason, as in the ticket."""


class ExpectDocument(Document):
    """What a test of the catalogue expects of the clock of one metric.

    Absent keys are not checked. A plain text means `due`, or is the word `unspecified`.
    """

    due: InstantText | None = None
    """The due instant."""
    warn: list[InstantText] | None = None
    """The instants of the warnings."""
    breach: InstantText | Literal["never"] | None = None
    """The instant of the breach. `never` means no breach by the test's `now`."""
    state: Literal["running", "paused", "met", "missed", "cancelled", "absent"] | None = None
    """`absent` means that there is no clock."""
    unspecified: bool = False
    """Whether the plan gives no number, so that there is no clock."""
    clause: str | None = None
    """The clause that the clock's target names."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if value == "unspecified":
            return {"unspecified": "true"}
        return {"due": value} if isinstance(value, str) else value


class ToldDocument(Document):
    """A message that a test of the catalogue expects."""

    at: InstantText
    """When the message leaves, to the minute. Without an offset, it is local time of the contract's zone."""
    to: str
    """The id of the person."""
    what: str
    """What the message is for, such as `page` or `opened`."""
    by: str | None = None
    """The address, such as `email:a@b.example` or `webhook:pager`. Absent means that it is not checked."""
    language: str | None = None
    """The tag of the language. Absent means that it is not checked."""


class ScenarioDocument(Document):
    """A test of the catalogue: an incident of a contract as events, and what must follow from them."""

    name: str
    contract: str
    opened: InstantText
    """When the incident is opened."""
    priority: str | None = None
    """The priority at the opening."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """Name -> value, as stated at the opening."""
    events: list[EventDocument] = Field(default_factory=list)
    """What happens afterwards."""
    now: InstantText | None = None
    """The instant up to which breaches are checked. Absent means the instant of the last event."""
    expect: dict[str, ExpectDocument] = Field(default_factory=dict)
    """Metric -> what is expected of its last clock. `<metric>/<number>` means another clock, counted from 0."""
    remarks: Names | None = None
    """The kinds of remarks that the incident must have, and no others. Absent means that remarks are not checked."""
    tells: list[ToldDocument] | None = None
    """The messages that leave up to `now`, and no others. Absent means that messages are not checked."""
    clauses: Names = Field(default_factory=list)
    """What the test is about, for people."""

    @model_validator(mode="after")
    def _expects_something(self) -> ScenarioDocument:
        if self.remarks is None and self.tells is None and "expect" not in self.model_fields_set:
            hint = "expect: {first_response: …}, remarks: […], or tells: […]"
            raise refuse("missing-key", "a test says what must follow", hint)
        return self
