"""`io.slad.objective.<what>.v1`: how an objective of a contract stands in its present period (board to notifier)."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.objective import ObjectiveNews
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/board"


class ObjectiveFact(BaseModel):
    """How far an objective (a share of promises that a contract requires to be met) is reached in its present period.

    Such a fact is published on the topic `objectives` at each change.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    kind: ObjectiveNews
    """What has become of the objective."""
    contract: str
    """Id of the contract."""
    entitlement: str = ""
    """Id of the entitlement (one of several plans) to which the objective is limited. Empty for the whole contract."""
    objective: str
    """Id of the objective."""
    percent: str = Field(description="the share that is promised, such as 90")
    of: str = Field(description="requests or clocks")
    period: str
    """The period, such as `2026-11`."""
    start: datetime
    """When the period begins."""
    end: datetime
    """When the period ends."""
    zone: str = "UTC"
    """The contract's time zone."""
    at: datetime
    """When the change was noticed."""
    number: int
    """The number of this fact among those of the objective and period, from 1."""
    met: int = 0
    """How many were met in the period."""
    missed: int = 0
    """How many were missed in the period."""
    exempt: int = 0
    """How many were left out of the attainment."""
    open: int = 0
    """How many are not decided yet."""
    share: str = Field(default="", description="the attainment so far in percent, rounded down; empty if there is none")
    misses_allowed: int = 0
    """How many misses the objective allows in the period."""
    misses_left: int = Field(default=0, description="negative once the objective cannot be met")
    incident: str = ""
    """A request whose decision caused the change. Empty for none."""
    tell: tuple[str, ...] = ()
    """The roles to notify."""


def encode_objective_fact(fact: ObjectiveFact) -> Envelope:
    """Return the state of an objective as an envelope (an event on the bus) for the topic `objectives`.

    The partition key is the contract's id. The event's id is made of the fields `contract`, `entitlement`, `objective`,
    `period` and `number`. So the same fact always has the same id.
    """
    name = "/".join(("objective", fact.contract, fact.entitlement, fact.objective, fact.period, str(fact.number)))
    return Envelope(
        topic=Topic.OBJECTIVES,
        id=fitting_id(name, EVENT),
        type=f"{TYPE_PREFIX}{fact.kind.value}.v1",
        source=SOURCE,
        subject=fact.contract,
        key=fact.contract,
        time=fact.at,
        data=fact.model_dump_json(exclude_defaults=True).encode(),
    )


def decode_objective_fact(envelope: Envelope) -> ObjectiveFact:
    """Return the state of an objective from an envelope (an event on the bus).

    Raises:
        BadEnvelope: The data is not such a state. The error's message says what is wrong.
    """
    try:
        return ObjectiveFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
