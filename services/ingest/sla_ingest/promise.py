"""The promise in the answer to a delivery: the due instant of each metric (clause I2, docs/clauses.md).

Ingest folds the incident's accepted events as the timer will; the timer's fold is the one that counts. A promise that
cannot be computed never stops an event from being accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from sla_domain.clock import BREACH
from sla_domain.event import IncidentEvent, IncidentId
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.promise import PromiseLine
from sla_domain.promise import promise as lines
from sla_domain.rulebook import Rulebook
from sla_ingest.dialect.port import IngestRemark

_log = structlog.get_logger(__name__)


def promise(
    incident: IncidentId, folded: Callable[[], Incident], view: Callable[[Incident], Incident | None] | None = None
) -> dict[str, Any]:
    """Return the due instants of an incident as a JSON object, for the response to a delivery.

    If there are none, the object has a remark that says why. This function never raises: a failure is logged and
    becomes a remark.

    Args:
        folded: Returns the incident as computed with the delivery's events.
        view: Called with the computed incident. Returns what the sender's API key may see of it, or None if the
            incident is now under another contract. If `view` itself is None, the sender may see everything.
    """
    try:
        found: Incident | None = folded()
        if view is not None and found is not None:
            found = view(found)
        if found is None:
            return {
                "targets": [],
                "remarks": [_remark(IngestRemark.OTHER_CONTRACT.code, IngestRemark.OTHER_CONTRACT.value)],
            }
        return _promise_json(found)
    except Exception as error:  # the event is accepted even if the promise cannot be computed
        _log.exception("promise.failed", incident=incident)
        return _without_targets(IngestRemark.NO_PROMISE, type(error).__name__)


def crowded_promise() -> dict[str, Any]:
    """Return the JSON object for the response to a delivery whose incident has too many events.

    The object has a remark and no due instants, like that of `promise`.
    """
    return _without_targets(IngestRemark.MANY_EVENTS)


def _without_targets(remark: IngestRemark, detail: str = "") -> dict[str, Any]:
    return {"targets": [], "remarks": [_remark(remark.code, remark.value, detail)]}


def latest_passed_due(events: Iterable[IncidentEvent], rulebook: Rulebook, by: datetime) -> datetime | None:
    """Return the latest due instant of an incident that was missed, up to `by`; None if none was missed.

    If the incident cannot be computed from the events, this is logged, and None is returned.

    Args:
        events: All events of the incident.
        rulebook: The plans, contracts and calendars.
        by: Due instants after this instant are ignored.
    """
    known = list(events)
    if not known:
        return None
    try:
        clocks = fold(known, rulebook).clocks
    except Exception:  # as above
        _log.exception("promise.failed", incident=known[0].incident)
        return None
    breaches = [mark.at for clock in clocks for mark in clock.marks if mark.kind == BREACH and mark.at <= by]
    return max(breaches, default=None)


def _promise_json(incident: Incident) -> dict[str, Any]:
    contract = incident.contract
    return {
        "incident": incident.id,
        "contract": contract.id,
        "plan": incident.plan,
        "priority": incident.priority,
        "phase": incident.phase.value,
        "zone": contract.zone,
        "targets": [_target(line) for line in lines(incident)],
        "remarks": [_remark(remark.kind.value, remark.text) for remark in incident.remarks],
    }


def _target(line: PromiseLine) -> dict[str, Any]:
    return {
        "metric": line.metric,
        "priority": line.priority,
        "due_at": line.due_at.astimezone(ZoneInfo(line.zone)).isoformat(),
        "due_at_utc": line.due_at.isoformat(),
    } | {name: value for name, value in (("clause", line.clause), ("agreed_by", line.agreed_by)) if value}


def _remark(code: str, text: str, detail: str = "") -> dict[str, str]:
    return {"code": code, "text": text} | ({"detail": detail} if detail else {})
