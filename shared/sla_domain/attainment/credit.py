"""Service credits: read off a table, never paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sla_domain.objective import ServiceCredit


def service_credit(rows: Sequence[ServiceCredit], share: Fraction | None) -> Decimal | None:
    """Return the service credit in percent for an attainment, or None if none is due.

    The credit is that of the row with the lowest `below` that is still above the attainment.

    Args:
        rows: The table of service credits.
        share: The attainment, from 0 to 1. None if no promise was met or missed; the result is then None.
    """
    if share is None:
        return None
    due = [row for row in rows if share * 100 < Fraction(row.below)]
    return min(due, key=lambda row: row.below).credit if due else None
