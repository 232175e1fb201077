"""The nouns that the glossary must have, and a draft of a line for each that is missing.

`python -m tests.docs.nouns` prints the drafts, made of docstrings and comments, to be read and bettered by hand.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("s*/**/sla_*/py.typed"))
CHANNELS = ROOT / "services" / "notifier" / "sla_notifier" / "channel"
# A kind of channel brings its own lines, so that a new one is a folder and its line in the registry.
GLOSSARY = [ROOT / "docs" / "glossary.md", *sorted(CHANNELS.glob("*/README.md"))]


def modules(package: Path) -> Iterator[Path]:
    """Yield the modules of a package; revisions of the database are named by their numbers."""
    yield from (path for path in sorted(package.rglob("*.py")) if "versions" not in path.parts)


def classes(path: Path) -> Iterator[ast.ClassDef]:
    """Yield the public classes of a module, those inside of others too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def domain_classes() -> dict[str, str]:
    """Return every public class of the domain with the first sentence of its docstring."""
    domain = next(package for package in PACKAGES if package.name == "sla_domain")
    return {node.name: _first(ast.get_docstring(node)) for path in modules(domain) for node in classes(path)}


def folders() -> dict[str, str]:
    """Return every folder of the packages, such as `sla_timer/tick`, with the first paragraph of its docstring."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in modules(package):
            if path.name == "__init__.py":
                name = path.parent.relative_to(package.parent).as_posix()
                docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
                found[name] = " ".join(docstring.split("\n\n")[0].split()).rstrip(".:")
    return found


def catalogue_keys() -> dict[str, str]:
    """Return every key of a catalogue file with the comment or description beside its field."""
    import sla_standalone  # noqa: F401  installs the kinds of channels, whose keys are the catalogue's too
    from sla_catalogue.schema import catalogue_schema

    schema = catalogue_schema()
    found: dict[str, str] = {}
    for definition in [schema, *schema["$defs"].values()]:
        for variant in [definition, *definition.get("anyOf", [])]:
            for key, member in variant.get("properties", {}).items():
                title = definition.get("title") or variant.get("title") or ""
                found.setdefault(key, member.get("description") or f"of {title.removesuffix('Document').lower()}")
    return found


def places() -> dict[str, list[str]]:
    """Return every public class name of the packages with the modules in which it stands."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in modules(package):
            for node in classes(path):
                found.setdefault(node.name, []).append(path.relative_to(package.parent).as_posix())
    return found


def glossary() -> str:
    """Return the text of docs/glossary.md and of the lines that kinds of channels bring."""
    return "\n".join(path.read_text() for path in GLOSSARY)


def missing(names: dict[str, str]) -> dict[str, str]:
    """Return those that have no line of their own in the glossary."""
    written = set(re.findall(r"^- `([^`\n]+)`: ", glossary(), re.MULTILINE))
    return {name: text for name, text in names.items() if name not in written}


def _first(docstring: str | None) -> str:
    text = " ".join((docstring or "").split())
    return re.split(r"(?<=[.:]) ", text, maxsplit=1)[0].rstrip(".:")


if __name__ == "__main__":
    for title, names in (
        ("## Classes of the domain", domain_classes()),
        ("## Folders", folders()),
        ("## Keys of the catalogue", catalogue_keys()),
    ):
        print(f"{title}\n")
        for name, text in sorted(missing(names).items()):
            print(f"- `{name}`: {text}")
        print()
