"""Hours that can be booked, and those that are (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from sla_board.plan.model import PlanSubject, Section, table
from sla_domain.booked_duty import booked_people
from sla_domain.calendar import load_zone
from sla_domain.calendar.spec import DAYS
from sla_domain.window import BookedWindow


def windows(subject: PlanSubject) -> Section:
    """Return the support plan's section on windows, the hours that a customer can book.

    The section shows which windows may be booked and which are booked. Booked windows that ended before today are
    left out.
    """
    words, contract = subject.words, subject.contract
    roles = {one["id"]: one["title"] or one["id"] for one in subject.sheet["roles"]}
    prices = {one["id"]: one["title"] or one["id"] for one in subject.sheet["allowances"]}
    bookable = [
        (
            one["title"] or one["id"],
            _days(one["notice_seconds"], subject),
            f"+{one['surcharge']} %" if one["late"] == "surcharge" else words.refused,
            str(one["per_contract_year"] or ""),
            _days(one["longest_seconds"], subject),
            ", ".join(one["priorities"]),
            ", ".join(one["languages"]),
            ", ".join(one["products"]),
            ", ".join(one["excluded_products"]),
            ", ".join(words.weekdays[DAYS.index(day)] for day in one["days"]),
            roles.get(one["role"], one["role"] or ""),
            _price(one["price"], prices),
            one["clause"],
        )
        for one in subject.sheet["windows"]
    ]
    head = (
        words.name, words.notice, words.late, words.per_year, words.lasts, words.priority, words.languages,
        words.products, words.not_covered, words.weekday, words.on_duty, words.price, words.clause,
    )  # fmt: skip
    zone = load_zone(contract.zone)
    titles = {one["id"]: one["title"] or one["id"] for one in subject.sheet["windows"]}
    booked = [
        (
            titles.get(one.window, one.window),
            _local(one.start, zone, subject),
            _local(one.end, zone, subject),
            _on_duty(one, subject),
            f"+{one.surcharge} %" if one.surcharge else "",
        )
        for one in contract.windows
        if one.end.astimezone(zone).date() >= subject.today
    ]
    told = table(words.booked, (words.name, words.start, words.end, words.on_duty, words.surcharge), booked)
    return Section("windows", words.windows, (*table("", head, bookable), *told))


def _days(seconds: float | None, subject: PlanSubject) -> str:
    return "" if not seconds else subject.words.days.format(count=f"{seconds / 86_400:g}")


def _price(price: Mapping[str, str] | None, allowances: Mapping[str, str]) -> str:
    return "" if price is None else f"{price['amount']} ({allowances[price['allowance']]})"


def _on_duty(booked: BookedWindow, subject: PlanSubject) -> str:
    """The people of a booking, else the holders of its role; of a rota, whoever is on call at its start."""
    people = booked_people(subject.catalogue.rulebook, subject.contract, booked, booked.start)
    return ", ".join(one.name for one in people)


def _local(at: datetime, zone: ZoneInfo, subject: PlanSubject) -> str:
    locale = subject.words.language.replace("-", "_")
    return format_datetime(at.astimezone(zone), "medium", locale=locale)
