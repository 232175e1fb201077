"""Events on the wire: domain values to CloudEvents and back. Old fixtures must parse for ever (docs/events.md).

Unknown fields are ignored on reading; a change that an old reader could misunderstand gets a new type version.
"""

from __future__ import annotations

from sla_platform.wire.clock import ClockFact, clock_fact, decode_clock_fact, encode_clock_fact
from sla_platform.wire.delivery import DeliveryFact, decode_delivery_fact, encode_delivery_fact
from sla_platform.wire.incident import decode_event, encode_event, stored_event
from sla_platform.wire.notice import NoticeData, decode_notice, encode_notice, notice_event_id, notice_of
from sla_platform.wire.objective import ObjectiveFact, decode_objective_fact, encode_objective_fact
from sla_platform.wire.report import ReportFact, decode_report_fact, encode_report_fact

__all__ = [
    "ClockFact",
    "DeliveryFact",
    "NoticeData",
    "ObjectiveFact",
    "ReportFact",
    "clock_fact",
    "decode_clock_fact",
    "decode_delivery_fact",
    "decode_event",
    "decode_notice",
    "decode_objective_fact",
    "decode_report_fact",
    "encode_clock_fact",
    "encode_delivery_fact",
    "encode_event",
    "encode_notice",
    "encode_objective_fact",
    "encode_report_fact",
    "notice_event_id",
    "notice_of",
    "stored_event",
]
