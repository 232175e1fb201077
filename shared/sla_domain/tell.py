"""Rules on who is notified of what, beside the escalation of breaches (clauses H5, B7, E11). Values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_domain.escalation import TellKind
from sla_domain.match import NO_CONDITIONS, Match


class Happening(StrEnum):
    """The events of an incident or contract of which a rule of the catalogue (`TellRule`) can have people notified.

    If a fact (published event) fits two of these, the one listed first here is used.
    """

    OPENED = "opened"
    """An incident was opened: the first that slad publishes about it."""
    REOPENED = "reopened"
    """An incident that was over is open again."""
    RESOLVED = "resolved"
    """An incident was resolved or closed."""
    ESCALATED = "escalated"
    """Somebody escalated the incident by hand."""
    RATED = "rated"
    """The customer rated the service."""
    DOWNGRADE_PROPOSED = "downgrade_proposed"
    """A lower priority waits for the customer's agreement."""
    PRIORITY_CORRECTED = "priority_corrected"
    """A priority was corrected by somebody other than the customer."""
    DATE_AGREED = "date_agreed"
    """Another due date was agreed on."""
    PROMISE_MADE = "promise_made"
    """The first due instants were promised."""
    PROMISE_MOVED = "promise_moved"
    """A promised due instant changed."""
    UNPROMISED = "unpromised"
    """No target applies to an incident."""
    WARNED = "warned"
    """A breach is near."""
    BREACHED = "breached"
    """A due instant passed."""
    OBJECTIVE_AT_RISK = "objective_at_risk"
    """An objective of attainment is at risk, or cannot be met any more."""
    WINDOW_BOOKED = "window_booked"
    """Extra hours of service were booked under a contract (clauses H10, I6)."""
    WINDOW_CANCELLED = "window_cancelled"
    """Booked extra hours were cancelled before they began."""
    ALLOWANCE_LOW = "allowance_low"
    """The balance of an allowance (included amount, such as credits) fell to a threshold of its warnings."""
    ALLOWANCE_EXPIRING = "allowance_expiring"
    """A part of an allowance expires soon and has not been used."""
    ALLOWANCE_OVERDRAWN = "allowance_overdrawn"
    """More of an allowance was used than there was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRule:
    """A rule of a plan, an entitlement or a contract: which roles are notified when something happens."""

    on: Happening
    to: tuple[str, ...]
    """Names of roles, of either side. A name that no role has is the id of a person."""
    kind: TellKind = TellKind.NOTICE
    """PAGE is possible for a breach alone, and never for the customer's people."""
    match: Match = NO_CONDITIONS
    """Conditions on what the fact says: its priority, metric, product, and so on."""
    coverage: str | None = None
    """Name of the hours in which the rule applies. None means at any hour."""
    outside: bool = False
    """Whether the rule applies outside these hours instead."""
    clause: str = ""
    """The contract clause. "" if none is named."""


OF_CONTRACTS = frozenset(
    {
        Happening.OBJECTIVE_AT_RISK,
        Happening.WINDOW_BOOKED,
        Happening.WINDOW_CANCELLED,
        Happening.ALLOWANCE_LOW,
        Happening.ALLOWANCE_EXPIRING,
        Happening.ALLOWANCE_OVERDRAWN,
    }
)
"""The happenings that concern a contract and no incident. A rule on them has no conditions on priority or product."""
OF_INCIDENTS = frozenset(Happening) - OF_CONTRACTS
"""The happenings that concern an incident."""
ATTRIBUTES: dict[str, frozenset[Happening]] = {
    "product": OF_INCIDENTS,
    "customer": OF_INCIDENTS,
    "actor": frozenset({Happening.ESCALATED}),
    "escalated_to": frozenset({Happening.ESCALATED}),
    "score": frozenset({Happening.RATED}),
    "threshold": frozenset({Happening.WARNED}),
}
"""What a condition under `when` may ask for, and for which happenings a fact says it."""
OF_CLOCKS = frozenset({Happening.WARNED, Happening.BREACHED, Happening.DATE_AGREED})
"""The happenings that are of one clock, so that a rule may name metrics."""
