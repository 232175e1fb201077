"""`slad calendar diff`: what newer holidays or zone data would change; `slad calendar snapshot` to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sla_catalogue import Catalogue, HolidayDiff, HolidayRow, diff_tables, load_text
from sla_catalogue.problem import CatalogueError, CatalogueInvalid
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import catalogue_at
from sla_standalone.cli.calendar.holidays import row_json
from sla_standalone.cli.calendar.zone_change import ZoneChange, zone_changes
from sla_standalone.cli.inforce import stored_text
from sla_standalone.cli.output import WRONG, emit, note, progress, say, stop
from sla_standalone.cli.place import path

_BACK, _AHEAD = 1, 5  # years around now in which another zone release is looked for


def register(app: typer.Typer) -> None:
    """Add the commands `diff` and `snapshot` to the group `slad calendar`."""
    app.command("diff")(diff)
    app.command("snapshot")(snapshot)


def diff(
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="Its holidays are generated afresh. Default: SLAD_CATALOGUE.")
    ] = None,
    old: Annotated[
        Path | None,
        typer.Option(
            parser=path,
            help="A snapshot or a catalogue to compare with. Default: the version in force in SLAD_STORE_URL.",
        ),
    ] = None,
    tzdata: Annotated[
        Path | None,
        typer.Option(parser=path, help="A folder of zone files of another release: compare the zones in use with it."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also days of past years.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which days off a new catalogue would add or remove, and which UTC offsets newer time zone data would change.

    Exit status: 0 nothing changes, 1 something does.
    """
    now = SystemTime().now()
    new = catalogue_at(catalogue or Settings().catalogue)
    before = _old(old) if old is not None or tzdata is None else new
    found = diff_tables(before.holidays, new.holidays)
    days = found if everything else _from_year(found, now.year)
    zones = _zones(new, tzdata, range(now.year - _BACK, now.year + _AHEAD + 1)) if tzdata is not None else []
    if json:
        emit(_json(before, new, days, zones))
    else:
        _tell(before, new, days, zones)
    raise typer.Exit(WRONG if days or zones else 0)


def snapshot(
    catalogue: Annotated[Path | None, typer.Option(parser=path, help="Default: SLAD_CATALOGUE.")] = None,
    to: Annotated[Path | None, typer.Option(parser=path, help="Write here instead of standard output.")] = None,
) -> None:
    """Write a catalogue with all its holidays as one text, to be compared with a later one.

    After an upgrade, `slad calendar diff --old FILE` shows which days off have changed.
    """
    text = catalogue_at(catalogue or Settings().catalogue).text
    if to is None:
        say(text)
    else:
        to.write_text(text)
        note(f"{to}: {len(text)} characters, no secrets")


def _old(path: Path | None) -> Catalogue:
    if path is None:
        text = stored_text(Settings())
        if text is None:
            stop("the store holds no catalogue yet: give --old a snapshot (slad calendar snapshot) or a catalogue")
        return load_text(text)
    if not path.is_file() or path.suffix in (".yaml", ".yml"):
        return catalogue_at(path)
    try:
        return load_text(path.read_text())
    except CatalogueInvalid:
        raise
    except (CatalogueError, UnicodeDecodeError) as error:
        stop(f"{path}: {error}")


def _from_year(found: Iterable[HolidayDiff], year: int) -> list[HolidayDiff]:
    def kept(rows: Iterable[HolidayRow]) -> tuple[HolidayRow, ...]:
        return tuple(row for row in rows if row.date.year >= year)

    limited = [HolidayDiff(each.code, kept(each.added), kept(each.removed)) for each in found]
    return [each for each in limited if not each.empty]


def _zones(book: Catalogue, folder: Path, years: range) -> list[ZoneChange]:
    names = sorted({zone for zone in _zones_in_use(book) if zone})
    changes: list[ZoneChange] = []
    with progress("zones", len(names)) as advance:
        for name in names:
            changes += zone_changes(name, load_zone(name), _zone_file(folder, name), years)
            advance(1)
    return changes


def _zones_in_use(book: Catalogue) -> Iterable[str]:
    yield from (contract.zone for contract in book.rulebook.contracts.values())
    for plan in book.rulebook.plans.values():
        yield from (coverage.zone or "" for coverage in plan.coverages.values())


def _zone_file(folder: Path, name: str) -> ZoneInfo:
    try:
        with folder.joinpath(*name.split("/")).open("rb") as stream:
            return ZoneInfo.from_file(stream, key=name)
    except (OSError, ValueError, UnknownZone) as error:
        stop(f"{folder} has no zone file {name}: {error}")


# -- printing


def _tell(old: Catalogue, new: Catalogue, days: Sequence[HolidayDiff], zones: Sequence[ZoneChange]) -> None:
    for each in days:
        for sign, rows in (("-", each.removed), ("+", each.added)):
            for row in rows:
                say(f"{sign} {each.code:<6} {row.date} {row.kind.value:<6} {row.name}  ({row.source})")
    for change in zones:
        until = f"{change.end:%Y-%m-%dT%H:%MZ}" if change.end else "on"
        say(f"~ {change.zone} {change.start:%Y-%m-%dT%H:%MZ} to {until}: {change.old} becomes {change.new}")
    versions = _versions(old), _versions(new)
    moved = sum(len(each.added) + len(each.removed) for each in days)
    note(f"{moved} day(s) differ, {len(zones)} stretch(es) of zone time; holidays {versions[0]['holidays'] or '-'} to "
         f"{versions[1]['holidays'] or '-'}, tzdata {versions[0]['tzdata']} to {versions[1]['tzdata']}")  # fmt: skip


def _json(
    old: Catalogue, new: Catalogue, days: Sequence[HolidayDiff], zones: Sequence[ZoneChange]
) -> Mapping[str, Any]:
    return {
        "old": _versions(old),
        "new": _versions(new),
        "days": [
            {"code": each.code, "added": list(map(row_json, each.added)), "removed": list(map(row_json, each.removed))}
            for each in days
        ],
        "zones": [
            {
                "zone": change.zone,
                "from": change.start.astimezone(UTC).isoformat(),
                "to": change.end.isoformat() if isinstance(change.end, datetime) else None,
                "old_offset_seconds": int(change.old.total_seconds()),
                "new_offset_seconds": int(change.new.total_seconds()),
            }
            for change in zones
        ],
    }


def _versions(book: Catalogue) -> dict[str, str]:
    rules = book.rulebook
    return {"catalogue": book.version, "holidays": rules.holidays_version, "tzdata": rules.tzdata_version}
