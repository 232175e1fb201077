"""Which messages somebody of the customer can opt out of. Values."""

from __future__ import annotations

from sla_notifier.delivery.state import MessageKind

OPTIONAL = frozenset(
    {
        MessageKind.HAPPENING,
        MessageKind.WARNING,
        MessageKind.INFO,
        MessageKind.UNPROMISED,
        MessageKind.RESOLVED,
        MessageKind.TAKEN_BACK,
        MessageKind.OBJECTIVE,
    }
)
"""Those about incidents and objectives. Critical fixes have an entry of their own in the contract, reports theirs."""
