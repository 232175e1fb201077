"""Documents that look like deliveries and are wrong somewhere, for property tests."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from hypothesis import strategies as st

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "\x00",
            "a\tb",
            "0001-01-01T00:00:00Z",
            "0002-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59Z",
            "9" * 400,
            "2026-11-20T10:00:00Z",
            "opened",
            "sev1",
            "a/b#c~d",
        ]
    ),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def as_bytes(value: Any) -> bytes:
    """As a sender might write it: also integers beyond 64 bits and half surrogate pairs."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn, sound: list[Any]) -> Any:
    """A sound document with up to five places replaced, removed or added."""
    document = copy.deepcopy(draw(st.sampled_from(sound)))
    chance = draw(st.randoms(use_true_random=False))
    for _ in range(draw(st.integers(0, 5))):
        _damage(document, chance, draw(VALUES))
    return document


def _damage(document: Any, chance: random.Random, value: Any) -> None:
    here = document
    while isinstance(here, dict | list) and here:
        keys: list[Any] = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = chance.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.75:
            here = here[key]
            continue
        if chance.random() < 0.2:
            del here[key]
        else:
            here[key] = value
        return
