"""What is left of what is included by number: credits, hours, visits (clauses H10, H12 and E10, docs/clauses.md)."""

from __future__ import annotations

from decimal import Decimal

from sla_board.plan.bought import last_day_text
from sla_board.plan.model import PlanSubject, Section, table
from sla_domain.explain.ledger import amount_text
from sla_domain.explain.text import text_in
from sla_domain.ledger import Ledger, lots_to_expire

_NOTHING = Decimal(0)


def balances(subject: PlanSubject) -> Section:
    """Return the support plan's section on balances: what is left, reserved and used of each allowance, and its expiry.

    An allowance is a number of included credits, hours or visits. Amounts are as of now. Expired amounts are left out.
    """
    words = subject.words
    rows = [_row(ledger, subject) for ledger in subject.ledgers]
    head = (words.name, words.left, words.reserved, words.used, words.expires)
    return Section("balances", words.balances, table("", head, rows))


def _row(ledger: Ledger, subject: PlanSubject) -> tuple[str, ...]:
    allowance, language = ledger.terms.allowance, subject.words.language
    used = sum((each.used for each in ledger.lots if each.lot.valid(ledger.at)), _NOTHING)
    shown = [amount_text(amount, allowance.unit, language) for amount in (ledger.free, ledger.reserved, used)]
    ends = [
        f"{amount_text(each.left, allowance.unit, language)}: {last_day_text(each.lot.expires, subject)}"
        for each in lots_to_expire(ledger)
        if each.lot.expires is not None
    ]
    return (text_in(allowance.titles, language)[1] or allowance.id, *shown, "; ".join(ends))
