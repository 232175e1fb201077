"""What the reporter is promised, told in the answer to the report itself (PLANS I2): each metric's due instant.

Ingest folds the incident's accepted events as the timer will; the timer's fold stays the one that counts. A promise
that cannot be told never stops an event from being accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from sla_domain.event import EventKind, IncidentId
from sla_domain.incident import Incident
from sla_domain.promise import PromiseLine
from sla_domain.promise import promise as lines
from sla_ingest.dialect.port import Remark

_log = structlog.get_logger(__name__)

# The kinds after which a sender wants to know what is due now.
PROMISING = frozenset(
    {
        EventKind.OPENED,
        EventKind.PRIORITY_CHANGED,
        EventKind.REOPENED,
        EventKind.RECLASSIFIED,
        EventKind.RESUMED,
        EventKind.TARGET_AGREED,
        EventKind.DOWNGRADE_AGREED,
    }
)


def promise(incident: IncidentId, folded: Callable[[], Incident]) -> dict[str, Any]:
    """The promise as it stands in the answer; `folded` gives the incident with the events of the delivery."""
    try:
        return _told(folded())
    except Exception as error:  # whatever it is, the event is accepted: the answer alone suffers
        _log.exception("promise.failed", incident=incident)
        return _untold(Remark.NO_PROMISE, type(error).__name__)


def crowded() -> dict[str, Any]:
    """In place of the promise of an incident with so many events that folding them would hold up everybody."""
    return _untold(Remark.MANY_EVENTS)


def _untold(remark: Remark, detail: str = "") -> dict[str, Any]:
    return {"targets": [], "remarks": [_remark(remark.code, remark.value, detail)]}


def _told(incident: Incident) -> dict[str, Any]:
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
