"""`io.slad.clock.<kind>.v1`, `io.slad.promise.<kind>.v1`, `io.slad.priority.corrected.v1`: the facts of the timer.

A fact carries everything the notifier and the board need but the calendar itself: it names the hours in which its clock
counts, and who has the catalogue finds them by that name (`sla_domain.hours`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.contract import ContractId
from sla_domain.event import EventId
from sla_domain.fact import ContractChanged, Fact, FactBody, FactKind, Warned
from sla_domain.incident import ContractPeriod
from sla_domain.ticket_key import ticket_key
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.wire.fact_body import BreachChange, body_of, breach_change, details_of, without_free_text

SOURCE = "/slad/timer"
NOT_BREACHED = "no"
CANARY = "slad:canary"  # the incident of slad's own minute clock; it causes no notification


class Period(BaseModel):
    """The time for which an incident belongs to one contract and customer.

    A period ends where the next one begins.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    contract: str
    customer: str
    start: datetime
    event: str = Field(description="id of the first event that belongs to it, in the order in which events are read")
    named: bool = Field(description="the customer's own contract, not the default one that stands in")

    def value(self) -> ContractPeriod:
        """Return this period as an object of the domain, `ContractPeriod`."""
        return ContractPeriod(ContractId(self.contract), self.customer, self.start, EventId(self.event), self.named)


class MetricOutcome(BaseModel):
    """How many promises of one metric were met and missed in an incident that is over.

    Promises without a verdict (met or missed) are not counted, nor are those that a contract's attainment leaves out.
    The attainment is the share of promises that were met.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    metric: str
    met: int = 0
    """How many were kept."""
    missed: int = 0
    """How many were not."""
    due_at: datetime | None = None
    """When the last of them was due."""
    stopped_at: datetime | None = None
    """When the last of them ended."""


class ClockFact(BaseModel):
    """The data of every event on the topic `clocks`: what happened to a clock, a promised due instant or an incident.

    The timer publishes these facts; the notifier and the board read them. Times are RFC 3339 UTC. A field that does not
    apply has its default.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    kind: FactKind
    incident: str
    at: datetime = Field(description="when it became true; for a breach the due instant")
    fired_at: datetime | None = Field(default=None, description="when slad noticed; verdicts never use it")
    clock: UUID | None = None
    """The clock's id."""
    metric: str = ""
    cycle: int = 0
    """The clock's number, from 0, among the incident's clocks of this `metric`."""
    generation: int = Field(default=0, description="the ordinal of the target in force; a late event may change it")
    target: str = Field(default="", description="names what made the target in force; empty in facts before 0.2")
    threshold: str = ""
    """The warning that was reached, such as `warn-50`."""
    due_at: datetime | None = None
    original_due_at: datetime | None = None
    """The due instant that was promised first."""
    state: str = ""
    """The clock's state, such as `running`."""
    turned: str = Field(
        default="",
        description="in the last of the facts that slad publishes together: `opened`, `resolved` or `reopened`, if "
        "that happened to the incident",
    )
    contract: str = ""
    plan: str = ""
    entitlement: str = Field(
        default="",
        description="the id of the contract's entitlement that applies; empty for a contract with one plan, and in "
        "facts before 0.2",
    )
    customer: str = ""
    """The customer, as the ticket states it."""
    priority: str = ""
    zone: str = "UTC"
    """The contract's time zone."""
    title: str = ""
    """The title, as the ticket states it."""
    url: str = ""
    ticket: str = Field(
        default="",
        description="the name people use, such as SUP-77; empty where it follows from `url` or `incident`",
    )
    product: str = ""
    """The product, as the ticket states it."""
    language: str = "en"
    """The contract's language."""
    breached: str = Field(
        default="",
        description="the due instant in force, when its breach is published, or `no`; empty when the fact does not say",
    )
    phase: str = Field(
        default="",
        description="of the incident: open, waiting, resolved, closed, cancelled or merged; empty when not stated",
    )
    events: int = Field(default=0, description="with `phase`: of how many events of the incident it is the outcome")
    allowed: str = Field(default="", description="the target in words, e.g. 4h or 2 working days")
    hours: str = Field(
        default="",
        description="in which hours the clock counts: a calendar's id and the digest of its content, or `wall`; empty "
        "in facts before 0.2",
    )
    left_seconds: float | None = Field(
        default=None, description="counted time left while paused; of a running clock it follows from `due_at`"
    )
    escalation: str = ""
    """The id of the plan's policy on whom to notify when. "" without a policy."""
    urgency: float = 0.0
    """The urgency of the clock. A clock with a higher number should be dealt with sooner."""
    weight: float = Field(
        default=0.0,
        description="the part of `urgency` that time does not change, severity and plan rank; 0 in facts before 0.2",
    )
    provisional: bool = Field(default=False, description="fired although events of its partition were behind")
    overtaken: bool = Field(
        default=False, description="a warning noticed after its breach: recorded, nobody is notified"
    )
    history: bool = Field(
        default=False, description="over, or imported, when slad first read of it: on record, nobody is notified"
    )
    imported_through: datetime | None = Field(
        default=None, description="the clock was imported: nobody is notified of what came true up to then"
    )
    details: dict[str, str] = Field(default_factory=dict)
    """Further content that depends on the kind of fact, name -> text."""
    outcomes: list[MetricOutcome] = Field(
        default_factory=list, description="where `turned` is `resolved`: what was kept, by metric"
    )
    advice: list[str] = Field(
        default_factory=list,
        description="where `turned` is `opened`: what the reporter should know, in English sentences, as of a channel "
        "or a type of request that the plan does not cover",
    )
    periods: list[Period] = Field(default_factory=list, description="of contract.changed: all, the oldest first")

    @property
    def ticket_key(self) -> str:
        """Return the name by which people call the incident's ticket, such as `SUP-77` or `acme/shop#12`."""
        return ticket_key(self.incident, self.url, self.ticket)

    @property
    def body(self) -> FactBody:
        """Return the content of the fact as an object of the domain (`sla_domain.fact`), such as `Breached`."""
        if self.kind is FactKind.CONTRACT_CHANGED:
            return ContractChanged(tuple(period.value() for period in self.periods))
        return body_of(self.kind, self.details, self.threshold, self.overtaken)

    @property
    def breach_change(self) -> BreachChange:
        """Return what this fact changes about breaches that were published before.

        A late event may show that a published breach was not true, or happened at another instant. Most facts change no
        breach.
        """
        return breach_change(self.details)

    def without_free_text(self, names: dict[str, object]) -> ClockFact:
        """Return a copy without the texts that people wrote, such as `why` in `details`, and without `advice`.

        Args:
            names: Field name -> value that the field gets in the copy, such as another `title`.
        """
        return self.model_copy(update=names | {"details": without_free_text(self.details), "advice": []})

    @property
    def is_history(self) -> bool:
        """Return whether the fact is only for the record, so that nobody is notified of it.

        The result is True in two cases:

        1. `history` is set: what the fact says was over, or was imported, when slad first heard of it.
        2. The fact became true (`at`) at or before `imported_through`, the instant up to which the incident was
           imported.
        """
        return self.history or (self.imported_through is not None and self.at <= self.imported_through)

    @property
    def passed_due(self) -> datetime | None:
        """Return the clock's present due instant if a breach of it is published.

        The result is None if there is no such breach, or if the fact does not say whether there is one.
        """
        return datetime.fromisoformat(self.breached) if self.breached not in ("", NOT_BREACHED) else None


def fact_type(kind: FactKind) -> str:
    """Return the CloudEvents type of a kind of fact, such as `io.slad.clock.breached.v1`."""
    return f"{TYPE_PREFIX}{kind.value}.v1"


def fact_id(clock: UUID | None, incident: str, key: str) -> str:
    """Return the event id of a fact about a clock or incident.

    The id is `<clock>/<key>`, or `<incident>/<key>` without a clock. An id without a clock that would be too long is
    cut, and ends in a hash that keeps it unique.

    Args:
        key: `Fact.key` of the domain's fact. The same arguments give the same id.
    """
    return f"{clock}/{key}" if clock is not None else fitting_id(f"{incident}/{key}", EVENT)


def clock_fact(fact: Fact, context: dict[str, object], fired_at: datetime) -> ClockFact:
    """Return a fact of the domain (`Fact`) in the form in which slad publishes it.

    If `context` has a field that `fact` also determines, the value from `fact` is used.

    Args:
        context: Further fields of `ClockFact`, name -> value, such as the clock's contract and the incident's title.
        fired_at: When slad noticed the fact.
    """
    body = fact.body
    own: dict[str, object] = {
        "kind": fact.kind,
        "incident": fact.incident,
        "at": fact.at,
        "fired_at": fired_at,
        "clock": fact.clock,
        "metric": fact.metric,
        "cycle": fact.cycle,
        "generation": fact.generation,
        "due_at": fact.due_at,
        "history": fact.history,
        "details": details_of(body),
    }
    if isinstance(body, Warned):
        own |= {"threshold": body.threshold, "overtaken": body.overtaken}
    elif isinstance(body, ContractChanged):
        own["periods"] = [asdict(period) for period in body.periods]
    return ClockFact.model_validate(context | own)


def encode_clock_fact(fact: ClockFact, key: str) -> Envelope:
    """Return a clock fact as an envelope (event on the bus) for the topic `clocks`.

    The partition key is the incident's id.

    Args:
        key: `Fact.key` of the domain's fact from which `fact` was made. It is part of the event id (`fact_id`).
    """
    return Envelope(
        topic=Topic.CLOCKS,
        id=fact_id(fact.clock, fact.incident, key),
        type=fact_type(fact.kind),
        source=SOURCE,
        subject=fact.incident,
        key=fact.incident,
        time=fact.at,
        data=fact.model_dump_json(exclude_defaults=True).encode(),
    )


def decode_clock_fact(envelope: Envelope) -> ClockFact:
    """Return the clock fact in an envelope's data.

    Raises:
        BadEnvelope: The data are not a clock fact.
    """
    try:
        return ClockFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
