"""Whether the latest facts opened or ended the incident as a whole; such a fact says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sla_domain.clock import Clock, ClockState
from sla_domain.incident import Incident, RemarkKind

_ADVICE = frozenset(
    {
        RemarkKind.CHANNEL_NOT_ENTITLED,
        RemarkKind.CHANNEL_OUT_OF_HOURS,
        RemarkKind.URGENT_CHANNEL,
        RemarkKind.REQUEST_NOT_COVERED,
        RemarkKind.NOT_THE_CONTACT,
    }
)
_VERDICTS = frozenset({ClockState.MET, ClockState.MISSED})


def turned_context(turned: str, incident: Incident, clocks: Iterable[Clock]) -> dict[str, Any]:
    """Return extra fields for the fact (published event) that an incident was opened, resolved or reopened.

    The fields are ready for JSON. The key `turned` is always there. For an opening, `advice` has the remarks that the
    reporter should know (clauses B6, B8 and I10, docs/clauses.md). For `resolved`, `outcomes` has for each metric how
    many promises were met and missed. `advice` and `outcomes` are left out if empty.

    Args:
        turned: What happened to the incident: `opened`, `resolved` or `reopened`.
        incident: The incident after that event.
        clocks: All clocks of the incident, also those that ended long ago.
    """
    said: dict[str, Any] = {"turned": turned}
    if turned == "opened":
        said["advice"] = [remark.text for remark in incident.remarks if remark.kind in _ADVICE]
    elif turned == "resolved":
        said["outcomes"] = _outcomes(clocks)
    return {name: value for name, value in said.items() if value}


def _outcomes(clocks: Iterable[Clock]) -> list[dict[str, Any]]:
    """By metric, in the order in which the first of each began."""
    found: dict[str, list[Clock]] = {}
    for clock in sorted(clocks, key=lambda each: (each.started_at, each.metric, each.cycle)):
        if clock.state in _VERDICTS and not clock.exempt:
            found.setdefault(str(clock.metric), []).append(clock)
    return [
        {
            "metric": metric,
            "met": sum(clock.state is ClockState.MET for clock in ended),
            "missed": sum(clock.state is ClockState.MISSED for clock in ended),
            "due_at": ended[-1].due_at,
            "stopped_at": ended[-1].stopped_at,
        }
        for metric, ended in found.items()
    ]
