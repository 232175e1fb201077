"""The mapping file: what it may say, and the place of what it may not."""

from __future__ import annotations

import pytest
from tests.unit.replay.made import HEADER, MAPPING, mapping

from sla_standalone.replay import BadMapping, TableReader, parse_mapping


def test_a_mapping_names_every_column_it_reads_once() -> None:
    assert mapping().columns == ("number", "changed", "revision", "prio", "owner", "product", "state", "opened", "kept")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("incident: number\n", "", "map.yaml:2:1: incident: Field required"),
        ("incident: number", "incidents: number", "map.yaml:3:1: incidents: no key is called 'incidents' here"),
        ("zone: Europe/Warsaw", "zone: Europe/Warschau", "did you mean Europe/Warsaw"),
        ("Done: resolved", "Done: solved", "'solved' is none of the choice (did you mean 'resolved'?)"),
        ("event: opened", "event: open", "did you mean 'opened'"),
        ("{event: opened, at: opened}", "{event: opened}", "say when"),
        ("{event: opened, at: opened}", "{event: waiting, at: opened}", "waiting_on: customer, vendor or other"),
        ("{event: opened, at: opened}", "{event: merged, at: opened}", "cannot come from a table"),
        ("at: changed\n", "", "`at` names the column with each row's own instant"),
        ("{column: product, constant: shop}", "{values: {a: b}}", "name a column, or give a constant"),
        ("unknown: [", "unknown: [[", "map.yaml:"),
        ("source: desk", "source: a b", "source"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(old: str, new: str, said: str) -> None:
    assert old in MAPPING
    with pytest.raises(BadMapping, match=r"map\.yaml:") as refused:
        mapping(MAPPING.replace(old, new, 1))
    assert said in str(refused.value)


def test_several_mistakes_are_told_at_once() -> None:
    text = MAPPING.replace("Done: resolved", "Done: solved").replace("event: opened", "event: open")
    with pytest.raises(BadMapping) as refused:
        mapping(text)
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_a_file_that_is_no_mapping_says_how_one_begins(text: str) -> None:
    with pytest.raises(BadMapping, match="begins with"):
        parse_mapping(text, "map.yaml")


def test_a_file_without_a_needed_column_is_refused_with_those_it_has() -> None:
    with pytest.raises(BadMapping, match="no column 'prio', 'kept'; it has number, state"):
        TableReader(mapping(), [name for name in HEADER if name not in ("prio", "kept")])
