"""What an evaluation may look at, and how much work it may do before it is given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sla_domain.event import NOTHING

MAX_STEPS = 20_000
"""The steps of work that all expressions of one event may do together; about 10 ms."""
_LETTERS_A_STEP = 64


class EvaluationFailed(Exception):
    """Raised if an expression cannot be evaluated on an input.

    Either a function got a value of the wrong type, or the evaluation is too much work. The message says what to do.
    """


class Evaluation:
    """The input that all expressions of one event share, and the limit on the work that they may do together.

    Args:
        body: The whole body, which the function `body()` returns.
        headers: The headers that the signature covers, by name in lower case. The function `header()` reads them.
    """

    __slots__ = ("body", "headers", "left")

    def __init__(self, body: Any, headers: Mapping[str, str] = NOTHING) -> None:
        self.body = body
        self.headers = headers
        self.left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count `steps` of work against the limit.

        Raises:
            EvaluationFailed: The expressions have done more than `MAX_STEPS` steps on this event.
        """
        self.left -= steps
        if self.left < 0:
            raise EvaluationFailed(
                f"the expressions look at more than {MAX_STEPS} values of one event: name paths instead of searching"
            )

    def spend_on(self, value: Any) -> None:
        """Count the work of reading a value once: a step for each item, or for each 64 characters of a text.

        Raises:
            EvaluationFailed: The expressions have done more than `MAX_STEPS` steps on this event.
        """
        if isinstance(value, str):
            self.spend(1 + len(value) // _LETTERS_A_STEP)
        elif isinstance(value, list | dict):
            self.spend(1 + len(value))
        else:
            self.spend(1)
