"""One word for one thing: the glossary has every noun of the domain, and no class name stands for two things."""

from __future__ import annotations

import re

from tests.docs.nouns import catalogue_keys, domain_classes, folders, glossary, missing, places

HINT = "no line in docs/glossary.md (of a channel: in its README.md): `python -m tests.docs.nouns` drafts it"
TWO_THINGS: dict[str, str] = {}
"""Class names that may stand in two modules, each with the reason, such as a library that demands it."""


def test_every_public_class_of_the_domain_has_its_line() -> None:
    assert sorted(missing(domain_classes())) == [], HINT


def test_every_folder_has_its_line() -> None:
    assert sorted(missing(folders())) == [], HINT


def test_every_key_of_the_catalogue_has_its_line() -> None:
    assert sorted(missing(catalogue_keys())) == [], HINT


def test_no_class_name_stands_for_two_things() -> None:
    twice = {name: where for name, where in places().items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in TWO_THINGS} == {}
    assert set(TWO_THINGS) <= set(twice), "unique by now: take it off the list"


def test_the_glossary_names_no_class_or_folder_that_is_gone() -> None:
    text = glossary()
    known = {**domain_classes(), **folders(), **catalogue_keys()}
    listed = re.findall(r"^- `([^`]+)`: ?(.*)$", text, re.MULTILINE)
    assert [name for name, _ in listed if name not in known] == []
    assert [name for name, meaning in listed if not meaning] == [], "a line without a word explains nothing"
