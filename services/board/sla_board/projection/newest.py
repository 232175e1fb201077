"""The newest row of a batch for each incident."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def newest_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each incident, sorted by incident: the row with the highest `at`.

    Among rows of equal `at`, the highest `rank` (a number in the row) wins, then the last row in `rows`.
    """
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = kept.get(row["incident"])
        if known is None or (row["at"], row["rank"]) >= (known["at"], known["rank"]):
            kept[row["incident"]] = row
    return [kept[name] for name in sorted(kept)]
