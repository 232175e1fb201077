"""The functions that an expression may call. Each does work that is linear in its arguments, which is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import orjson

from sla_catalogue.map_expression.evaluation import Evaluation, EvaluationFailed
from sla_catalogue.map_expression.nesting import is_deeper_than

Function = Callable[..., Any]
T = TypeVar("T")
_MAX_TEXT = 1_000_000  # characters of a text that a function makes
_MAX_DEPTH = 64  # of JSON within a text


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


_WANTED: Mapping[type, str] = {str: "a text", list: "a list", dict: "an object"}


def _need(value: Any, kind: type[T], name: str) -> T:
    if not isinstance(value, kind):
        wanted, hint = _WANTED[kind], "guard it with &&, or use not_null()"
        raise EvaluationFailed(f"{name}() takes {wanted}, and got {_kind(value)}: {hint}")
    return value


def _text(value: Any, name: str) -> str | None:
    """null stays null, so that an absent value needs no guard."""
    return None if value is None else str(_need(value, str, name))


def _header(run: Evaluation, name: Any) -> Any:
    return run.headers.get(str(_need(name, str, "header")).lower())


def _body(run: Evaluation) -> Any:
    return run.body


def _contains(run: Evaluation, where: Any, what: Any) -> bool:
    if where is None:
        return False
    run.spend_on(where)
    if isinstance(where, str):
        return isinstance(what, str) and what in where
    return what in _need(where, list, "contains")


def _starts_with(run: Evaluation, text: Any, start: Any) -> bool:
    return isinstance(text, str) and text.startswith(_need(start, str, "starts_with"))


def _ends_with(run: Evaluation, text: Any, end: Any) -> bool:
    return isinstance(text, str) and text.endswith(_need(end, str, "ends_with"))


def _length(run: Evaluation, value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise EvaluationFailed(f"length() takes a text, a list or an object, and got {_kind(value)}")
    return len(value)


def _join(run: Evaluation, glue: Any, parts: Any) -> str:
    joined = _need(glue, str, "join")
    run.spend_on(_need(parts, list, "join"))
    words = [_need(part, str, "join") for part in parts if part is not None]
    if sum(map(len, words)) + len(joined) * len(words) > _MAX_TEXT:
        raise EvaluationFailed("join() would make a text of more than 1,000,000 characters")
    return str(joined.join(words))


def _keys(run: Evaluation, value: Any) -> list[Any]:
    run.spend_on(_need(value, dict, "keys"))
    return list(value)


def _values(run: Evaluation, value: Any) -> list[Any]:
    run.spend_on(_need(value, dict, "values"))
    return list(value.values())


def _not_null(run: Evaluation, *values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _type(run: Evaluation, value: Any) -> str:
    return _kind(value)


def _to_string(run: Evaluation, value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise EvaluationFailed("to_string() takes a number, a truth value or a text: name a field of the object")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # to_number() makes larger ones than JSON has
    return str(orjson.dumps(value).decode())


def _to_number(run: Evaluation, value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return None


def _lower(run: Evaluation, text: Any) -> str | None:
    found = _text(text, "lower")
    run.spend_on(found)
    return None if found is None else found.lower()


def _split(run: Evaluation, text: Any, mark: Any) -> list[str] | None:
    found, between = _text(text, "split"), _need(mark, str, "split")
    run.spend_on(found)
    if found is None:
        return None
    if not between:
        raise EvaluationFailed("split() takes the text at which to divide, and got an empty one")
    parts = found.split(between)
    run.spend(len(parts))
    return parts


def _after(run: Evaluation, text: Any, mark: Any) -> str | None:
    found = _text(text, "after")
    run.spend_on(found)
    _, there, rest = (found or "").partition(_need(mark, str, "after") or "\0")
    return rest if there else None


def _before(run: Evaluation, text: Any, mark: Any) -> str | None:
    found = _text(text, "before")
    run.spend_on(found)
    head, there, _ = (found or "").partition(_need(mark, str, "before") or "\0")
    return head if there else None


def _json(run: Evaluation, text: Any) -> Any:
    found = _text(text, "json")
    run.spend_on(found)
    if found is None:
        return None
    try:
        value = orjson.loads(found)
    except orjson.JSONDecodeError as error:
        raise EvaluationFailed(f"json() got a text that is no JSON: {error.msg}") from None
    if is_deeper_than(value, _MAX_DEPTH):  # what is read of it later goes down level by level
        raise EvaluationFailed(f"json() got JSON that is nested deeper than {_MAX_DEPTH} levels")
    return value


FUNCTIONS: Mapping[str, tuple[Function, int, int]] = MappingProxyType(
    {
        "after": (_after, 2, 2),
        "before": (_before, 2, 2),
        "body": (_body, 0, 0),
        "contains": (_contains, 2, 2),
        "ends_with": (_ends_with, 2, 2),
        "header": (_header, 1, 1),
        "join": (_join, 2, 2),
        "json": (_json, 1, 1),
        "keys": (_keys, 1, 1),
        "length": (_length, 1, 1),
        "lower": (_lower, 1, 1),
        "not_null": (_not_null, 1, 20),
        "split": (_split, 2, 2),
        "starts_with": (_starts_with, 2, 2),
        "to_number": (_to_number, 1, 1),
        "to_string": (_to_string, 1, 1),
        "type": (_type, 1, 1),
        "values": (_values, 1, 1),
    }
)
"""Name -> the function, and the least and greatest number of its arguments. The first argument is the Evaluation."""
