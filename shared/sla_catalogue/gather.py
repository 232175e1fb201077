"""Files and directories → one merged tree of sections, with the place of every value. Files are read here.

Sections of all files are merged entry by entry; the same id in two files is a mistake, never a silent override.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path as FilePath

from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import FileProblem, FindingLevel, Path, Position
from sla_catalogue.tree import MAX_BYTES, Plain, Tree, read_tree

ALIASES = {"calendars": "coverages"}
LISTS = frozenset({"tests"})
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of one catalogue file."""

    name: str
    """The name used in messages."""
    text: str
    base: FilePath
    """The directory for relative file names in the text."""


@dataclass(slots=True)
class FileUnion:
    """All catalogue files merged into one mapping."""

    sections: dict[str, Plain] = field(default_factory=dict)
    """Name of a section -> its content."""
    positions: dict[Path, Position] = field(default_factory=dict)
    """Keys down to a value -> where the value was written."""
    problems: list[FileProblem] = field(default_factory=list)
    """Errors of the files, and ids that two files define."""
    bases: dict[str, FilePath] = field(default_factory=dict)
    """File name -> directory for relative file names in that file."""


def gather(paths: FilePath | str | Sequence[FilePath | str]) -> FileUnion:
    """Read catalogue files and directories, and return their merged content.

    All YAML files in a directory and its subdirectories are read, in the order of their names. Hidden files are
    skipped. Errors of files are not raised but added to `problems` of the result.
    """
    roots = [paths] if isinstance(paths, FilePath | str) else paths
    merged = FileUnion()
    texts: list[SourceText] = []
    for root in roots:
        texts.extend(_read(FilePath(root), merged.problems))
    merge(texts, merged)
    return merged


class FileRole(StrEnum):
    """Whether a YAML file in a catalogue's folder belongs to the catalogue, and if not, why."""

    CATALOGUE = "catalogue"
    """The file is part of the catalogue."""
    EMPTY = "empty"
    """The file has no value."""
    UNREADABLE = "unreadable"
    """The file is not UTF-8, too large or not YAML."""
    FOREIGN = "foreign"
    """The file is YAML of something else."""


def file_role(path: FilePath) -> FileRole:
    """Return whether the YAML file at `path` belongs to a catalogue, and if not, why.

    Raises:
        OSError: The file cannot be opened.
    """
    if path.stat().st_size > MAX_BYTES:
        return FileRole.UNREADABLE
    try:
        tree = read_tree(path.read_text("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        return FileRole.UNREADABLE
    if tree.problems:
        return FileRole.UNREADABLE
    if tree.data is None:
        return FileRole.EMPTY
    sections = {*CatalogueDocument.model_fields, *ALIASES}
    known = isinstance(tree.data, dict) and sections.issuperset(tree.data)
    return FileRole.CATALOGUE if known else FileRole.FOREIGN


def merge(texts: Iterable[SourceText], merged: FileUnion) -> None:
    """Add the sections of each catalogue text to `merged`.

    If two texts define the same id, the first is kept. Such ids, and unreadable texts, are added to `merged.problems`.
    """
    for text in texts:
        tree = read_tree(text.text, text.name)
        merged.bases[text.name] = text.base
        merged.problems.extend(tree.problems)
        merged.positions.setdefault((), Position(text.name, 1, 1))
        if tree.data is None:
            continue
        if not isinstance(tree.data, dict):
            merged.problems.append(
                _problem(text.name, "shape", "a catalogue file is a mapping of sections", "plans: …")
            )
            continue
        for name, content in tree.data.items():
            _merge_section(merged, tree, name, content)


def _merge_section(merged: FileUnion, tree: Tree, name: str, content: Plain) -> None:
    section = ALIASES.get(name, name)
    if content is None:
        return
    held = merged.sections.get(section)
    if section in LISTS and isinstance(content, list):
        offset = len(held) if isinstance(held, list) else 0
        merged.sections[section] = [*(held if isinstance(held, list) else []), *content]
        _adopt(merged, tree, (name,), (section,), offset)
    elif isinstance(content, dict) and (held is None or isinstance(held, dict)):
        merged.sections[section] = _united(merged, tree, name, {} if held is None else held, content)
        _adopt(merged, tree, (name,), (section,), 0)
    elif held is None:
        merged.sections[section] = content
        _adopt(merged, tree, (name,), (section,), 0)
    else:
        # The validation sees only the merged tree: a part that cannot be merged must be reported here.
        here, wanted = tree.positions[(name,)], "list" if isinstance(held, list) else "mapping"
        message = f"{name} is no {wanted}, as it is at {merged.positions[(section,)]}"
        hint = "- …" if wanted == "list" else f"{name}: {{id: …}}"
        merged.problems.append(
            FileProblem(here.file, here.line, here.column, FindingLevel.ERROR, "shape", message, f"write {hint}")
        )


def _united(
    merged: FileUnion, tree: Tree, name: str, held: dict[str, Plain], more: dict[str, Plain]
) -> dict[str, Plain]:
    """Return `held` itself with the entries of `more` whose ids are new; each of the others is reported."""
    section = ALIASES.get(name, name)
    for key, value in more.items():
        if key not in held:
            held[key] = value
            continue
        here, there = tree.positions[(name, key)], merged.positions[(section, key)]
        message = f"{section}.{key} is already defined at {there}"
        merged.problems.append(
            FileProblem(
                here.file, here.line, here.column, FindingLevel.ERROR, "duplicate-id", message, "rename or remove one"
            )
        )
    return held


def _adopt(merged: FileUnion, tree: Tree, old: Path, new: Path, offset: int) -> None:
    """Takes over the positions under `old`; list entries are renumbered behind those already held."""
    moved = old != new or offset > 0
    for path, position in tree.positions.items():
        if path[: len(old)] != old:
            continue
        if not moved:
            merged.positions.setdefault(path, position)
            continue
        rest = path[len(old) :]
        if rest and isinstance(rest[0], int):
            rest = (rest[0] + offset, *rest[1:])
        merged.positions.setdefault((*new, *rest), position)


def yaml_files(folder: FilePath) -> list[FilePath]:
    """Return the YAML files of the catalogue in `folder`, sorted.

    Hidden files, and files in hidden folders, are left out.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def _read(root: FilePath, problems: list[FileProblem]) -> list[SourceText]:
    if root.is_dir():
        visible = yaml_files(root)
        if not visible:
            problems.append(_problem(str(root), "no-files", "the directory holds no YAML file", "add e.g. plans.yaml"))
        found = [_read_file(path, problems) for path in visible]
    else:
        found = [_read_file(root, problems)]
    return [text for text in found if text is not None]


def _read_file(path: FilePath, problems: list[FileProblem]) -> SourceText | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.append(_problem(str(path), "too-large", f"the file is larger than {MAX_BYTES} bytes", "split it"))
            return None
        return SourceText(str(path), path.read_text("utf-8-sig"), path.parent)
    except UnicodeDecodeError:
        problems.append(_problem(str(path), "encoding", "the file is not UTF-8", "save it as UTF-8"))
    except OSError as error:
        problems.append(
            _problem(str(path), "unreadable", f"the file cannot be read: {error.strerror}", "check the path")
        )
    return None


def _problem(file: str, code: str, message: str, hint: str = "") -> FileProblem:
    return FileProblem(file, 0, 0, FindingLevel.ERROR, code, message, hint)
