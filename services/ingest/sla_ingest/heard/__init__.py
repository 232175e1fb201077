"""What was heard of each sender in each hour: how many deliveries, and the longest silence between two of them."""

from __future__ import annotations

from sla_ingest.heard.hour import HISTORY, HOUR, HeardHour, hour_begun, hours_of
from sla_ingest.heard.store import count_hours, heard_hours, note_replay, outcomes_since

__all__ = [
    "HISTORY",
    "HOUR",
    "HeardHour",
    "count_hours",
    "heard_hours",
    "hour_begun",
    "hours_of",
    "note_replay",
    "outcomes_since",
]
