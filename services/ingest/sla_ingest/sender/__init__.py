"""The state of the senders: when each last sent something, with which result, and whether it is overdue."""

from __future__ import annotations

from sla_ingest.sender.drafts import draft_routes
from sla_ingest.sender.routes import add_routes
from sla_ingest.sender.seen import SeenSenders
from sla_ingest.sender.silence import ExpectedSilence, SilenceBasis, expected_silence
from sla_ingest.sender.trial import SourceTrials

__all__ = [
    "ExpectedSilence",
    "SeenSenders",
    "SilenceBasis",
    "SourceTrials",
    "add_routes",
    "draft_routes",
    "expected_silence",
]
