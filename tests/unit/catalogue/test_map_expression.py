"""Expressions of maps: what they find, what is refused when they are compiled, and what they may cost."""

from __future__ import annotations

import pickle
from time import process_time
from typing import Any

import pytest

from sla_catalogue.map_expression import BadExpression, Evaluation, EvaluationFailed, Expression, compile_expression

BODY = {
    "a": {"b": [{"n": 1, "on": True}, {"n": 2, "on": False}, {"n": 3, "on": True, "deep": {"x": [1, 2]}}]},
    "text": "Re: [INC-17] help", "empty": [], "zero": 0, "flag": True, "one": 1, "from": "Ann <ann@acme.example>",
    "inner": '{"x": {"y": 7}}', "event-data": {"id": "e"},
}  # fmt: skip


def found(text: str, value: Any = BODY, **headers: str) -> Any:
    return compile_expression(text).evaluate(value, Evaluation(value, headers))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b[0].n", 1),
        ("a.b[-1].n", 3),
        ("a.b[9].n", None),
        ("a.b[*].n", [1, 2, 3]),
        ("a.b[?on].n", [1, 3]),
        ("a.b[?n > `1` && !on] | [0].n", 2),
        ("a.b[].deep.x[]", [1, 2]),
        ("a.* | [0][0].n", 1),
        ('"event-data".id', "e"),
        ("nothing.at.all", None),
        ("text.n", None),
        ("zero || 'other'", 0),
        ("empty || 'other'", "other"),
        ("flag == `1`", False),
        ("flag == `true`", True),
        ("text > `1`", None),
        ("{n: a.b[0].n, t: one}", {"n": 1, "t": 1}),
        ("[one, zero]", [1, 0]),
        ("before(after(text, '['), ']')", "INC-17"),
        ("after(text, 'no')", None),
        ("lower(text)", "re: [inc-17] help"),
        ("after(nothing, '[')", None),
        ("split(before(after(from, '<'), '>'), '@')[1]", "acme.example"),
        ("json(inner).x.y", 7),
        ("contains(text, 'INC')", True),
        ("contains(a.b[*].n, `2`)", True),
        ("contains(nothing, 'x')", False),
        ("starts_with(text, 'Re:') && ends_with(text, 'help')", True),
        ("join('-', [text, from])", "Re: [INC-17] help-Ann <ann@acme.example>"),
        ("length(a.b)", 3),
        ("sum", None),
        ("not_null(nothing, zero)", 0),
        ("to_string(one)", "1"),
        ("to_number('7')", 7),
        ("to_number('7.5')", 7.5),
        ("to_number('x')", None),
        ("type(a)", "object"),
        ("keys(a)", ["b"]),
        ("values(\"event-data\")", ["e"]),
        ("header('X-Event')", "ticket"),
        ("body().one", 1),
        ("@.one", 1),
    ],
)  # fmt: skip
def test_what_an_expression_finds(text: str, value: Any) -> None:
    assert found(text, **{"x-event": "ticket"}) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a..b", "'.' does not belong there at character 3"),
        ("a.b[", "ends too early"),
        ("a = b", "no expression"),
        ("`text`", "holds JSON"),
        ("a" * 501, "at most 500 characters"),
        ("[" * 60, "at most 40 brackets"),
        ("!" * 60 + "a", "at most 40 brackets"),
        (" || ".join("abcdefghijklmnopqrstuvwxyz"), "at most 24 levels"),
        ("a[*].b[*].c[*].d[*]", "at most 3 times"),
        ("a[?b[?c[?d[?e]]]]", "at most 3 times"),
        ("sort_by(a, &n)", "is not evaluated|no function is called 'sort_by'|are not evaluated"),
        ("a[0:2]", "slices"),
        ("lenght(a)", "no function is called 'lenght'"),
        ("length(a, b)", "takes 1 arguments, and is given 2"),
        ("\x00", "no expression"),
    ],
)
def test_what_is_no_expression(text: str, words: str) -> None:
    with pytest.raises(BadExpression, match=words):
        compile_expression(text)


@pytest.mark.parametrize(
    "text",
    ["length(one)", "json(text)", "keys(text)", "to_string(a)", "join('', a.b)", "split(text, '')", "lower(one)"],
)
def test_a_value_of_another_type_fails_with_words(text: str) -> None:
    with pytest.raises(EvaluationFailed, match=r"\(\)"):
        found(text)


def test_json_in_a_text_is_no_deeper_than_json_in_a_body() -> None:
    assert found("json(@)", "[" * 64 + "]" * 64) is not None
    with pytest.raises(EvaluationFailed, match="deeper than 64"):
        found("json(@)", "[" * 65 + "]" * 65)


def test_a_number_may_be_larger_than_json_has() -> None:
    assert found("to_string(to_number(@))", "9" * 40) == "9" * 40


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("@[?contains(body(), @)]", list(range(20_000))),
        ("@[*][*][*]", [[[0] * 100] * 100] * 100),
        ("[][][]", [[[0] * 100] * 100] * 100),
        ("@[?@ == body()]", [list(range(5_000))] * 5_000),
        ("@[?contains(@, 'ab')]", ["a" * 100_000] * 5_000),
        ("join('', @)", ["a" * 100_000] * 5_000),
    ],
)
def test_what_costs_too_much_is_given_up_soon(text: str, body: Any) -> None:
    begun = process_time()
    with pytest.raises(EvaluationFailed, match="more than"):
        found(text, body)
    assert process_time() - begun < 2.0


def test_values_nested_too_deep_to_compare_fail_with_words() -> None:
    deep: Any = []
    other: Any = []
    for _ in range(50_000):
        deep, other = [deep], [other]
    with pytest.raises(EvaluationFailed, match="too deep"):
        found("a == b", {"a": deep, "b": other})
    while deep:
        deep, other = deep[0], other[0]  # taken apart level by level


def test_expressions_are_values() -> None:
    one = compile_expression("a.b")
    assert one == compile_expression("a.b")
    assert one != compile_expression("a.c")
    assert isinstance(one, Expression)
    assert pickle.loads(pickle.dumps(one)).evaluate({"a": {"b": 1}}, Evaluation(None)) == 1
    assert {one: 1}[compile_expression("a.b")] == 1
