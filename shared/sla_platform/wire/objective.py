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
    """How an objective stands, as published on the topic `objectives` when that has changed.

    `contract`, `entitlement`, `objective`: ids; `entitlement` is "" for the whole contract. `period`: such as
    `2026-11`; `start`, `end`: its instants. `at`: when it was noticed. `number`: counts what was published of this
    objective in this period, from 1. `met`, `missed`, `exempt`, `open`: what was counted. `incident`: a request that
    was decided since it stood otherwise, "" for none. `tell`: the roles to notify.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: ObjectiveNews
    contract: str
    entitlement: str = ""
    objective: str
    percent: str = Field(description="the share that is promised, such as 90")
    of: str = Field(description="requests or clocks")
    period: str
    start: datetime
    end: datetime
    zone: str = "UTC"
    at: datetime
    number: int
    met: int = 0
    missed: int = 0
    exempt: int = 0
    open: int = 0
    share: str = Field(default="", description="the attainment so far in percent, rounded down; empty if there is none")
    misses_allowed: int = 0
    misses_left: int = Field(default=0, description="negative once the objective cannot be kept")
    incident: str = ""
    tell: tuple[str, ...] = ()


def encode_objective_fact(fact: ObjectiveFact) -> Envelope:
    """Return how an objective stands as an envelope (event on the bus) for the topic `objectives`.

    Its partition key is the contract's id. Its id is made of contract, entitlement, objective, period and number, so
    that the same news has the same id.
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
    """Return the objective's fact in an envelope's data. Raises BadEnvelope, naming what is wrong, if there is none."""
    try:
        return ObjectiveFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
