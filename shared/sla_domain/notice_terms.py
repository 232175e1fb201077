"""How grave a critical fix is and what it prevents, and to which of them a plan entitles (clauses H6, H15 and I5,
docs/clauses.md).

One vocabulary for the API, the plans, the pages and the documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How severe a critical fix is, the most severe first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    """A notice that only informs. Nobody is asked to acknowledge it."""

    @property
    def rank(self) -> int:
        """Return the rank of the severity, from 1 for `CRITICAL` to 4 for `LOW`."""
        return tuple(Severity).index(self) + 1

    def above(self, other: Severity) -> bool:
        """Return whether this severity is worse than `other`.

        The result is False if they are equal.
        """
        return self.rank < other.rank


class Cause(StrEnum):
    """What a fix prevents: a breach of security, a loss of data, or an outage (clause H6, docs/clauses.md)."""

    SECURITY = "security"
    DATA_LOSS = "data_loss"
    OUTAGE = "outage"


class Registration(StrEnum):
    """Whether people must register before they are notified of critical fixes (clause I5)."""

    NONE = "none"
    """Everybody of the contract is notified, except people with `notices: false`."""
    OPT_IN = "opt_in"
    """Only people who have registered are notified, and people with `notices: true`."""


class TermsReason(StrEnum):
    """Why a plan includes a critical-fix notice, or does not include it.

    The value is the reason in words.
    """

    ENTITLED = "the plan entitles to it"
    UNKNOWN_CAUSE = "the notice names no cause, so that it may be one of the plan's"
    NO_NOTICES = "the plan entitles to no notices"
    CAUSE = "the plan entitles to no notices of this cause"
    SEVERITY = "the plan entitles to no notices of this severity"

    @property
    def entitled(self) -> bool:
        """Return whether the plan includes the notice: True for ENTITLED and UNKNOWN_CAUSE."""
        return self in (TermsReason.ENTITLED, TermsReason.UNKNOWN_CAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTerms:
    """Which notices of critical fixes a plan includes, and whether people must register for them."""

    registration: Registration = Registration.NONE
    causes: frozenset[Cause] = frozenset(Cause)
    """The causes of notices that the plan includes. Without causes, the plan includes no notices."""
    severities: frozenset[Severity] = frozenset(Severity)
    """The severities of notices that the plan includes."""
    clause: str = ""
    """The contract clause. "" if none is named."""

    def judge(self, severity: Severity, cause: Cause | None) -> TermsReason:
        """Return why the plan includes a notice of this severity and cause, or why it does not.

        The result's property `entitled` says whether the plan includes it.

        Args:
            cause: The cause of the notice. None if the notice names none; such a notice is treated as having any cause.
        """
        if not self.causes:
            return TermsReason.NO_NOTICES
        if severity not in self.severities:
            return TermsReason.SEVERITY
        if cause is None:
            return TermsReason.UNKNOWN_CAUSE if self.causes != frozenset(Cause) else TermsReason.ENTITLED
        return TermsReason.ENTITLED if cause in self.causes else TermsReason.CAUSE
