"""Section `holidays`: what is generated for a country, what feeds add, and what people correct by hand."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Day, Document, Minute, Names


class AddedDocument(Document):
    """A day somebody added; with `closes_at` the morning stays open."""

    date: Day
    name: str
    reason: str
    closes_at: Minute | None = None


class RemovedDocument(Document):
    """A day that is worked although a generator or a feed says otherwise."""

    date: Day
    reason: str


class FeedDocument(Document):
    """An iCalendar file beside the catalogue; `skip` names entries that are no days off."""

    file: str
    skip: Names = Field(default_factory=list)


class HolidayDocument(Document):
    """Under a key such as `PL` or `DE-BY`; without any, the public holidays of the code are generated."""

    generate: bool = True
    categories: Names = Field(default_factory=lambda: ["public"])
    half_day_closes_at: Minute | None = None
    observed: bool = True
    language: str | None = None
    feeds: list[FeedDocument] = Field(default_factory=list)
    add: list[AddedDocument] = Field(default_factory=list)
    remove: list[RemovedDocument] = Field(default_factory=list)
