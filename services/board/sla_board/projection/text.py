"""Searching: texts are case-folded before they are stored, because SQLite folds ASCII alone."""

from __future__ import annotations


def searchable(*parts: str) -> str:
    """Return the text to store for searches: the non-empty parts, case-folded, one per line."""
    return "\n".join(part.casefold() for part in parts if part)


def containing(typed: str) -> str:
    r"""Return the LIKE pattern (escape character: backslash) that finds `typed` in case-folded text.

    The characters of `typed` are matched literally. Its case and surrounding spaces do not matter: ` 5% Off` gives
    `%5\% off%`.
    """
    folded = typed.strip().casefold()
    for special in ("\\", "%", "_"):
        folded = folded.replace(special, f"\\{special}")
    return f"%{folded}%"
