"""The results of checking evidence: one for each aspect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckResult(StrEnum):
    """The result of a check of evidence."""

    HOLDS = "holds"
    FAILS = "fails"
    UNCHECKED = "not checked"
    """The check could not be made."""


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """The outcome of checking one aspect of a zip with evidence, such as the audit logs."""

    what: str
    """What was checked, such as `audit log`."""
    result: CheckResult
    found: tuple[str, ...]
    """What was found, in plain words."""


def concluded(what: str, wrong: list[str], holds: str, most: int = 20) -> EvidenceCheck:
    """Return the outcome of a check of evidence: FAILS if something is wrong, else HOLDS.

    Args:
        what: What was checked.
        wrong: What is wrong, as sentences. Empty if the check succeeded.
        holds: The sentence for the outcome HOLDS.
        most: How many sentences of `wrong` to list. The others are only counted.
    """
    if not wrong:
        return EvidenceCheck(what, CheckResult.HOLDS, (holds,))
    more = [f"… and {len(wrong) - most} more"] if len(wrong) > most else []
    return EvidenceCheck(what, CheckResult.FAILS, (*wrong[:most], *more))


def unchecked(what: str, why: str) -> EvidenceCheck:
    """Return the outcome UNCHECKED, for a check of evidence that could not be made.

    Args:
        what: What should have been checked.
        why: The reason, in words.
    """
    return EvidenceCheck(what, CheckResult.UNCHECKED, (why,))
