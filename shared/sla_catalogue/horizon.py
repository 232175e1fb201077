"""How far ahead a catalogue knows its holidays, and when somebody must add more.

After the last known holiday a calendar goes on as if there were none, and deadlines are too early without a warning;
after the compiled years it refuses to answer. Both are reported ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sla_catalogue.calendars import holiday_codes_for
from sla_catalogue.holiday.row import HolidayTable, Horizon
from sla_domain.contract import Contract
from sla_domain.plan import Plan
from sla_domain.rulebook import Rulebook

SOON = timedelta(days=90)
YEARS = "years"  # stands beside the codes for the years that calendars are compiled for


@dataclass(frozen=True, slots=True, order=True)
class HorizonEnd:
    """The last day for which the holidays of a table are known, or for which calendars are compiled.

    Later due instants would be wrong or could not be computed, so slad warns in advance.
    """

    until: date
    """The last day, included."""
    code: str
    """The holiday table that ends, such as `PL`, or `YEARS` for the compiled years."""

    @property
    def at(self) -> datetime:
        """Return the instant at which the last day (`until`) ends, in UTC."""
        return datetime.combine(self.until, time(), UTC) + timedelta(days=1)

    def days(self, today: date) -> int:
        """Return the number of days from a day to the last day (`until`).

        The result is negative if the last day is past.

        Args:
            today: The day from which to count.
        """
        return (self.until - today).days

    def ends_soon(self, today: date) -> bool:
        """Return whether the last day (`until`) is past, or less than 90 days from `today`."""
        return self.until - today < SOON

    def describe(self, today: date) -> str:
        """Return a sentence that says on which day the known holidays or compiled years end, and with what effect.

        Args:
            today: The day from which the remaining days are counted.
        """
        left = self.days(today)
        when = f"in {left} days" if left >= 0 else f"{-left} days ago"
        if self.code == YEARS:
            return f"calendars are compiled until {self.until}, {when}: nothing can be computed beyond"
        return f"the last holiday known for {self.code} is {self.until}, {when}: later ones count as working days"

    @property
    def hint(self) -> str:
        """Return a text on how to extend the known holidays or compiled years, such as a newer `holidays` package."""
        if self.code == YEARS:
            return f"settings: {{horizon: {{first: …, last: {self.until.year + 10}}}}}"
        return "a newer `holidays` package or feed, or add the days"


def horizon_ends(rulebook: Rulebook, tables: Mapping[str, HolidayTable], horizon: Horizon) -> tuple[HorizonEnd, ...]:
    """Return the last days for which calendars are compiled and holidays are known, earliest first.

    One entry is for the years for which calendars are compiled (`horizon`). The others are for the holiday tables that
    contracts of the rulebook use, one for each table. A table that is empty, or is not in `tables` (code -> table),
    gives no entry.
    """
    bought = [one for contract in rulebook.contracts.values() for one in contract.bought]
    pairs = [(contract, rulebook.plans.get(contract.plan)) for contract in bought]
    return horizon_ends_of(((contract, plan) for contract, plan in pairs if plan is not None), tables, horizon)


def horizon_ends_of(
    used: Iterable[tuple[Contract, Plan]], tables: Mapping[str, HolidayTable], horizon: Horizon
) -> tuple[HorizonEnd, ...]:
    """Return the last days for which calendars are compiled and holidays are known, earliest first.

    One entry is for the years for which calendars are compiled (`horizon`). The others are for the holiday tables that
    the contracts in `used` use, one for each table. A table that is empty, or is not in `tables` (code -> table), gives
    no entry.

    Args:
        used: Pairs (contract, its plan).
    """
    codes = {code for contract, plan in used for coverage in plan.coverages.values()
             for code in holiday_codes_for(contract, coverage)}  # fmt: skip
    known = {code: known_until(tables[code], horizon) for code in codes & tables.keys()}
    found = [HorizonEnd(day, code) for code, day in known.items() if day is not None]
    return tuple(sorted([*found, HorizonEnd(_end(horizon), YEARS)]))


def known_until(table: HolidayTable, horizon: Horizon) -> date | None:
    """Return the last day for which the holidays of a table are known, or None for an empty table.

    This is the day of the last holiday or closing in the table. If that day lies in the last year of `horizon` or
    later, the result is the last day of that year. Days added by hand are ignored if the table has other days: somebody
    may have added a single day of a distant year.

    Args:
        horizon: The years for which calendars are compiled.
    """
    known = [row.date for row in table.rows if not row.source.startswith("manual:")]
    known += [span.end.date() for span in table.spans]
    last = max(known or [row.date for row in table.rows], default=None)
    return _end(horizon) if last is not None and last.year >= horizon.last else last


def _end(horizon: Horizon) -> date:
    return date(horizon.last, 12, 31)
