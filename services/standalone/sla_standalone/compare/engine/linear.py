"""Linear: issues of its GraphQL API, or webhooks of the type IssueSLA; an issue has one SLA, until it is done.

`slaBreachesAt` is the due instant, `slaStartedAt` the start; `slaType` says whether all days or business days count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sla_standalone.compare.clock import TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.document import Record
from sla_standalone.compare.engine.port import ReadOptions, UnreadableValue, ended, instant, running, text

METRICS = ("resolution",)


def read(records: Iterable[tuple[int, Record]], options: ReadOptions) -> Iterator[TheirClock | UnreadableRow]:
    """Yield the clock of each Linear issue with an SLA, from exported issues or from webhooks about SLAs.

    If several records are about one issue, the last is used. For a record that cannot be read, an `UnreadableRow` is
    yielded.
    """
    last: dict[str, tuple[int, Record, str]] = {}
    unreadable = []
    for row, record in records:
        issue, action = record, ""
        if record.get("type") == "IssueSLA":
            issue, action = record.get("issueData") or {}, str(record.get("action", ""))
        name = text(issue, "identifier", "id")
        if not name:
            unreadable.append(UnreadableRow(row, "it names no issue"))
            continue
        last[text(issue, "id") or name] = (row, issue, action)
    yield from unreadable
    for row, issue, action in last.values():
        try:
            clock = _clock(row, issue, action, options)
        except UnreadableValue as error:
            yield UnreadableRow(row, str(error))
            continue
        if clock is not None:
            yield clock


def _clock(row: int, issue: Record, action: str, options: ReadOptions) -> TheirClock | None:
    due = instant(issue, "slaBreachesAt")
    if due is None:
        return None  # no SLA applies to it
    done, cancelled = instant(issue, "completedAt"), instant(issue, "canceledAt")
    if cancelled is not None:
        verdict = TheirVerdict.CANCELLED
    elif done is not None:
        verdict = ended(due, done)
    else:
        verdict = TheirVerdict.OVERDUE if action == "breached" else running(due, options.until)
    days = text(issue, "slaType")
    return TheirClock(
        row=row,
        names=tuple(dict.fromkeys(name for name in (text(issue, "identifier"), text(issue, "id")) if name)),
        metric=options.metrics.get("sla", "resolution"),
        verdict=verdict,
        due_at=due,
        started_at=instant(issue, "slaStartedAt"),
        ended_at=cancelled or done,
        label=f"SLA, {days}" if days else "SLA",
    )
