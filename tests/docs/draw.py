"""Draw docstrings of public names at random, for a reader who judges whether they are clear.

    python -m tests.docs.draw SEED [COUNT]

The reader says of each: clear at once, clear at a second reading, or opaque. Of 80 at least 72 should be clear at once,
and none opaque. A seed draws the same names as long as no name comes or goes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from tests.docs.docstrings import PublicName, public_names

COUNT = 80


def drawn(names: list[PublicName], seed: int, count: int = COUNT) -> list[PublicName]:
    """Return `count` of the names, at random, each at most once."""
    return random.Random(seed).sample(names, count)


def shown(names: list[PublicName]) -> Iterator[str]:
    """Yield the text of each name: its module, its heading and its docstring."""
    for number, one in enumerate(names, 1):
        owner = f"in class {one.owner}\n" if one.owner else ""
        yield f'--- {number}\nmodule {one.module}\n{owner}{one.heading}\n"""{one.docstring}"""\n'


if __name__ == "__main__":
    chosen = drawn(public_names(), int(sys.argv[1]), *(int(each) for each in sys.argv[2:3]))
    print("\n".join(shown(chosen)))
