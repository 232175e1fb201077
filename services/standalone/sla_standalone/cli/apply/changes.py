"""The differences between two catalogues, entry by entry, and the contracts that they affect. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sla_catalogue import Catalogue, HolidayDiff, diff_tables
from sla_catalogue.canonical import parse_stored
from sla_domain.contract import Contract
from sla_domain.plan import Plan


class EditKind(StrEnum):
    """How an entry, such as a plan or a contract, differs between two catalogues."""

    ADDED = "added"
    """The new catalogue added the entry."""
    REMOVED = "removed"
    """The new catalogue removed the entry."""
    CHANGED = "changed"
    """The new catalogue changed the entry."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry that differs between two catalogues; its text reads like `changed plans.gold`."""

    what: EditKind
    """How the entry differs, such as `changed`."""
    section: str
    """The section of the entry, such as `plans`."""
    name: str = ""
    """The name of the entry, such as `gold`. "" for a section without named entries, which is compared as a whole."""

    def __str__(self) -> str:
        return f"{self.what.value} {self.section}{f'.{self.name}' if self.name else ''}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two catalogues (all plans, contracts and other rules, as files)."""

    edits: tuple[Edit, ...]
    """The entries that differ."""
    days: tuple[HolidayDiff, ...]
    """For each holiday table that differs, the days added and removed."""
    contracts: tuple[str, ...]
    """The ids of contracts in both catalogues whose promises may change, because a rule that they use differs (a
    target, a calendar)."""

    @property
    def empty(self) -> bool:
        """Return whether no entry and no holiday differs."""
        return not self.edits and not self.days


def compare_catalogues(old: Catalogue, new: Catalogue) -> Difference:
    """Return the differences between two catalogues.

    The result has the entries and holidays that differ, and the contracts whose promises may change. Secrets are not
    compared, since the stored texts of catalogues do not contain them.
    """
    before, after = parse_stored(old.text).sections, parse_stored(new.text).sections
    edits = [edit for section in sorted({*before, *after}) for edit in _edits(section, before, after)]
    days = diff_tables(old.holidays, new.holidays)
    return Difference(tuple(edits), days, tuple(_concerned(old, new)))


def _edits(section: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Edit]:
    old, new = before.get(section) or {}, after.get(section) or {}
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield Edit(EditKind.CHANGED, section)
        return
    for name in sorted({*old, *new}):
        if name not in old:
            yield Edit(EditKind.ADDED, section, name)
        elif name not in new:
            yield Edit(EditKind.REMOVED, section, name)
        elif old[name] != new[name]:
            yield Edit(EditKind.CHANGED, section, name)


def _concerned(old: Catalogue, new: Catalogue) -> Iterator[str]:
    for id_, contract in sorted(new.rulebook.contracts.items()):
        before = old.rulebook.contracts.get(id_)
        if before is not None and _judged(old, before) != _judged(new, contract):
            yield id_


def _judged(book: Catalogue, contract: Contract) -> tuple[Any, ...]:
    """Everything a fold under this contract reads."""
    rules = book.rulebook
    plans = [rules.plans[name] for name in contract.plans if name in rules.plans]
    entitled = [
        (one.id, one.valid_from, one.valid_to, one.types, one.bought.plan, one.bought.base_plan, one.bought.products,
         one.bought.excluded_products, _rows(one.bought.targets))
        for one in contract.entitlements
    ]  # fmt: skip
    return (
        contract.zone, contract.products, contract.excluded_products, contract.valid_from, contract.valid_to,
        contract.at_close, entitled, contract.vendors,
        _rows(contract.targets), [_plan(book, contract, plan) for plan in plans],
    )  # fmt: skip


def _plan(book: Catalogue, contract: Contract, plan: Plan) -> tuple[Any, ...]:
    calendars = book.rulebook.calendars
    coverages = {
        name: calendars.calendar(contract, coverage).identity.revision for name, coverage in plan.coverages.items()
    }
    return plan.id, plan.terms, plan.priorities, plan.metrics, _rows(plan.targets), plan.rules, plan.at_close, coverages


def _rows(targets: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Rows without the line they stand on: moving a row to another line changes no promise."""
    return [
        (t.metric, t.allowed, t.coverage, t.match, t.warnings, t.satisfied_by, t.satisfying_priorities) for t in targets
    ]
