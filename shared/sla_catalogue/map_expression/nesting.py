"""How deep a JSON value is nested."""

from __future__ import annotations

from typing import Any


def is_deeper_than(value: Any, limit: int) -> bool:
    """Return whether a JSON value is nested deeper than `limit` levels.

    The value is searched level by level, without recursion.
    """
    level: list[Any] = [value]
    for _ in range(limit):
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(child for child in node.values() if isinstance(child, dict | list))
            elif isinstance(node, list):
                below.extend(child for child in node if isinstance(child, dict | list))
        if not below:
            return False
        level = below
    return True
