"""Ledgers as JSON: the balance, its lots, what expires when, how long it will last, and each step on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sla_domain.explain.ledger import render_ledger
from sla_domain.ledger import (
    Crossing,
    Ledger,
    LedgerEntry,
    LedgerStep,
    LedgerTerms,
    LotBalance,
    Objection,
    current_crossings,
    forecast,
    ledger_at,
    lots_to_expire,
)
from sla_domain.rfc3339 import rfc3339_or_none as iso
from sla_ingest.contract.answer import amount_json


def ledgers_json(
    contract: str,
    ledgers: Sequence[LedgerTerms],
    entries: Mapping[str, Sequence[LedgerEntry]],
    at: datetime,
    language: str,
) -> dict[str, Any]:
    """Return the JSON object with all ledgers (accounts of allowances) of a contract.

    Args:
        contract: The contract's id.
        ledgers: For each ledger, what the contract says about its allowance.
        entries: Allowance -> the entries of its ledger.
        at: The instant of the balances.
        language: The language of titles and of amounts in words.

    Raises:
        CalendarError: `at` is outside the years for which the hours of a ledger are known.
    """
    return {
        "contract": contract,
        "at": iso(at),
        "ledgers": [ledger_json(terms, entries[terms.allowance.id], at, language) for terms in ledgers],
    }


def ledger_json(
    terms: LedgerTerms, entries: Sequence[LedgerEntry], at: datetime, language: str, *, explain: bool = False
) -> dict[str, Any]:
    """Return the JSON object of one ledger (the account of an allowance) as of the instant `at`.

    It has the balance, the lots (portions), what expires, a forecast and warnings.

    Args:
        terms: What the contract says about the allowance.
        entries: The ledger's entries.
        at: An aware instant.
        language: The language of titles and of amounts in words.
        explain: Whether to add each step that led to the balance, as data (`steps`) and in words (`text`).

    Raises:
        CalendarError: `at` is outside the years for which the ledger's hours are known.
    """
    ledger = ledger_at(terms, entries, at)
    shown = _Shown(ledger, language)
    told = shown.balance()
    return told | {"steps": shown.steps(), "text": render_ledger(ledger, language)} if explain else told


class _Shown:
    """A ledger with the unit and the language in which its amounts are shown."""

    def __init__(self, ledger: Ledger, language: str) -> None:
        self._ledger = ledger
        self._allowance = ledger.terms.allowance
        self._language = language

    def balance(self) -> dict[str, Any]:
        ledger, one = self._ledger, self._allowance
        return {
            "allowance": one.id,
            "title": one.titles.get(self._language) or one.titles.get("en", one.id),
            "unit": one.unit.value,
            "clause": one.clause,
            "at": iso(ledger.at),
            "free": self._amount(ledger.free),
            "reserved": self._amount(ledger.reserved),
            "closed_before": None if ledger.opening is None else iso(ledger.opening.at),
            "lots": [self._lot(each) for each in ledger.lots],
            "expires": [
                {"lot": each.lot.id, "left": self._amount(each.left), "at": iso(each.lot.expires)}
                for each in lots_to_expire(ledger)
            ],
            "forecast": self._forecast(),
            "warnings": [self._warning(each) for each in current_crossings(ledger)],
            "over": [self._over(each) for each in ledger.objections],
        }

    def steps(self) -> list[dict[str, Any]]:
        return [self._step(each) for each in self._ledger.steps]

    def _amount(self, amount: Decimal) -> dict[str, Any]:
        return amount_json(amount, self._allowance.unit, self._language)

    def _lot(self, each: LotBalance) -> dict[str, Any]:
        lot = each.lot
        return {
            "id": lot.id,
            "kind": lot.kind.value,
            "from": iso(lot.start),
            "expires": iso(lot.expires),
            "amount": self._amount(lot.amount),
            "left": self._amount(each.left),
            "reserved": self._amount(each.reserved),
            "used": self._amount(each.used),
            "expired": self._amount(each.expired),
        }

    def _forecast(self) -> dict[str, Any] | None:
        found = forecast(self._ledger)
        if found is None:
            return None
        return {
            "assumption": found.assumption.value,
            "from": iso(found.period.start),
            "until": iso(found.period.end),
            "used": self._amount(found.used),
            "expected": self._amount(found.expected),
            "runs_out_at": iso(found.runs_out_at),
            "left": self._amount(found.left),
        }

    def _warning(self, one: Crossing) -> dict[str, Any]:
        told = {"threshold": one.warning.key, "since": iso(one.at), "balance": self._amount(one.balance)}
        return told | ({} if one.expires is None else {"lot": one.lot, "expires": iso(one.expires)})

    def _over(self, one: Objection) -> dict[str, Any]:
        return {
            "entry": one.entry,
            "at": iso(one.at),
            "reason": one.reason.value,
            "missing": self._amount(one.missing),
        }

    def _step(self, one: LedgerStep) -> dict[str, Any]:
        part = one.part
        return {
            "at": iso(one.at),
            "kind": one.kind.value,
            "entry": one.entry,
            "amount": self._amount(one.amount),
            "before_rates": self._amount(one.raw),
            "surcharge": one.surcharge,
            "balance": self._amount(one.balance),
            "paid_by": [{"lot": share.lot} | self._amount(share.amount) for share in one.shares],
            "work": None
            if part is None
            else {
                "from": iso(part.start),
                "until": iso(part.end),
                "off_hours": part.off_hours,
                "because": part.reason,
                "multiplier": f"{part.multiplier.normalize():f}",
            },
            "who": one.who,
            "reason": one.reason,
            "reference": one.reference,
        }
