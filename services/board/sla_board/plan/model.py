"""A support plan as values: a heading and sections, each made of tables, drawings of weeks and paragraphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sla_board.plan.words.words import PlanWords
from sla_board.schedule.upcoming import NextReport
from sla_catalogue import Catalogue
from sla_domain.contract import Contract
from sla_domain.ledger import Ledger, LedgerEntry
from sla_domain.plan import Plan
from sla_domain.record import ContractRecord


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A table of a support plan."""

    head: tuple[str, ...]
    """The headings of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """Rows with one text for each column."""
    title: str = ""
    """The title of the table. "" without a title."""


@dataclass(frozen=True, slots=True)
class Week:
    """The weekly hours of service, to be drawn as a week in a support plan."""

    title: str
    """The name of the hours."""
    zone: str
    """The time zone of the hours."""
    hours: str
    """The hours as text."""
    days: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Pairs of a day's name and its open spans in minutes from midnight, Monday first."""
    seasons: tuple[tuple[str, str], ...] = ()
    """Pairs of the days of a season and its hours, as text. On a day in several seasons, the hours of the last one
    apply."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a support plan."""

    lead: str
    """The words in bold at the beginning of the paragraph."""
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section of a support plan.

    The heading names the plan to which the following parts belong.
    """

    text: str


Part = PlanTable | Week | Paragraph | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a support plan: its title and parts."""

    id: str
    """The section's anchor on the page."""
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """The support plan of a contract (its promises as a page), ready to be rendered."""

    contract: str
    title: str
    language: str
    """A language tag, such as `pl`."""
    facts: Mapping[str, str]
    """Maps names to texts, for the head of the page."""
    sections: tuple[Section, ...]
    made_on: date
    """The day of making, in the contract's zone."""
    words: PlanWords
    """The fixed texts in the language of the plan."""


@dataclass(frozen=True, slots=True)
class BoughtPlan:
    """One plan of a contract: the only plan, the plan of an entitlement, or a base plan.

    A base plan applies to all other products.
    """

    heading: str
    """Which plan this is and when it applies. "" if the contract has only one plan."""
    contract: Contract
    """The contract as if it had only this plan."""
    plan: Plan
    sheet: Mapping[str, Any]
    """The promises under this plan as a dict (`sla_catalogue.sheet`)."""


@dataclass(frozen=True, slots=True)
class StoredOfPlan:
    """What the board has stored about a contract: its ledger entries and its next reports."""

    record: ContractRecord | None = None
    """The contract's record, with the entries of its ledgers. None if there is none."""
    reports: Mapping[str, NextReport] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a schedule -> the next report of this schedule."""

    def entries_of(self, allowance: str) -> tuple[LedgerEntry, ...]:
        """Return the entries in the ledger (account) of an allowance, in the order of writing.

        Args:
            allowance: Id of the allowance (a number of included credits, hours or visits).
        """
        return () if self.record is None else self.record.entries_of(allowance)


@dataclass(frozen=True, slots=True)
class PlanSubject:
    """The contract and other data from which the sections of a support plan are built."""

    catalogue: Catalogue
    contract: Contract
    sheet: Mapping[str, Any]
    """All promises of the contract, as a dict in the language of `words` (`sla_catalogue.sheet`)."""
    bought: tuple[BoughtPlan, ...]
    """All plans of the contract, in the order in which they are tried for an incident."""
    words: PlanWords
    now: datetime
    today: date
    """The day in the contract's zone."""
    stored: StoredOfPlan
    ledgers: tuple[Ledger, ...]
    """The ledgers (accounts) of the contract's allowances, as of `now`."""


def per_plan(subject: PlanSubject, parts_of: Callable[[BoughtPlan], Sequence[Part]]) -> tuple[Part, ...]:
    """Return a section's parts (tables, paragraphs) for each plan of the contract, each after a heading.

    If several plans have equal parts, their headings come first, and the parts follow once. If all plans have the same
    parts, there are no headings.

    Args:
        parts_of: Returns the parts of one plan. A plan without parts is left out.
    """
    said: dict[tuple[Part, ...], list[str]] = {}
    for one in subject.bought:
        if parts := tuple(parts_of(one)):
            said.setdefault(parts, []).append(one.heading)
    if len(said) == 1 and len(next(iter(said.values()))) == len(subject.bought):
        return next(iter(said))  # it is so under all of them
    return tuple(part for parts, heads in said.items() for part in (*(Heading(text) for text in heads if text), *parts))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[PlanTable, ...]:
    """Return a tuple with one table of a support plan; () if there are no rows.

    Columns that are empty in every row are left out.

    Args:
        title: The title of the table. "" without a title.
        head: The headings of the columns.
        rows: Rows with one text for each column.
    """
    if not rows:
        return ()
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    slim = tuple(tuple(row[index] for index in kept) for row in rows)
    return (PlanTable(tuple(head[index] for index in kept), slim, title),)
