"""Hours of work, split where their rate changes or a period ends, to the microsecond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sla_domain.calendar import PieceKind
from sla_domain.ledger.entry import WorkSpan
from sla_domain.ledger.period import boundaries
from sla_domain.ledger.terms import LedgerTerms

_MICROSECOND = timedelta(microseconds=1)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class WorkPart:
    """A span of work from `start` to before `end`, charged to an allowance (included amount) at one rate."""

    start: datetime
    end: datetime
    off_hours: bool
    """Whether the span lies outside the allowance's hours."""
    reason: str
    """Why the span is outside the hours, such as the name of a holiday. `open` for a span within the hours. "" if the
    allowance has no hours.
    """
    multiplier: Decimal
    """How many hours of the allowance are charged for one hour of work."""

    @property
    def seconds(self) -> Decimal:
        """Return the length of the part in seconds, exact to the microsecond."""
        return Decimal((self.end - self.start) // _MICROSECOND).scaleb(-6)


def work_parts(work: WorkSpan, terms: LedgerTerms) -> tuple[WorkPart, ...]:
    """Split work into parts, each at one rate and in one period, in order and without gaps.

    The work is split where the allowance's hours begin or end (clause E10, docs/clauses.md). It is also split at the
    end of each period in which the allowance is given, expires or is limited.

    Raises:
        CalendarError: The instant lies outside the calendar's years.
    """
    allowance = terms.allowance
    kinds = {allowance.per, allowance.expires, *allowance.at_most}
    cuts = sorted({cut for kind in kinds for cut in boundaries(terms, kind, work.start, work.end)})
    return tuple(part for whole in _by_rate(work, terms) for part in _cut(whole, cuts))


def _by_rate(work: WorkSpan, terms: LedgerTerms) -> Iterator[WorkPart]:
    rate, hours = terms.allowance.off_hours, terms.hours
    if rate is None or hours is None:
        yield WorkPart(work.start, work.end, off_hours=False, reason="", multiplier=_ONE)
        return
    for piece in hours.pieces(work.start, work.end):
        off = piece.kind is not PieceKind.OPEN
        yield WorkPart(piece.start, piece.end, off, piece.reason, rate.multiplier if off else _ONE)


def _cut(part: WorkPart, cuts: list[datetime]) -> Iterator[WorkPart]:
    start = part.start
    for cut in (*(cut for cut in cuts if part.start < cut < part.end), part.end):
        yield WorkPart(start, cut, part.off_hours, part.reason, part.multiplier)
        start = cut
