"""`io.slad.delivery.<state>.v1`, `io.slad.alert.<what>.v1`: states of notifications and alerts (notifier to board).
board).
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/notifier"


class DeliveryFact(BaseModel):
    """The data of every event on the topic `deliveries`: what happened to a delivery or to an alert.

    A delivery is one message to one person. `reason` says why this person is notified. If the delivery is cancelled or
    undeliverable, `reason` says why the message was not sent. In a fact about an alert, it says why the alert changed.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    what: str = Field(
        description="delivery.queued|held|sent|retrying|failed|cancelled, alert.opened|acknowledged|expired|closed …"
    )
    incident: str = Field(default="", description="empty for notices")
    contract: str = ""
    """Id of the contract. "" for none."""
    notice: str = ""
    """Id of the notice. "" for none."""
    alert: str = ""
    """Id of the alert. "" for none."""
    delivery: str = ""
    """Id of the delivery. "" for none."""
    recipient: str = ""
    """The person's id, never an address."""
    channel: str = Field(default="", description="the kind of channel, such as email")
    reason: str = Field(default="", description="why this person is notified: level, role, kind of fact")
    attempts: int = 0
    """How often sending was tried."""
    possibly_duplicate: bool = False
    """Whether the message may arrive twice."""
    at: datetime
    """When this happened."""
    due_at: datetime | None = Field(default=None, description="when the fact that it is about became true")
    by: str = Field(
        default="", description="who acknowledged, passed or snoozed it, or whose acknowledgement has expired"
    )
    priority: str = Field(default="", description="of an answer: the lower priority that was asked about")
    held_until: datetime | None = Field(
        default=None, description="of a delivery that is held: when the receiver's quiet hours end"
    )
    error: str = ""
    """Why the last attempt to send failed. "" if it did not fail."""


def encode_delivery_fact(fact: DeliveryFact, id_: str) -> Envelope:
    """Return a delivery fact (what happened to a delivery or alert) as an envelope, an event on the bus.

    The topic is `deliveries`. The partition key is the fact's incident, or its notice if there is no incident.

    Args:
        id_: The event id.
    """
    return Envelope(
        topic=Topic.DELIVERIES,
        id=id_,
        type=f"{TYPE_PREFIX}{fact.what}.v1",
        source=SOURCE,
        subject=fact.incident or fact.notice or fact.contract,
        key=fact.incident or fact.notice or fact.contract,
        time=fact.at,
        data=fact.model_dump_json(exclude_defaults=True).encode(),
    )


def decode_delivery_fact(envelope: Envelope) -> DeliveryFact:
    """Return the delivery fact in an envelope's data.

    Raises:
        BadEnvelope: The data are not a delivery fact.
    """
    try:
        return DeliveryFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
