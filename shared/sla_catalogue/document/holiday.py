"""Section `holidays`: what is generated for a country, what feeds add, and what people correct by hand."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Day, Document, Minute, Names


class AddedDocument(Document):
    """A day that is closed by hand.

    `name`: name of the holiday.
    `reason`: why it was added.
    `closes_at`: when the day closes, in minutes from local midnight (in the file `13:00`); absent: closed all day.
    """

    date: Day
    name: str
    reason: str
    closes_at: Minute | None = None


class RemovedDocument(Document):
    """A day that is worked although a generated holiday or a calendar file closes it.

    `reason`: why.
    """

    date: Day
    reason: str


class FeedDocument(Document):
    """An iCalendar file with holidays.

    `file`: path, relative to the folder of the catalogue file.
    `skip`: names of entries that are no days off.
    """

    file: str
    skip: Names = Field(default_factory=list)


class HolidayDocument(Document):
    """The holidays of one code, such as `PL` or `DE-BY`.

    A subdivision without an entry, such as `DE-BY`, uses the entry of its country. A country without an entry has its
    generated public holidays.
    `generate`: whether to generate the country's holidays.
    `categories`: kinds of holidays to generate, such as `public` or `half_day`.
    `observed`: also generate substitute days off for holidays on a weekend.
    `half_day_closes_at`: when half days close, in minutes from local midnight (in the file `13:00`).
    `language`: of the holidays' names; absent: the country's own.
    `feeds`: days from calendar files.
    `add`, `remove`: days closed or worked by hand.
    """

    generate: bool = True
    categories: Names = Field(default_factory=lambda: ["public"])
    half_day_closes_at: Minute | None = None
    observed: bool = True
    language: str | None = None
    feeds: list[FeedDocument] = Field(default_factory=list)
    add: list[AddedDocument] = Field(default_factory=list)
    remove: list[RemovedDocument] = Field(default_factory=list)
