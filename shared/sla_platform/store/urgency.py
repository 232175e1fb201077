"""The score of `sla_domain.urgency` in SQL, alike on both dialects, and pages in the order of it.

The score changes while time passes, so a page names the instant for which its order holds, and the next page keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, extract, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.urgency import score
from sla_platform.store.dialect import is_postgres
from sla_platform.store.types import from_micros, to_micros

_DAY_SECONDS = 86_400.0
_HOUR_SECONDS = 3_600.0


def seconds_of(connection: AsyncConnection, at: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the SQL expression for the seconds since 1970 of `at`, a column of the type `Instant`."""
    seconds: ColumnElement[Any] = extract("epoch", at) if is_postgres(connection) else type_coerce(at, Float) / 1e6
    return cast(seconds, Float)


def urgency_at(now: datetime, weight: ColumnElement[Any], due_seconds: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the SQL expression for the urgency of a clock at `now`, equal to `sla_domain.urgency.score_of_weight`.

    `weight`: the column of the part of the urgency that stays the same as time passes (severity and plan).
    `due_seconds`: the due instant in seconds since 1970, NULL while the clock is paused.
    """
    left = due_seconds - to_micros(now) / 1e6
    overdue = case((left < -_DAY_SECONDS, 2.0), else_=1.0 - left / _DAY_SECONDS)
    paused = score(1, 1, None) / 100
    pressure = case((due_seconds.is_(None), paused), (left > 0, 1.0 / (1.0 + left / _HOUR_SECONDS)), else_=overdue)
    return 100.0 * weight * pressure


@dataclass(frozen=True, slots=True)
class UrgencyCursor:
    """Where a page of a list by urgency ended, such as `1764323456000000_12.5_JIRA-7` when written by `str`.

    `at`: the instant for which the order of the list holds. `score`, `name`: those of the last row of the page.
    """

    at: datetime
    score: float
    name: str

    def __str__(self) -> str:
        return f"{to_micros(self.at)}_{self.score!r}_{self.name}"

    @classmethod
    def parse(cls, written: str) -> UrgencyCursor:
        """Return the cursor that `str` wrote as this text. Raises ValueError or OverflowError for another text."""
        micros, _, rest = written.partition("_")
        found, _, name = rest.partition("_")
        place = cls(from_micros(int(micros)), float(found), name)
        if not name or not isfinite(place.score):
            raise ValueError(f"{written!r} is no place")
        return place


def rows_after_cursor(
    place: UrgencyCursor, score: ColumnElement[float], name: ColumnElement[Any], key: Any
) -> ColumnElement[bool]:
    """Return the SQL condition for the rows after `place`, in a list with the highest score first, then by name.

    `score`, `name`: the columns of the list. `key`: the name in `place`, as a value of the type of the column `name`.
    """
    return or_(score < place.score, and_(score == place.score, name > key))
