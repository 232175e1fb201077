"""Small rulebooks in plain Python: hours, rows, a plan, contracts, and calendars compiled on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sla_domain.calendar import Calendar, CalendarSpec, Holiday, Window, WorkingDays, growing_calendar, tzdata_version
from sla_domain.contract import Contract, ContractId, Person
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import (
    Allowed,
    Coverage,
    CoverageTime,
    HolidaySource,
    Match,
    MatchCondition,
    Metric,
    MetricId,
    Plan,
    PlanId,
    Priority,
    PriorityRules,
    Target,
    Unspecified,
    WallTime,
    Warning_,
    WorkingDayTime,
)
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """`90s`, `30m`, `4h`, `2d` (a day of 24 hours), or several of them: `1h30m`."""
    total, number = timedelta(), ""
    for letter in text:
        if letter.isdigit():
            number += letter
        else:
            total += timedelta(**{_UNITS[letter]: int(number)})
            number = ""
    return total


def allowed(text: str) -> Allowed:
    """`4h` of coverage, `wall 4h`, `2 working days`, `2 working days close` or `from_opening`, `unspecified`."""
    if text == "unspecified":
        return Unspecified()
    if text.startswith("wall "):
        return WallTime(span(text.removeprefix("wall ")))
    if "working day" in text:
        count, *_, reading = text.split()
        modes = {"close": WorkingDays.CLOSE_OF_NTH_DAY, "from_opening": WorkingDays.SAME_TIME_FROM_OPENING}
        return WorkingDayTime(int(count), modes.get(reading, WorkingDays.SAME_TIME))
    return CoverageTime(span(text))


def weekly(text: str) -> Mapping[int, tuple[Window, ...]]:
    """`mon-fri 09:00-18:00; sat 10:00-14:00`, or `24x7`."""
    if text == "24x7":
        text = "mon-sun 00:00-24:00"
    hours: dict[int, list[Window]] = {}
    for part in text.split(";"):
        days, window = part.split()
        first, _, last = days.partition("-")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            hours.setdefault(day, []).append(Window.parse(*window.split("-")))
    return {day: tuple(windows) for day, windows in hours.items()}


def coverage(
    id_: str, hours: str, zone: str | None = None, holidays: HolidaySource = HolidaySource.CONTRACT
) -> Coverage:
    return Coverage(id=id_, weekly=weekly(hours), zone=zone, holidays=holidays)


OFFICE = coverage("office", "mon-fri 09:00-17:00")
ALWAYS = coverage("always", "24x7", holidays=HolidaySource.NONE)


def row(
    metric: str,
    time: str,
    coverage: str = "office",
    priority: str | Sequence[str] = (),
    warn: Iterable[int | str] = (),
    when: Mapping[str, str] | None = None,
    **fields: Any,
) -> Target:
    """A target row; `warn` takes percents (75) and times before due ('1h')."""
    conditions = [MatchCondition(name, frozenset({value})) for name, value in (when or {}).items()]
    if priority:
        names = frozenset({priority}) if isinstance(priority, str) else frozenset(priority)
        conditions.insert(0, MatchCondition("priority", names))
    warnings = tuple(Warning_(percent=w) if isinstance(w, int) else Warning_(before=span(w)) for w in warn)
    return Target(
        metric=MetricId(metric),
        allowed=allowed(time),
        coverage=coverage,
        match=Match(tuple(conditions)),
        warnings=warnings,
        **fields,
    )


def plan(
    *rows: Target,
    id_: str = "plan",
    coverages: Iterable[Coverage] = (OFFICE, ALWAYS),
    priorities: Sequence[str] = ("P1", "P2", "P3", "P4"),
    metrics: Iterable[Metric] = tuple(BUILT_IN.values()),
    rules: PriorityRules = PriorityRules(),
    **fields: Any,
) -> Plan:
    return Plan(
        id=PlanId(id_),
        titles={"en": id_},
        rank=fields.pop("rank", 1),
        priorities=tuple(Priority(id=name, rank=rank) for rank, name in enumerate(priorities, 1)),
        coverages={c.id: c for c in coverages},
        metrics=tuple(metrics),
        targets=rows,
        rules=rules,
        **fields,
    )


def contract(id_: str = "acme", plan: str = "plan", zone: str = "Europe/Warsaw", **fields: Any) -> Contract:
    """A contract of the customer of the same name, with one person who is told."""
    fields.setdefault("customers", frozenset({id_}))
    fields.setdefault("people", {"anna": Person(id="anna", name="Anna", addresses=("email:anna@example.com",))})
    return Contract(id=ContractId(id_), plan=PlanId(plan), zone=zone, **fields)


class BuiltCalendars:
    """Calendars of contract and coverage; holidays by country, as the test gives them."""

    def __init__(self, holidays: Mapping[str, Iterable[date]], last_year: int = 2200) -> None:
        self._holidays = holidays
        self._last_year = last_year
        self._compiled: dict[tuple[str, str], Calendar] = {}

    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        assert not windows, "the catalogue's calendars know booked windows"
        key = (contract.id, f"{coverage.id}@{id(coverage)}")
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = growing_calendar(self._spec(contract, coverage), last_year=self._last_year)
        return found

    def _spec(self, contract: Contract, coverage: Coverage) -> CalendarSpec:
        country = coverage.country if coverage.holidays is HolidaySource.FIXED else contract.country
        wanted = coverage.holidays is not HolidaySource.NONE if contract.holidays is None else contract.holidays
        days = self._holidays.get(country or "", ()) if wanted else ()
        return CalendarSpec(
            id=f"{contract.id}/{coverage.id}",
            zone=coverage.zone or contract.zone,
            weekly=coverage.weekly,
            holidays=tuple(Holiday(day, f"holiday of {day}") for day in days),
            openings=coverage.openings,
            closings=coverage.closings,
        )


def rulebook(
    plans: Plan | Sequence[Plan],
    *contracts: Contract,
    holidays: Mapping[str, Iterable[date]] | None = None,
    version: str = "test",
    last_year: int = 2200,
) -> Rulebook:
    """Without a contract: `acme` on the first plan. The first contract is the default one; calendars end somewhere."""
    known = (plans,) if isinstance(plans, Plan) else tuple(plans)
    signed = contracts or (contract(plan=known[0].id),)
    by_customer: dict[str, tuple[ContractId, ...]] = {}
    for one in signed:
        for customer in one.customers:
            by_customer[customer] = (*by_customer.get(customer, ()), one.id)
    return Rulebook(
        version=version,
        plans={p.id: p for p in known},
        contracts={c.id: c for c in signed},
        default_contract=signed[0].id,
        calendars=BuiltCalendars(holidays or {}, last_year),
        by_customer=by_customer,
        holidays_version="as given",
        tzdata_version=tzdata_version(),
    )
