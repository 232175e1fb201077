"""A row of `notifier_delivery` as a value, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import orjson

from sla_domain.contract import Side
from sla_notifier.channel.registry import endpoint_of, split_address
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.state import DeliveryState, MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery: one message to one person at one address, as a row of table `notifier_delivery`.

    Ids that do not apply are "".
    """

    id: str
    occasion: str
    """The id of the request for the message. A digest or confirmation has its own id."""
    kind: MessageKind
    person: str
    """The person's id."""
    channel: str
    """The kind of channel, such as `email`."""
    address: str
    """The address without the kind."""
    endpoint: str
    """The queue in which the message waits."""
    then: tuple[str, ...] = ()
    """Further addresses to try."""
    alert: str = ""
    """The id of the alert that the message is about."""
    episode: int = 0
    """The opening of the alert, from 1. 0 means no opening."""
    round: int = 0
    """The round of the escalation, from 0."""
    level: int = 0
    """The level of the escalation. 0 means no level."""
    incident: str = ""
    """The id of the incident that the message is about."""
    contract: str = ""
    """The id of the contract that the message is about."""
    notice: str = ""
    """The id of the notice that the message is about."""
    why: str = ""
    """Why this person is notified."""
    state: DeliveryState
    reason: str = ""
    """Why the delivery was given up (UnsentReason)."""
    attempts: int = 0
    """How many attempts have begun."""
    next_at: datetime
    """When the delivery is due. During an attempt, when the claim of the sending process (`lease`) ends."""
    lease: str = ""
    possibly_duplicate: bool = False
    """Whether an earlier attempt may have arrived."""
    failure: str = ""
    """Why the last attempt failed, as a code."""
    error: str = ""
    """Why the last attempt failed, in words."""
    follows: str = ""
    """The id of the delivery to wait for."""
    carried_by: str = ""
    """The id of the digest that contains the message."""
    subject: str = ""
    text: str = ""
    html: str = ""
    payload: str = "{}"
    """The JSON for a webhook."""
    created_at: datetime
    due_at: datetime
    """When the reported event became true."""
    finished_at: datetime | None = None
    """When the state became final."""
    side: str = ""
    """Whether the person belongs to the `support` or to the `customer`. "" in a row of an older release."""
    turn: float = 0.0
    """The place in the queue. The smallest comes first."""
    held_since: datetime | None = None
    """When the message began to wait for the end of the receiver's quiet hours. None if it did not wait."""
    held_until: datetime | None = None
    """The end of those quiet hours. The message may have been sent earlier. None if it did not wait."""

    @property
    def warns_until(self) -> datetime | None:
        """Return when the target that a warning is about is due; the instant is read from the payload.

        The result is None for other kinds of message, and for a payload without a due instant.
        """
        if self.kind is not MessageKind.WARNING:
            return None
        try:
            return datetime.fromisoformat(orjson.loads(self.payload)["data"]["due_at"])
        except (ValueError, TypeError, KeyError):  # of another release
            return None

    @property
    def pages(self) -> bool:
        """Return whether the delivery is cancelled when its alert is acknowledged or closed, as a page is.

        The result is True for messages of an escalation (PAGE, INFO), and for messages about a critical fix that an
        escalation level above 1 sends.
        """
        return self.kind in (MessageKind.PAGE, MessageKind.INFO) or (
            self.kind is MessageKind.CRITICAL_FIX and self.level > 1
        )

    def columns(self) -> dict[str, Any]:
        """Return the delivery as a row of table `notifier_delivery`, by column name. `row_of` is the inverse."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {
            "kind": self.kind.value,
            "state": self.state.value,
            "then": orjson.dumps(self.then).decode(),
        }


def row_of(mapping: Mapping[str, Any]) -> DeliveryRow:
    """Return the delivery in a row of table `notifier_delivery`, which maps a column's name to its value.

    Raises:
        ValueError, KeyError: The row cannot be read.
    """
    values = {field.name: mapping[field.name] for field in fields(DeliveryRow)}
    return DeliveryRow(
        **values
        | {
            "kind": MessageKind(values["kind"]),
            "state": DeliveryState(values["state"]),
            "then": tuple(orjson.loads(values["then"])),
        }
    )


def thread_of(row: DeliveryRow) -> str:
    """Return the name of the mail thread to which a message belongs; "" if it belongs to no thread.

    - Digests (mails that collect several messages): one thread for each storm. A storm is a time in which there are too
      many messages to a mailbox to send each by itself.
    - Messages about an incident to the customer's people: one thread for each person and incident.
    - Everything else: one thread for each alert; without an alert, for each incident; without an incident, for each
      notice of a critical fix.
    """
    if row.kind is MessageKind.DIGEST:
        return row.occasion.split("/")[1]
    if row.incident and (row.side == Side.CUSTOMER.value or not row.alert):
        whose = row.person if row.side == Side.CUSTOMER.value else ""
        return hashlib.sha256(f"{row.incident}\n{whose}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return row.alert or row.notice


def fallback(row: DeliveryRow, now: datetime) -> DeliveryRow | None:
    """Return a new delivery of the same message to the person's next address.

    The new delivery is queued and due at `now`. The result is None if the person has no next address.

    Args:
        row: The present delivery.
    """
    if not row.then:
        return None
    channel, address = split_address(row.then[0])
    return replace(
        row,
        id=delivery_id(row.occasion, row.person, row.then[0]),
        channel=channel,
        address=address,
        endpoint=endpoint_of(channel, address),
        then=row.then[1:],
        why=f"{row.why}; {row.channel} failed" if row.why else f"{row.channel} failed",
        state=DeliveryState.QUEUED,
        reason="",
        attempts=0,
        next_at=now,
        lease="",
        carried_by="",
        possibly_duplicate=False,
        failure="",
        error="",
        created_at=now,
        finished_at=None,
    )
