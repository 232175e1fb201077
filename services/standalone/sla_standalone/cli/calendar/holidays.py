"""`slad calendar holidays PL --year 2026` and `slad calendar ical`: the days off slad would generate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import icalendar
import typer
from rich.table import Table

from sla_catalogue.holiday.generate import PACKAGE_VERSION, Recipe, UnknownRegion, generate_rows
from sla_catalogue.holiday.row import HolidayRow, Horizon, RowKind
from sla_catalogue.problem import did_you_mean
from sla_domain.calendar import tzdata_version
from sla_platform.timesource import SystemTime
from sla_standalone.cli.output import emit, note, stop, table_console
from sla_standalone.cli.place import path

Country = Annotated[str, typer.Argument(help="ISO 3166 code, such as PL; DE-BY names a subdivision too.")]
Subdivision = Annotated[str, typer.Option(help="State or region, as ISO 3166-2 names it within the country.")]
Category = Annotated[list[str] | None, typer.Option(help="public, bank, half_day …; repeatable.")]
Language = Annotated[str | None, typer.Option("--lang", help="Of the names, where the source has it.")]
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def register(app: typer.Typer) -> None:
    """Add the commands `holidays` and `ical` to the group `slad calendar`."""
    app.command("holidays")(holidays)
    app.command("ical")(ical)


def holidays(
    country: Country,
    subdivision: Subdivision = "",
    year: Annotated[int | None, typer.Option(help="Default: this year.", min=1970, max=2200)] = None,
    category: Category = None,
    lang: Language = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the holidays of a country and year.

    The list includes weekend days that are worked in exchange for days off.
    """
    wanted = year or SystemTime().now().year
    rows = _rows(country, subdivision, Horizon(wanted, wanted), category, lang)
    if json:
        emit(
            {
                "country": country, "subdivision": subdivision, "year": wanted, "holidays": PACKAGE_VERSION,
                "tzdata": tzdata_version(), "rows": [row_json(row) for row in rows],
            }
        )  # fmt: skip
        return
    table = Table("date", "day", "kind", "name")
    for row in rows:
        table.add_row(row.date.isoformat(), _WEEKDAYS[row.date.weekday()], row.kind.value, row.name)
    table_console().print(table)
    note(f"{len(rows)} days, from the package holidays {PACKAGE_VERSION}")


def ical(
    country: Country,
    subdivision: Subdivision = "",
    year: Annotated[int | None, typer.Option(help="First year. Default: this year.", min=1970, max=2200)] = None,
    years: Annotated[int, typer.Option(help="How many years.", min=1, max=50)] = 2,
    category: Category = None,
    lang: Language = None,
    to: Annotated[Path | None, typer.Option(parser=path, help="Write here instead of standard output.")] = None,
) -> None:
    """Export days off as iCalendar, for people's calendars or as a feed to correct by hand.

    Weekend days that are worked are left out: an iCalendar feed can only state days off.
    """
    first = year or SystemTime().now().year
    rows = _rows(country, subdivision, Horizon(first, first + years - 1), category, lang)
    content = feed(rows, f"{country} {subdivision}".strip(), SystemTime().now())
    if to is None:
        typer.echo(content, nl=False)
    else:
        to.write_text(content, newline="")
        note(f"{to}: {sum(row.kind is RowKind.CLOSED for row in rows)} days")


def row_json(row: HolidayRow) -> dict[str, Any]:
    """Return a holiday row as JSON values: date, weekday (`Mon`), kind, name and source."""
    return {
        "date": row.date.isoformat(), "weekday": _WEEKDAYS[row.date.weekday()], "kind": row.kind.value,
        "name": row.name, "source": row.source,
    }  # fmt: skip


def feed(rows: Sequence[HolidayRow], name: str, now: datetime) -> str:
    """Return an iCalendar feed (RFC 5545) with an all-day event for each day off.

    The UID of an event consists of its date and `name`. A feed that is made again later has the same UIDs.

    Args:
        rows: Holiday rows. Rows that are not days off are left out.
        name: The country or area, such as `PL`, for the feed's title.
        now: The time stamp of the events.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//slad//holidays//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Holidays {name}")
    for row in rows:
        if row.kind is not RowKind.CLOSED:
            continue
        event = icalendar.Event()
        event.add("uid", f"{row.date.isoformat()}-{name.replace(' ', '-')}@slad")
        event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", row.date)
        event.add("dtend", row.date + timedelta(days=1))
        event.add("summary", row.name)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode()


def _rows(
    country: str, subdivision: str, horizon: Horizon, category: list[str] | None, lang: str | None
) -> tuple[HolidayRow, ...]:
    code, _, part = country.partition("-")
    categories = tuple(category or ["public"])
    recipe = Recipe(code, subdivision or part, categories, language=lang, closes_at=0)
    try:
        return generate_rows(recipe, horizon)
    except UnknownRegion as error:
        wanted = str(error).rsplit("'", 2)[-2]
        stop(f"{error}; {did_you_mean(wanted, error.known) or 'known: ' + ', '.join(error.known)}")
