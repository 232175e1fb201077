"""A support plan as values: a heading and sections, each made of tables, drawings of weeks and paragraphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sla_board.plan.words.words import PlanWords
from sla_catalogue import Catalogue
from sla_domain.contract import Contract
from sla_domain.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A table of a support plan.

    `head`: the headings of the columns. `rows`: rows with one text for each column. `title`: "" for none.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """The weekly hours of service, to be drawn as a week in a support plan.

    - `title`: the name of the hours. `zone`: their time zone. `hours`: the hours as text.
    - `days`: pairs (name of the day, open spans in minutes from midnight), Monday first.
    - `seasons`: pairs (days of the season, hours in the season) as text. On a day in several seasons, the hours of
      the last one apply.
    """

    title: str
    zone: str
    hours: str
    days: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    seasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a support plan. `lead`: the words in bold at its beginning."""

    lead: str
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
    """A section of a support plan: its title and parts. `id`: its anchor on the page."""

    id: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """The support plan of a contract (its promises as a page), ready to be rendered.

    `facts`: name -> text, for the head of the page. `language`: a language tag, such as `pl`. `made_on`: the day of
    making, in the contract's zone. `words`: the fixed texts in this language.
    """

    contract: str
    title: str
    language: str
    facts: Mapping[str, str]
    sections: tuple[Section, ...]
    made_on: date
    words: PlanWords


@dataclass(frozen=True, slots=True)
class BoughtPlan:
    """One plan of a contract: the only plan, the plan of an entitlement, or a base plan.

    A base plan applies to all other products. `heading`: which plan this is and when it applies; "" if the contract
    has only one. `contract`: the contract as if it had only this plan. `sheet`: the promises under this plan as a
    dict (`sla_catalogue.sheet`).
    """

    heading: str
    contract: Contract
    plan: Plan
    sheet: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanSubject:
    """The data from which the sections of a support plan are made.

    `sheet`: all promises of the contract, as a dict in the language of `words` (`sla_catalogue.sheet`). `bought`:
    all plans of the contract, in the order in which they are tried for an incident. `today`: the day in the
    contract's zone.
    """

    catalogue: Catalogue
    contract: Contract
    sheet: Mapping[str, Any]
    bought: tuple[BoughtPlan, ...]
    words: PlanWords
    today: date


def per_plan(subject: PlanSubject, parts_of: Callable[[BoughtPlan], Sequence[Part]]) -> tuple[Part, ...]:
    """Return a section's parts (tables, paragraphs) for each plan of the contract, after a heading.

    `parts_of`: returns the parts of one plan; a plan without parts is left out. If several plans have equal parts,
    their headings come first, and then the parts once. If all plans have the same parts, there are no headings.
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

    `title`: "" for none. `head`: the headings of the columns. `rows`: rows with one text for each column. Columns
    that are empty in every row are left out.
    """
    if not rows:
        return ()
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    slim = tuple(tuple(row[index] for index in kept) for row in rows)
    return (PlanTable(tuple(head[index] for index in kept), slim, title),)
