"""Key `seasons` of a coverage: hours of a part of the year, of a period, or from a day on."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from sla_catalogue.document.field import Document, Hours, refuse

_YEARLY = re.compile(r"\d\d-\d\d")
LEAP_YEAR = 2000
"""The year of days that come each year: it has a 29 February."""


def _season_day(written: object) -> date:
    text = written.strip() if isinstance(written, str) else ""
    try:
        return date.fromisoformat(f"{LEAP_YEAR}-{text}" if _YEARLY.fullmatch(text) else text)
    except ValueError:
        raise refuse("date", f"{written!r} is no day", "write YYYY-MM-DD, or MM-DD for a day of each year") from None


SeasonDay = Annotated[date, PlainValidator(_season_day), WithJsonSchema({"type": "string"})]


class SeasonDocument(Document):
    """Weekly hours for a period of days, once (`2027-07-01`) or in each year (`07-01`).

    A yearly period needs both bounds, and may span New Year. Other periods need at least one bound.
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: SeasonDay | None = Field(default=None, alias="from")
    """The first day. Absent means no bound."""
    to: SeasonDay | None = None
    """The first day after the period. Absent means no bound."""
    hours: Hours

    @property
    def yearly(self) -> bool:
        """Return whether the period recurs in each year (its days have no year)."""
        return self.from_ is not None and self.from_.year == LEAP_YEAR

    @model_validator(mode="after")
    def _bounded(self) -> SeasonDocument:
        bounds = [day for day in (self.from_, self.to) if day is not None]
        if self.hours is None:
            raise refuse("season", "a season gives hours", "hours: {mon-fri: 08:00-15:00}")
        if not bounds:
            raise refuse("season", "a season has a first day or an end", "from: 2027-07-01")
        each_year = {day.year == LEAP_YEAR for day in bounds}
        if each_year != {False} and (len(each_year) > 1 or len(bounds) == 1):
            raise refuse("season", "days of each year come in pairs", "from: 07-01, to: 09-01")
        if each_year == {False} and len(bounds) == 2 and bounds[1] <= bounds[0]:
            raise refuse("season", "the season ends before it begins", "write from < to")
        return self
