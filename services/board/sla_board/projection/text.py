"""Text as it is searched: case-folded here, because SQLite folds the case of ASCII alone."""

from __future__ import annotations


def searchable(*parts: str) -> str:
    """Return the text that searches are compared with, case-folded."""
    return "\n".join(part.casefold() for part in parts if part)


def containing(typed: str) -> str:
    """Return a LIKE pattern (escape character: backslash) for text that contains `typed` literally."""
    folded = typed.strip().casefold()
    for special in ("\\", "%", "_"):
        folded = folded.replace(special, f"\\{special}")
    return f"%{folded}%"
