"""`coverages` → when time counts; hours that overlap or leave a sliver open are reported."""

from __future__ import annotations

from types import MappingProxyType

from sla_catalogue.assembly.context import Context
from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.document.coverage import CoverageDocument, SpanDocument
from sla_catalogue.hours import DAY, MinuteWindow, Week, overlaps, slivers
from sla_catalogue.problem import Path
from sla_domain.calendar import LocalSpan, Window
from sla_domain.plan import Coverage, HolidaySource


def build_coverage(name: str, path: Path, document: CoverageDocument, context: Context) -> Coverage:
    hours = document.hours or {}
    _check_week(hours, (*path, "hours"), context)
    if document.hours == {} and not document.openings:
        context.findings.error(path, "empty-coverage", f"the coverage {name!r} is never open", "give it hours")
    if document.zone is not None:
        check_zone(document.zone, (*path, "zone"), context.findings)
    source, country, subdivision = _holidays(document.holidays)
    return Coverage(
        id=name,
        weekly=MappingProxyType({day: tuple(map(window_of, windows)) for day, windows in hours.items()}),
        zone=document.zone,
        holidays=source,
        country=country,
        subdivision=subdivision,
        openings=tuple(map(_span, document.openings)),
        closings=tuple(map(_span, document.closings)),
        titles=MappingProxyType(dict(document.title)),
    )


def window_of(window: MinuteWindow) -> Window:
    """Minutes that may run past midnight → the domain's seconds, where a close at or before the open does."""
    close = window.end if window.end <= DAY else window.end - DAY
    return Window(window.start * 60, close * 60)


def _check_week(week: Week, path: Path, context: Context) -> None:
    for pair in overlaps(week):
        context.findings.error(path, "overlap", f"hours overlap: {pair}", "time counts once; correct one of them")
    for gap in slivers(week):
        context.findings.warning(
            path, "sliver", f"a few minutes stay closed between {gap}", "write 24:00 for the end of a day"
        )


def _holidays(written: str) -> tuple[HolidaySource, str | None, str | None]:
    if written in (HolidaySource.NONE.value, HolidaySource.CONTRACT.value):
        return HolidaySource(written), None, None
    country, _, subdivision = written.partition("-")
    return HolidaySource.FIXED, country, subdivision or None


def holiday_code(country: str | None, subdivision: str | None) -> str:
    """The key of a holiday table: `PL`, `DE-BY`."""
    return "-".join(part for part in (country, subdivision) if part)


def _span(document: SpanDocument) -> LocalSpan:
    return LocalSpan(document.from_, document.to, document.reason)
