"""Searching: texts are case-folded before they are stored, because SQLite folds ASCII alone."""

from __future__ import annotations


def searchable(*parts: str) -> str:
    """Return the case-folded text in which searches look."""
    return "\n".join(part.casefold() for part in parts if part)


def containing(typed: str) -> str:
    """Return the LIKE pattern (escape character: backslash) that matches text containing `typed` literally."""
    folded = typed.strip().casefold()
    for special in ("\\", "%", "_"):
        folded = folded.replace(special, f"\\{special}")
    return f"%{folded}%"
