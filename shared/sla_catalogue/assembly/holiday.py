"""`holidays` → the tables the catalogue's coverages need, generated, fed and corrected; a stored catalogue has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.holiday import FeedDocument, HolidayDocument
from sla_catalogue.holiday.feed import read_feed
from sla_catalogue.holiday.generate import HALF_DAY, PACKAGE_VERSION, Recipe, UnknownRegion, generate_rows
from sla_catalogue.holiday.row import FeedSpan, HolidayRow, HolidayTable, Horizon
from sla_catalogue.holiday.table import build_table
from sla_catalogue.holiday.tidy import BadFeed, decode_feed
from sla_catalogue.problem import Path, did_you_mean

FEED = "feed "  # begins the source of a row from a feed, before the name of its file
MAX_FEED_BYTES = 4 * 1024 * 1024


def build_holidays(
    codes: Mapping[str, Path], horizon: Horizon, bases: Mapping[str, FilePath], context: Context
) -> dict[str, HolidayTable]:
    """Build the holiday tables for `codes` and for the section `holidays`, by code, such as `PL`.

    Unknown codes, unreadable calendar files, and removed days that were no holidays are reported to `context.findings`.

    Args:
        codes: Code that a coverage needs -> path of that coverage in the catalogue.
        horizon: The years for which to build the tables.
        bases: Name of a catalogue file -> directory for relative file names in that file.
    """
    wanted = {**{code: ("holidays", code) for code in context.document.holidays}, **codes}
    return {code: _table(code, path, horizon, bases, context) for code, path in sorted(wanted.items())}


def later_table(
    code: str, path: Path, tables: Mapping[str, HolidayTable], horizon: Horizon, context: Context
) -> HolidayTable:
    """Build the holiday table of one more code, such as `PL`, for a catalogue that is already built.

    A contract that is newer than the catalogue may need such a table. Holidays are generated for the years of
    `horizon`. No calendar file is read: days from such files are taken from the country's table in `tables` (code ->
    table). Unknown codes are reported to `context.findings`.

    Args:
        path: Path, in the catalogue, of the value that needs the code. Errors are reported there.
    """
    country, _, subdivision = code.partition("-")
    document = context.document.holidays.get(country) or HolidayDocument()
    generated = _generated(document, country, subdivision, horizon, path, context)
    whole = tables.get(country)
    fed = [row for row in whole.rows if row.source.startswith(FEED)] if whole and document.feeds else []
    spans = whole.spans if whole else ()
    return build_table(code, generated, fed, spans, document.add, document.remove)


def _table(code: str, path: Path, horizon: Horizon, bases: Mapping[str, FilePath], context: Context) -> HolidayTable:
    country, _, subdivision = code.partition("-")
    document = context.document.holidays.get(code) or context.document.holidays.get(country) or HolidayDocument()
    where: Path = next((("holidays", name) for name in (code, country) if name in context.document.holidays), path)
    generated = _generated(document, country, subdivision, horizon, where if document.generate else path, context)
    rows: list[HolidayRow] = []
    spans: list[FeedSpan] = []
    for index, feed in enumerate(document.feeds):
        more, timed = _fed(feed, (*where, "feeds", index), horizon, bases, context)
        rows.extend(more)
        spans.extend(timed)
    known = {row.date for row in (*generated, *rows)} | {document.date for document in document.add}
    for index, removed in enumerate(document.remove):
        if removed.date not in known:
            message = f"{removed.date} is no holiday of {code} to begin with"
            context.findings.warning((*where, "remove", index), "not-a-holiday", message, "remove this entry")
    return build_table(code, generated, rows, spans, document.add, document.remove)


def _generated(
    document: HolidayDocument, country: str, subdivision: str, horizon: Horizon, path: Path, context: Context
) -> tuple[HolidayRow, ...]:
    if not document.generate:
        return ()
    if HALF_DAY in document.categories and document.half_day_closes_at is None:
        hint = "half_day_closes_at: 13:00"
        context.findings.error(path, "half-day", "half days have no hours of their own: say when they close", hint)
        return ()
    recipe = Recipe(
        country=country,
        subdivision=subdivision,
        categories=tuple(document.categories),
        observed=document.observed,
        language=document.language,
        closes_at=document.half_day_closes_at,
    )
    try:
        return generate_rows(recipe, horizon)
    except UnknownRegion as error:
        wanted = str(error).rsplit("'", 2)[-2]
        context.findings.error(path, "unknown-region", str(error), did_you_mean(wanted, error.known))
        return ()


def _fed(
    feed: FeedDocument, path: Path, horizon: Horizon, bases: Mapping[str, FilePath], context: Context
) -> tuple[Iterable[HolidayRow], Iterable[FeedSpan]]:
    base = bases.get(context.findings.at(path).file, FilePath())
    try:
        with (base / feed.file).open("rb") as stream:
            content = stream.read(MAX_FEED_BYTES + 1)
        if len(content) > MAX_FEED_BYTES:
            raise BadFeed(f"the feed is larger than {MAX_FEED_BYTES} bytes")
        text, doubts = decode_feed(content)
        found = read_feed(text, f"{FEED}{feed.file}", horizon, feed.skip)
        for remark in (*doubts, *found.remarks):
            hint = "correct the entry in the calendar it comes from, or add the day under `add`"
            context.findings.warning(path, "feed-entry", f"{feed.file}: {remark}", hint)
        return found.rows, found.spans
    except OSError as error:
        context.findings.error(path, "feed", f"{feed.file} cannot be read: {error.strerror}", "check the path")
    except (BadFeed, UnicodeDecodeError) as error:
        context.findings.error(path, "feed", f"{feed.file}: {error}", "export it again as iCalendar")
    return (), ()


def holidays_version(tables: Mapping[str, HolidayTable]) -> str:
    """Return the version of the package `holidays`, which generates holidays.

    The result is "" if no table in `tables` (code -> table) has a day.
    """
    return PACKAGE_VERSION if any(table.rows for table in tables.values()) else ""
