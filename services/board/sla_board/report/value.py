"""The values of which a report is made: numbers, shares, spans, instants, texts. Words come last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from sla_domain.rfc3339 import rfc3339

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class CellKind(StrEnum):
    """The kind of a cell's value, such as a count or an instant.

    The kind also determines the form in which stored reports have the value.
    """

    NOTHING = "nothing"
    """No value: ""."""
    COUNT = "count"
    """An integer."""
    SHARE = "share"
    """An exact share from 0 to 1, such as `41/44`."""
    PERCENT = "percent"
    """A percentage as a decimal, such as `99.5`."""
    NUMBER = "number"
    """A decimal."""
    SPAN = "span"
    """A length of time in microseconds."""
    INSTANT = "instant"
    """Microseconds since 1970 UTC."""
    DAY = "day"
    """An ISO date."""
    PERIOD = "period"
    """The label of a period, such as `2026-Q4`."""
    TEXT = "text"
    """A text, shown unchanged."""
    WORD = "word"
    """A key of the language tables."""
    NAME = "name"
    """A key of the report's own names (`ContractReport.names`)."""

    @property
    def numeric(self) -> bool:
        """Return whether values of this kind are aligned as numbers."""
        return self in _NUMERIC


_NUMERIC = frozenset({CellKind.COUNT, CellKind.SHARE, CellKind.PERCENT, CellKind.NUMBER, CellKind.SPAN})


@dataclass(frozen=True, slots=True)
class ReportCell:
    """A value in a report, in a cell of a table or on its own.

    The stored value does not depend on the language. `ReportWriter` formats it as text.
    """

    kind: CellKind
    value: int | str
    link: str = ""
    """Path of the list or page behind the value. "" for none."""

    @property
    def share(self) -> Fraction:
        """Return the exact share, from 0 to 1, that a cell of the kind SHARE shows."""
        return Fraction(self.value)

    @property
    def decimal(self) -> Decimal:
        """Return the number that a cell of the kind PERCENT or NUMBER shows."""
        return Decimal(self.value)

    @property
    def span(self) -> timedelta:
        """Return the length of time that a cell of the kind SPAN shows."""
        return int(self.value) * _MICROSECOND

    @property
    def instant(self) -> datetime:
        """Return the instant (aware, UTC) that a cell of the kind INSTANT shows."""
        return _EPOCH + int(self.value) * _MICROSECOND

    @property
    def day(self) -> date:
        """Return the day that a cell of the kind DAY shows."""
        return date.fromisoformat(str(self.value))

    @property
    def plain(self) -> str:
        """Return the value as text that is the same in every language.

        An instant is given as RFC 3339, any other value as stored.
        """
        return rfc3339(self.instant, "seconds") if self.kind is CellKind.INSTANT else str(self.value)


NOTHING = ReportCell(CellKind.NOTHING, "")


def count(number: int, link: str = "") -> ReportCell:
    """Return a cell with a count.

    Args:
        link: Path of the list of what was counted. "" for none.
    """
    return ReportCell(CellKind.COUNT, number, link)


def share(value: Fraction | None, link: str = "") -> ReportCell:
    """Return a cell with an exact share from 0 to 1. An empty cell for None.

    Args:
        link: Path of the list of what the share counts. "" for no link.
    """
    return NOTHING if value is None else ReportCell(CellKind.SHARE, f"{value.numerator}/{value.denominator}", link)


def percent(value: Decimal | None) -> ReportCell:
    """Return a cell with a percentage. An empty cell for None."""
    return NOTHING if value is None else ReportCell(CellKind.PERCENT, f"{value.normalize():f}")


def number(value: Decimal | None) -> ReportCell:
    """Return a cell with a decimal number. An empty cell for None."""
    return NOTHING if value is None else ReportCell(CellKind.NUMBER, f"{value.normalize():f}")


def span(value: timedelta | None, link: str = "") -> ReportCell:
    """Return a cell with a length of time. An empty cell for None.

    Args:
        link: Path of the page to which the cell links. "" for no link.
    """
    return NOTHING if value is None else ReportCell(CellKind.SPAN, value // _MICROSECOND, link)


def instant(value: datetime | None, link: str = "") -> ReportCell:
    """Return a cell with an instant (aware). An empty cell for None.

    Args:
        link: Path of the page to which the cell links. "" for no link.
    """
    return NOTHING if value is None else ReportCell(CellKind.INSTANT, (value - _EPOCH) // _MICROSECOND, link)


def day(value: date | None) -> ReportCell:
    """Return a cell with a day. An empty cell for None."""
    return NOTHING if value is None else ReportCell(CellKind.DAY, value.isoformat())


def period(label: str) -> ReportCell:
    """Return a cell with a period.

    Args:
        label: Such as `2026-11`, `2026-Q4` or `2026/27`.
    """
    return ReportCell(CellKind.PERIOD, label)


def text(value: str, link: str = "") -> ReportCell:
    """Return a cell with a text that is the same in every language. An empty cell for an empty text.

    Args:
        link: Path of the page to which the cell links. "" for no link.
    """
    return ReportCell(CellKind.TEXT, value, link) if value else NOTHING


def word(key: str, link: str = "") -> ReportCell:
    """Return a cell whose text is in the language tables (`sla_board.report.words`) under the given key.

    Args:
        link: Path of the page to which the cell links. "" for no link.
    """
    return ReportCell(CellKind.WORD, key, link)


def name(key: str, link: str = "") -> ReportCell:
    """Return a cell with a name that the report stores in several languages. An empty cell for an empty key.

    Args:
        key: A key of `ContractReport.names`.
        link: Path of the page to which the cell links. "" for no link.
    """
    return ReportCell(CellKind.NAME, key, link) if key else NOTHING
