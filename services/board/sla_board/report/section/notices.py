"""Critical-fix notices of the period, and who answered them; and who acknowledged the alerts about breaches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from sla_board import tables
from sla_board.report.model import Part, ReportFigures, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject
from sla_board.report.value import NOTHING, ReportCell, count, instant, share, span, text, word
from sla_board.shown.alert import ShownAlert, alerts_of
from sla_domain.attainment import Tally

_notice, _delivery, _alert = tables.notice.c, tables.delivery.c, tables.alert.c
_MOST = 200
_SENT = "sent"


async def notices(subject: ReportSubject) -> ReportSection:
    """Return the section on critical-fix notices published in the period, and on how alerts were acknowledged."""
    parts: list[Part] = []
    published = await _published(subject)
    if published:
        parts.append(await _notices(subject, published))
    else:
        parts.append(ReportNote("note.no_notices"))
    parts += await _answers(subject)
    return ReportSection("notices", tuple(parts))


async def _published(subject: ReportSubject) -> Sequence[Any]:
    """Those of which somebody of this contract was told."""
    theirs = select(_delivery.notice).where(_delivery.contract == subject.id, _delivery.notice == _notice.id)
    query = (
        select(tables.notice)
        .where(_notice.published_at >= subject.bounds.start, _notice.published_at < subject.bounds.end)
        .where(theirs.exists())
        .order_by(_notice.published_at, _notice.id)
        .limit(_MOST)
    )
    return (await subject.connection.execute(query)).all()


async def _notices(subject: ReportSubject, published: Sequence[Any]) -> ReportTable:
    ids = [row.id for row in published]
    counting = (
        select(_delivery.notice, func.count())
        .where(_delivery.notice.in_(ids), _delivery.contract == subject.id, _delivery.state == _SENT)
        .group_by(_delivery.notice)
    )
    sent = {row[0]: int(row[1]) for row in (await subject.connection.execute(counting)).all()}
    asking = select(tables.alert).where(_alert.notice.in_(ids), _alert.contract == subject.id)
    steps: dict[str, list[Any]] = defaultdict(list)
    for row in (await subject.connection.execute(asking)).all():
        steps[row.notice].append(row)
    rows = [_notice_row(row, sent.get(row.id, 0), alerts_of(steps[row.id])) for row in published]
    columns = (
        "column.notice", "column.severity", "column.published", "column.told", "column.answered_by",
        "column.answered_at", "column.answered_after",
    )  # fmt: skip
    return ReportTable("notices", columns, tuple(rows), title="table.notices")


def _notice_row(row: Any, sent: int, alerts: Sequence[ShownAlert]) -> tuple[ReportCell, ...]:
    answered = [one for one in alerts if one.acknowledged_at is not None]
    first = min(answered, key=lambda one: (one.acknowledged_at, one.id), default=None)
    if first is None or first.acknowledged_at is None:
        who: tuple[ReportCell, ...] = (
            word("word.not_answered") if alerts else word("word.not_asked"),
            NOTHING,
            NOTHING,
        )
    else:
        after = first.acknowledged_at - first.opened_at
        who = (text(first.acknowledged_by), instant(first.acknowledged_at), span(after))
    return (
        text(row.title or row.id, "/notices"),
        word(f"severity.{row.severity}"),
        instant(row.published_at),
        count(sent),
        *who,
    )


async def _answers(subject: ReportSubject) -> list[Part]:
    """How the alerts about breaches were answered: those that were opened in the period."""
    query = select(tables.alert).where(
        _alert.contract == subject.id, _alert.notice == "", _alert.at >= subject.bounds.start,
        _alert.at < subject.bounds.end,
    )  # fmt: skip
    alerts = alerts_of((await subject.connection.execute(query)).all())
    opened = [one for one in alerts if subject.bounds.hold(one.opened_at)]
    if not opened:
        return []
    answered = [one for one in opened if one.acknowledged_at is not None]
    waits = sorted(one.acknowledged_at - one.opened_at for one in answered if one.acknowledged_at is not None)
    figures: list[tuple[str, ReportCell]] = [
        ("figure.alerts", count(len(opened))),
        ("figure.answered", count(len(answered))),
        ("figure.answered_share", share(Tally(met=len(answered), missed=len(opened) - len(answered)).share)),
    ]
    if waits:
        figures.append(("figure.answered_after", span(_median(waits))))
    found: list[Part] = [ReportFigures(tuple(figures))]
    by = Counter(one.acknowledged_by for one in answered)
    if by:
        rows = [(text(who) if who else word("word.unknown"), count(number)) for who, number in by.most_common()]
        found.append(ReportTable("answers", ("column.answered_by", "column.alerts"), tuple(rows), "table.answers"))
    return found


def _median(waits: Sequence[timedelta]) -> timedelta:
    middle = len(waits) // 2
    return waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2
