"""What the page of the list of incidents says beside its rows: words for verdicts, choices that can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sla_board.history.filter import IncidentFilter, ListDate
from sla_board.history.query import IncidentPage
from sla_board.shown.word import StateWord
from sla_domain.attainment import PromiseVerdict
from sla_domain.metrics import BUILT_IN

LOOKS = {
    PromiseVerdict.MET.value: StateWord("Met", "met", "good"),
    PromiseVerdict.MISSED.value: StateWord("Missed", "breached", "breached"),
    PromiseVerdict.OPEN.value: StateWord("Open", "running", "running"),
    PromiseVerdict.EXEMPT.value: StateWord("Exempt", "outside", "quiet"),
    PromiseVerdict.NONE.value: StateWord("No verdict", "cancelled", "quiet"),
}
"""PromiseVerdict -> word, icon and style."""

_DATES = {
    ListDate.COUNTED: "decision",
    ListDate.DUE: "due instant",
    ListDate.OPENED: "opening",
    ListDate.ENDED: "end",
    ListDate.PRESENT: "open at any time of it",
}


def dates_words(shown: IncidentFilter) -> str:
    """Return by which date a filter chooses incidents, such as `opened` or `ended`; "" for ListDate.COUNTED."""
    return "" if shown.date is ListDate.COUNTED else shown.date.value


def counted_words(shown: IncidentFilter) -> str:
    """Return the sentence above a list of counted requests or clocks, which says what the list contains.

    Args:
        shown: A filter whose field `counted` is set: it lists what attainment (the share of promises met) counts.
    """
    metrics = f" Each is judged by its clocks of {' and '.join(shown.metrics)} alone." if shown.metrics else ""
    return (
        f"What the attainment of {' '.join(shown.of_contracts or ())} counts: each "
        f"{'clock' if shown.of_clocks else 'request'} where it was decided or is due, with the priority of that moment."
        f"{metrics if not shown.of_clocks else ''}"
    )


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
        ("entitlement", "entitlements", shown.entitlements),
        ("reason", "reasons", shown.reasons),
        ("metric", "metrics", shown.metrics),
    )
    for name, field, values in several:
        for value in values:
            left = tuple(other for other in values if other != value)
            yield name, value, shown.query(**{field: left})
    if shown.counted is not None:
        plain = {"counted": None, "entitlements": (), "reasons": (), "metrics": (), "priorities": ()}
        yield "as counted", shown.counted.value, shown.query(**plain)
    if shown.date is not ListDate.COUNTED:
        yield "by", _DATES[shown.date], shown.query(date=ListDate.COUNTED)
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
