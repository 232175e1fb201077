"""Giving batches to a handler as any bus does: what it cannot handle goes into the service's quarantine."""

from __future__ import annotations

from sla_platform.bus import Batch, Handler, Quarantine, QuarantinedRecord
from sla_platform.bus.handing import hand_over
from sla_platform.bus.record import headers_of
from sla_platform.envelope import Envelope


async def given(handler: Handler, batch: Batch, quarantine: Quarantine) -> None:
    async def dead(envelope: Envelope, error: Exception) -> None:
        key, headers = envelope.key.encode("utf-8", "replace"), tuple(headers_of(envelope))
        place = (envelope.topic.value, batch.partition, 0)
        await quarantine.keep_quarantined(
            QuarantinedRecord("test", *place, key, envelope.data, headers, error, envelope.topic)
        )

    await hand_over(handler, batch, dead)
