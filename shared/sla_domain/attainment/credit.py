"""Service credits: read off a table, never paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sla_domain.objective import ServiceCredit


def service_credit(rows: Sequence[ServiceCredit], share: Fraction | None) -> Decimal | None:
    """Return the service credit, in percent, for an attainment; None if none is due, or nothing was decided.

    `rows`: the table. Of the rows whose `below` the attainment is below, the one with the least `below` counts.
    `share`: the attainment, from 0 to 1.
    """
    if share is None:
        return None
    due = [row for row in rows if share * 100 < Fraction(row.below)]
    return min(due, key=lambda row: row.below).credit if due else None
