"""A clock as slad published it, and the instant as of which evidence speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sla_domain.clock import ClockId, ClockState
from sla_domain.event import IncidentEvent
from sla_domain.published import PublishedState
from sla_domain.published_mark import standing_marks
from sla_domain.rfc3339 import rfc3339_or_none
from sla_timer.apply.decide import published_state_of

GONE = "gone"  # the key of that word
_INSTANTS = ("started_at", "due_at", "original_due_at", "stopped_at", "breached_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOnRecord:
    """A clock as slad published it: columns of its row in `timer_clock`."""

    id: ClockId
    metric: str
    cycle: int
    catalogue: str
    """The version by which the clock was judged."""
    contract: str
    priority: str
    state: str
    generation: int
    started_at: datetime
    due_at: datetime | None
    original_due_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    exempt: str
    told: str
    """The published facts, in stored form."""

    @classmethod
    def of_row(cls, row: Any) -> ClockOnRecord:
        """Return the clock in a row of `timer_clock`."""
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})

    @classmethod
    def of_json(cls, line: Mapping[str, Any]) -> ClockOnRecord:
        """Return the clock that `as_json` has written.

        Raises:
            ValueError, KeyError, TypeError: The JSON is not such a clock.
        """
        values = {name: line[name] for name in cls.__dataclass_fields__}
        for name in _INSTANTS:
            values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
        return cls(**values | {"id": ClockId(UUID(values["id"]))})

    def as_json(self) -> dict[str, Any]:
        """Return the clock as JSON values, which `of_json` reads."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {name: rfc3339_or_none(values[name]) for name in _INSTANTS} | {"id": str(self.id)}

    @property
    def state_told(self) -> PublishedState:
        """Return what has been published about the clock, parsed from the field `told`."""
        return published_state_of(self)

    @property
    def gone(self) -> bool:
        """Return whether slad has published, after a late event, that the clock does not exist."""
        keys = self.state_told.keys
        return self.state == ClockState.CANCELLED.value and any(key.partition("~")[0] == GONE for key in keys)

    @property
    def place(self) -> tuple[datetime, str, int, str]:
        """Return the sort key of the clock: start, metric, cycle, id."""
        return self.started_at, self.metric, self.cycle, str(self.id)


def evidence_instant(
    events: Iterable[IncidentEvent], clocks: Iterable[ClockOnRecord], until: datetime | None = None
) -> datetime:
    """Return the instant as of which an incident is explained: one second after the last instant stored about it.

    Used are the instants at which events were received, the instant of the earliest event, and those of published
    warnings and breaches. The present time is not used, so that the evidence of an unchanged incident stays the same.

    Args:
        until: If the result would be later, this instant is returned. None means no limit.
    """
    known = list(events)
    instants = [event.received_at for event in known]
    instants += [min(event.occurred_at for event in known)]
    for clock in clocks:
        told = clock.state_told
        instants += [mark.at for mark in standing_marks(told.keys, told.meanings) if mark.at is not None]
        instants += [clock.breached_at] if clock.breached_at is not None else []
    last = max(instants).replace(microsecond=0) + timedelta(seconds=1)
    return last if until is None else min(last, until)
