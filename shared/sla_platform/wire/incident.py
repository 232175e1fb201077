"""`io.slad.incident.<kind>.v1`: a canonical incident event. Key and subject: the incident."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.event import (
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.phase import Phase
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/ingest"


class AgreedData(BaseModel):
    """A due instant for a metric on which customer and support have agreed, in place of the computed one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    metric: str
    due_at: datetime
    agreed_by: str
    """Who agreed."""
    reason: str = ""
    """The reason in words."""
    moved_by_pauses: bool = False
    """Whether later pauses of the clock move the due instant."""


class SnapshotData(BaseModel):
    """The state of the whole ticket at the sender, at one instant. Null means not stated."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    at: datetime
    """The instant."""
    created_at: datetime | None = None
    """When the ticket was created."""
    phase: Phase | None = None
    waiting_on: WaitingOn | None = None
    """Whom the ticket waits on."""
    ended_at: datetime | None = None
    """When the ticket ended."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """Name -> value. "" means that the ticket has no such attribute. Absent names are unknown."""
    version: int = 0
    """The sender's number of this state. 0 without a number."""
    before: dict[str, str] = Field(default_factory=dict, description="what the delivery changed, as it was before")


class IncidentEventData(BaseModel):
    """The data of every `io.slad.incident.*` event: what happened to one incident."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    incident: str
    source: str
    """The name of the source that sent the event."""
    received_at: datetime
    quality: TimeQuality = TimeQuality.EXACT
    """How reliable the time of the event is."""
    version: int = 0
    """A number that sorts events of the same instant. 0 if the sender states none."""
    actor: Actor = Actor.UNKNOWN
    """The side of the author."""
    actor_name: str = ""
    actor_id: str = ""
    """The author's account, if the author may turn out to be the customer (the reporter). "" otherwise."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """What the event states about the ticket, name -> value."""
    waiting_on: WaitingOn | None = None
    """Whom the incident waits on from now on."""
    agreed: AgreedData | None = None
    """A due instant on which both sides agreed."""
    merged_into: str | None = None
    """The incident into which this incident was merged."""
    known_as: str | None = None
    """Another id of the incident. For `linked` and `unlinked`, the other incident."""
    said_as: str | None = None
    """The linked incident on which the sender said this. Null if that is `incident`."""
    copy_of: str | None = None
    """The id of the event of which this is a copy, made when incidents were linked or unlinked."""
    carried_from: str | None = None
    """The merged incident from which the event was copied."""
    metrics: tuple[str, ...] = ()
    """The metrics that an exemption is for. Empty for all."""
    score: int | None = None
    """The score of a rating."""
    reason: str = ""
    """The reason in the author's words."""
    warnings: tuple[str, ...] = ()
    """What could not be read in the delivery."""
    snapshot: SnapshotData | None = None
    """The state of the whole ticket. Null if not stated."""
    history: bool = Field(default=False, description="stated by an import; nobody is notified of what followed from it")


def event_type(kind: EventKind) -> str:
    """Return the CloudEvents type of a kind of incident event, such as `io.slad.incident.opened.v1`."""
    return f"{TYPE_PREFIX}incident.{kind.value}.v1"


def encode_event(event: IncidentEvent) -> Envelope:
    """Return an incident event as an envelope (event on the bus) for the topic `incidents`.

    The partition key is the incident's id.
    """
    data = IncidentEventData(
        incident=event.incident,
        source=event.source,
        received_at=event.received_at,
        quality=event.quality,
        version=event.version,
        actor=event.actor,
        actor_name=event.actor_name,
        actor_id=event.actor_id,
        attributes=dict(event.attributes),
        waiting_on=event.waiting_on,
        agreed=None
        if event.agreed is None
        else AgreedData(
            metric=event.agreed.metric,
            due_at=event.agreed.due_at,
            agreed_by=event.agreed.agreed_by,
            reason=event.agreed.reason,
            moved_by_pauses=event.agreed.moved_by_pauses,
        ),
        merged_into=event.merged_into,
        known_as=event.known_as,
        said_as=event.said_as,
        copy_of=event.copy_of,
        carried_from=event.carried_from,
        metrics=event.metrics,
        score=event.score,
        reason=event.reason,
        warnings=event.warnings,
        snapshot=None if event.snapshot is None else _snapshot_data(event.snapshot),
        history=event.history,
    )
    return Envelope(
        topic=Topic.INCIDENTS,
        id=event.id,
        type=event_type(event.kind),
        source=SOURCE,
        subject=event.incident,
        key=event.incident,
        time=event.occurred_at,
        data=data.model_dump_json(exclude_defaults=True).encode(),
    )


def _snapshot_data(snapshot: Snapshot) -> SnapshotData:
    return SnapshotData(
        at=snapshot.at,
        created_at=snapshot.created_at,
        phase=snapshot.phase,
        waiting_on=snapshot.waiting_on,
        ended_at=snapshot.ended_at,
        attributes=dict(snapshot.attributes),
        version=snapshot.version,
        before=dict(snapshot.before),
    )


def stored_event(*, id: str, type: str, incident: str, occurred_at: datetime, data: str) -> IncidentEvent:
    """Return the incident event that is stored in a row of a service's own table.

    Args:
        id, incident, occurred_at: The columns of the row with these names.
        type: The CloudEvents type.
        data: An `IncidentEventData` as JSON.

    Raises:
        BadEnvelope: The row is not an event.
    """
    row = Envelope.of_row(topic=Topic.INCIDENTS, id=id, type=type, key=incident, time=occurred_at, data=data)
    return decode_event(row)


def decode_event(envelope: Envelope) -> IncidentEvent:
    """Return the incident event in an envelope.

    Raises:
        BadEnvelope: The envelope holds no incident event.
    """
    try:
        kind = EventKind(envelope.type.removeprefix(f"{TYPE_PREFIX}incident.").removesuffix(".v1"))
        data = IncidentEventData.model_validate_json(envelope.data)
    except (ValueError, ValidationError) as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
    agreed = data.agreed
    return IncidentEvent(
        id=EventId(envelope.id),
        incident=IncidentId(data.incident),
        kind=kind,
        occurred_at=envelope.time,
        received_at=data.received_at,
        source=data.source,
        quality=data.quality,
        version=data.version,
        actor=data.actor,
        actor_name=data.actor_name,
        actor_id=data.actor_id,
        attributes=data.attributes,
        waiting_on=data.waiting_on,
        agreed=None
        if agreed is None
        else AgreedTarget(
            metric=agreed.metric,
            due_at=agreed.due_at,
            agreed_by=agreed.agreed_by,
            reason=agreed.reason,
            moved_by_pauses=agreed.moved_by_pauses,
        ),
        merged_into=None if data.merged_into is None else IncidentId(data.merged_into),
        known_as=None if data.known_as is None else IncidentId(data.known_as),
        said_as=None if data.said_as is None else IncidentId(data.said_as),
        copy_of=None if data.copy_of is None else EventId(data.copy_of),
        carried_from=None if data.carried_from is None else IncidentId(data.carried_from),
        metrics=data.metrics,
        score=data.score,
        reason=data.reason,
        warnings=data.warnings,
        snapshot=None if data.snapshot is None else _snapshot(data.snapshot),
        history=data.history,
    )


def _snapshot(data: SnapshotData) -> Snapshot:
    return Snapshot(
        at=data.at,
        created_at=data.created_at,
        phase=data.phase,
        waiting_on=data.waiting_on,
        ended_at=data.ended_at,
        attributes=data.attributes,
        version=data.version,
        before=data.before,
    )
