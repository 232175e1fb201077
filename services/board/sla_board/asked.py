"""What the queries of the board's lists have in common: spans of time, periods, and where a page begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema

from sla_board.history.period import CalendarPeriod, calendar_period
from sla_catalogue.duration import BadDuration, parse_span
from sla_domain.errors import BadPeriod
from sla_platform.http.problem import Problem

_Cursor = TypeVar("_Cursor")


def _span(text: object) -> timedelta:
    if isinstance(text, timedelta):
        return text
    if text == "":
        return timedelta()
    try:
        return parse_span(str(text)[:100], days_allowed=True)
    except BadDuration as error:
        raise ValueError(f"{error}: write a span such as 4h, 90m or 2d") from None


SpanIn = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string"})]
"""A span of time in a query, such as `4h` or `2d` (days of 24 hours); empty for none."""


def cursor_in(text: str, read: Callable[[str], _Cursor]) -> _Cursor | None:
    """Return the cursor in the query parameter `after`, which says where a page of a list begins.

    The result is None for "" (the first page).

    Args:
        text: The parameter's value.
        read: Parses the value. It raises ValueError or OverflowError for a bad value.

    Raises:
        Problem: 422 if the value is not the `next` of an earlier answer.
    """
    if not text:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError):
        errors = [{"pointer": "/after", "detail": "it is not `next` of an answer"}]
        detail = "`after` is not the `next` of an answer of this list."
        raise Problem(422, "no-such-page", "No such page", detail, errors=errors) from None


def period_in(text: str, zone: str) -> CalendarPeriod | None:
    """Return the month, quarter or year that a query names; None for an empty text.

    Args:
        text: Such as `2026-11`, `2026-Q4` or `2026`.
        zone: The time zone (IANA name) in which the period begins and ends.

    Raises:
        Problem: 422 if the text is no period.
    """
    if not text:
        return None
    try:
        return calendar_period(text, ZoneInfo(zone))
    except BadPeriod as error:
        errors = [{"pointer": "/period", "detail": str(error)}]
        raise Problem(422, "bad-period", "No such period", str(error), errors=errors) from None
