"""The files beside the YAML that a catalogue names: iCalendar feeds (`file`), secrets (`secret_file` and the like)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from sla_catalogue.gather import gather
from sla_catalogue.problem import Path
from sla_catalogue.resolve import substitute
from sla_catalogue.tree import Plain


def referred_files(root: FilePath, environment: Mapping[str, str] | None = None) -> tuple[FilePath, ...]:
    """Return the paths of all files that a catalogue refers to, such as calendar files.

    The paths are sorted, and include files that do not exist. A relative path is resolved from the folder of the YAML
    file that names it. Unreadable YAML, and paths with a `${NAME}` without a value, are ignored.

    Args:
        root: The catalogue's folder or file.
        environment: Name -> value that replaces `${NAME}`. None means the process's environment.
    """
    merged = gather(root)
    values = os.environ if environment is None else environment
    found: set[FilePath] = set()
    for path, name in _names(merged.sections, ()):
        position = merged.positions.get(path)
        base = FilePath() if position is None else merged.bases.get(position.file, FilePath())
        text, missing = substitute(name, values)
        if text and not missing:
            found.add(base / text)
    return tuple(sorted(found))


def _names(value: Plain, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if isinstance(part, str) and (key == "file" or key.endswith("_file")):
                yield (*path, key), part
            else:
                yield from _names(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _names(part, (*path, index))
