"""Installing a checked catalogue file by file, so that services see a mixture for an instant at most.

* The target is a symbolic link: the files go into a new folder beside the one it points to, then the link is replaced
  in one step. The old folder stays, so that the link can be turned back.
* The target is a folder: every file is written under a hidden name and renamed into place, one after the other, then
  YAML files that are no longer wanted go. Other files (a database, certificates, notes) stay. A service that looks in
  between refuses the mixture or takes the whole a tick later: it compares files every two seconds, and a catalogue with
  errors never replaces one without.
"""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sla_standalone.cli.apply.plan import InstallPlan


@dataclass(frozen=True, slots=True)
class Installed:
    """Which files `install` has written and removed."""

    written: tuple[str, ...]
    """The names of the files written."""
    removed: tuple[str, ...]
    """The names of the files removed."""
    folder: Path
    """The folder of the catalogue."""


def install(plan: InstallPlan, version: str) -> Installed:
    """Write and remove the files that a plan names.

    If the target is a symbolic link, the files go into a new folder, named by the catalogue's `version`, and the link
    is then changed to point to this folder.

    Args:
        plan: The files to write and to remove. If there are none, nothing is done.

    Raises:
        OSError: A file cannot be written or removed. After the error, a linked target still holds the old catalogue; a
            plain folder may hold files of both catalogues.
    """
    if not plan.written and not plan.removed:
        return Installed((), (), plan.folder)
    if plan.target.is_symlink():
        return _turn_link(plan, version)
    staged = [(_stage(plan.wanted[name], plan.folder / name), plan.folder / name) for name in plan.written]
    for fresh, place in staged:
        fresh.replace(place)
    for name in plan.removed:
        (plan.folder / name).unlink()
    return Installed(plan.written, plan.removed, plan.folder)


def _turn_link(plan: InstallPlan, version: str) -> Installed:
    link = plan.target
    folder = _fresh_folder(link.resolve().with_name(f"{link.name}-{version}"))
    for name, path in plan.wanted.items():
        _stage(path, folder / name).replace(folder / name)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(folder, link.parent))
    fresh.replace(link)
    return Installed(tuple(plan.wanted), plan.removed, folder)


def _fresh_folder(folder: Path) -> Path:
    """A name that is free: a folder of the same version may be left from before, with other secrets or feeds."""
    names = (folder if count == 1 else folder.with_name(f"{folder.name}-{count}") for count in itertools.count(1))
    return next(name for name in names if not name.exists())


def _stage(source: Path, place: Path) -> Path:
    """A complete copy on the same disk, under a name that no service reads."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(source, fresh)
    shutil.copymode(source, fresh)
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    return fresh
