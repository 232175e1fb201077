"""One word for one thing: the glossary has every noun of the domain, and no class name stands for two things."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args

from tests.docs.nouns import catalogue_keys, domain_classes, folders, glossary, missing, places

from sla_domain.fact import FactBody

HINT = "no line in docs/glossary.md (of a channel: in its README.md): `python -m tests.docs.nouns` drafts it"
TWO_THINGS: dict[str, str] = {}
"""Class names that may stand in two modules, each with the reason, such as a library that demands it."""
LEAST_WORDS = 3
HALF_OPEN = re.compile(r"\[\w+, \w+\)")  # a span, whose brackets do not match by intention


def listed() -> list[tuple[str, str]]:
    """Return each line of the lists, as name and meaning."""
    return re.findall(r"^- `([^`]+)`: ?(.*)$", glossary(), re.MULTILINE)


def terms() -> list[tuple[str, str]]:
    """Return each term with its paragraph."""
    text = glossary().split("## Classes of the domain")[0]
    found = re.findall(r"^\*\*([^*]+)\.\*\* (.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return [(term, " ".join(paragraph.split())) for term, paragraph in found]


def test_every_public_class_of_the_domain_has_its_line() -> None:
    assert sorted(missing(domain_classes())) == [], HINT


def test_every_folder_has_its_line() -> None:
    assert sorted(missing(folders())) == [], HINT


def test_every_key_of_the_catalogue_has_its_line() -> None:
    assert sorted(missing(catalogue_keys())) == [], HINT


def test_a_line_of_a_folder_is_what_the_folder_says_of_itself() -> None:
    said, written = folders(), dict(listed())
    assert {name: written[name] for name in said if written[name] != said[name]} == {}


def test_every_term_stands_once_and_has_an_example() -> None:
    assert len(terms()) > 100, "the terms are not read as they are written"
    assert [term for term, times in Counter(term for term, _ in terms()).items() if times > 1] == []
    assert [term for term, text in terms() if "Example: " not in text] == []


def test_every_line_stands_once_and_explains_something() -> None:
    assert [name for name, times in Counter(name for name, _ in listed()).items() if times > 1] == []
    poor = []
    for name, meaning in listed():
        text = HALF_OPEN.sub("", meaning)
        if len(meaning.split()) < LEAST_WORDS or text.count("(") != text.count(")") or meaning.startswith("of "):
            poor.append(f"{name}: {meaning}")
    assert poor == []


def test_the_bodies_of_facts_are_complete() -> None:
    (text,) = [text for term, text in terms() if term == "Fact body"]
    assert re.findall(r"`(\w+)`", text.split("In code: ")[1])[1:] == [body.__name__ for body in get_args(FactBody)]


def test_no_class_name_stands_for_two_things() -> None:
    twice = {name: where for name, where in places().items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in TWO_THINGS} == {}
    assert set(TWO_THINGS) <= set(twice), "unique by now: take it off the list"


def test_the_glossary_names_no_class_or_folder_that_is_gone() -> None:
    known = {**domain_classes(), **folders(), **catalogue_keys()}
    assert [name for name, _ in listed() if name not in known] == []
