"""`io.slad.notice.published.v1`: a critical fix of which customers must be notified at once (clause H6, I5)."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.errors import InvalidNotice
from sla_domain.notice import Affected, Notice, NoticeId
from sla_domain.notice_terms import Cause, Severity
from sla_domain.version import VersionRange
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/ingest"
TYPE = f"{TYPE_PREFIX}notice.published.v1"
HIGHEST_REVISION = 100_000
_LATER = ("cause", "revision", "withdrawn", "reason")  # written only where they say something


class AffectedProduct(BaseModel):
    """A product to which the fix of a notice applies, with the affected versions."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    product: str = Field(min_length=1, max_length=200)
    versions: str = Field(default="", max_length=200)
    """A range such as `>=2.0 <2.4.1 || 3.0.x`. Empty means every version."""


class NoticeData(BaseModel):
    """A notice as published: a message to customers that a critical fix for products they run is available."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    id: str = Field(min_length=1, max_length=120)
    """The id that the publisher gave."""
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=20_000)
    severity: str = Field(default="critical", pattern="^(critical|high|medium|low)$")
    link: str = Field(default="", max_length=2_000)
    products: tuple[AffectedProduct, ...] = Field(min_length=1, max_length=200)
    published_at: datetime
    published_by: str = ""
    cause: str = Field(default="", pattern="^(security|data_loss|outage|)$")
    """What the fix prevents. "" if not stated."""
    revision: int = Field(default=1, ge=1, le=HIGHEST_REVISION)
    """A higher revision replaces the ones before."""
    withdrawn: bool = False
    """Whether the notice is no longer valid."""
    reason: str = Field(default="", max_length=500)
    """Why the notice was changed or withdrawn."""

    @property
    def severity_level(self) -> Severity:
        """Return `severity` as the domain's enum (`Severity`), which can be compared."""
        return Severity(self.severity)

    @property
    def needs_acknowledgement(self) -> bool:
        """Return whether somebody must acknowledge the notice.

        The result is True unless the notice is withdrawn or its severity is low.
        """
        return not self.withdrawn and self.severity_level is not Severity.LOW


def notice_event_id(notice: NoticeData) -> str:
    """Return the id of the event that publishes this revision of a notice.

    It is `notice/<id>` for the first revision, and `notice/<id>/<revision>` for each later one.
    """
    return f"notice/{notice.id}" if notice.revision == 1 else f"notice/{notice.id}/{notice.revision}"


def encode_notice(notice: NoticeData) -> Envelope:
    """Return a critical-fix notice as an envelope (event on the bus) for the topic `notices`.

    The partition key is the notice's id.
    """
    plain = {name for name in _LATER if getattr(notice, name) == type(notice).model_fields[name].default}
    return Envelope(
        topic=Topic.NOTICES,
        id=notice_event_id(notice),
        type=TYPE,
        source=SOURCE,
        subject=notice.id,
        key=notice.id,
        time=notice.published_at,
        data=notice.model_dump_json(exclude=plain).encode(),
    )


def notice_of(data: NoticeData) -> Notice:
    """Return a published notice as the domain's `Notice`, which decides whom the notice concerns.

    If a product's range of affected versions cannot be read, all its versions count as affected: one message too many
    is better than one too few.
    """
    return Notice(
        id=NoticeId(data.id),
        severity=data.severity_level,
        cause=Cause(data.cause) if data.cause else None,
        affected=tuple(Affected(each.product, _range(each.versions)) for each in data.products),
    )


def _range(written: str) -> VersionRange:
    try:
        return VersionRange.parse(written)
    except InvalidNotice:
        return VersionRange()


def decode_notice(envelope: Envelope) -> NoticeData:
    """Return the notice in an envelope's data.

    Raises:
        BadEnvelope: The data are not a notice.
    """
    try:
        return NoticeData.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
