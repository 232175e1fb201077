"""The bus: how events get from one service to another (port.py states what holds).

`Feeds` gives a service its source by profile: the producing service's log itself, or Kafka, to which the relay of the
producing service copies that log.
"""

from __future__ import annotations

from sla_platform.bus.feeds import Feeds
from sla_platform.bus.partition import partition_of
from sla_platform.bus.port import Batch, EventSource, Handler, KeepQuarantined, QuarantinedRecord
from sla_platform.bus.quarantine import Quarantine
from sla_platform.bus.skipped import SkippedRows
from sla_platform.bus.wake_signal import WakeSignal, signalled_within

__all__ = [
    "Batch",
    "EventSource",
    "Feeds",
    "Handler",
    "KeepQuarantined",
    "Quarantine",
    "QuarantinedRecord",
    "SkippedRows",
    "WakeSignal",
    "partition_of",
    "signalled_within",
]
