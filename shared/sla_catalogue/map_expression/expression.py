"""One expression: its text, checked and compiled into a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError
from jmespath.parser import Parser

from sla_catalogue.map_expression.evaluation import Evaluation, EvaluationFailed
from sla_catalogue.map_expression.function import FUNCTIONS
from sla_catalogue.map_expression.node import build
from sla_catalogue.problem import did_you_mean

MAX_LENGTH = 500
MAX_DEPTH = 24
MAX_SEARCHES = 3
_NESTING = "([{!&"
_MAX_NESTING = 40


class BadExpression(ValueError):
    """Raised for a text that is not a valid expression for slad.

    The attribute `hint` says what to do. It is "" if that is not known.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Expression:
    """A compiled JMESPath expression. Two expressions with the same text are equal.

    Args:
        text: The expression as written.
        run: The function that evaluates it on a value.
    """

    __slots__ = ("_run", "text")

    def __init__(self, text: str, run: Callable[[Any, Evaluation], Any]) -> None:
        self.text = text
        self._run = run

    def evaluate(self, value: Any, evaluation: Evaluation) -> Any:
        """Return the value that the expression finds in a JSON value; None if it finds nothing.

        Args:
            value: The event.
            evaluation: The whole body, the headers, and the limit on the work.

        Raises:
            EvaluationFailed: A function got a value of another type, or the expression does too much work.
        """
        try:
            return self._run(value, evaluation)
        except RecursionError:
            raise EvaluationFailed("the values that are compared are nested too deep") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return compile_expression, (self.text,)


def compile_expression(text: str) -> Expression:
    """Parse a JMESPath expression, and return it ready to be evaluated.

    An expression may have at most 500 characters, be nested at most 24 levels deep, and search lists (`[*]`, `[?…]`,
    `[]`) at most three times.

    Raises:
        BadExpression: The text is no expression, exceeds these limits, or calls an unknown function.
    """
    if not text.strip():
        raise BadExpression("the expression is empty", "write a path, such as ticket.id")
    if len(text) > MAX_LENGTH:
        raise BadExpression(f"an expression has at most {MAX_LENGTH} characters, this one has {len(text)}", "divide it")
    if sum(text.count(mark) for mark in _NESTING) > _MAX_NESTING:
        raise BadExpression(f"an expression has at most {_MAX_NESTING} brackets, ! and &", "divide it")
    tree = _parsed(text)
    _check(tree)
    return Expression(text, build(tree))


def _parsed(text: str) -> dict[str, Any]:
    try:
        with catch_warnings():
            simplefilter("error", PendingDeprecationWarning)  # `text` without quotes between its backticks
            found: dict[str, Any] = Parser().parse(text).parsed
    except PendingDeprecationWarning:
        raise BadExpression("`…` holds JSON", "a text stands in 'single quotes'") from None
    except (LexerError, ParseError) as error:
        place: int = error.lex_position if isinstance(error, ParseError) else error.lexer_position
        raise BadExpression(f"no expression: {_why(error)} at character {place + 1}", _hint(text)) from None
    except (JMESPathError, ValueError, RecursionError) as error:
        raise BadExpression(f"no expression: {str(error).splitlines()[0][:120]}", _hint(text)) from None
    return found


def _why(error: Exception) -> str:
    token = getattr(error, "token_value", None)
    if isinstance(error, IncompleteExpressionError) or getattr(error, "token_type", "") == "EOF":
        return "it ends too early"
    return f"{str(token)[:40]!r} does not belong there" if token not in (None, "") else "it cannot be read"


def _hint(text: str) -> str:
    if '"' in text and "'" not in text and "`" not in text:
        return "texts stand in 'single quotes'; \"double quotes\" are for names of fields"
    if "-" in text and '"' not in text:
        return 'a name with a dash stands in double quotes: "event-data".id'
    return "see docs/connect/mapped.md"


def _check(tree: dict[str, Any]) -> None:
    searches = 0
    level = [tree]
    for _ in range(MAX_DEPTH):
        for node in level:
            searches += node["type"].endswith("projection")
            if node["type"] == "function_expression":
                _check_call(node)
            if node["type"] in ("expref", "slice"):
                raise BadExpression("& and slices such as [0:2] are not evaluated here", "take one item: [0]")
        level = [child for node in level for child in _children(node)]
        if not level:
            break
    else:
        raise BadExpression(f"an expression is nested at most {MAX_DEPTH} levels deep", "divide it")
    if searches > MAX_SEARCHES:
        raise BadExpression(f"an expression searches lists at most {MAX_SEARCHES} times", "name the path")


def _children(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (child for child in node["children"] if isinstance(child, dict))


def _check_call(node: dict[str, Any]) -> None:
    name, count = node["value"], len(node["children"])
    if name not in FUNCTIONS:
        raise BadExpression(f"no function is called {name!r}", did_you_mean(name, FUNCTIONS) or ", ".join(FUNCTIONS))
    _, least, most = FUNCTIONS[name]
    if not least <= count <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise BadExpression(f"{name}() takes {wanted} arguments, and is given {count}")
