"""`io.slad.notice.published.v1`: a critical fix that customers must hear of at once (clause H6, I5)."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/ingest"
TYPE = f"{TYPE_PREFIX}notice.published.v1"


class AffectedProduct(BaseModel):
    """A product and the `versions` concerned, as a range such as `>=2.0 <2.4.1 || 3.0.x`; empty means every version."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    product: str = Field(min_length=1, max_length=200)
    versions: str = Field(default="", max_length=200)


class NoticeData(BaseModel):
    """A notice of a fix, as published. `id` is the publisher's: the same id is the same notice."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    id: str = Field(min_length=1, max_length=120)
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=20_000)
    severity: str = Field(default="critical", pattern="^(critical|high|medium|low)$")
    link: str = Field(default="", max_length=2_000)
    products: tuple[AffectedProduct, ...] = Field(min_length=1, max_length=200)
    published_at: datetime
    published_by: str = ""


def encode_notice(notice: NoticeData) -> Envelope:
    """Return the notice as an event for the topic `notices`, keyed by the notice's id."""
    return Envelope(
        topic=Topic.NOTICES,
        id=f"notice/{notice.id}",
        type=TYPE,
        source=SOURCE,
        subject=notice.id,
        key=notice.id,
        time=notice.published_at,
        data=notice.model_dump_json().encode(),
    )


def decode_notice(envelope: Envelope) -> NoticeData:
    """Return the notice of an envelope. Raises BadEnvelope naming what is wrong."""
    try:
        return NoticeData.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
