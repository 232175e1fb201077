"""Sources of the dialect `mapped`, from YAML as a catalogue has it."""

from __future__ import annotations

from typing import Any

from sla_catalogue.assembly.source import build_sources
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings
from sla_catalogue.source import Source, SourceId


def built(keys: dict[str, Any]) -> tuple[Source | None, list[str]]:
    """The source with these keys, and what is wrong with it."""
    written = {"dialect": "mapped", "authentication": {"kind": "none"}, **keys}
    document = CatalogueDocument.model_validate({"sources": {"desk": written}, "settings": {"local": "true"}})
    findings = Findings({})
    found = build_sources(Context(document, {"sources": frozenset({"desk"})}, findings))
    return found.get(SourceId("desk")), [f"{one.code}: {one.message}" for one in findings.problems]


def mapped(**keys: Any) -> Source:
    found, problems = built(keys)
    assert not problems, problems
    assert found is not None
    return found
