"""A message that waits for the end of the receiver's quiet hours, as a value and as a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from sla_domain.tell import Happening
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_notifier.text.content import Phrase
from sla_platform.wire import ClockFact

KINDS = frozenset({MessageKind.WARNING, MessageKind.HAPPENING, MessageKind.UNPROMISED})
"""The kinds of messages that can wait. A breach is told at once."""
RELEASED = "held/"
"""How the occasion of a digest begins that collects messages which waited together."""
WAITED = Phrase("waited")
"""The reason of a digest of messages that have waited."""
AND_WAITED = Phrase("and_waited")
"""What follows the other reasons of a message that has waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message that waits for the end of the receiver's quiet hours."""

    delivery: str
    """The id of its delivery, which has the state HELD."""
    until: datetime
    """When the quiet hours end."""
    needs: timedelta | None
    """The counted time that must then be left. None if no clock has run so far."""
    ended: UnsentReason | None = None
    """Why the message is needless by now. None if it is not."""
    occasion: str
    """The id of the request for the message."""
    kind: MessageKind
    at: datetime
    """When the fact became true."""
    contract: str
    content: ClockFact
    """The fact that the message reports."""
    clock: str = ""
    """The id of the clock of a warning. "" for other kinds."""
    happening: Happening | None = None
    """What a rule tells of. None without a rule."""
    why: tuple[Phrase, ...] = ()
    """Why the receiver is notified."""

    @property
    def request(self) -> NotificationRequest:
        """Return the request for the message, without recipients, because the message's delivery exists already."""
        return NotificationRequest(
            id=self.occasion,
            kind=self.kind,
            at=self.at,
            contract=self.contract,
            content=self.content,
            audience=(),
            alert=self.clock,
            due_at=self.content.due_at,
            happening=self.happening,
        )

    def columns(self, look_at: datetime) -> dict[str, Any]:
        """Return the message as a row of table `notifier_held`, by column name. `held_of` is the inverse.

        Args:
            look_at: When to decide again whether the message waits longer.
        """
        request = {
            "occasion": self.occasion,
            "kind": self.kind.value,
            "at": self.at,
            "contract": self.contract,
            "content": self.content.model_dump_json(exclude_defaults=True),
            "why": [{"name": phrase.name, "values": dict(phrase.values)} for phrase in self.why],
        }
        return {
            "delivery": self.delivery,
            "incident": self.content.incident,
            "clock": self.clock,
            "happening": self.happening.value if self.happening is not None else "",
            "until": self.until,
            "needs": None if self.needs is None else self.needs.total_seconds(),
            "look_at": look_at,
            "ended": self.ended.value if self.ended is not None else "",
            "request": orjson.dumps(request).decode(),
        }


def held_message(
    request: NotificationRequest, delivery: str, until: datetime, needs: timedelta | None, why: tuple[Phrase, ...]
) -> HeldMessage:
    """Return a HeldMessage for a request: a message that waits until the receiver's quiet hours end.

    Args:
        request: The request. It is about a published event on an incident or the clock of a target.
        delivery: The id of the delivery.
        until: When the receiver's quiet hours end.
        needs: How much time to the due instant must be left when the quiet hours end, counted within the hours of the
            clock. None if no clock runs.
        why: Why the receiver is notified.
    """
    assert isinstance(request.content, ClockFact)
    return HeldMessage(
        delivery=delivery,
        until=until,
        needs=needs,
        occasion=request.id,
        kind=request.kind,
        at=request.at,
        contract=request.contract,
        content=request.content,
        clock=request.alert if request.kind is MessageKind.WARNING else "",
        happening=request.happening,
        why=why,
    )


def held_of(row: Mapping[str, Any]) -> HeldMessage:
    """Return the message in a row of table `notifier_held`, which maps a column's name to its value.

    Raises:
        ValueError, KeyError: The row cannot be read.
    """
    request = orjson.loads(row["request"])
    return HeldMessage(
        delivery=row["delivery"],
        until=row["until"],
        needs=None if row["needs"] is None else timedelta(seconds=row["needs"]),
        ended=UnsentReason(row["ended"]) if row["ended"] else None,
        occasion=request["occasion"],
        kind=MessageKind(request["kind"]),
        at=datetime.fromisoformat(request["at"]),
        contract=request["contract"],
        content=ClockFact.model_validate_json(request["content"]),
        clock=row["clock"],
        happening=Happening(row["happening"]) if row["happening"] else None,
        why=tuple(Phrase(each["name"], each["values"]) for each in request["why"]),
    )
