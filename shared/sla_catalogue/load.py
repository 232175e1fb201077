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
from sla_catalogue.assembly.source import build_sources
from sla_catalogue.assembly_context import Context
from sla_catalogue.borrow import borrow
from sla_catalogue.builtin import builtin_texts
from sla_catalogue.canonical import parse_stored
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.gather import FileUnion, gather, merge
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.problem import CatalogueInvalid, FileProblem, Findings
from sla_catalogue.resolve import resolve
from sla_catalogue.shape import build_document
from sla_catalogue.source import Source, SourceId
from sla_catalogue.tree import Plain

Paths = FilePath | str | Sequence[FilePath | str]


def load_catalogue(
    paths: Paths, *, environment: Mapping[str, str] | None = None, horizon: Horizon | None = None
) -> Catalogue:
    """Read and check the files of a catalogue, and return the catalogue.

    Args:
        paths: Files or directories.
        environment: Name -> value that replaces `${NAME}` in the files. None means the process's environment.
        horizon: The calendar years to compile. None means what the files say.

    Raises:
        CatalogueInvalid: There are errors; the exception lists every problem.
    """
    return _sure(*_load(paths, environment, horizon))


def check_files(
    paths: Paths,
    *,
    environment: Mapping[str, str] | None = None,
    horizon: Horizon | None = None,
    today: date | None = None,
) -> list[FileProblem]:
    """Return every error and warning about a catalogue's files, by file and line.

    The function never raises.

    Args:
        paths: Files or directories.
        environment: Name -> value that replaces `${NAME}` in the files. None means the process's environment.
        horizon: The calendar years to compile. None means what the files say.
        today: The day from which to warn of holidays and compiled years that end within 90 days. None means no warning.
    """
    _, findings = _load(paths, environment, horizon, today)
    return list(findings.sorted())


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """The catalogue to use after a reload, and the problems found."""

    catalogue: Catalogue
    problems: tuple[FileProblem, ...] = ()
    replaced: bool = False
    """Whether `catalogue` is the new one. False means that it is the old one, as the files have errors."""


def reload_catalogue(old: Catalogue, paths: Paths, *, environment: Mapping[str, str] | None = None) -> ReloadResult:
    """Read a catalogue's files again, and return the catalogue to use.

    If the files have errors, the old catalogue is kept.

    Args:
        old: The old catalogue.
        paths: Files or directories.
        environment: Name -> value that replaces `${NAME}` in the files. None means the process's environment.
    """
    new, findings = _load(paths, environment, None)
    return ReloadResult(old, findings.sorted()) if new is None else ReloadResult(new, findings.sorted(), replaced=True)


def load_sources(paths: Paths) -> Mapping[SourceId, Source]:
    """Read only the sources of a catalogue's files, to try out how their deliveries are translated.

    The rest of the catalogue may be missing or unfinished, and secrets may be missing. The sources of the result have
    no authentication.

    Args:
        paths: Files or directories.

    Raises:
        CatalogueInvalid: There are errors in the sources.
    """
    merged = gather(paths)
    written = merged.sections.get("sources")
    sources: dict[str, Plain] = {}
    for name, keys in (written if isinstance(written, dict) else {}).items():
        sources[name] = {**keys, "authentication": {"kind": "none"}} if isinstance(keys, dict) else keys
    return build_alone(merged, sources, {})


def load_source(paths: Paths, source: str, environment: Mapping[str, str]) -> Source | None:
    """Read one source of a catalogue's files, with its secrets; None if there is no such source.

    The rest of the catalogue may be absent or unfinished.

    Args:
        paths: Files or directories.
        environment: Name -> value that replaces `${NAME}` in the files, for example in secrets.

    Raises:
        CatalogueInvalid: There are errors in the source, or one of its secrets cannot be read.
    """
    merged = gather(paths)
    written = merged.sections.get("sources")
    keys = written.get(source) if isinstance(written, dict) else None
    if keys is None:
        return None
    return build_alone(merged, {source: keys}, environment).get(SourceId(source))


def build_alone(
    merged: FileUnion, sources: dict[str, Plain], environment: Mapping[str, str]
) -> Mapping[SourceId, Source]:
    """Build sources without the rest of a catalogue.

    Args:
        merged: The merged files, used for the positions of values and the problems found so far. This function replaces
            `merged.sections`.
        sources: Source id -> its keys, as plain values.
        environment: Name -> value that replaces `${NAME}` in the values.

    Raises:
        CatalogueInvalid: There are errors in the sources.
    """
    merged.sections = {"sources": sources, "settings": {"local": "true"}}
    findings = Findings(merged.positions, list(merged.problems))
    document = build_document(resolve(merged, environment, findings).values, findings)
    found = build_sources(Context(document, {"sources": frozenset(sources)}, findings))
    if findings.has_errors:
        raise CatalogueInvalid(findings.sorted())
    return found


def load_text(text: str) -> Catalogue:
    """Rebuild a catalogue from its stored text (`Catalogue.text`).

    Holidays are as stored. Secrets are missing.

    Raises:
        UnreadableText: The text cannot be read.
        CatalogueInvalid: The content has errors.
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
