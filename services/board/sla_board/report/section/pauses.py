"""The pause audit: how long clocks were paused, waiting for whom, who paused them, and which pauses look wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from urllib.parse import urlencode

from sla_board.report.model import Part, PlotKind, ReportFigures, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject
from sla_board.report.value import ReportCell, count, instant, share, span, text, word
from sla_board.shown.pauses import PauseFilter, PausePage, PauseSums, read_pause_sums, read_pauses
from sla_domain.rfc3339 import rfc3339

LONG = timedelta(days=3)
_MOST = 20
_MICROSECOND = timedelta(microseconds=1)


async def pauses(subject: ReportSubject) -> ReportSection:
    """Return the section on the pauses that began in the period.

    It has sums by party (who is waited for) and by the person who set the pause, and lists unusual pauses.
    """
    asked = PauseFilter(contract=subject.id, start=subject.bounds.start, end=subject.bounds.end)
    sums = await read_pause_sums(subject.connection, asked, subject.hours)
    if not sums.pauses:
        return ReportSection("pauses", (ReportNote("note.no_pauses"),))
    odd = (
        ("pauses_met", replace(asked, met=True)),
        ("pauses_spoken", replace(asked, spoken=True)),
        ("pauses_long", replace(asked, longer_than=LONG)),
    )
    begin, end = (rfc3339(at, "seconds") for at in (subject.bounds.start, subject.bounds.end))
    query = urlencode({"contract": subject.id, "from": begin, "to": end})
    parts: list[Part] = [
        ReportFigures((("figure.pauses", count(sums.pauses, f"/pauses?{query}")), ("figure.paused", span(sums.wall)))),
        _shares("pauses_by_party", "column.waiting_on", [(_party(key), at) for key, at in sums.by_party.items()], sums),
        _shares("pauses_by_setter", "column.set_by", [(_who(key), at) for key, at in sums.by_setter.items()], sums),
    ]
    for id_, wanted in odd:
        page = await read_pauses(subject.connection, wanted, None, _MOST, subject.hours)
        if page.pauses:
            parts.append(_table(id_, page, f"/pauses?{query}", subject))
    return ReportSection("pauses", tuple(parts))


def _shares(id_: str, heading: str, of: Sequence[tuple[ReportCell, timedelta]], sums: PauseSums) -> ReportTable:
    whole = sums.wall // _MICROSECOND
    rows = [(cell, span(at), share(Fraction(at // _MICROSECOND, whole) if whole else None)) for cell, at in of[:_MOST]]
    columns = (heading, "column.time", "column.share")
    return ReportTable(id_, columns, tuple(rows), title=f"table.{id_}", plot=PlotKind.BARS)


def _party(key: str) -> ReportCell:
    return word(f"party.{key}") if key else word("word.nobody")


def _who(key: str) -> ReportCell:
    return text(key) if key else word("word.unknown")


def _table(id_: str, page: PausePage, rest: str, subject: ReportSubject) -> ReportTable:
    rows = [
        (
            text(one.title, one.page),
            subject.names.metric(one.metric),
            _party(one.waiting_on),
            text(one.set_by),
            instant(one.started_at),
            span(one.wall),
            text(one.why),
        )
        for one in page.pauses
    ]
    columns = (
        "column.incident", "column.metric", "column.waiting_on", "column.set_by", "column.since", "column.paused",
        "column.remark",
    )  # fmt: skip
    return ReportTable(id_, columns, tuple(rows), title=f"table.{id_}", rest=rest if page.next is not None else "")
