"""The YAML of a source, inserted into a file of the catalogue without changing other lines. Pure."""

from __future__ import annotations

import difflib
import re

from sla_catalogue.system import System

_SECTION = re.compile(r"sources[ \t]*:[ \t]*(#.*)?")
_AT_LEFT = re.compile(r"[^\s#]")


class NotInserted(ValueError):
    """Raised if a source cannot be added to a file of the catalogue. The message says why."""


def new_file(system: System, lines: list[str]) -> str:
    """Return the text of a new file of the catalogue that has one source.

    Args:
        system: The ticketing system.
        lines: The YAML lines of the source, as `source_lines` returns them.
    """
    head = f"# {system.title}, by `slad connect {system.name}`; what else can be said: {system.page}"
    return "\n".join([head, "sources:", *_indented(lines, "  "), ""])


def insert_source(text: str, lines: list[str]) -> str:
    """Return the text of a catalogue file with a source added at the end of its section `sources`.

    All other lines, including comments, stay unchanged. If the file has no section `sources`, the section is added at
    the end.

    Args:
        text: The file's text.
        lines: The YAML lines of the source, as `source_lines` returns them.

    Raises:
        NotInserted: The section `sources` is not written as a block of lines.
    """
    old = text.splitlines()
    at = next((number for number, line in enumerate(old) if line.startswith("sources")), None)
    if at is None:
        return "\n".join([*old, *([""] if old and old[-1].strip() else []), "sources:", *_indented(lines, "  "), ""])
    if not _SECTION.fullmatch(old[at]):
        raise NotInserted("its section `sources` is not a block of lines")
    end, last, indent = len(old), at, ""
    for number in range(at + 1, len(old)):
        line = old[number]
        if _AT_LEFT.match(line):
            end = number
            break
        if line.strip() and not line.lstrip().startswith("#"):
            last = number
            indent = indent or line[: len(line) - len(line.lstrip())]
        elif line.strip() and line[0] in " \t":
            last = number  # a comment within the section belongs to what stands before it
    if "\t" in indent:
        raise NotInserted("its section `sources` is indented by tabs")
    return "\n".join([*old[: last + 1], *_indented(lines, indent or "  "), *old[last + 1 : end], *old[end:], ""])


def difference(before: str | None, after: str, name: str) -> str:
    """Return a change of a file as a unified diff.

    Args:
        before: The file's text before. None for a new file.
        after: The text after.
        name: The file's name for the head of the diff.
    """
    old = [] if before is None else before.splitlines()
    origin = "/dev/null" if before is None else name
    return "\n".join(difflib.unified_diff(old, after.splitlines(), origin, name, lineterm=""))


def _indented(lines: list[str], by: str) -> list[str]:
    return [f"{by}{line}" for line in lines]
