"""A language is named in one place: every table of texts is made by one function, which wants all languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.law.tree import FOLDERS, ROOT

from sla_domain.explain.language import LANGUAGES
from sla_domain.language_table import LANGUAGE_TAGS, language_table

LAST = LANGUAGE_TAGS[-1]
OF_THE_LAST = f"{LAST.lower().replace('-', '_')}.py"
"""A module with the texts of that language."""
DEFINES = "shared/sla_domain/language_table.py"


def test_a_language_is_named_in_tables_of_all_languages_only() -> None:
    found = [
        f"{name}:{line}"
        for name, source in _modules().items()
        if name != DEFINES and not name.endswith(f"/{OF_THE_LAST}")
        for line in loose(source)
    ]
    assert found == [], "make the table by language_table, and name languages by LanguageTag or LANGUAGES_LISTED"


def test_a_loose_name_of_a_language_is_found() -> None:
    assert list(loose(f"x = language_table({{'en': 1, '{LAST}': 2}})")) == []
    assert list(loose(f"x = {{'en': 1, '{LAST}': 2}}")) == [1]
    assert list(loose(f"Tag = Literal['en', '{LAST}']")) == [1]
    assert list(loose("help = 'en, pl, it, ru or zh-TW'")) == [1]
    assert list(loose(f"'''Such as `{LAST}`.'''")) == []


def test_the_list_of_tables_is_complete() -> None:
    listed = set(re.findall(r"`([^`]+\.py)`", _where_the_words_are())) - {DEFINES, "shared/sla_domain/sentence.py"}
    tables = {name for name, source in _modules().items() if name != DEFINES and "language_table(" in source}
    assert listed == tables
    assert {str(Path(name).parent) for name in _modules() if name.endswith(f"/{OF_THE_LAST}")} <= {
        str(Path(name).parent) for name in listed
    }


def test_a_table_has_every_language_and_no_other() -> None:
    every = dict.fromkeys(LANGUAGE_TAGS, "text")
    assert list(language_table(dict(reversed(every.items())))) == list(LANGUAGE_TAGS)
    for wrong in ({**every, "de": "Text"}, {"en": "text"}, dict.fromkeys(LANGUAGE_TAGS[1:], "text")):
        with pytest.raises(ValueError, match="slad speaks"):
            language_table(wrong)
    assert list(language_table(dict(list(every.items())[1:]), translations=True)) == list(LANGUAGE_TAGS[1:])
    assert tuple(LANGUAGES) == LANGUAGE_TAGS


def loose(source: str) -> list[int]:
    """Return the lines at which a text names the last language outside a call of `language_table`, docstrings aside."""
    tree = ast.parse(source)
    allowed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "language_table":
            allowed |= {id(each) for each in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            allowed.add(id(node.value))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in allowed
        if node.value == LAST or (LAST in node.value and "en, pl" in node.value)
    ]


def _where_the_words_are() -> str:
    text = (ROOT / "docs" / "languages.md").read_text()
    return text.partition("## Where the words are")[2].partition("## ")[0]


def _modules() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for package, folder in FOLDERS.items()
        for path in sorted((folder / package).rglob("*.py"))
    }
