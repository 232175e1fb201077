"""Generated rows, feeds and manual edits of one code → its table. Precedence: generated < feed < manual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sla_catalogue.document.holiday import AddedDocument, RemovedDocument
from sla_catalogue.holiday.row import FeedSpan, HolidayRow, HolidayTable, RowKind, WorkedDay

MANUAL = "manual: "  # begins the source of a row that was added by hand, before the reason


def build_table(
    code: str,
    generated: Iterable[HolidayRow],
    feeds: Iterable[HolidayRow],
    spans: Sequence[FeedSpan],
    added: Sequence[AddedDocument],
    removed: Sequence[RemovedDocument],
) -> HolidayTable:
    """Build the holiday table of a code, such as `PL`, from generated days, calendar files and days added by hand.

    For a day that several of them have, `added` is used before `feeds`, and `feeds` before `generated`.

    Args:
        generated: Generated holidays.
        feeds: Days from calendar files.
        spans: Closings from calendar files.
        added: Days added by hand.
        removed: Days that the catalogue declares to be working days. Holidays on these days are left out, and so are
            closings that begin on them.
    """
    by_day: dict[object, list[HolidayRow]] = {}
    manual = [_manual(document) for document in added]
    for layer in (generated, feeds, manual):
        fresh: dict[object, list[HolidayRow]] = {}
        for row in layer:
            fresh.setdefault(row.date, []).append(row)
        by_day.update(fresh)
    for document in removed:
        by_day.pop(document.date, None)
    gone = {document.date for document in removed}
    kept = tuple(span for span in spans if span.start.date() not in gone)
    worked = tuple(sorted(WorkedDay(document.date, document.reason) for document in removed))
    return HolidayTable(code, tuple(sorted(row for rows in by_day.values() for row in rows)), kept, worked)


def _manual(document: AddedDocument) -> HolidayRow:
    kind = RowKind.CLOSED if document.closes_at is None else RowKind.HALF
    return HolidayRow(document.date, kind, document.name, f"{MANUAL}{document.reason}", document.closes_at)
