"""The events of one incident from a log of any form, with another system's verdicts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sla_domain.event import IncidentEvent, IncidentId


@dataclass(frozen=True, slots=True)
class Reject:
    """A line of the log that could not be read, or names no incident."""

    line: int
    """The line's number."""
    reason: str
    text: str = ""
    """The first 500 characters of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLife:
    """Everything that was read about one incident from the lines of a log."""

    incident: IncidentId
    events: tuple[IncidentEvent, ...]
    claims: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    """Maps a metric to another system's verdict. True means met."""
    rejects: tuple[Reject, ...] = ()
    """Lines that could not be read."""
    remarks: tuple[str, ...] = ()
    """The status of each row whose status is not in the mapping file."""
