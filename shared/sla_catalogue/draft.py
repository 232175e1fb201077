"""A source as a draft: YAML that came over HTTP, compiled as `slad check` does it, without files and variables."""

from __future__ import annotations

from sla_catalogue.canonical import parse_stored
from sla_catalogue.gather import FileUnion
from sla_catalogue.load import build_alone
from sla_catalogue.problem import CatalogueInvalid, FileProblem, FindingLevel
from sla_catalogue.source import Source, SourceId
from sla_catalogue.tree import Plain, read_tree
from sla_catalogue.yaml_text import yaml_text

DRAFT = "draft"
"""What messages call the text of a draft."""
_PROOF = "authentication"


def draft_of(stored: str, source: str) -> str:
    """Return a source of a catalogue as the YAML of its keys, but for the proof of origin.

    Comments are not kept in the stored form of a catalogue.

    Args:
        stored: The catalogue's text (`Catalogue.text`).

    Raises:
        KeyError: There is no such source.
    """
    sections = parse_stored(stored).sections
    sources = sections.get("sources")
    keys = sources[source] if isinstance(sources, dict) else None
    if not isinstance(keys, dict):
        raise KeyError(source)
    return yaml_text({name: value for name, value in keys.items() if name != _PROOF})


def load_draft(source: str, text: str) -> Source:
    """Compile the draft of a source. The result has no proof of origin: whatever the draft says of it is left out.

    Nothing is read besides the text: no file, no variable of the environment.

    Args:
        source: The source's id.
        text: The YAML of its keys.

    Raises:
        CatalogueInvalid: There are errors in the draft; their lines are those of the text.
    """
    tree = read_tree(text, DRAFT)
    keys = tree.data
    if not isinstance(keys, dict):
        problems = tree.problems or [_no_keys()]
        raise CatalogueInvalid(problems)
    own: dict[str, Plain] = {**keys, _PROOF: {"kind": "none"}}
    merged = FileUnion(
        positions={("sources", source, *path): at for path, at in tree.positions.items()}, problems=list(tree.problems)
    )
    return build_alone(merged, {source: own}, {})[SourceId(source)]


def entry_of(source: str, text: str) -> str:
    """Return the entry for the section `sources` of a file, from the draft of a source. Comments stay."""
    lines = [f"    {line}".rstrip() for line in text.splitlines()]
    return "\n".join(["sources:", f"  {source}:", *lines, "    # authentication: as it stands in your file", ""])


def _no_keys() -> FileProblem:
    return FileProblem(
        file=DRAFT,
        line=1,
        column=1,
        severity=FindingLevel.ERROR,
        code="shape",
        message="a source is a mapping of keys",
        hint="begin with dialect: …",
    )
