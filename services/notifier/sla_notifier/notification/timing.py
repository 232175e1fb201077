"""How much time is left, or how late it is: by the hours of the clock, with the wall clock's beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_domain.contract import ContractId
from sla_domain.hours import CountedSpan, OpeningTimes, calendar_named, counted_span, opening_times
from sla_domain.rulebook import Rulebook
from sla_notifier.text.content import CountedAndWall, Value
from sla_platform.wire import ClockFact

_NOTICEABLE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Timing:
    """How much time a clock, the timer of one target, has left (`left`), and how late it is (`late`).

    Each is given in counted time (within the hours of the clock) and in wall time, and is never negative.
    """

    left: CountedSpan
    late: CountedSpan
    hours: OpeningTimes
    """Whether the hours of the clock are open now, and when they open next."""

    @property
    def values(self) -> dict[str, Value]:
        """Return the times as a mapping from name to value, for the sentences of a message.

        Counted time runs only in the hours of the clock. The names are:

        - `left`: the time left, in counted time. Wall time is used if counted time is unknown, or if no counted time is
          left while the hours are closed.
        - `left_wall`: the time left in wall time.
        - `left_two`: whether counted and wall time differ by a minute or more.
        - `left_by_wall`: whether `left` is wall time.
        - `left_both`: both spans, for one phrase.
        - `late`, `late_wall` and so on: the same for the lateness.
        - `outside`: whether the hours are closed now.
        - `opens`: when the hours open next, "" if unknown.
        - `noticeable`: whether the clock is late by a minute or more.
        """
        at_opening = self.left.counted is not None and not self.left.counted and bool(self.left.wall)
        left = replace(self.left, counted=None) if at_opening else self.left
        found: dict[str, Value] = {
            "outside": not self.hours.open,
            "opens": self.hours.opens or "",
            "noticeable": self.late.primary >= _NOTICEABLE,
        }
        for name, span in (("left", left), ("late", self.late)):
            found |= {
                name: span.primary,
                f"{name}_wall": span.wall,
                f"{name}_two": span.differs,
                f"{name}_by_wall": span.counted is None,
                f"{name}_both": CountedAndWall(span.primary, span.wall if span.differs else None, span.counted is None),
            }
        return found

    @property
    def data(self) -> dict[str, object]:
        """Return the times as a mapping from name to value, for the payload of a webhook.

        Counted time runs only in the hours of the clock. It is None if the hours are unknown, or if the span goes
        beyond the years of their calendar. The names are:

        - `counted_left_seconds`, `wall_left_seconds`: the time left.
        - `counted_late_seconds`, `wall_late_seconds`: the lateness.
        - `outside_hours`: whether the hours are closed now.
        - `opens_at`: when the hours open next, None if unknown.
        """
        found: dict[str, object] = {"outside_hours": not self.hours.open, "opens_at": self.hours.opens}
        for name, span in (("left", self.left), ("late", self.late)):
            found[f"counted_{name}_seconds"] = None if span.counted is None else span.counted.total_seconds()
            found[f"wall_{name}_seconds"] = span.wall.total_seconds()
        return found


def timing_of(
    rulebook: Rulebook, fact: ClockFact, now: datetime, due: datetime, broken: datetime, until: datetime
) -> Timing:
    """Return how much time a clock has left at `now`, and how late it is or was.

    A clock is the timer of one target. The time left runs from `now` to `due`. The lateness runs from `broken` to
    `until`. Neither span is negative.

    Args:
        rulebook: Has the calendar of the clock's hours.
        fact: The published event about the clock.
        due: When the target is due.
        broken: When the target was breached.
        until: When the breach ended, or `now`.
    """
    calendar = calendar_named(rulebook, ContractId(fact.contract), fact.hours)
    return Timing(
        left=counted_span(calendar, fact.hours, now, max(due, now)),
        late=counted_span(calendar, fact.hours, broken, max(until, broken)),
        hours=opening_times(calendar, now),
    )
