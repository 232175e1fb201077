"""What putting a catalogue in place would write and remove, and the reasons for which it is refused.

Everything is looked at before anything is written, so that a dry run refuses what the real run would refuse. Only the
catalogue moves: its YAML, and the feeds and secrets that the YAML names. Nothing else in the target is written over or
removed, and a folder that holds something else than a catalogue is not made into one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sla_catalogue.gather import SUFFIXES, FileRole, file_role, yaml_files
from sla_catalogue.referred import referred_files

_OF_THE_DISK = frozenset({"lost+found"})  # a fresh volume is not empty
_NAMED = 5  # files that a message names
_ALONE = "name a folder for the catalogue alone: --to DIR, or SLAD_CATALOGUE"


class InstallRefused(Exception):
    """Raised if a catalogue cannot be copied to the given folder or file; the message says why.

    For example: the folder cannot be written, other files in it would be lost, or the copy would lack files that the
    catalogue names.
    """


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """The files to write and to remove so that `target` holds a new catalogue."""

    target: Path
    folder: Path
    """The folder to which the names are relative. It is the target or, if the target is a single file, the folder
    around it."""
    wanted: dict[str, Path]
    """All files of the new catalogue, as a mapping from name to the path to copy from."""
    written: tuple[str, ...]
    """The names of files that the target lacks or has with other content."""
    removed: tuple[str, ...]
    """The names of the old catalogue's YAML files that the new catalogue lacks."""


def plan_install(source: Path, target: Path) -> InstallPlan:
    """Return the files to write and to remove so that `target` holds a catalogue.

    Nothing is written.

    Args:
        source: The catalogue, a folder or a single file.
        target: The folder or file to which the catalogue is to be copied.

    Raises:
        InstallRefused: `target` cannot hold the catalogue, or files in it that are not part of a catalogue would be
            lost.
        OSError: A file cannot be read.
    """
    wanted = _wanted(source, target)
    if target.is_file():
        return _over_file(source, target.resolve(), wanted)
    if not target.exists() and not target.is_symlink() and source.is_file() and target.suffix in SUFFIXES:
        return _over_file(source, target, wanted)
    _refuse_nested(source, target)
    _refuse_unwritable(target)
    held = dict(visible_files(target)) if target.exists() else {}
    roles = {name: file_role(path) for name, path in held.items() if path.suffix in SUFFIXES}
    _refuse_other_yaml(target, roles)
    owned = _names_of(target, referred_files(target)) if FileRole.CATALOGUE in roles.values() else frozenset()
    _refuse_no_catalogue(target, held, roles, wanted)
    written = tuple(name for name, path in wanted.items() if name not in held or not _same(path, held[name]))
    _refuse_overwriting(target, [name for name in written if name in held and name not in roles and name not in owned])
    if target.is_symlink():
        _refuse_leaving(target, [name for name in held if name not in roles and name not in owned], source)
    gone = (name for name, role in roles.items() if role is FileRole.CATALOGUE and name not in wanted)
    return InstallPlan(target, target, wanted, written, tuple(sorted(gone)))


def visible_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file under a folder, as (name relative to `folder`, path), sorted by path.

    Hidden files, and files in hidden folders and in `lost+found`, are left out.
    """
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] not in _OF_THE_DISK and not any(part.startswith(".") for part in parts):
            yield str(path.relative_to(folder)), path


def _wanted(source: Path, target: Path) -> dict[str, Path]:
    """The catalogue's files by name: its YAML, and what the YAML names by a relative path."""
    place = target.parent if target.is_file() or source.is_file() else target
    base = source.parent if source.is_file() else source
    yaml = [source] if source.is_file() else yaml_files(source)
    found = {str(path.relative_to(base)): path for path in yaml}
    outside = []
    for path in referred_files(source):
        if not path.is_relative_to(base):
            continue  # an absolute name: the same file wherever the catalogue lies
        if not path.resolve().is_relative_to(base.resolve()) and ".." in path.parts:
            if not Path(os.path.normpath(place.resolve() / path.relative_to(base))).is_file():
                outside.append(str(path))
        elif path.is_file():
            found[os.path.normpath(path.relative_to(base))] = path
    if outside:
        raise InstallRefused(
            f"the catalogue names files outside of {base} ({_listed(outside)}), which a copy at {target} would not "
            "find; move them into the folder, or write their absolute path"
        )
    return found


def _over_file(source: Path, target: Path, wanted: dict[str, Path]) -> InstallPlan:
    if source.is_dir():
        raise InstallRefused(f"{target} is a file and {source} a folder; {_ALONE}")
    others_file = target.exists() and file_role(target) in (FileRole.FOREIGN, FileRole.UNREADABLE)
    if target.suffix not in SUFFIXES or others_file:
        raise InstallRefused(f"{target} is not a catalogue's file and is not written over; {_ALONE}")
    _refuse_unwritable(target)
    renamed = _renamed(wanted, source, target)
    owned = _names_of(target, referred_files(target)) if target.exists() else frozenset()
    held = {name: target.parent / name for name in renamed if (target.parent / name).exists()}
    written = tuple(name for name, path in renamed.items() if name not in held or not _same(path, held[name]))
    others = [name for name in written if name in held and name != target.name and name not in owned]
    _refuse_overwriting(target.parent, others)
    return InstallPlan(target, target.parent, renamed, written, ())


def _renamed(wanted: dict[str, Path], source: Path, target: Path) -> dict[str, Path]:
    """A single file goes by the target's name; the files that it names keep theirs."""
    return {target.name if path == source else name: path for name, path in wanted.items()}


def _refuse_nested(source: Path, target: Path) -> None:
    one, other = (source if source.is_dir() else source.parent).resolve(), target.resolve()
    if one != other and (one.is_relative_to(other) or (source.is_dir() and other.is_relative_to(one))):
        raise InstallRefused(f"{source} and {target} lie within each other; {_ALONE}")


def _refuse_unwritable(target: Path) -> None:
    place = target.parent if target.is_file() or target.is_symlink() else target
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise InstallRefused(f"{target} cannot be made: {place} is not a folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InstallRefused(f"{target} cannot be written: no permission to write in {place}")


def _refuse_other_yaml(target: Path, roles: dict[str, FileRole]) -> None:
    foreign = [name for name, role in roles.items() if role is FileRole.FOREIGN]
    if foreign:
        raise InstallRefused(f"{target} holds YAML that is not a catalogue's ({_listed(foreign)}); {_ALONE}")
    unreadable = [name for name, role in roles.items() if role is FileRole.UNREADABLE]
    if unreadable:
        raise InstallRefused(
            f"{target} holds YAML that cannot be read ({_listed(unreadable)}), so it is not known whose it is; "
            f"`slad check {target}` says where; mend or remove it"
        )


def _refuse_no_catalogue(
    target: Path, held: dict[str, Path], roles: dict[str, FileRole], wanted: dict[str, Path]
) -> None:
    others = [name for name in held if name not in wanted]
    if others and FileRole.CATALOGUE not in roles.values():
        raise InstallRefused(f"{target} holds files ({_listed(others)}) and no catalogue; {_ALONE}")


def _refuse_overwriting(target: Path, names: list[str]) -> None:
    if names:
        raise InstallRefused(
            f"{target} has other files under names of the new catalogue ({_listed(names)}), which the catalogue there "
            "does not name; move them, or give them other names in the new one"
        )


def _refuse_leaving(link: Path, names: list[str], source: Path) -> None:
    """A link is turned to a new folder: what else lies in the old one would be found there no longer."""
    left = [name for name in names if not (source.is_dir() and (source / name).is_file())]
    if left:
        raise InstallRefused(
            f"{link} is a link, and the folder it points to holds other files ({_listed(left)}), which would not be in "
            "the new folder; move them elsewhere first"
        )


def _names_of(target: Path, paths: tuple[Path, ...]) -> frozenset[str]:
    base = target.parent if target.is_file() else target
    return frozenset(os.path.normpath(path.relative_to(base)) for path in paths if path.is_relative_to(base))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
