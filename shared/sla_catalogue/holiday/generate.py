"""The `holidays` package → dated rows of one country or subdivision (clause H2).

Observed substitutes come beside the day itself, because a calendar that works weekends needs both; transferred
working Saturdays become rows of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays

from sla_catalogue.holiday.row import HolidayRow, Horizon, RowKind

HALF_DAY = "half_day"
PACKAGE_VERSION = version("holidays")
SOURCE = f"holidays {PACKAGE_VERSION}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A specification of the holidays to generate with the package `holidays`."""

    country: str
    """Code of the country, such as `DE`."""
    subdivision: str = ""
    """Code of the subdivision, such as `BY`. "" means only the holidays of the whole country."""
    categories: tuple[str, ...] = ("public",)
    """Kinds of holidays, such as `public` or `half_day`."""
    observed: bool = True
    """Whether to generate substitute days off for holidays on a weekend too."""
    language: str | None = None
    """Language of the names. None means the country's own."""
    closes_at: int | None = None
    """When half days close, in minutes from midnight. Needed with the category `half_day`."""


class UnknownRegion(ValueError):
    """Raised if the package `holidays` lacks a country, subdivision, category or language.

    The attribute `known` lists those that the package has.
    """

    def __init__(self, message: str, known: tuple[str, ...]) -> None:
        super().__init__(message)
        self.known = known


@lru_cache(maxsize=256)
def generate_rows(recipe: Recipe, horizon: Horizon) -> tuple[HolidayRow, ...]:
    """Return the generated holidays of a country or subdivision, in order of date.

    Weekend days that are worked in exchange for a day off are included (`RowKind.WORKED`).

    Args:
        recipe: The country, and which holidays to generate.
        horizon: The years for which to generate holidays.

    Raises:
        UnknownRegion: The package `holidays` lacks what the recipe names.
    """
    _check(recipe)
    full = tuple(category for category in recipe.categories if category != HALF_DAY)
    rows = [HolidayRow(day, RowKind.CLOSED, name, SOURCE) for day, name in _days(recipe, full, horizon)]
    if HALF_DAY in recipe.categories:
        closed = {row.date for row in rows}
        halves = _days(recipe, (HALF_DAY,), horizon)
        rows += [
            HolidayRow(day, RowKind.HALF, name, SOURCE, recipe.closes_at) for day, name in halves if day not in closed
        ]
    rows += [HolidayRow(day, RowKind.WORKED, "working weekend day", SOURCE) for day in _worked(recipe, horizon)]
    return tuple(sorted(rows))


def countries() -> tuple[str, ...]:
    """Return the ISO 3166 codes of the countries whose holidays can be generated, sorted."""
    return tuple(sorted(holidays.list_supported_countries(include_aliases=False)))


def _days(recipe: Recipe, categories: tuple[str, ...], horizon: Horizon) -> list[tuple[date, str]]:
    if not categories:
        return []
    table = _table(recipe, categories, horizon)
    return sorted((day, name) for day, name in table.items() if horizon.covers(day))


def _worked(recipe: Recipe, horizon: Horizon) -> list[date]:
    table = _table(recipe, (), horizon)
    return sorted(day for day in getattr(table, "weekend_workdays", ()) if horizon.covers(day))


@lru_cache(maxsize=64)
def _table(recipe: Recipe, categories: tuple[str, ...], horizon: Horizon) -> holidays.HolidayBase:
    return holidays.country_holidays(
        recipe.country,
        subdiv=recipe.subdivision or None,
        years=horizon.years,
        observed=recipe.observed,
        # Without a language, the package takes that of the machine, and two machines would give different names.
        language=recipe.language or getattr(holidays, recipe.country).default_language,
        categories=categories or None,
    )


def _check(recipe: Recipe) -> None:
    supported = holidays.list_supported_countries(include_aliases=False)
    if recipe.country not in supported:
        raise UnknownRegion(f"no holidays are known for the country {recipe.country!r}", countries())
    subdivisions = tuple(sorted(supported[recipe.country]))
    if recipe.subdivision and recipe.subdivision not in subdivisions:
        where = f"{recipe.country} has no subdivision {recipe.subdivision!r}"
        raise UnknownRegion(where, subdivisions)
    country = getattr(holidays, recipe.country)
    for category in recipe.categories:
        if category not in country.supported_categories:
            where = f"{recipe.country} has no holidays of the category {category!r}"
            raise UnknownRegion(where, tuple(sorted(country.supported_categories)))
    if recipe.language and recipe.language not in country.supported_languages:
        where = f"{recipe.country} has no holiday names in {recipe.language!r}"
        raise UnknownRegion(where, tuple(sorted(country.supported_languages)))
