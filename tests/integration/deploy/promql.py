"""Which metrics, and which of their labels, an expression of PromQL asks for; enough for the rules we write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SELECTOR = re.compile(r"(?<![:\w])(?P<name>(?:slad_|process_)\w+|up)(?![\w:(])(?:\{(?P<labels>[^}]*)\})?")
_GROUPED = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")
_MATCH = re.compile(r"(?P<label>\w+)\s*(?:=~|!~|!=|=)\s*\"(?P<value>[^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric and what is asked of its labels."""

    name: str
    matches: tuple[tuple[str, str], ...]


def selectors(expression: str) -> Iterator[Selector]:
    """Selectors of an expression, grouping labels aside."""
    for found in _SELECTOR.finditer(_GROUPED.sub("", expression)):
        matches = _MATCH.findall(found["labels"] or "")
        yield Selector(found["name"], tuple(matches))


def plain(expression: str) -> str:
    """An expression of a dashboard as Prometheus gets it."""
    return expression.replace("$__rate_interval", "1m").replace("$contract", ".*")
