"""What the tree cites is in the tree: paths, clauses, decisions, each with its date, status and alternatives."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.docs.nouns import PACKAGES

ROOT = Path(__file__).parents[2]
TEXTS = (".py", ".md", ".json", ".yaml", ".yml", ".toml", ".html", ".js", ".sql")
TRACKED = [
    path
    for path in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    if path and (ROOT / path).is_file()
]
OUTSIDE = re.compile(
    r"\b(?:PLANS|DESIGN)(?:\.md|[ ,]|$)|\bresearch/|\bpeers §|\bcommercial §|\bCOMPASS\b", re.MULTILINE
)
CLAUSE = re.compile(r"\bclauses? ((?:[HIBE]\d+(?:[–-][HIBE]?\d+)?(?:, | and )?)+)")
PATH = re.compile(r"`((?:docs|shared|services|tests|deploy|bench|examples)/[\w./-]+)`")
TESTS = re.compile(r"(?<![\w/])tests/[\w/-]+(?:\.py)?")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [path for path in TRACKED if path.endswith(".md")]
MOST_LINES = 14  # of a package's README, which is read in a minute


def test_nothing_cites_a_paper_that_is_not_in_the_tree() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    found = [
        f"{path}: {match.group().strip()}"
        for path in TRACKED
        if path.endswith(TEXTS) and path != here
        for match in OUTSIDE.finditer((ROOT / path).read_text())
    ]
    assert not found, "cite docs/clauses.md, docs/decisions or docs/architecture.md instead"


def test_every_clause_that_is_cited_is_in_the_table() -> None:
    known = set(re.findall(r"^\| ([HIBE]\d+|INV\d+) \|", (ROOT / "docs" / "clauses.md").read_text(), re.MULTILINE))
    assert len(known) > 60
    for path in TRACKED:
        if path.endswith(".py"):
            for match in CLAUSE.finditer((ROOT / path).read_text()):
                assert set(re.findall(r"[HIBE]\d+", match.group(1))) <= known, f"{path}: {match.group()}"


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    folder = (ROOT / page).parent
    missing = [path for path in PATH.findall(text) + TESTS.findall(text) if not (ROOT / path).exists()]
    missing += [link for link in LINK.findall(text) if not (folder / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / page).read_text())
    assert [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_readme_leads_through_every_folder_of_its_package(package: Path) -> None:
    readme = next(path for path in (package / "README.md", package.parent / "README.md") if path.is_file())
    text = readme.read_text()
    assert text.count("\n") <= MOST_LINES
    named = set(re.findall(r"`([\w-]+(?:\.py|/))`", text))
    assert {name for name in named if not list(package.rglob(name.removesuffix("/")))} == set(), "it is gone"
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert folders - named == set(), "where in the reading order does it stand?"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem[:4])
def test_a_decision_has_its_date_its_status_and_the_alternatives(path: Path) -> None:
    text = path.read_text()
    head = text.split("\n")[2]
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: \w+", head), head
    assert re.search(r"^(\*\*)?(## )?(Alternatives|Not chosen)\b", text, re.MULTILINE)
