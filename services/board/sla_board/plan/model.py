"""A support plan as values: a heading and sections, each made of tables, drawings of weeks and paragraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """The weekly hours of a coverage, to be drawn. `days`: (name of the day, open spans in minutes from midnight)."""

    title: str
    zone: str
    hours: str
    days: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text under a heading of its own. `lead`: what stands before it in bold."""

    lead: str
    text: str


Part = PlanTable | Week | Paragraph


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
class PlanSubject:
    """What the sections are made of.

    `sheet`: everything the contract promises, in words of the plan's language (`sla_catalogue.sheet`). `today`: in the
    contract's zone.
    """

    catalogue: Catalogue
    contract: Contract
    plan: Plan
    sheet: Mapping[str, Any]
    words: PlanWords
    today: date


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[PlanTable, ...]:
    """Return the table without the columns in which no row says anything; () if there are no rows."""
    if not rows:
        return ()
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    slim = tuple(tuple(row[index] for index in kept) for row in rows)
    return (PlanTable(tuple(head[index] for index in kept), slim, title),)
