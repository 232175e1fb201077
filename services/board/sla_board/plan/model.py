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
    """A table: the heads of its columns, and its rows, each with as many texts."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """The weekly hours of a coverage, to be drawn.

    `days`: (name of the day, open spans in minutes from midnight). `seasons`: (its days, its hours), both as text; of
    the seasons that have a day the last counts.
    """

    title: str
    zone: str
    hours: str
    days: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    seasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text under a heading of its own. `lead`: what stands before it in bold."""

    lead: str
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section: for which entitlement the parts behind it are."""

    text: str


Part = PlanTable | Week | Paragraph | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the plan. `id`: its anchor on the page."""

    id: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """A support plan, ready to be rendered. `facts`: name -> text, for the head. `language`: tag of its words."""

    contract: str
    title: str
    language: str
    facts: Mapping[str, str]
    sections: tuple[Section, ...]
    made_on: date
    words: PlanWords


@dataclass(frozen=True, slots=True)
class BoughtPlan:
    """A plan that the contract has: by an entitlement, or as the base plan for other products.

    `heading`: which one and when it applies; "" if the contract has one plan and no other. `contract`: as it is under
    this plan alone. `sheet`: of that (`sla_catalogue.sheet`).
    """

    heading: str
    contract: Contract
    plan: Plan
    sheet: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanSubject:
    """What the sections are made of.

    `sheet`: everything the contract promises, in words of the plan's language (`sla_catalogue.sheet`). `today`: in the
    contract's zone. `bought`: every plan that the contract has, in the order in which they are tried.
    """

    catalogue: Catalogue
    contract: Contract
    sheet: Mapping[str, Any]
    bought: tuple[BoughtPlan, ...]
    words: PlanWords
    today: date


def per_plan(subject: PlanSubject, parts_of: Callable[[BoughtPlan], Sequence[Part]]) -> tuple[Part, ...]:
    """Return what there is to say of each plan of the contract, under its heading.

    Plans of which the same is to be said have their headings one after the other, and it is said once.
    """
    said: dict[tuple[Part, ...], list[str]] = {}
    for one in subject.bought:
        if parts := tuple(parts_of(one)):
            said.setdefault(parts, []).append(one.heading)
    if len(said) == 1 and len(next(iter(said.values()))) == len(subject.bought):
        return next(iter(said))  # it is so under all of them
    return tuple(part for parts, heads in said.items() for part in (*(Heading(text) for text in heads if text), *parts))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[PlanTable, ...]:
    """Return the table without the columns in which no row says anything; () if there are no rows."""
    if not rows:
        return ()
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    slim = tuple(tuple(row[index] for index in kept) for row in rows)
    return (PlanTable(tuple(head[index] for index in kept), slim, title),)
