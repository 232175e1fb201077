"""How grave a critical fix is and what it prevents, and to which of them a plan entitles (clauses H6, H15 and I5,
docs/clauses.md).

One vocabulary for the API, the plans, the pages and the documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a notice is, the gravest first. `LOW` is a mail for information: nobody is asked to acknowledge it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return the place in the vocabulary, from 1 for `CRITICAL` to 4 for `LOW`."""
        return tuple(Severity).index(self) + 1

    def above(self, other: Severity) -> bool:
        """Return whether this severity is graver than the other one."""
        return self.rank < other.rank


class Cause(StrEnum):
    """What a fix prevents: a breach of security, a loss of data, or an outage (clause H6, docs/clauses.md)."""

    SECURITY = "security"
    DATA_LOSS = "data_loss"
    OUTAGE = "outage"


class Registration(StrEnum):
    """Whether people must register before they are notified of critical fixes (clause I5, docs/clauses.md).

    `NONE`: everybody of the contract is notified, except people with `notices: false`. `OPT_IN`: only who has
    registered, and people with `notices: true`.
    """

    NONE = "none"
    OPT_IN = "opt_in"


class TermsReason(StrEnum):
    """Why a plan entitles to a notice, or does not; the value is the reason in words."""

    ENTITLED = "the plan entitles to it"
    UNKNOWN_CAUSE = "the notice names no cause, so that it may be one of the plan's"
    NO_NOTICES = "the plan entitles to no notices"
    CAUSE = "the plan entitles to no notices of this cause"
    SEVERITY = "the plan entitles to no notices of this severity"

    @property
    def entitled(self) -> bool:
        """Return whether the reason is one for which the notice is sent."""
        return self in (TermsReason.ENTITLED, TermsReason.UNKNOWN_CAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTerms:
    """Which notices of critical fixes a plan entitles to, and whether people must register for them.

    `causes` and `severities`: those of the notices; without `causes` there are none at all.
    """

    registration: Registration = Registration.NONE
    causes: frozenset[Cause] = frozenset(Cause)
    severities: frozenset[Severity] = frozenset(Severity)
    clause: str = ""

    def judge(self, severity: Severity, cause: Cause | None) -> TermsReason:
        """Return whether the plan entitles to a notice, as the reason. `cause`: None if the notice names none.

        A notice without a cause may have any: one notice too many is better than one too few.
        """
        if not self.causes:
            return TermsReason.NO_NOTICES
        if severity not in self.severities:
            return TermsReason.SEVERITY
        if cause is None:
            return TermsReason.UNKNOWN_CAUSE if self.causes != frozenset(Cause) else TermsReason.ENTITLED
        return TermsReason.ENTITLED if cause in self.causes else TermsReason.CAUSE
