"""A row of `notifier_delivery` as a value, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import orjson

from sla_notifier.channel.registry import endpoint_of, split_address
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.state import DeliveryState, MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery: one message to one person at one address, as a row of table `notifier_delivery`.

    Ids that do not apply are "".

    - `occasion`: the id of the request for the message; a digest or confirmation has its own.
    - `person`: an id.
    - `channel`: the kind of channel, such as `email`. `address`: without the kind. `endpoint`: the queue. `then`:
      further addresses to try.
    - `alert`, `incident`, `contract`, `notice`: ids of what the message is about.
    - `episode`: the opening of the alert, from 1. `round` (from 0), `level`: of the escalation. 0 for none.
    - `why`: why this person is notified. `reason`: why the delivery was given up (UnsentReason).
    - `attempts`: how many attempts have begun.
    - `next_at`: when the delivery is due; during an attempt, when the claim of the sending process (`lease`) ends.
    - `possibly_duplicate`: an earlier attempt may have arrived.
    - `failure`, `error`: why the last attempt failed, as a code and in words.
    - `follows`: the id of the delivery to wait for. `carried_by`: the id of the digest that contains the message.
    - `payload`: JSON for a webhook.
    - `due_at`: when the reported event became true. `finished_at`: when the state became final.
    - `turn`: the place in the queue, smallest first.
    """

    id: str
    occasion: str
    kind: MessageKind
    person: str
    channel: str
    address: str
    endpoint: str
    then: tuple[str, ...] = ()
    alert: str = ""
    episode: int = 0
    round: int = 0
    level: int = 0
    incident: str = ""
    contract: str = ""
    notice: str = ""
    why: str = ""
    state: DeliveryState
    reason: str = ""
    attempts: int = 0
    next_at: datetime
    lease: str = ""
    possibly_duplicate: bool = False
    failure: str = ""
    error: str = ""
    follows: str = ""
    carried_by: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    payload: str = "{}"
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None = None
    turn: float = 0.0

    @property
    def warns_until(self) -> datetime | None:
        """Return the due instant that a warning is about, from the payload.

        None for other kinds of message, and for a payload without a due instant.
        """
        if self.kind is not MessageKind.WARNING:
            return None
        try:
            return datetime.fromisoformat(orjson.loads(self.payload)["data"]["due_at"])
        except (ValueError, TypeError, KeyError):  # of another release
            return None

    @property
    def pages(self) -> bool:
        """Return whether the delivery is cancelled when its alert is acknowledged or closed.

        True for messages of an escalation (PAGE, INFO), and for messages about a critical fix beyond its first
        level.
        """
        return self.kind in (MessageKind.PAGE, MessageKind.INFO) or (
            self.kind is MessageKind.CRITICAL_FIX and self.level > 1
        )

    def columns(self) -> dict[str, Any]:
        """Return the delivery as column name -> value, for table `notifier_delivery`. `row_of` is the inverse."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {
            "kind": self.kind.value,
            "state": self.state.value,
            "then": orjson.dumps(self.then).decode(),
        }


def row_of(mapping: Mapping[str, Any]) -> DeliveryRow:
    """Return the delivery in a row of table `notifier_delivery` (column name -> value).

    Raises ValueError or KeyError if the row cannot be read.
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
    """Return the name of the mail thread to which a message belongs, "" for none.

    The name is the id of the message's alert, or of its notice if there is no alert. The digests (mails that collect
    several messages) of one storm share their own thread. A storm is a time in which a mailbox gets too many
    messages to send each by itself.
    """
    if row.kind is MessageKind.DIGEST:
        return row.occasion.split("/")[1]
    return row.alert or row.notice


def fallback(row: DeliveryRow, now: datetime) -> DeliveryRow | None:
    """Return a new delivery of the same message to the person's next address.

    `row`: the present delivery. The new delivery is queued and due at `now`. None is returned if there is no further
    address.
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
