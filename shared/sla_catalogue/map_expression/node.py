"""Nodes of a parsed expression → functions of a value. Compiled once, they are many times faster than a tree walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sla_catalogue.map_expression.evaluation import Evaluation
from sla_catalogue.map_expression.function import FUNCTIONS

Node = Mapping[str, Any]
Run = Callable[[Any, Evaluation], Any]


def build(node: Node) -> Run:
    """Return a function that evaluates a parsed JMESPath expression.

    The function takes a JSON value and an `Evaluation`, and returns the value found.

    Args:
        node: The root of jmespath's syntax tree. `compile_expression` has checked the tree.
    """
    return _BUILDERS[node["type"]](node)


def _identity(node: Node) -> Run:
    return lambda value, run: value


def _literal(node: Node) -> Run:
    constant = node["value"]
    return lambda value, run: constant


def _field(node: Node) -> Run:
    name = node["value"]
    return lambda value, run: value.get(name) if isinstance(value, dict) else None


def _subexpression(node: Node) -> Run:
    children = node["children"]
    if all(child["type"] == "field" for child in children):
        names = tuple(child["value"] for child in children)

        def path(value: Any, run: Evaluation) -> Any:
            for name in names:
                if not isinstance(value, dict):
                    return None
                value = value.get(name)
            return value

        return path
    return _in_turn(children)


def _in_turn(children: list[Node]) -> Run:
    steps = tuple(map(build, children))

    def chain(value: Any, run: Evaluation) -> Any:
        for step in steps:
            value = step(value, run)
        return value

    return chain


def _sequence(node: Node) -> Run:
    return _in_turn(node["children"])


def _index(node: Node) -> Run:
    place = node["value"]

    def item(value: Any, run: Evaluation) -> Any:
        if not isinstance(value, list) or not -len(value) <= place < len(value):
            return None
        return value[place]

    return item


def _projected(items: Any, right: Run, run: Evaluation) -> list[Any]:
    run.spend(len(items))
    return [found for found in (right(item, run) for item in items) if found is not None]


def _projection(node: Node) -> Run:
    left, right = map(build, node["children"])

    def project(value: Any, run: Evaluation) -> Any:
        items = left(value, run)
        return _projected(items, right, run) if isinstance(items, list) else None

    return project


def _value_projection(node: Node) -> Run:
    left, right = map(build, node["children"])

    def project(value: Any, run: Evaluation) -> Any:
        found = left(value, run)
        return _projected(found.values(), right, run) if isinstance(found, dict) else None

    return project


def _filter_projection(node: Node) -> Run:
    left, right, condition = map(build, node["children"])

    def project(value: Any, run: Evaluation) -> Any:
        items = left(value, run)
        if not isinstance(items, list):
            return None
        run.spend(len(items))
        kept = [item for item in items if is_true(condition(item, run))]
        return _projected(kept, right, run)

    return project


def _flatten(node: Node) -> Run:
    (left,) = map(build, node["children"])

    def flatten(value: Any, run: Evaluation) -> Any:
        items = left(value, run)
        if not isinstance(items, list):
            return None
        flat: list[Any] = []
        for item in items:
            flat.extend(item) if isinstance(item, list) else flat.append(item)
            run.spend(1)
        run.spend(len(flat))
        return flat

    return flatten


def _comparator(node: Node) -> Run:
    left, right = map(build, node["children"])
    last = node["children"][1]
    if node["value"] == "eq" and last["type"] == "literal" and not isinstance(last["value"], list | dict):
        return _equals_constant(left, last["value"])
    match node["value"]:
        case "eq":
            return lambda value, run: _same(left(value, run), right(value, run), run)
        case "ne":
            return lambda value, run: not _same(left(value, run), right(value, run), run)
        case "lt":
            return _order(left, right, lambda one, other: one < other)
        case "lte":
            return _order(left, right, lambda one, other: one <= other)
        case "gt":
            return _order(left, right, lambda one, other: one > other)
        case _:
            return _order(left, right, lambda one, other: one >= other)


def _equals_constant(left: Run, constant: Any) -> Run:
    """What nearly every condition is: a value of the delivery beside a word or number that stands in the map."""
    truth = isinstance(constant, bool)

    def equals(value: Any, run: Evaluation) -> bool:
        found = left(value, run)
        return found == constant and isinstance(found, bool) is truth

    return equals


def _order(left: Run, right: Run, holds: Callable[[Any, Any], bool]) -> Run:
    def compare(value: Any, run: Evaluation) -> Any:
        one, other = left(value, run), right(value, run)
        return holds(one, other) if _is_number(one) and _is_number(other) else None

    return compare


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any, run: Evaluation) -> bool:
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, list | dict):
        run.spend_on(one)
    return bool(one == other)


def _or(node: Node) -> Run:
    left, right = map(build, node["children"])

    def either(value: Any, run: Evaluation) -> Any:
        found = left(value, run)
        return found if is_true(found) else right(value, run)

    return either


def _and(node: Node) -> Run:
    left, right = map(build, node["children"])

    def both(value: Any, run: Evaluation) -> Any:
        found = left(value, run)
        return right(value, run) if is_true(found) else found

    return both


def _not(node: Node) -> Run:
    (inner,) = map(build, node["children"])
    return lambda value, run: not is_true(inner(value, run))


def _list(node: Node) -> Run:
    parts = tuple(map(build, node["children"]))
    return lambda value, run: None if value is None else [part(value, run) for part in parts]


def _object(node: Node) -> Run:
    parts = tuple((child["value"], build(child["children"][0])) for child in node["children"])
    return lambda value, run: None if value is None else {name: part(value, run) for name, part in parts}


def _call(node: Node) -> Run:
    function = FUNCTIONS[node["value"]][0]
    arguments = tuple(map(build, node["children"]))

    def call(value: Any, run: Evaluation) -> Any:
        run.spend(1)
        return function(run, *(argument(value, run) for argument in arguments))

    return call


def is_true(value: Any) -> bool:
    """Return whether a value counts as true: everything but null, false, and an empty text, list or object."""
    return not (value is None or value is False or value == "" or value == [] or value == {})


_BUILDERS: Mapping[str, Callable[[Node], Run]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "current": _identity,
    "field": _field,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": _call,
    "identity": _identity,
    "index": _index,
    "index_expression": _sequence,
    "literal": _literal,
    "multi_select_dict": _object,
    "multi_select_list": _list,
    "not_expression": _not,
    "or_expression": _or,
    "pipe": _sequence,
    "projection": _projection,
    "subexpression": _subexpression,
    "value_projection": _value_projection,
}
