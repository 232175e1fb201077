"""`io.slad.delivery.<state>.v1`, `io.slad.alert.<what>.v1`: what became of notifications and alerts (notifier to
board).
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope

SOURCE = "/slad/notifier"


class DeliveryFact(BaseModel):
    """What happened to a delivery (one message to one person) or to an alert; published on the topic `deliveries`.

    - `incident`, `contract`, `notice`, `alert`, `delivery`: ids; "" for none.
    - `recipient`: the person's id, never an address.
    - `reason`: why this person is notified. Of a cancelled or undeliverable delivery: why it was not sent.
      Of an alert: why it changed.
    - `attempts`: how often sending was tried.
    - `possibly_duplicate`: whether the message may arrive twice.
    - `at`: when this happened.
    - `error`: why the last attempt to send failed; "" if it did not fail.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    what: str = Field(description="delivery.queued|sent|retrying|failed|cancelled, alert.opened|acknowledged|closed …")
    incident: str = Field(default="", description="empty for notices")
    contract: str = ""
    notice: str = ""
    alert: str = ""
    delivery: str = ""
    recipient: str = ""
    channel: str = Field(default="", description="email or webhook")
    reason: str = Field(default="", description="why this person is notified: level, role, kind of fact")
    attempts: int = 0
    possibly_duplicate: bool = False
    at: datetime
    due_at: datetime | None = Field(default=None, description="when the fact that it is about became true")
    by: str = Field(default="", description="who acknowledged")
    error: str = ""


def encode_delivery_fact(fact: DeliveryFact, id_: str) -> Envelope:
    """Return what happened to a delivery or alert as an envelope (event on the bus) for the topic `deliveries`.

    `id_`: the event id. The partition key is the fact's incident, else its notice, else its contract.
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

    Raises BadEnvelope, saying what is wrong, if the data are not a delivery fact.
    """
    try:
        return DeliveryFact.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error
