"""The events of deliveries and alerts (`io.slad.delivery.*`, `io.slad.alert.*`): people by id, no addresses."""

from __future__ import annotations

from datetime import datetime

from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState
from sla_platform.envelope import Envelope
from sla_platform.wire import DeliveryFact, encode_delivery_fact


def delivery_fact(row: DeliveryRow, at: datetime) -> Envelope:
    """Return the event that reports the present state of a delivery.

    The event contains no address. The event's id is `delivery/<delivery id>/<state>/<attempts>`, so that the same
    report always has the same id.

    Args:
        at: The event's time.
    """
    fact = DeliveryFact(
        what=f"delivery.{row.state.value}",
        incident=row.incident,
        contract=row.contract,
        notice=row.notice,
        alert=row.alert,
        delivery=row.id,
        recipient=row.person,
        channel=row.channel,
        reason=row.reason if row.state in (DeliveryState.CANCELLED, DeliveryState.UNDELIVERABLE) else row.why,
        attempts=row.attempts,
        possibly_duplicate=row.possibly_duplicate,
        at=at,
        due_at=row.due_at,
        held_until=row.held_until if row.state is DeliveryState.HELD else None,
        error=row.failure or row.reason if row.state is DeliveryState.FAILED else row.failure,
    )
    return encode_delivery_fact(fact, f"delivery/{row.id}/{row.state.value}/{row.attempts}")
