"""Visits and calls with their days: done, planned or still to come (clause H12, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Iterator

from sla_board.plan.bought import last_day_text, local_day_text
from sla_board.plan.model import PlanSubject, Section, table
from sla_domain.explain.ledger import amount_text
from sla_domain.explain.text import text_in
from sla_domain.ledger import EntryKind, Ledger


def deliverables(subject: PlanSubject) -> Section:
    """Return the support plan's section on included visits and calls: those done, planned and still to be requested.

    The done and planned ones have their dates. Visits and calls whose allowance has expired are left out.
    """
    words = subject.words
    rows = [
        (text_in(ledger.terms.allowance.titles, words.language)[1] or ledger.terms.allowance.id, *row)
        for ledger in subject.ledgers
        if ledger.terms.allowance.unit.whole
        for row in _rows(ledger, subject)
    ]
    return Section("deliverables", words.deliverables, table("", (words.name, words.state, words.date), rows))


def _rows(ledger: Ledger, subject: PlanSubject) -> Iterator[tuple[str, str]]:
    """What is done, then what is planned, then what may still be asked for."""
    words, unit = subject.words, ledger.terms.allowance.unit
    entries = {one.id: one for one in subject.stored.entries_of(ledger.terms.allowance.id)}
    ended = {entries[step.entry].of for step in ledger.steps if step.entry in entries}
    ended |= {step.entry for step in ledger.steps if step.kind is EntryKind.USED}  # a served window's own reservation
    opening = ledger.opening
    current = {each.lot.id for each in ledger.lots if each.lot.expires is None or each.lot.expires > ledger.at}
    for lot in () if opening is None else opening.lots:  # entries that are closed have no days any more
        if lot.id in current and lot.used:
            yield f"{words.done}: {amount_text(lot.used, unit, words.language)}", ""
    for step in ledger.steps:
        if step.kind is EntryKind.USED and current & {share.lot for share in step.shares}:
            yield words.done, local_day_text(step.at, subject)
    for step in ledger.steps:
        if step.kind is EntryKind.RESERVED and step.entry in entries and step.entry not in ended:
            yield words.planned, local_day_text(entries[step.entry].pays_at, subject)
    for held in () if opening is None else opening.reservations:
        if held.entry not in ended:
            yield words.planned, local_day_text(held.at, subject)
    for each in ledger.lots:
        if each.left and each.lot.valid(ledger.at):
            expires = each.lot.expires
            until = "" if expires is None else words.until.format(day=last_day_text(expires, subject))
            yield f"{words.to_come}: {amount_text(each.left, unit, words.language)}", until
