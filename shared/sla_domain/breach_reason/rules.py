"""What a plan says of the reasons of breaches, and which breaches still lack one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from sla_domain.breach_reason.codes import DEFAULT_CODES
from sla_domain.breach_reason.model import BreachRecord, ReasonCode


class ReasonRefusal(Enum):
    """Why slad refuses a reason that somebody gives for a breach.

    The value is a sentence for people, with the plan's codes as `{codes}`.
    """

    UNKNOWN_CODE = "the plan does not offer this code; it offers {codes}"
    NEEDS_TEXT = "this code says too little alone: write a text, too"


@dataclass(frozen=True, slots=True)
class BreachReasons:
    """The rules of a plan on the reasons of breaches."""

    codes: tuple[ReasonCode, ...] = DEFAULT_CODES
    """The codes to choose from."""
    required_before_freeze: bool = False
    """Whether every breach of a period needs a reason before the period's report can be frozen (made unchangeable)."""

    def code(self, id_: str) -> ReasonCode | None:
        """Return the code with this id. None if the plan does not offer the code."""
        return next((code for code in self.codes if code.id == id_), None)

    def refusal(self, code: str, text: str) -> ReasonRefusal | None:
        """Return why a reason with this code and text is refused. None if the reason is accepted."""
        known = self.code(code)
        if known is None:
            return ReasonRefusal.UNKNOWN_CODE
        return ReasonRefusal.NEEDS_TEXT if known.needs_text and not text.strip() else None


NO_RULES = BreachReasons()
"""What a plan says that says nothing of reasons."""


def lacking_reasons(
    breaches: Iterable[BreachRecord], reasons: Callable[[str], BreachReasons]
) -> tuple[BreachRecord, ...]:
    """Return the breaches that have no reason although their plan requires one, in the given order.

    The report of a period with such a breach must not be frozen (stored for good).

    Args:
        reasons: Returns the rules of a plan, given the plan's id.
    """
    return tuple(one for one in breaches if one.unexplained and reasons(one.plan).required_before_freeze)
