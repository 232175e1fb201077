"""What the page of the list of incidents says beside its rows: words for verdicts, choices that can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sla_board.history.filter import IncidentFilter
from sla_board.history.query import IncidentPage
from sla_board.history.verdict import ListedVerdict
from sla_board.shown.word import StateWord
from sla_domain.metrics import BUILT_IN

LOOKS = {
    ListedVerdict.MET.value: StateWord("Met", "met", "good"),
    ListedVerdict.MISSED.value: StateWord("Missed", "breached", "breached"),
    ListedVerdict.OPEN.value: StateWord("Open", "running", "running"),
    ListedVerdict.EXEMPT.value: StateWord("Exempt", "outside", "quiet"),
    ListedVerdict.NONE.value: StateWord("No verdict", "cancelled", "quiet"),
}
"""ListedVerdict -> word, icon and style."""


def clock_words(row: Any) -> str:
    """Return the number of an incident's clocks by verdict, such as `1 missed, 2 met`.

    The result is `no clocks` if there are none.
    """
    numbers = (("missed", row.missed), ("open", row.open), ("met", row.met), ("exempt", row.exempt))
    said = [f"{number} {word}" for word, number in numbers if number]
    return ", ".join(said) or "no clocks"


def chips(shown: IncidentFilter) -> Iterator[tuple[str, str, str]]:
    """Yield the choices of a filter for which the page of the list of incidents has no control.

    Each item is (name, value, query). `query` is the URL query of the same filter without this choice.
    """
    several = (
        ("contract", "contracts", shown.contracts if len(shown.contracts) > 1 else ()),
        ("customer", "customers", shown.customers),
        ("product", "products", shown.products),
        ("priority", "priorities", shown.priorities),
    )
    for name, field, values in several:
        for value in values:
            left = tuple(other for other in values if other != value)
            yield name, value, shown.query(**{field: left})
    for name, field, value in (("from", "begin", shown.begin), ("to", "end", shown.end)):
        if value:
            yield name, value, shown.query(**{field: ""})
    if shown.zone_chosen:
        yield "zone", shown.zone, shown.query(zone_chosen=False)


def metric_choices(shown: IncidentFilter) -> list[str]:
    """Return the ids of the metrics that the page offers: slad's own metrics, and the one chosen now."""
    return list(dict.fromkeys([*BUILT_IN, *([shown.metric] if shown.metric else [])]))


def empty_words(page: IncidentPage) -> str:
    """Return the sentence that the page shows if the list of incidents has no rows."""
    shown = page.shown
    if page.counts.total:
        return "There is nothing behind this page. Its list has changed: begin with the first page."
    if not shown.hides_incidents:
        return "No incident has been heard of yet."
    if shown.text and not replace(shown, text="").hides_incidents:
        return f"No incident has “{shown.text}” as its ticket, or in its title, customer or contract."
    return "No incident fits this filter."
