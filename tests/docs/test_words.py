"""What could not be processed is quarantined, what was not understood at the door is parked: in all that users read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OTHER_WORDS = re.compile(r"\b(set|put|sets|setting) aside\b|\bdead[ -]letters?\b|\bburied\b", re.IGNORECASE)
RESERVED = ROOT / "shared" / "sla_domain" / "ledger"  # credits are set aside for a booking


def read_by_users() -> Iterator[Path]:
    """Yield the documents, the deployment's files and the code, whose help and titles users read."""
    yield from (ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"))
    for folder, kinds in (("docs", ("md", "json")), ("deploy", ("md", "yml", "yaml", "json", "py"))):
        for kind in kinds:
            yield from (path for path in (ROOT / folder).rglob(f"*.{kind}") if "decisions" not in path.parts)
    for folder in ("services", "shared"):
        for kind in ("py", "html", "toml", "txt"):
            yield from (path for path in (ROOT / folder).rglob(f"*.{kind}") if "versions" not in path.parts)


def test_there_are_two_words_for_what_is_kept_apart() -> None:
    found = []
    for path in read_by_users():
        if path.is_relative_to(RESERVED):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            # A quoted name on the wire, or in code, stays as it is: "dead-letter", `bus.dead_letter`.
            if OTHER_WORDS.search(re.sub(r"[\"'`][\w./#-]*[\"'`]", "", line)):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


@pytest.mark.parametrize("text", ["a row set aside", "Dead letters for 12 days", "put aside alone"])
def test_the_other_words_are_seen(text: str) -> None:
    assert OTHER_WORDS.search(text)
