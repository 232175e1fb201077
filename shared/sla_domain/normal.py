"""The one form in which words of incidents and of the catalogue are compared: case and spaces say nothing.

Products, channels, customers and the values that rows match on are names that people type: `operations  bridge` is
`Operations Bridge`, `Phone` is `phone`. They are kept and shown as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize


@lru_cache(maxsize=4096)
def normal(word: str) -> str:
    """Return the word without regard to case, to spaces around and how many within, and to how its letters are
    encoded.
    """
    return " ".join(normalize("NFKC", word).casefold().split())


def normals(words: Iterable[str]) -> frozenset[str]:
    """Return the normal forms of several words."""
    return frozenset(map(normal, words))
