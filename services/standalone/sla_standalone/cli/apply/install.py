"""Putting a checked catalogue where services read theirs, so that none ever sees half of it for longer than an instant.

* The target is a symbolic link: the files go into a new folder beside the one it points to, then the link is replaced
  in one step. The old folder stays, so that the link can be turned back.
* The target is a folder: every file is written under a hidden name and renamed into place, one after the other, then
  files that are no longer wanted go. A service that looks in between refuses the mixture or takes the whole a tick
  later: it compares files every two seconds, and a catalogue with errors never replaces one without.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Installed:
    """What was written and removed, and where."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    folder: Path  # where the files are now


def install(source: Path, target: Path, version: str) -> Installed:
    """Copy the catalogue at `source`, a folder or a single file. Raises OSError; then the target is as it was."""
    wanted = dict(_files(source))
    if target.is_symlink():
        return _beside(wanted, target, version)
    if target.is_file() or (not target.exists() and source.is_file() and target.suffix in (".yaml", ".yml")):
        _place(source, target)
        return Installed((target.name,), (), target.parent)
    return _into(wanted, target)


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    """Everything a catalogue may refer to (YAML, feeds, secrets beside it), but nothing hidden."""
    if source.is_file():
        yield source.name, source
        return
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield str(name), path


def _beside(wanted: dict[str, Path], link: Path, version: str) -> Installed:
    old = link.resolve()
    folder = old.with_name(f"{link.name}-{version}")
    if folder != old:
        shutil.rmtree(folder, ignore_errors=True)
        for name, path in wanted.items():
            _place(path, folder / name)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(folder, link.parent))
    fresh.replace(link)
    gone = {name for name, _ in _files(old)} - wanted.keys() if old.is_dir() else set()
    return Installed(tuple(wanted), tuple(sorted(gone)), folder)


def _into(wanted: dict[str, Path], target: Path) -> Installed:
    held = dict(_files(target)) if target.is_dir() else {}
    changed = [name for name, path in wanted.items() if name not in held or not _same(path, held[name])]
    staged = [(_stage(wanted[name], target / name), target / name) for name in changed]
    for fresh, place in staged:
        fresh.replace(place)
    gone = sorted(held.keys() - wanted.keys())
    for name in gone:
        held[name].unlink()
    return Installed(tuple(changed), tuple(gone), target)


def _place(source: Path, place: Path) -> None:
    _stage(source, place).replace(place)


def _stage(source: Path, place: Path) -> Path:
    """A complete copy on the same disk, under a name that no service reads."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(source, fresh)
    shutil.copymode(source, fresh)
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    return fresh


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
