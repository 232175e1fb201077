"""Small ledgers in plain Python: terms, entries and amounts as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.build.rulebook import span, weekly

from sla_domain.allowance import Allowance, AllowanceUnit, BalanceWarning, OffHoursRate
from sla_domain.calendar import Calendar, CalendarSpec, Holiday, growing_calendar
from sla_domain.ledger import (
    Decision,
    EntryAccepted,
    EntryId,
    EntryKind,
    EntryRefused,
    Ledger,
    LedgerEntry,
    LedgerTerms,
    RefusalReason,
    WorkSpan,
    decide,
    ledger_at,
)

MOSCOW_HOURS = growing_calendar(
    CalendarSpec(
        id="working-hours",
        zone="Europe/Moscow",
        weekly=weekly("mon-fri 10:00-19:00"),
        holidays=(Holiday(date(2026, 5, 1), "Spring and Labour Day"),),
    )
)


def hours(text: str) -> Decimal:
    """`2h30m` as the seconds in which hours are counted."""
    return Decimal(int(span(text).total_seconds()))


def terms(
    unit: str,
    amount: Decimal | int | None = None,
    zone: str = "UTC",
    first: date = date(2026, 1, 1),
    end: date | None = None,
    calendar: Calendar | None = None,
    rate: str = "2",
    **fields: Any,
) -> LedgerTerms:
    return LedgerTerms(
        contract="acme",
        zone=zone,
        first_day=first,
        end_day=end,
        hours=calendar,
        allowance=Allowance(
            id="allowance",
            unit=AllowanceUnit(unit),
            amount=None if amount is None else Decimal(amount),
            off_hours=None if calendar is None else OffHoursRate(calendar.id, Decimal(rate)),
            **fields,
        ),
    )


def local(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def left(amount: int | Decimal) -> BalanceWarning:
    return BalanceWarning(left=Decimal(amount))


class Book:
    """The entries of one ledger as they are written, each at its own instant unless `now` says otherwise."""

    def __init__(self, of: LedgerTerms) -> None:
        self.terms = of
        self.entries: list[LedgerEntry] = []

    def write(self, kind: str, at: str, amount: Any = None, *, id_: str = "", now: str = "", **fields: Any) -> Decision:
        """Decide on an entry, and keep it if it is accepted."""
        entry = self.entry(kind, at, amount, id_=id_, **fields)
        decision = decide(self.terms, self.entries, entry, local(now or at, self.terms.zone))
        if isinstance(decision, EntryAccepted) and not decision.known:
            self.entries.append(entry)
        return decision

    def worked(self, start: str, end: str, **fields: Any) -> Decision:
        zone = self.terms.zone
        return self.write("used", end, work=WorkSpan(local(start, zone), local(end, zone)), **fields)

    def entry(self, kind: str, at: str, amount: Any = None, *, id_: str = "", **fields: Any) -> LedgerEntry:
        if "serves_at" in fields:
            fields["serves_at"] = local(fields["serves_at"], self.terms.zone)
        return LedgerEntry(
            id=EntryId(id_ or f"{kind} {at}"),
            kind=EntryKind(kind),
            at=local(at, self.terms.zone),
            amount=None if amount is None else Decimal(amount),
            who=fields.pop("who", "ann"),
            **fields,
        )

    def at(self, text: str) -> Ledger:
        return ledger_at(self.terms, self.entries, local(text, self.terms.zone))


def accepted(decision: Decision) -> Ledger:
    assert isinstance(decision, EntryAccepted), decision
    return decision.ledger


def refused(decision: Decision, reason: RefusalReason) -> EntryRefused:
    assert isinstance(decision, EntryRefused), decision
    assert decision.reason is reason
    return decision


def changes(ledger: Ledger) -> Sequence[tuple[str, str, Decimal, Decimal]]:
    """Each step as its local time, its kind, its amount and the balance after it."""
    zone = ZoneInfo(ledger.terms.zone)
    return [
        (f"{step.at.astimezone(zone):%Y-%m-%d %H:%M}", step.kind.value, step.amount, step.balance)
        for step in ledger.steps
    ]
