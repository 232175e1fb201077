"""Plain values → YAML text that `sla_catalogue.tree` reads back as the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sla_catalogue.tree import Plain

# Texts that are read alike under every version of the YAML standard.
_BARE = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*\Z", re.I
)


def yaml_text(values: Plain) -> str:
    """Return plain values (mappings, lists, texts, None) as YAML, one key or item on each line.

    An empty mapping is written as `{}`, an empty list as `[]`, and None as `null`.
    """
    match values:
        case dict() | list() if values:
            return "".join(f"{line}\n" for line in _lines(values))
        case _:
            return f"{_scalar(values)}\n"


def _lines(values: dict[str, Plain] | list[Plain]) -> Iterator[str]:
    """Yield the lines of a mapping or a list that is not empty."""
    pairs = values.items() if isinstance(values, dict) else ((None, each) for each in values)
    for key, value in pairs:
        head = "-" if key is None else f"{_scalar(key)}:"
        if not (isinstance(value, dict | list) and value):
            yield f"{head} {_scalar(value)}"
            continue
        inner = list(_lines(value))
        if key is None:  # the first line of an item stands beside its dash
            yield f"- {inner[0]}"
            yield from (f"  {line}" for line in inner[1:])
        else:
            yield head
            yield from (f"  {line}" for line in inner)


def _scalar(value: Plain) -> str:
    match value:
        case None:
            return "null"
        case str():
            return value if _BARE.match(value) else json.dumps(value, ensure_ascii=False)
        case dict():
            return "{}"
        case _:
            return "[]"
