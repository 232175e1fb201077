"""A target and a span as the catalogue and the facts write them: `4h`, `1h 30m`, `2 working days`.

In a reader's own language see `sla_domain.explain.text`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from sla_domain.plan import Allowed, CoverageTime, Unspecified, WallTime, WorkingDayTime


def target_text(allowed: Allowed) -> str:
    """Return the allowed time as short text, such as `4h` or `1h 30m by the wall clock`.

    A target without a number gives `unspecified`.
    """
    match allowed:
        case CoverageTime(span):
            return span_text(span)
        case WallTime(span):
            return f"{span_text(span)} by the wall clock"
        case WorkingDayTime(days, _):
            return f"{days} working day{'' if days == 1 else 's'}"
        case Unspecified():
            return "unspecified"
        case _:
            assert_never(allowed)


def span_text(span: timedelta) -> str:
    """Return a span as hours, minutes and whole seconds, such as `1h 30m`.

    An empty span gives `0s`.
    """
    hours, rest = divmod(int(span.total_seconds()), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if number]
    return " ".join(parts) or "0s"


def elapsed_text(span: timedelta) -> str:
    """Return how long something lasted as days of 24 hours, hours, minutes and whole seconds, such as `1d 2h 5m`.

    An empty span gives `0s`. Targets are written by `span_text`, without days, which would be read as working days.
    """
    seconds = round(span.total_seconds())
    days, rest = divmod(seconds, 86_400)
    if not days:
        return span_text(timedelta(seconds=seconds))
    return f"{days}d {span_text(timedelta(seconds=rest))}" if rest else f"{days}d"
