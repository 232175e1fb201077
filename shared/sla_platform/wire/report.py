"""`io.slad.report.ready.v1`: a report of a contract was frozen and is to be sent (board to notifier)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.report_schedule import ReportKind
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/board"
REPORT_TYPE = f"{TYPE_PREFIX}report.ready.v1"


class ReportPageData(BaseModel):
    """A report in one language (its tag): its heading as a line of text, and the whole as an HTML document."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    language: str
    heading: str
    html: str


class ReportFact(BaseModel):
    """A frozen report that is to be sent, as published on the topic `objectives`.

    `schedule`: the id of the schedule that asked for it. `report`: its kind. `period`: such as `2026-Q4`; `start`,
    `end`: its instants. `revision`, `digest`: of the frozen report. `at`: when it was published. `met`, `missed`: the
    requests that were decided in the period. `tell`: the roles to whose holders it goes, the customer's people among
    them too. `pages`: the report, once in each language.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["report.ready"] = "report.ready"
    contract: str
    schedule: str
    report: ReportKind
    period: str
    start: datetime
    end: datetime
    zone: str = "UTC"
    at: datetime
    revision: int
    digest: str
    met: int = 0
    missed: int = 0
    tell: tuple[str, ...] = ()
    pages: tuple[ReportPageData, ...] = Field(default=(), description="the report, once in each language")


def encode_report_fact(fact: ReportFact) -> Envelope:
    """Return a report that is to be sent as an envelope (event on the bus) for the topic `objectives`.

    Its partition key is the contract's id. Its id is made of contract, schedule and period, so that each is sent once.
    """
    return Envelope(
        topic=Topic.OBJECTIVES,
        id=fitting_id("/".join(("report", fact.contract, fact.schedule, fact.period)), EVENT),
        type=REPORT_TYPE,
        source=SOURCE,
        subject=fact.contract,
        key=fact.contract,
        time=fact.at,
        data=fact.model_dump_json(exclude_defaults=True).encode(),
    )


def decode_report_fact(envelope: Envelope) -> ReportFact:
    """Return the report in an envelope's data. Raises BadEnvelope, naming what is wrong, if there is none."""
    try:
        return ReportFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
