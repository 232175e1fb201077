"""Refusals and ledgers as text; local times of the contract's zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_domain.allowance import AllowanceUnit
from sla_domain.calendar import PieceKind
from sla_domain.explain.language import LANGUAGES, tag_for
from sla_domain.explain.language.plural import PluralForm, plural_form
from sla_domain.explain.ledger import en, it, pl, ru, zh_tw
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.explain.text import duration_text, text_in
from sla_domain.language_table import language_table
from sla_domain.ledger import EntryRefused, Ledger, LedgerStep, LedgerTerms, WorkPart

LEDGER_LANGUAGES: Mapping[str, LedgerWords] = language_table(
    {"en": en.WORDS, "pl": pl.WORDS, "it": it.WORDS, "ru": ru.WORDS, "zh-TW": zh_tw.WORDS}
)


def amount_text(amount: Decimal, unit: AllowanceUnit, language: str = "en") -> str:
    """Return an amount of an allowance as exact text, such as `7 h 30 min` or `12.5 credits`.

    Args:
        amount: Seconds if `unit` is HOURS, else a number of units.
        language: Tag of the language. An unknown language gives English.
    """
    tag = tag_for(language)
    if unit is AllowanceUnit.HOURS:
        return duration_text(timedelta(microseconds=int(amount.scaleb(6))), LANGUAGES[tag])
    words = LEDGER_LANGUAGES[tag]
    forms, shown = words.units[unit], abs(amount).normalize()
    form = forms.get(plural_form(tag, shown), forms[PluralForm.OTHER])
    return ("−" if amount < 0 else "") + form.format(count=f"{shown:f}".replace(".", words.comma))


def refusal_text(refused: EntryRefused, terms: LedgerTerms, language: str = "en") -> str:
    """Return a sentence that explains why an entry in an allowance's ledger (account) is refused.

    Where they are known, the sentence names the missing amount and the contract clause behind the refusal.

    Args:
        terms: The contract's terms for the allowance.
        language: Tag of the language. An unknown language gives English.
    """
    tag = tag_for(language)
    words, what, unit = LEDGER_LANGUAGES[tag], refused.objection, terms.allowance.unit
    why = words.reasons[what.reason].format(
        missing=amount_text(what.missing, unit, tag),
        free=amount_text(what.free, unit, tag),
        limit=amount_text(Decimal(what.limit), unit, tag),
        period="" if what.period is None else words.periods[what.period],
        since="" if what.since is None else _local(what.since, terms)[:10],
        of=refused.entry.of or "",
    )
    if what.entry != refused.entry.id:
        why = words.later.format(why=why, entry=what.entry)
    return words.refused.format(why=words.clause.format(why=why, clause=refused.clause) if refused.clause else why)


def render_ledger(ledger: Ledger, language: str = "en") -> str:
    """Return the ledger (account) of an allowance as text of several lines.

    First comes the balance. Then comes each change of the balance, with the portions of the allowance that paid for it.
    Times are in the contract's zone.

    Args:
        language: Tag of the language. An unknown language gives English.
    """
    tag = tag_for(language)
    words, terms = LEDGER_LANGUAGES[tag], ledger.terms
    unit = terms.allowance.unit
    title = text_in(terms.allowance.titles, tag)[1] or terms.allowance.id
    lines = [
        words.heading.format(allowance=title, contract=terms.contract, at=_local(ledger.at, terms)),
        words.free.format(free=amount_text(ledger.free, unit, tag), reserved=amount_text(ledger.reserved, unit, tag)),
        *(_step(step, terms, words, tag) for step in ledger.steps),
    ]
    return "\n".join(lines) + "\n"


def _step(step: LedgerStep, terms: LedgerTerms, words: LedgerWords, tag: str) -> str:
    unit = terms.allowance.unit
    details = "; ".join(_details(step, terms, words, tag))
    return words.step.format(
        at=_local(step.at, terms),
        kind=words.kinds[step.kind],
        amount=amount_text(step.amount, unit, tag),
        details=f" ({details})" if details else "",
        balance=amount_text(step.balance, unit, tag),
    )


def _details(step: LedgerStep, terms: LedgerTerms, words: LedgerWords, tag: str) -> Iterator[str]:
    unit = terms.allowance.unit
    if step.part is not None:
        yield _part(step.part, terms, words)
    if step.surcharge:
        yield words.surcharge.format(percent=step.surcharge, raw=amount_text(step.raw, unit, tag))
    for share in step.shares:
        yield words.paid.format(lot=share.lot, amount=amount_text(share.amount, unit, tag))
    if step.who:
        yield words.by.format(who=step.who)
    yield from filter(None, (step.reference, step.reason))


def _part(part: WorkPart, terms: LedgerTerms, words: LedgerWords) -> str:
    plain = {PieceKind.OPEN.value: words.open, PieceKind.OUTSIDE_HOURS.value: words.outside_hours, "": words.open}
    return words.part.format(
        start=_local(part.start, terms)[11:],
        end=_local(part.end, terms)[11:],
        reason=plain.get(part.reason, part.reason),
        multiplier=f"{part.multiplier.normalize():f}".replace(".", words.comma),
    )


def _local(at: datetime, terms: LedgerTerms) -> str:
    shown = at.astimezone(ZoneInfo(terms.zone))
    return f"{shown:%Y-%m-%d %H:%M:%S}" if shown.second else f"{shown:%Y-%m-%d %H:%M}"
