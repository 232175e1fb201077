"""The business calendar: when time counts (docs/clauses.md, Conventions).

`CalendarSpec` (hours as data) → `compile_calendar` or `growing_calendar` → `Calendar` (answers). `window` and `spec`
hold what people write, `zone` the map from wall clock to instant, `compiled` and `table` the arithmetic, `days` the
working days, `piece` the explanation, `algebra` calendars made of calendars, `layout` the plain-mapping form.
"""

from __future__ import annotations

from sla_domain.calendar.algebra import intersection, union
from sla_domain.calendar.calendar import AtClose, Calendar, Identity, compile_calendar
from sla_domain.calendar.days import WorkingDays
from sla_domain.calendar.growing import CalendarBook, GrowingCalendar, growing_calendar
from sla_domain.calendar.layout import spec_from_layout
from sla_domain.calendar.local import LocalTime, local_instant, read_local
from sla_domain.calendar.note import PieceKind
from sla_domain.calendar.piece import Piece
from sla_domain.calendar.season import Season, week_on
from sla_domain.calendar.spec import CalendarSpec, Holiday, always_open
from sla_domain.calendar.window import LocalSpan, Window
from sla_domain.calendar.zone import load_zone, tzdata_version

__all__ = [
    "AtClose",
    "Calendar",
    "CalendarBook",
    "CalendarSpec",
    "GrowingCalendar",
    "Holiday",
    "Identity",
    "LocalSpan",
    "LocalTime",
    "Piece",
    "PieceKind",
    "Season",
    "Window",
    "WorkingDays",
    "always_open",
    "compile_calendar",
    "growing_calendar",
    "intersection",
    "load_zone",
    "local_instant",
    "read_local",
    "spec_from_layout",
    "tzdata_version",
    "union",
    "week_on",
]
