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
    """Return the keys of a source as YAML, as a draft: a copy that a user changes and tries out on deliveries.

    The key `authentication` is left out. Comments are missing, as the stored text of a catalogue has none.

    Args:
        stored: The catalogue's text (`Catalogue.text`).
        source: The source's id.

    Raises:
        KeyError: The catalogue has no such source.
    """
    sections = parse_stored(stored).sections
    sources = sections.get("sources")
    keys = sources[source] if isinstance(sources, dict) else None
    if not isinstance(keys, dict):
        raise KeyError(source)
    return yaml_text({name: value for name, value in keys.items() if name != _PROOF})


def load_draft(source: str, text: str) -> Source:
    """Build a source from a draft (the source's keys as YAML, changed by a user to try them out).

    The result has no authentication, whatever the draft says. No files and no environment variables are read.

    Args:
        source: The source's id.
        text: The draft.

    Raises:
        CatalogueInvalid: There are errors in the draft. Their line numbers are those of the text.
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
    """Return a draft of a source as an entry for the section `sources` of a catalogue file. Comments are kept.

    Args:
        source: The source's id.
        text: The draft: the source's keys as YAML.
    """
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
