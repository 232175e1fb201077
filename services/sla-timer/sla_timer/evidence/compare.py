"""Whether the published facts about a clock agree with its fold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sla_domain.clock import BREACH, Clock
from sla_domain.rfc3339 import rfc3339_or_none
from sla_timer.evidence.published import ClockOnRecord

_SAME = ("metric", "cycle", "priority", "generation", "started_at", "due_at", "original_due_at", "stopped_at", "exempt")
_OF_WITHDRAWN = ("metric", "started_at", "original_due_at")  # it ended by a change of rules, not by an event


def record_differences(published: ClockOnRecord, clock: Clock) -> list[str]:
    """Return the differences between a published and a computed clock, each as a sentence; empty if they agree.

    Args:
        published: The clock as slad published it.
        clock: The same clock, computed from events.
    """
    withdrawn = published.state_told.withdrawn_at is not None
    found = [
        f"{name}: published {_said(getattr(published, name))}, computed {_said(getattr(clock, name))}"
        for name in (_OF_WITHDRAWN if withdrawn else _SAME)
        if getattr(published, name) != getattr(clock, name)
    ]
    if not withdrawn and published.state != clock.state.value:
        found.append(f"state: published {published.state}, computed {clock.state.value}")
    return found if withdrawn else [*found, *_breach(published, clock)]


def _breach(published: ClockOnRecord, clock: Clock) -> list[str]:
    """A timer publishes a breach at its mark; events after the last one known cannot be asked for."""
    at = published.breached_at
    marks = {mark.at for mark in clock.marks if mark.kind == BREACH and mark.generation == clock.generation}
    if at is not None and at not in marks:
        return [f"breached_at: published {_said(at)}, computed {_said(max(marks, default=None))}"]
    if at is None and clock.breached_at is not None:
        return [f"breached_at: nothing published, computed {_said(clock.breached_at)}"]
    return []


def _said(value: Any) -> str:
    return str(rfc3339_or_none(value)) if isinstance(value, datetime) else f"{value}"
