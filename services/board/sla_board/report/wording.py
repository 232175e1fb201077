"""From the values of a report to texts: in the language and the time zone of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from sla_board.report.model import ContractReport, Frozen, ReportNote
from sla_board.report.names import named
from sla_board.report.value import CellKind, ReportCell
from sla_board.report.words.words import ReportWords
from sla_domain.attainment import AttainmentPeriod, parse_period
from sla_domain.calendar import load_zone
from sla_domain.errors import BadPeriod
from sla_domain.objective import PeriodKind

_HUNDREDTHS = 10_000
_GAP = "\u00a0"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)),
          ("second", timedelta(seconds=1)))  # fmt: skip
_DAYS_FROM = timedelta(hours=72)


def shown_share(value: Fraction) -> Decimal:
    """Return a share from 0 to 1 with four decimals.

    The share is rounded down, so that a share below an objective never looks like it meets the objective.
    """
    return Decimal(int(value * _HUNDREDTHS)) / _HUNDREDTHS


class ReportWriter:
    """Formats the values of one report as text, in one language and one time zone.

    Args:
        words: The fixed texts in the reader's language.
        zone: The time zone (IANA name) in which instants are shown.
        names: The names that the report stores (`ContractReport.names`).
    """

    def __init__(self, words: ReportWords, zone: str, names: Mapping[str, Mapping[str, str]]) -> None:
        self.words = words
        self._locale = words.locale
        self.tz: ZoneInfo = load_zone(zone)
        self._names = names

    @classmethod
    def of(cls, report: ContractReport, words: ReportWords, zone: str = "") -> ReportWriter:
        """Return the writer that formats the values of a report.

        Args:
            words: The fixed texts in the reader's language.
            zone: IANA name. "" for the contract's zone.
        """
        return cls(words, zone or report.zone, report.names)

    @property
    def zone(self) -> str:
        """Return the name of the time zone in which instants are shown."""
        return self.tz.key

    def text(self, cell: ReportCell) -> str:
        """Return the value of a cell as text. "" for an empty cell."""
        match cell.kind:
            case CellKind.NOTHING:
                return ""
            case CellKind.COUNT:
                return format_decimal(int(cell.value), locale=self._locale)
            case CellKind.SHARE:
                return self._percent(shown_share(cell.share))
            case CellKind.PERCENT:
                return self._percent(cell.decimal / 100)
            case CellKind.NUMBER:
                return format_decimal(cell.decimal, locale=self._locale, decimal_quantization=False)
            case CellKind.SPAN:
                return self.span(cell.span)
            case CellKind.INSTANT:
                return self.instant(cell.instant)
            case CellKind.DAY:
                return format_skeleton("yMMMEd", cell.day, locale=self._locale)
            case CellKind.PERIOD:
                return period_text(str(cell.value), self.words)
            case CellKind.TEXT:
                return str(cell.value)
            case CellKind.WORD:
                return self.words.text(str(cell.value))
            case CellKind.NAME:
                return named(self._names, str(cell.value), self.words.language)
            case _:
                assert_never(cell.kind)

    def note(self, note: ReportNote) -> str:
        """Return the sentence of a note, with the note's values filled in."""
        number = note.args.get("count")
        said = self.words.text(note.key, int(number.value) if number is not None else None)
        made = said.format(**{name: self._within(cell) for name, cell in note.args.items()})
        return made.replace("..", ".")  # a date may end with an abbreviation, as in Russian

    def _within(self, cell: ReportCell) -> str:
        """A value within a sentence: days are written in full there."""
        return self.day(cell.day) if cell.kind is CellKind.DAY else self.text(cell)

    def day(self, day: date) -> str:
        """Return a day in full, such as `29 November 2026`."""
        return format_date(day, "long", locale=self._locale)

    def instant(self, at: datetime) -> str:
        """Return an instant in the reader's zone, to the minute."""
        local = at.astimezone(self.tz)
        day = format_date(local, "medium", locale=self._locale).replace(" ", _GAP)
        return f"{day} {format_time(local, 'HH:mm', locale=self._locale)}"

    def span(self, length: timedelta) -> str:
        """Return a length of time in its two greatest units, rounded down.

        Lengths below 72 hours are given in hours and minutes.
        """
        sign, left = ("\u2212", -length) if length < timedelta() else ("", length)
        units = _UNITS if left >= _DAYS_FROM else _UNITS[1:]
        first = next((place for place, (_, unit) in enumerate(units) if left >= unit), len(units) - 1)
        parts: list[str] = []
        for name, unit in units[first : first + 2]:
            number, left = divmod(left, unit)
            if number or not parts:
                parts.append(format_unit(number, f"duration-{name}", "short", locale=self._locale))
        return sign + " ".join(part.replace(" ", _GAP) for part in parts)

    def frozen(self, frozen: Frozen | None) -> str:
        """Return the sentence about whether and when the report was frozen (stored unchangeably)."""
        if frozen is None:
            return self.words.text("page.not_frozen")
        return self.words.text("page.frozen").format(
            at=self.instant(frozen.frozen_at), by=frozen.frozen_by, revision=frozen.revision, digest=frozen.digest
        )

    def _percent(self, value: Decimal) -> str:
        return format_percent(value, locale=self._locale, decimal_quantization=False)


def period_text(label: str, words: ReportWords, *, long: bool = False) -> str:
    """Return a period in a language, such as `Nov 2026` or `Q4 2026`.

    Args:
        long: Whether to write the month in full, such as `November 2026`.
    """
    try:
        period = parse_period(label, None)
    except BadPeriod:
        return label  # a contract year: it is written alike in all languages
    return _period_text(period, words, long=long)


def _period_text(period: AttainmentPeriod, words: ReportWords, *, long: bool) -> str:
    locale = words.locale
    if period.kind is PeriodKind.MONTH:
        return format_skeleton("yMMMM" if long else "yMMM", period.first, locale=locale)
    return format_skeleton("yQQQQ" if long else "yQQQ", period.first, locale=locale)


def heading(report: ContractReport, words: ReportWords) -> str:
    """Return the title of a report as one line, such as `Service report: Acme, November 2026`."""
    return words.text("mail.subject").format(
        kind=words.text(f"kind.{report.kind.value}"),
        title=report.title,
        period=period_text(report.period, words, long=True),
    )
