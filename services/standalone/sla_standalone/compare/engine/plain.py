"""Plain: webhooks `thread.service_level_agreement_status_transitioned`, in the order in which they came.

Of each SLA of a thread the last status counts; the due instant is that of the last status that stated one. A next
response begins anew with each message of the customer, so an end followed by another status is a clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sla_standalone.compare.clock import TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.document import Record
from sla_standalone.compare.engine.port import ReadOptions, UnreadableValue, instant, text

METRICS = ("first_response", "next_response", "resolution")
_EVENT = "thread.service_level_agreement_status_transitioned"
_METRIC = {
    "FIRST_RESPONSE_TIME": "first_response",
    "NEXT_RESPONSE_TIME": "next_response",
    "FIRST_RESOLUTION_TIME": "resolution",
    "TOTAL_RESOLUTION_TIME": "resolution",
}
_VERDICT = {
    "PENDING": TheirVerdict.OPEN,
    "IMMINENT_BREACH": TheirVerdict.OPEN,
    "BREACHING": TheirVerdict.OVERDUE,
    "BREACHED": TheirVerdict.MISSED,
    "ACHIEVED": TheirVerdict.MET,
    "CANCELLED": TheirVerdict.CANCELLED,
}
_DUE = ("breachingAt", "breachTime", "breachedAt")
_END = ("achievedAt", "completedAt", "cancelledAt")
_ENDED = (TheirVerdict.MET, TheirVerdict.MISSED, TheirVerdict.CANCELLED)


@dataclass(slots=True)
class _Known:
    """A clock under way."""

    row: int
    names: tuple[str, ...]
    metric: str
    label: str
    verdict: TheirVerdict = TheirVerdict.OPEN
    due_at: datetime | None = None
    ended_at: datetime | None = None

    def clock(self, until: datetime) -> TheirClock:
        late = self.verdict is TheirVerdict.OPEN and self.due_at is not None and self.due_at < until
        return TheirClock(
            row=self.row,
            names=self.names,
            metric=self.metric,
            verdict=TheirVerdict.OVERDUE if late else self.verdict,
            due_at=self.due_at,
            ended_at=self.ended_at,
            label=self.label,
        )


@dataclass(slots=True)
class _Reading:
    under_way: dict[tuple[str, str], _Known] = field(default_factory=dict)
    done: list[_Known] = field(default_factory=list)


def read(records: Iterable[tuple[int, Record]], options: ReadOptions) -> Iterator[TheirClock | UnreadableRow]:
    """Yield the clocks in Plain's webhooks of SLA status changes. Webhooks of other types are skipped.

    For a webhook that cannot be read, an `UnreadableRow` is yielded.
    """
    reading = _Reading()
    for row, record in records:
        inner = record.get("payload")
        payload: Record = inner if isinstance(inner, dict) else record
        if payload.get("eventType", _EVENT) != _EVENT:
            continue
        try:
            _take(reading, row, payload, options)
        except UnreadableValue as error:
            yield UnreadableRow(row, str(error))
    for known in sorted([*reading.done, *reading.under_way.values()], key=lambda one: one.row):
        yield known.clock(options.until)


def _take(reading: _Reading, row: int, payload: Record, options: ReadOptions) -> None:
    thread, agreement = _part(payload, "thread"), _part(payload, "serviceLevelAgreement")
    detail = _part(payload, "serviceLevelAgreementStatusDetail")
    names = tuple(dict.fromkeys(name for name in (text(thread, "externalId"), text(thread, "id")) if name))
    if not names:
        raise UnreadableValue("it names no thread")
    kind, status = text(agreement, "type"), text(detail, "status")
    metric = options.metrics.get(kind.lower()) or _METRIC.get(kind)
    if metric is None:
        raise UnreadableValue(f"the SLA type {kind!r} is not known: give --metric {kind!r}=METRIC")
    if status not in _VERDICT:
        raise UnreadableValue(f"the status {status!r} is not known")
    key = names[-1], text(agreement, "id") or kind
    known = reading.under_way.get(key)
    if known is None:
        known = reading.under_way[key] = _Known(row, names, metric, kind.replace("_", " ").lower())
    known.verdict = _VERDICT[status]
    known.due_at = next((at for name in _DUE if (at := instant(detail, name)) is not None), known.due_at)
    if known.verdict in _ENDED:
        known.ended_at = next((at for name in _END if (at := instant(detail, name)) is not None), None)
        reading.done.append(reading.under_way.pop(key))


def _part(payload: Record, name: str) -> Record:
    found = payload.get(name)
    if not isinstance(found, dict):
        raise UnreadableValue(f"it has no {name}")
    return found
