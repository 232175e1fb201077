"""Loading a catalogue: from files, from a stored text or the shipped plans; and the check that never raises.

Nothing here watches files: a service decides when to call `reload_catalogue`.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path as FilePath

from sla_catalogue.assemble import AssemblyInputs, assemble
from sla_catalogue.borrow import borrow
from sla_catalogue.builtin import builtin_texts
from sla_catalogue.canonical import parse_stored
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.gather import FileUnion, gather, merge
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.problem import CatalogueInvalid, FileProblem, Findings

Paths = FilePath | str | Sequence[FilePath | str]


def load_catalogue(
    paths: Paths, *, environment: Mapping[str, str] | None = None, horizon: Horizon | None = None
) -> Catalogue:
    """Read and check the files of a catalogue, and return the catalogue.

    `paths`: files or directories.
    `environment`: name -> value that replaces `${NAME}` in the files; None: the process's environment.
    `horizon`: the calendar years to compile; None: as the files say.
    Raises CatalogueInvalid, which lists every problem, if there are errors.
    """
    return _sure(*_load(paths, environment, horizon))


def check_files(
    paths: Paths,
    *,
    environment: Mapping[str, str] | None = None,
    horizon: Horizon | None = None,
    today: date | None = None,
) -> list[FileProblem]:
    """Return every error and warning about a catalogue's files, by file and line; never raises.

    `paths`: files or directories.
    `environment`: name -> value that replaces `${NAME}` in the files; None: the process's environment.
    `horizon`: the calendar years to compile; None: as the files say.
    `today`: also warn of holidays and compiled years that end within 90 days of this day; None: do not warn.
    """
    _, findings = _load(paths, environment, horizon, today)
    return list(findings.sorted())


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """The catalogue to use after a reload, and the problems found.

    `replaced`: True: it is the new catalogue. False: it is the old one, as the files have errors.
    """

    catalogue: Catalogue
    problems: tuple[FileProblem, ...] = ()
    replaced: bool = False


def reload_catalogue(old: Catalogue, paths: Paths, *, environment: Mapping[str, str] | None = None) -> ReloadResult:
    """Read a catalogue's files again; keep the old catalogue if they have errors.

    `old`: the old catalogue. `paths`: files or directories. `environment`: name -> value that replaces `${NAME}` in the
    files; None: the process's environment.
    """
    new, findings = _load(paths, environment, None)
    return ReloadResult(old, findings.sorted()) if new is None else ReloadResult(new, findings.sorted(), replaced=True)


def load_text(text: str) -> Catalogue:
    """Rebuild a catalogue from its stored text (`Catalogue.text`).

    Holidays are as stored; secrets are missing. Raises UnreadableText for an unreadable text, CatalogueInvalid for
    content with errors.
    """
    with _uncollected():
        stored = parse_stored(text)
        merged = FileUnion(sections=dict(stored.sections), positions=dict(stored.positions))
        return _sure(*assemble(merged, AssemblyInputs(environment=None, stored=stored)))


@lru_cache(maxsize=1)
def builtin_catalogue() -> Catalogue:
    """Return the catalogue shipped with slad: plans and example contracts.

    Every call returns the same object. `slad when hpe-flexcare-pl …` uses it.
    """
    merged = FileUnion()
    merge(builtin_texts(), merged)
    return _sure(*assemble(merged, AssemblyInputs(environment={})))


def _load(
    paths: Paths, environment: Mapping[str, str] | None, horizon: Horizon | None, today: date | None = None
) -> tuple[Catalogue | None, Findings]:
    with _uncollected():
        merged = gather(paths)
        borrow(merged)
        values = os.environ if environment is None else environment
        return assemble(merged, AssemblyInputs(values, horizon, today=today))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the search for garbage: all that is built is kept, and the search through it took a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _sure(catalogue: Catalogue | None, findings: Findings) -> Catalogue:
    if catalogue is None:
        raise CatalogueInvalid(findings.sorted())
    return catalogue
