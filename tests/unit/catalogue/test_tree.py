from __future__ import annotations

import pytest

from sla_catalogue.tree import MAX_BYTES, read_tree


def codes(text: str) -> list[str]:
    return [problem.code for problem in read_tree(text, "x.yaml").problems]


def test_scalars_stay_the_text_they_were_written_as() -> None:
    tree = read_tree("{version: 1.10, country: NO, at: 09:00, day: 2026-11-10, none: null, quoted: 'null'}", "x.yaml")
    assert tree.data == {
        "version": "1.10",
        "country": "NO",
        "at": "09:00",
        "day": "2026-11-10",
        "none": None,
        "quoted": "null",
    }


def test_a_folded_text_holds_what_was_written_and_nothing_else() -> None:
    tree = read_tree('folded: >-\n  one\n  two\n\n  three\nkept: |\n  one\n  two\nquoted: "a\\tb"\n', "x.yaml")
    assert tree.data == {"folded": "one two\nthree", "kept": "one\ntwo\n", "quoted": "a\tb"}
    assert tree.problems == []


def test_an_escape_that_is_no_character_is_a_slip_of_the_file() -> None:
    (problem,) = read_tree('a: 1\nb: "x\\ud800y"\n', "x.yaml").problems
    assert (problem.code, problem.line, problem.message) == (
        "syntax", 2, "while parsing a quoted scalar found invalid Unicode character escape code",
    )  # fmt: skip


def test_a_text_that_no_file_can_hold_is_a_slip_too() -> None:
    (problem,) = read_tree("a: \ud800\n", "x.yaml").problems
    assert (problem.code, problem.line) == ("syntax", 0)


def test_an_anchor_may_be_used_again() -> None:
    assert read_tree("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "x.yaml").data == {"a": "1", "b": "1", "c": "2", "d": "2"}


@pytest.mark.parametrize("escape", ["\\0", "\\a", "\\e", "\\x7f", "\\u2028", "\\uffff"])
def test_an_escape_that_writes_what_can_be_neither_stored_nor_sent_is_told_with_its_place(escape: str) -> None:
    tree = read_tree(f'a: 1\nb: "x{escape}y"\n"c{escape}": 2\n', "x.yaml")
    assert [(p.code, p.line, p.column) for p in tree.problems] == [
        ("control-character", 2, 4),
        ("control-character", 3, 1),
    ]
    assert tree.data == {"a": "1", "b": None}


def test_every_value_knows_its_line_and_column() -> None:
    tree = read_tree("plans:\n  gold:\n    rank: 1\n    list: [a, b]\n", "x.yaml")
    where = tree.positions[("plans", "gold", "rank")]
    assert (where.file, where.line, where.column) == ("x.yaml", 3, 5)
    assert tree.positions[("plans", "gold", "list", 1)].column == 15


def test_every_duplicate_key_is_told_with_its_place() -> None:
    tree = read_tree("a: 1\nb: {c: 1, c: 2}\na: 2\n", "x.yaml")
    assert [(p.code, p.line, p.column) for p in tree.problems] == [("duplicate-key", 2, 11), ("duplicate-key", 3, 1)]
    assert tree.data == {"a": "1", "b": {"c": "1"}}


def test_a_syntax_error_has_its_place() -> None:
    (problem,) = read_tree("a: [1, 2\nb: 3\n", "x.yaml").problems
    assert (problem.code, problem.line) == ("syntax", 2)


def test_tags_construct_nothing() -> None:
    assert codes("a: !!python/object/apply:os.system ['true']") == ["tag"] or codes("a: !x 1") == ["tag"]
    assert codes("a: !x 1") == ["tag"]


def test_an_alias_bomb_costs_an_error() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert codes("\n".join(levels)) == ["too-complex"]


def test_an_alias_to_itself_costs_an_error() -> None:
    assert codes("a: &a [*a]") in (["too-complex"], ["syntax"])


@pytest.mark.parametrize("depth", [60, 10_000])
def test_deep_nesting_costs_an_error(depth: int) -> None:
    assert codes("a: " + "[" * depth + "]" * depth) == ["too-complex"]


def test_a_large_file_costs_an_error() -> None:
    assert codes("a: " + "x" * MAX_BYTES) == ["too-large"]


def test_merged_mappings_yield_to_what_is_written() -> None:
    tree = read_tree("base: &base {a: 1, b: 2}\nmine: {<<: *base, b: 3}\n", "x.yaml")
    assert tree.data == {"base": {"a": "1", "b": "2"}, "mine": {"b": "3", "a": "1"}}
    assert tree.positions[("mine", "a")].line == 1


def test_two_documents_in_one_file_are_refused() -> None:
    assert codes("a: 1\n---\nb: 2\n") == ["syntax"]


def test_a_null_byte_is_refused() -> None:
    assert codes("a: \x00") == ["syntax"]
