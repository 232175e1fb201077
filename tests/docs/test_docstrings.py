"""Every public name says what it is or does: a function by an imperative first word, and in a sentence."""

from __future__ import annotations

import ast
import re

import pytest
from tests.docs.docstrings import PublicName, public_names
from tests.docs.draw import COUNT, drawn, shown

NAMES = public_names()
_NOT_IMPERATIVE = re.compile(
    r"(?:An?|The|This|These|It|Is|Are|Has|Whether|If|When|Where|Who|What|Which|Why|How|Of|On|In|At|By|For|From|With|"
    r"Without|All|Each|Every|No|None|True|False|Same|Like|See)\b|[A-Z][a-z]+(?:[^s]s|ed|[^r]ing)\b|[^A-Z]"
)
"""How a docstring begins that says something else than what to do: an article, a question, `Returns`, `Returning`."""
IMPERATIVE = frozenset({"Feed", "Need", "Speed", "Embed", "Focus"})
"""Imperatives that look like another form."""


def test_every_public_name_has_a_docstring() -> None:
    assert [one.place for one in NAMES if not one.docstring] == []


def test_a_function_says_what_to_do_in_its_first_word() -> None:
    assert [f"{one.place}: {one.docstring.splitlines()[0]}" for one in NAMES if _wrong(one)] == []


def test_the_first_sentence_is_a_sentence() -> None:
    first = {one.place: one.docstring.split("\n\n")[0].rstrip() for one in NAMES}
    assert [place for place, text in first.items() if not text.endswith((".", ":", "?"))] == []


@pytest.mark.parametrize("word", ["Returns", "Returned", "Returning", "The", "Whether", "returns", "How"])
def test_other_forms_are_found(word: str) -> None:
    assert _NOT_IMPERATIVE.match(f"{word} the clock.")


@pytest.mark.parametrize("word", ["Return", "Pass", "Process", "Bring", "Discuss", "Read", "Note", "Forget"])
def test_imperatives_pass(word: str) -> None:
    assert _NOT_IMPERATIVE.match(f"{word} the clock.") is None


def test_a_draw_is_of_different_names_and_the_same_for_a_seed() -> None:
    first = drawn(NAMES, 7)
    assert first == drawn(NAMES, 7)
    assert first != drawn(NAMES, 8)
    assert len({one.place for one in first}) == COUNT
    text = next(iter(shown(first[:1])))
    assert first[0].docstring in text
    assert f"module {first[0].module}" in text


def _wrong(one: PublicName) -> bool:
    if isinstance(one.node, ast.ClassDef) or not one.docstring:
        return False
    return one.docstring.split()[0] not in IMPERATIVE and _NOT_IMPERATIVE.match(one.docstring) is not None
