"""The whole list of incidents as CSV or JSON lines, page by page, so that its length costs no memory."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import orjson

from sla_board.history.answer import ListedIncident, row_values, text_values
from sla_board.history.counted import CountedList
from sla_board.history.filter import IncidentFilter
from sla_board.history.query import place_of, read_rows
from sla_board.history.text import text_condition
from sla_platform.store.engine import Store

PART = 500  # rows at a time
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = tuple(ListedIncident.model_fields)
"""The columns of the CSV: the fields of the list's JSON."""


async def pages_of(store: Store, shown: IncidentFilter) -> AsyncIterator[Sequence[Any]]:
    """Yield all rows that a filter lists, at most 500 at a time.

    The newest rows come first. Each page is read in a transaction of its own, so that no transaction stays open while a
    slow client reads.

    Raises:
        StoreBusy: The store is busy.
    """
    if shown.counted is not None:
        async for rows in _counted_pages(store, shown):
            yield rows
        return
    async with store.reading() as connection:
        text = await text_condition(connection, shown)
    after = None
    while True:
        async with store.reading() as connection:
            rows = await read_rows(connection, shown, text, after, PART)
        if rows:
            yield rows
        if len(rows) < PART:
            return
        after = place_of(rows[-1], shown)


async def _counted_pages(store: Store, shown: IncidentFilter) -> AsyncIterator[Sequence[Any]]:
    async with store.reading() as connection:
        counted = await CountedList.of(connection, shown)
    after = None
    while True:
        async with store.reading() as connection:
            rows = await counted.on(connection).rows(after, PART)
        if rows:
            yield rows
        if len(rows) < PART:
            return
        after = place_of(rows[-1], shown)


async def csv_lines(store: Store, shown: IncidentFilter) -> AsyncIterator[bytes]:
    """Yield the list as CSV (RFC 4180, UTF-8): first the header line, then up to 500 lines at a time.

    A text that a spreadsheet could read as a formula gets an apostrophe before it.
    """
    yield _csv([COLUMNS])
    async for rows in pages_of(store, shown):
        yield _csv([_cell(value) for value in text_values(row).values()] for row in rows)


async def json_lines(store: Store, shown: IncidentFilter) -> AsyncIterator[bytes]:
    """Yield the list as JSON lines, up to 500 lines at a time. Each line is a `ListedIncident`."""
    async for rows in pages_of(store, shown):
        yield b"".join(orjson.dumps(row_values(row), option=orjson.OPT_UTC_Z) + b"\n" for row in rows)


def _csv(rows: Iterable[Sequence[str | int]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def _cell(value: str | int) -> str | int:
    """A spreadsheet runs a text that begins so; the apostrophe makes it plain text there."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
