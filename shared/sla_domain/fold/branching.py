"""Copies of the parts of a fold under way that can be continued independently."""

from __future__ import annotations

from copy import copy
from typing import TypeVar

One = TypeVar("One")


def branch_of(one: One) -> One:
    """Return a copy of an object with `__slots__`.

    Changes of the copy leave the original unchanged. Lists, dicts and sets in the slots are copied one level deep. All
    other values are shared.
    """
    twin = copy(one)
    for name in one.__slots__:  # type: ignore[attr-defined]  # see the docstring
        value = getattr(one, name, None)
        if isinstance(value, (list, dict, set)):
            setattr(twin, name, value.copy())
    return twin
