"""Draw the layers of a package as its imports make them: `python -m tests.law.levels sla_ingest`.

Each line is a layer, the highest first, in the form that a contract in pyproject.toml has. A module stands as low as
its imports allow. A circle of imports has no layers and is named instead.
"""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import grimp


def levels(package: str) -> list[list[str]]:
    """Return the direct children of a package by layer, the highest first.

    Raises CycleError for a circle of imports.
    """
    graph = grimp.build_graph(package, cache_dir=None)
    below: dict[str, set[str]] = {child: set() for child in graph.find_children(package)}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            upper, lower = _child(package, module), _child(package, imported)
            if upper != lower and {upper, lower} <= set(below):
                below[upper].add(lower)
    level: dict[str, int] = {}
    for child in TopologicalSorter(below).static_order():
        level[child] = max((level[lower] + 1 for lower in below[child]), default=0)
    names = sorted(level, key=lambda child: (-level[child], child))
    drawn: dict[int, list[str]] = {}
    for child in names:
        drawn.setdefault(level[child], []).append(child.removeprefix(f"{package}."))
    return list(drawn.values())


def _child(package: str, module: str) -> str:
    """The child of the package that a module is or lies in."""
    return ".".join(module.split(".")[: len(package.split(".")) + 1])


if __name__ == "__main__":
    try:
        for layer in levels(sys.argv[1]):
            print(f'    "{" | ".join(layer)}",')
    except CycleError as error:
        sys.exit("a circle of imports: " + " -> ".join(error.args[1]))
