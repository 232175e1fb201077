"""Paths on the command line. An empty one is refused: `--to "$UNSET"` must not mean the working directory."""

from __future__ import annotations

from pathlib import Path

import typer


def path(text: str) -> Path:
    """Return the path that an option or an argument gives; the path need not exist.

    Raises:
        typer.BadParameter: The text is empty or blank.
    """
    if not text.strip():
        raise typer.BadParameter("it is empty; name a file or a folder (`.` for this one)")
    return Path(text)
