"""Section `holidays`: what is generated for a country, what feeds add, and what people correct by hand."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Day, Document, Minute, Names


class AddedDocument(Document):
    """A day off, or half a day off, that somebody added to the holidays by hand."""

    date: Day
    name: str
    """Name of the holiday."""
    reason: str
    """Why it was added."""
    closes_at: Minute | None = None
    """When the day closes, in minutes from local midnight (in the file `13:00`). Absent means that the whole day is
    closed."""


class RemovedDocument(Document):
    """A working day that would otherwise be a holiday, as generated or from a calendar file."""

    date: Day
    reason: str
    """Why the day is worked."""


class FeedDocument(Document):
    """An iCalendar file with holidays."""

    file: str
    """Path, relative to the folder of the catalogue file."""
    skip: Names = Field(default_factory=list)
    """Names of entries that are no days off."""


class HolidayDocument(Document):
    """The holidays of a country or subdivision, named by its code, such as `PL` or `DE-BY`.

    A subdivision without an entry, such as `DE-BY`, uses the entry of its country. A country without an entry has its
    generated public holidays.
    """

    generate: bool = True
    """Whether to generate the country's holidays."""
    categories: Names = Field(default_factory=lambda: ["public"])
    """Kinds of holidays to generate, such as `public` or `half_day`."""
    half_day_closes_at: Minute | None = None
    """When half days close, in minutes from local midnight (in the file `13:00`)."""
    observed: bool = True
    """Whether to generate substitute days off for holidays on a weekend too."""
    language: str | None = None
    """Language of the holidays' names. Absent means the country's own."""
    feeds: list[FeedDocument] = Field(default_factory=list)
    """Days from calendar files."""
    add: list[AddedDocument] = Field(default_factory=list)
    """Days closed by hand."""
    remove: list[RemovedDocument] = Field(default_factory=list)
    """Days worked by hand."""
