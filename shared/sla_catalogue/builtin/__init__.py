"""The plans of four vendors that ship with slad (docs/clauses.md H, I, B, E), with an example contract each."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path as FilePath

from sla_catalogue.gather import FileUnion, SourceText, merge


@lru_cache(maxsize=1)
def builtin_tree() -> FileUnion:
    """Return all catalogue files shipped with slad, merged.

    Every call returns the same object: do not change it.
    """
    merged = FileUnion()
    merge(builtin_texts(), merged)
    return merged


def builtin_texts() -> list[SourceText]:
    """Return the catalogue files shipped with slad, sorted by name."""
    files = sorted(
        (entry for entry in resources.files(__name__).iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    return [SourceText(f"builtin/{entry.name}", entry.read_text("utf-8"), FilePath()) for entry in files]
