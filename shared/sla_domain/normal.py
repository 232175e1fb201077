"""The one form in which names of incidents and of the catalogue are compared: case and spaces do not matter.

Products, channels, customers and the values that rows match on are names that people type: `operations bridge` is
`Operations Bridge`, `Phone` is `phone`. They are kept and shown as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize


@lru_cache(maxsize=4096)
def normal(word: str) -> str:
    """Return a name in the form in which names are compared.

    For example ` Acme CORP` becomes `acme corp`. Case is folded, runs of spaces become a single space, spaces at the
    ends are removed, and Unicode is normalised (NFKC).
    """
    return " ".join(normalize("NFKC", word).casefold().split())


def normals(words: Iterable[str]) -> frozenset[str]:
    """Return the names in the form in which names are compared (see `normal`)."""
    return frozenset(map(normal, words))
