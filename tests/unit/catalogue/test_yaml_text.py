"""Plain values written as YAML are read back as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.tree import Plain, read_tree
from sla_catalogue.yaml_text import yaml_text
from sla_domain.bounds import writable

TEXTS = st.text(max_size=12).filter(lambda text: writable(text, lines=True))
AWKWARD = st.sampled_from(
    ["", "~", "null", "no", "On", "1.10", "2026-11-01", "a: b", "- a", "#c", "a #c", "'", '"', "<<", "&a", "*a", "a\nb",
     "yes", "09:00", "${NAME}", "!x", "|", "a ", " a", "%", "@", "`", "=", "\U0001f600"]
)  # fmt: skip
SCALARS = st.one_of(st.none(), TEXTS, AWKWARD)
VALUES: st.SearchStrategy[Plain] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.one_of(TEXTS, AWKWARD), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(values: Plain) -> None:
    tree = read_tree(yaml_text({"values": values}), "text")
    assert tree.problems == []
    assert tree.data == {"values": values}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"acme": {"plan": "gold", "customers": ["Acme", "Acme AG"]}},
         "acme:\n  plan: gold\n  customers:\n    - Acme\n    - Acme AG\n"),
        ({"targets": [{"metric": "visit", "time": "1h"}], "people": {}},
         'targets:\n  - metric: visit\n    time: "1h"\npeople: {}\n'),
        ({"title": None, "holidays": "no"}, 'title: null\nholidays: "no"\n'),
    ],
)  # fmt: skip
def test_it_is_written_for_people(values: Plain, text: str) -> None:
    assert yaml_text(values) == text
