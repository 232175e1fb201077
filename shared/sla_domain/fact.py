"""What slad says to the world about a clock or an incident. On the wire `io.slad.<family>.<kind>.v1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from sla_domain.clock import ClockId
from sla_domain.event import IncidentId
from sla_domain.incident import ContractPeriod


class FactKind(StrEnum):
    CLOCK_STARTED = "clock.started"
    CLOCK_PAUSED = "clock.paused"
    CLOCK_RESUMED = "clock.resumed"
    CLOCK_RETARGETED = "clock.retargeted"
    CLOCK_WARNED = "clock.warned"
    CLOCK_BREACHED = "clock.breached"
    CLOCK_MET = "clock.met"
    CLOCK_MISSED = "clock.missed"  # stopped after its due instant; the breach was told before, or is told with it
    CLOCK_CANCELLED = "clock.cancelled"
    CLOCK_AMENDED = "clock.amended"  # a told verdict was taken back or changed by a late event
    PROMISE_MADE = "promise.made"
    PROMISE_MOVED = "promise.moved"
    PROMISE_NONE = "promise.none"  # no clock runs for the incident, since its plan leaves the number open
    CONTRACT_CHANGED = "contract.changed"  # another contract or customer: from which event on, under which
    PHASE_CHANGED = "phase.changed"  # the incident's phase, when no other fact went out with the change
    PRIORITY_CORRECTED = "priority.corrected"  # clause E8: the customer is told old, new and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`key` makes the fact unique within its clock (or incident): telling it twice is impossible by constraint."""

    kind: FactKind
    incident: IncidentId
    key: str
    at: datetime  # when it became true (for a breach: the due instant), not when it was noticed
    clock: ClockId | None = None
    metric: str = ""
    cycle: int = 0
    generation: int = 0
    due_at: datetime | None = None
    threshold: str = ""  # warnings: the key of the threshold
    overtaken: bool = False  # a warning that was noticed only after its breach: recorded, not told to people
    history: bool = False  # over or imported when slad first heard of it: on record, told to nobody
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    periods: tuple[ContractPeriod, ...] = ()  # contract.changed: all of them, the oldest first
