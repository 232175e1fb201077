"""The events of one incident from a log of any form, with another system's verdicts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sla_domain.event import IncidentEvent, IncidentId


@dataclass(frozen=True, slots=True)
class Reject:
    """A line of the log that could not be read, or names no incident.

    `line`: its number. `text`: the first 500 characters of the line.
    """

    line: int
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLife:
    """Everything that the lines of a log state about one incident.

    `claims`: metric -> another system's verdict, True for met. `rejects`: lines that could not be read. `remarks`: the
    status of each row whose status is not in the mapping file.
    """

    incident: IncidentId
    events: tuple[IncidentEvent, ...]
    claims: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    rejects: tuple[Reject, ...] = ()
    remarks: tuple[str, ...] = ()
