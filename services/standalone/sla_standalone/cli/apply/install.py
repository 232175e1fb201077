"""Putting a checked catalogue where services read theirs, so that none ever sees half of it for longer than an instant.

* The target is a symbolic link: the files go into a new folder beside the one it points to, then the link is replaced
  in one step. The old folder stays, so that the link can be turned back.
* The target is a folder: every file is written under a hidden name and renamed into place, one after the other, then
  YAML files that are no longer wanted go. Other files (a database, certificates, notes) stay. A service that looks in
  between refuses the mixture or takes the whole a tick later: it compares files every two seconds, and a catalogue with
  errors never replaces one without.

YAML that is no catalogue's (a compose file, manifests) is never written over or removed: nothing is put there then.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sla_catalogue.gather import SUFFIXES, is_catalogue_file


class ForeignFiles(Exception):
    """The target holds YAML that is not a catalogue's; `names` are the files, relative to the target."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"{', '.join(names[:5])}{' …' if len(names) > 5 else ''}")
        self.names = names


@dataclass(frozen=True, slots=True)
class Installed:
    """What was written and removed, and where."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    folder: Path  # where the files are now


def install(source: Path, target: Path, version: str) -> Installed:
    """Copy the catalogue at `source`, a folder or a single file.

    Raises OSError, and ForeignFiles where the target holds other YAML; then the target is as it was.
    """
    wanted = dict(_files(source))
    held = dict(_files(target)) if target.exists() else {}
    foreign = tuple(name for name in _yaml(held) if not is_catalogue_file(held[name]))
    if foreign:
        raise ForeignFiles(foreign)
    if target.is_symlink():
        return _beside(wanted, held, target, version)
    if target.is_file() or (not target.exists() and source.is_file() and target.suffix in SUFFIXES):
        _place(source, target)
        return Installed((target.name,), (), target.parent)
    return _into(wanted, held, target)


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    """Everything a catalogue may refer to (YAML, feeds, secrets beside it), but nothing hidden."""
    if source.is_file():
        yield source.name, source
        return
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield str(name), path


def _yaml(files: dict[str, Path]) -> list[str]:
    """The names of those that a service reads as its catalogue."""
    return [name for name, path in files.items() if path.suffix in SUFFIXES]


def _gone(wanted: dict[str, Path], held: dict[str, Path]) -> tuple[str, ...]:
    """The names of the catalogue's files that are no longer wanted."""
    return tuple(sorted(name for name in _yaml(held) if name not in wanted))


def _beside(wanted: dict[str, Path], held: dict[str, Path], link: Path, version: str) -> Installed:
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
    gone = _gone(wanted, held) if old.is_dir() else ()
    return Installed(tuple(wanted), gone, folder)


def _into(wanted: dict[str, Path], held: dict[str, Path], target: Path) -> Installed:
    changed = [name for name, path in wanted.items() if name not in held or not _same(path, held[name])]
    staged = [(_stage(wanted[name], target / name), target / name) for name in changed]
    for fresh, place in staged:
        fresh.replace(place)
    gone = _gone(wanted, held)
    for name in gone:
        held[name].unlink()
    return Installed(tuple(changed), gone, target)


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
