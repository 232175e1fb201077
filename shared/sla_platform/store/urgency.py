"""The score of `sla_domain.urgency` in SQL, alike on both dialects, and pages in the order of it.

Rows of one score have one order wherever they are listed (`UrgencyOrder`). The score changes while time passes, so a
page names the instant for which its order holds, and the next page keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import ColumnElement, Float, and_, case, cast, extract, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.urgency import score
from sla_platform.store.dialect import is_postgres
from sla_platform.store.types import from_micros, to_micros

_DAY_SECONDS = 86_400.0
_HOUR_SECONDS = 3_600.0


def seconds_of(connection: AsyncConnection, at: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the SQL expression for a column of type `Instant` as seconds since 1970."""
    seconds: ColumnElement[Any] = extract("epoch", at) if is_postgres(connection) else type_coerce(at, Float) / 1e6
    return cast(seconds, Float)


def urgency_at(now: datetime, weight: ColumnElement[Any], due_seconds: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the SQL expression for the urgency of a clock at `now`. A higher number is more urgent.

    The number equals the one that `sla_domain.urgency.score_of_weight` returns.

    Args:
        weight: The column with the part of the urgency that does not change with time (severity and plan).
        due_seconds: The due instant in seconds since 1970. NULL while the clock is paused.
    """
    left = due_seconds - to_micros(now) / 1e6
    overdue = case((left < -_DAY_SECONDS, 2.0), else_=1.0 - left / _DAY_SECONDS)
    paused = score(1, 1, None) / 100
    pressure = case((due_seconds.is_(None), paused), (left > 0, 1.0 / (1.0 + left / _HOUR_SECONDS)), else_=overdue)
    return 100.0 * weight * pressure


@dataclass(frozen=True, slots=True)
class UrgencyOrder:
    """The columns by which a list of rows is sorted, the most urgent row first.

    The row with the highest score comes first. Rows of equal score are sorted by due instant (rows without one last),
    then by incident, metric and `last`, a column that differs between rows of the same incident and metric.
    """

    score: ColumnElement[float]
    due_at: ColumnElement[Any]
    incident: ColumnElement[Any]
    metric: ColumnElement[Any]
    last: ColumnElement[Any]
    """A column, such as a clock's cycle or an id, that differs between rows of the same incident and metric."""

    @property
    def tail(self) -> list[ColumnElement[Any]]:
        """Return the `ORDER BY` terms for rows of equal urgency: due instant (NULL last), incident, metric, `last`."""
        return [self.due_at.asc().nulls_last(), self.incident.asc(), self.metric.asc(), self.last.asc()]

    def after(self, place: UrgencyCursor, last: Any) -> ColumnElement[bool]:
        """Return the SQL condition for the rows that follow `place` in this order.

        Args:
            place: The last row of the previous page.
            last: The value of that row's column `last`, in the column's own type. `place.last` is the value as text.
        """
        of_metric = or_(self.metric > place.metric, and_(self.metric == place.metric, self.last > last))
        tail = or_(self.incident > place.incident, and_(self.incident == place.incident, of_metric))
        if place.due_at is None:
            of_due = and_(self.due_at.is_(None), tail)
        else:
            later = or_(self.due_at > place.due_at, self.due_at.is_(None))
            of_due = or_(later, and_(self.due_at == place.due_at, tail))
        return or_(self.score < place.score, and_(self.score == place.score, of_due))


@dataclass(frozen=True, slots=True)
class UrgencyCursor:
    """The place in a list sorted by urgency at which a page ended, from which the next page continues.

    `at` is the instant for which urgency is computed. The other fields are copied from the page's last row: its values
    in the columns by which the list is sorted (`UrgencyOrder`). `str(cursor)` is the cursor as text for URLs, with
    instants in microseconds since 1970 UTC: `1764323456000000_12.5_1764323400000000_jira%3AOPS-7_update_2`. `parse`
    reads this text.
    """

    at: datetime
    """The instant for which all pages are sorted."""
    score: float
    due_at: datetime | None
    incident: str
    metric: str
    last: str
    """The value of that column as text."""

    def __str__(self) -> str:
        due = "" if self.due_at is None else to_micros(self.due_at)
        texts = (quote(text, safe="").replace("_", "%5F") for text in (self.incident, self.metric, self.last))
        return "_".join([str(to_micros(self.at)), repr(self.score), str(due), *texts])

    @classmethod
    def parse(cls, written: str) -> UrgencyCursor:
        """Return the cursor of which `str(cursor)` is this text.

        Raises:
            ValueError: The text has any other form.
        """
        at, score, due, *texts = written.split("_")
        incident, metric, last = map(unquote, texts)
        due_at = from_micros(int(due)) if due else None
        place = cls(from_micros(int(at)), float(score), due_at, incident, metric, last)
        if not isfinite(place.score) or not last or "\x00" in incident + metric + last:
            raise ValueError(f"{written!r} is no place")
        return place
