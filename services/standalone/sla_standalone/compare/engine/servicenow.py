"""ServiceNow: the table `task_sla`, as CSV or JSON of the Table API; a row is an SLA of a task.

`planned_end_time` (Breach time) is moved on by pauses; `has_breached` is its verdict; `target` of the definition says
response or resolution, and where it is not exported, the definition's name does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sla_standalone.compare.clock import TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.document import Record
from sla_standalone.compare.engine.port import ReadOptions, UnreadableValue, instant, text

METRICS = ("first_response", "resolution")
# What lists show, beside the names of the columns.
_LABELS = {
    "breach_time": "planned_end_time",
    "stop_time": "end_time",
    "sla_definition": "sla",
    "actual_pause_duration": "pause_duration",
    "task.number": "task",
    "sla.name": "sla",
}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a span is written as a date after it
_UNITS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def read(records: Iterable[tuple[int, Record]], options: ReadOptions) -> Iterator[TheirClock | UnreadableRow]:
    """Yield the clock of each row of ServiceNow's table `task_sla`.

    For a row that cannot be read, an `UnreadableRow` is yielded.
    """
    for row, raw in records:
        record = {_LABELS.get(name, name): value for name, value in raw.items()}
        try:
            yield _clock(row, record, options)
        except UnreadableValue as error:
            yield UnreadableRow(row, str(error))


def _clock(row: int, record: Record, options: ReadOptions) -> TheirClock:
    task = text(record, "task", "dv_task", "number")
    if not task:
        raise UnreadableValue("it names no task")
    label = text(record, "sla", "dv_sla", "sla_name")
    due, end = instant(record, "planned_end_time", options.zone), instant(record, "end_time", options.zone)
    return TheirClock(
        row=row,
        names=(task,),
        metric=_metric(label, text(record, "sla.target", "target"), options),
        verdict=_verdict(record, end),
        due_at=due,
        started_at=instant(record, "start_time", options.zone),
        ended_at=end,
        paused=_span(text(record, "pause_duration")),
        label=label,
    )


def _metric(label: str, target: str, options: ReadOptions) -> str:
    if (named := options.metrics.get(label.lower())) is not None:
        return named
    word = target.lower() if target.lower() in ("response", "resolution") else label.lower()
    if "respon" in word:
        return "first_response"
    if "resol" in word:
        return "resolution"
    raise UnreadableValue(f"SLA {label!r} says neither response nor resolution: give --metric {label!r}=METRIC")


def _verdict(record: Record, end: datetime | None) -> TheirVerdict:
    stage = text(record, "stage").lower().replace(" ", "_")
    breached = text(record, "has_breached").lower()
    if breached not in ("true", "false", "1", "0", "yes", "no"):
        raise UnreadableValue(f"has_breached {breached!r} is neither true nor false")
    late = breached in ("true", "1", "yes")
    if stage in ("cancelled", "canceled"):
        return TheirVerdict.CANCELLED
    if end is not None or stage in ("completed", "achieved"):
        return TheirVerdict.MISSED if late else TheirVerdict.MET
    return TheirVerdict.OVERDUE if late else TheirVerdict.OPEN


def _span(said: str) -> timedelta | None:
    """A duration is a date after 1970-01-01 00:00:00, a number of seconds, or in words: `1 Hour 30 Minutes`."""
    if not said:
        return None
    if said.replace(".", "", 1).isdigit():
        return timedelta(seconds=float(said))
    words = re.findall(r"(\d+)\s*(day|hour|minute|second)s?", said, re.IGNORECASE)
    if words:
        return timedelta(seconds=sum(int(count) * _UNITS[unit.lower()] for count, unit in words))
    try:
        return datetime.fromisoformat(said) - _EPOCH
    except (ValueError, TypeError):
        raise UnreadableValue(f"pause_duration {said[:60]!r} is no span") from None
