"""What a plan says of the reasons of breaches, and which breaches still lack one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from sla_domain.breach_reason.codes import DEFAULT_CODES
from sla_domain.breach_reason.model import BreachRecord, ReasonCode


class ReasonRefusal(Enum):
    """Why a reason is not accepted; the value is the sentence for people, with the plan's codes as `{codes}`."""

    UNKNOWN_CODE = "the plan does not offer this code; it offers {codes}"
    NEEDS_TEXT = "this code says too little alone: write a text, too"


@dataclass(frozen=True, slots=True)
class BreachReasons:
    """What a plan says of the reasons of breaches: the codes to choose from, and whether one is required.

    `required_before_freeze`: a period whose breaches lack a reason cannot be frozen (its report fixed for good).
    """

    codes: tuple[ReasonCode, ...] = DEFAULT_CODES
    required_before_freeze: bool = False

    def code(self, id_: str) -> ReasonCode | None:
        """Return the code with this id; None if the plan does not offer it."""
        return next((code for code in self.codes if code.id == id_), None)

    def refusal(self, code: str, text: str) -> ReasonRefusal | None:
        """Return why a reason of this code and text is not accepted; None if it is."""
        known = self.code(code)
        if known is None:
            return ReasonRefusal.UNKNOWN_CODE
        return ReasonRefusal.NEEDS_TEXT if known.needs_text and not text.strip() else None


NO_RULES = BreachReasons()
"""What a plan says that says nothing of reasons."""


def lacking_reasons(
    breaches: Iterable[BreachRecord], reasons: Callable[[str], BreachReasons]
) -> tuple[BreachRecord, ...]:
    """Return the breaches that lack a reason which their plan requires, in the order given.

    While there is one among the breaches of a contract and period, that period is not to be frozen. `reasons`: plan id
    -> what the plan says of reasons.
    """
    return tuple(one for one in breaches if one.unexplained and reasons(one.plan).required_before_freeze)
