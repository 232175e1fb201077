"""What a look at evidence found: one result for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckResult(StrEnum):
    """How a check ended: it HOLDS, FAILS, or could not be made (UNCHECKED)."""

    HOLDS = "holds"
    FAILS = "fails"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """A check of evidence: what was looked at (`what`), how it ended, and what was found, in plain words (`found`)."""

    what: str
    result: CheckResult
    found: tuple[str, ...]


def concluded(what: str, wrong: list[str], holds: str, most: int = 20) -> EvidenceCheck:
    """Return the check that fails if anything is `wrong`, and else says what holds.

    At most `most` of what is wrong is listed; the rest is counted.
    """
    if not wrong:
        return EvidenceCheck(what, CheckResult.HOLDS, (holds,))
    more = [f"… and {len(wrong) - most} more"] if len(wrong) > most else []
    return EvidenceCheck(what, CheckResult.FAILS, (*wrong[:most], *more))


def unchecked(what: str, why: str) -> EvidenceCheck:
    """Return the check that could not be made, and why."""
    return EvidenceCheck(what, CheckResult.UNCHECKED, (why,))
