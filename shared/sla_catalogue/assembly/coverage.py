"""`coverages` → when time counts; hours that overlap or leave a gap of a few minutes are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.coverage import CoverageDocument, SpanDocument
from sla_catalogue.document.season import SeasonDocument
from sla_catalogue.hours import DAY, MinuteWindow, Week, find_overlaps, find_short_gaps
from sla_catalogue.problem import Path
from sla_domain.calendar import LocalSpan, Season, Window
from sla_domain.plan import Combination, Coverage, HolidaySource


def build_coverages(
    written: Mapping[str, tuple[Path, CoverageDocument]], shared: Mapping[str, Coverage], context: Context
) -> dict[str, Coverage]:
    """Build the coverages (hours in which time is counted) of `written`, and return them and the shared ones by name.

    A written coverage may be made of other coverages, its parts. A part that is unknown, or that itself contains the
    coverage, is left out, and an error is added to `context.findings`.

    Args:
        written: Name -> (path in the catalogue, document).
        shared: The coverages of the section `coverages`. If a name is both here and in `written`, the written coverage
            is used.
    """
    found: dict[str, Coverage] = {}
    for name in written:
        _build(name, written, shared, found, (), context)
    return {**shared, **found}


def _build(
    name: str,
    written: Mapping[str, tuple[Path, CoverageDocument]],
    shared: Mapping[str, Coverage],
    found: dict[str, Coverage],
    below: tuple[str, ...],
    context: Context,
) -> Coverage | None:
    """One coverage after its parts; parts that are unknown or lead back to it are reported and left out."""
    if name in found or name not in written:
        return found.get(name) or shared.get(name)
    path, document = written[name]
    coverage = build_coverage(name, path, document, context)
    parts: list[Coverage] = []
    for part in (*document.all_of, *document.any_of):
        if part in (*below, name):
            chain = " → ".join([*below, name, part])
            context.findings.error(path, "cycle", f"coverages are made of each other in a circle: {chain}")
            continue
        made = _build(part, written, shared, found, (*below, name), context)
        if made is None:
            context.report_unknown(part, {*written, *shared}, path, "coverage")
        else:
            parts.append(made)
    combination = Combination.ANY if document.any_of else Combination.ALL
    found[name] = replace(coverage, parts=tuple(parts), combination=combination)
    return found[name]


def build_coverage(name: str, path: Path, document: CoverageDocument, context: Context) -> Coverage:
    """Build the coverage (when time is counted) that a document describes, without its parts.

    Parts are other coverages that it is made of. Overlapping hours, gaps of at most 5 minutes, a coverage that is never
    open, and an unknown time zone are reported to `context.findings`.

    Args:
        name: Id of the coverage.
        path: Path of the document in the catalogue.
    """
    hours = document.hours or {}
    check_week(hours, (*path, "hours"), context)
    for index, season in enumerate(document.seasons):
        check_week(season.hours or {}, (*path, "seasons", index, "hours"), context)
    ever = any(season.hours for season in document.seasons)
    if document.hours == {} and not document.openings and not ever:
        context.findings.error(path, "empty-coverage", f"the coverage {name!r} is never open", "give it hours")
    if document.zone is not None:
        check_zone(document.zone, (*path, "zone"), context.findings)
    source, country, subdivision = _holidays(document.holidays)
    return Coverage(
        id=name,
        weekly=weekly_of(hours),
        seasons=tuple(map(_season, document.seasons)),
        zone=document.zone,
        holidays=source,
        country=country,
        subdivision=subdivision,
        openings=tuple(map(_span, document.openings)),
        closings=tuple(map(_span, document.closings)),
        titles=MappingProxyType(dict(document.title)),
        clause=document.clause,
    )


def weekly_of(week: Week) -> Mapping[int, tuple[Window, ...]]:
    """Return the open windows of each weekday (0 is Monday), in seconds from midnight.

    Args:
        week: The windows in minutes from midnight.
    """
    return MappingProxyType({day: tuple(map(window_of, windows)) for day, windows in week.items()})


def _season(document: SeasonDocument) -> Season:
    return Season(weekly_of(document.hours or {}), document.from_, document.to, document.yearly)


def window_of(window: MinuteWindow) -> Window:
    """Convert an open window of a day from minutes to seconds from midnight.

    A window that ends on the next day becomes one with `close <= open`.
    """
    close = window.end if window.end <= DAY else window.end - DAY
    return Window(window.start * 60, close * 60)


def check_week(week: Week, path: Path, context: Context) -> None:
    """Add a finding to `context.findings` for each mistake in weekly hours.

    Windows that overlap give an error. Windows with a gap of at most 5 minutes give a warning.

    Args:
        path: Path of the hours in the catalogue.
    """
    for pair in find_overlaps(week):
        context.findings.error(path, "overlap", f"hours overlap: {pair}", "time counts once; correct one of them")
    for gap in find_short_gaps(week):
        context.findings.warning(
            path, "sliver", f"a few minutes stay closed between {gap}", "write 24:00 for the end of a day"
        )


def _holidays(written: str) -> tuple[HolidaySource, str | None, str | None]:
    if written in (HolidaySource.NONE.value, HolidaySource.CONTRACT.value):
        return HolidaySource(written), None, None
    country, _, subdivision = written.partition("-")
    return HolidaySource.FIXED, country, subdivision or None


def holiday_code(country: str | None, subdivision: str | None) -> str:
    """Return the code of a holiday table, such as `PL` or `DE-BY`.

    The code joins the codes of country and subdivision. The result is "" if neither is given.
    """
    return "-".join(part for part in (country, subdivision) if part)


def _span(document: SpanDocument) -> LocalSpan:
    return LocalSpan(document.from_, document.to, document.reason)
