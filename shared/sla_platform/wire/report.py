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
    """A report in one language: its heading as a line of text, and the whole report as an HTML document."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    language: str
    heading: str
    html: str


class ReportFact(BaseModel):
    """A final (frozen) report that is to be sent to people, as published on the topic `objectives`.

    - `schedule`: id of the schedule by which the report was written
    - `report`: the kind of the report
    - `period`, `start`, `end`: the period, such as `2026-Q4`, and its instants
    - `at`: when this fact was published
    - `revision`, `digest`: those of the report
    - `met`, `missed`: how many requests (incidents) were met or missed in the period
    - `tell`: the roles whose holders receive the report, people of the customer included
    - `pages`: the report, once in each language
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

    The partition key is the contract's id. The event's id is made of contract, schedule and period, so that each report
    is sent once.
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
    """Return the report in an envelope's data.

    Raises:
        BadEnvelope: The data is not such a report. The error's message says what is wrong.
    """
    try:
        return ReportFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
