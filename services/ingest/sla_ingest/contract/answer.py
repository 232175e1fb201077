"""Contracts as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sla_catalogue.compiler import ContractProblem
from sla_domain.allowance import AllowanceUnit
from sla_domain.contract import Contract, EnvironmentItem
from sla_domain.explain.ledger import amount_text
from sla_domain.plan import Plan
from sla_domain.record import ContractRecord, ContractVersion, WindowEntry
from sla_domain.rfc3339 import rfc3339_or_none as iso
from sla_domain.window import BookableWindow, BookedWindow, WindowPrice
from sla_ingest.contract.store import ListedContract

FILE, API = "file", "api"


def record_json(record: ContractRecord, now: datetime, warnings: Sequence[ContractProblem] = ()) -> dict[str, Any]:
    """Return the JSON object of a contract that is kept in the database, with its versions.

    `in_force` in the object is the version that applies at `now`, or null before the first version. `pending` has the
    versions that are not in force yet. `versions` has all versions, without their text.

    Args:
        warnings: Findings about the text that was just written.
    """
    current = record.at(now)
    return {
        "id": record.id,
        "managed": API,
        "revision": record.revision,
        "frozen_through": iso(record.frozen_through),
        "in_force": None if current is None else version_json(current),
        "pending": [version_json(one) for one in record.pending],
        "versions": [version_json(one, whole=False) for one in record.versions],
        "warnings": [
            {"pointer": f"/contract{one.pointer}", "code": one.code, "detail": one.message} for one in warnings
        ],
    }


def version_json(version: ContractVersion, *, whole: bool = True) -> dict[str, Any]:
    """Return the JSON object of one version of a contract: number, state, instants, author and reason.

    Args:
        whole: Whether to include the contract's text, as an object under `contract`.
    """
    state = "withdrawn" if version.withdrawn_in is not None else "in_force" if version.in_force_in else "pending"
    told: dict[str, Any] = {
        "number": version.number,
        "state": state,
        "effective_from": iso(version.effective_from),
        "by": version.by,
        "reason": version.reason,
        "recorded_at": iso(version.recorded_at),
    }
    return told | ({"contract": json.loads(version.document)} if whole else {})


def windows_json(
    record: ContractRecord, bookable: Iterable[tuple[BookableWindow, Plan]], zone: str, language: str
) -> dict[str, Any]:
    """Return the JSON object with the windows (extra service hours) of a contract.

    It has the booked windows, the cancelled bookings, and the windows that can be booked.

    Args:
        record: Holds the bookings.
        bookable: Each window that can be booked, with the plan that offers it.
        zone: The contract's zone.
        language: The language of the titles; a title that lacks it is in English.
    """
    return {
        "booked": [_window(one, zone) for one in record.windows if one.cancelled_in is None],
        "cancelled": [_window(one, zone) for one in record.windows if one.cancelled_in is not None],
        "bookable": [
            {
                "window": one.id,
                "title": one.titles.get(language) or one.titles.get("en", one.id),
                "notice_seconds": one.notice.total_seconds(),
                "late": one.late.value,
                "surcharge": one.surcharge,
                "price": None if one.price is None else _price(one.price, plan),
                "per_contract_year": one.per_contract_year,
                "languages": list(one.languages),
                "products": sorted(one.products),
                "excluded_products": sorted(one.excluded_products),
                "role": one.role,
                "clause": one.clause,
            }
            for one, plan in bookable
        ],
    }


def _window(one: WindowEntry, zone: str) -> dict[str, Any]:
    return {
        "id": one.window.id,
        "window": one.window.window,
        "from": iso(one.window.start),
        "until": iso(one.window.end),
        "people": list(one.window.people),
        "language": one.window.language,
        "surcharge": one.window.surcharge,
        "priorities": sorted(one.window.priorities),
        "products": sorted(one.window.products),
        "excluded_products": sorted(one.window.excluded_products),
        "remarks": _clock_change(one.window, zone),
    }


def _clock_change(window: BookedWindow, zone: str) -> list[str]:
    """What to know of a window in which clocks change: it is longer or shorter than it looks."""
    offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in (window.start, window.end)]
    if offsets[0] == offsets[1]:
        return []
    hours = (window.end - window.start) / timedelta(hours=1)
    return [f"clocks change in it: it lasts {hours:g} hours"]


def _price(price: WindowPrice, plan: Plan) -> dict[str, Any]:
    unit = next(one.unit for one in plan.allowances if one.id == price.allowance)
    return {"allowance": price.allowance} | amount_json(price.amount, unit)


def amount_json(amount: Decimal, unit: AllowanceUnit, language: str = "en") -> dict[str, Any]:
    """Return the JSON object of an amount of an allowance: a number, and the same amount in words.

    An allowance is what a contract includes by number, such as 120 hours a year. `amount` in the object is the exact
    number, written as text. `text` is the amount in words.

    Args:
        amount: The amount, in seconds if `unit` is hours, else in `unit`.
        language: The language of the words.
    """
    return {"amount": f"{amount.normalize():f}", "text": amount_text(amount, unit, language)}


def profile_json(environment: Sequence[EnvironmentItem], rows: Sequence[Any]) -> dict[str, Any]:
    """Return the JSON object of the products and versions that a customer runs.

    It also lists when, by whom and why this list of products was stored.

    Args:
        environment: The products.
        rows: Rows of the table `ingest_contract_change`, the latest first. There is a row for each time that somebody
            stored a list of products.
    """
    return {
        "products": [
            {"product": one.product, "versions": list(one.versions), "facts": dict(one.facts)} for one in environment
        ],
        "stated": [{"at": iso(row.at), "by": row.by, "reason": row.reason, "revision": row.revision} for row in rows],
    }


def file_json(contract: Contract) -> dict[str, Any]:
    """Return the JSON object of a contract that is in a catalogue file.

    It has the id, title, plan, entitlements (its plans, each with an id), customers and dates, but not the YAML.
    `revision` is always 0, since the contract has no versions in the database.
    """
    return {
        "id": contract.id,
        "managed": FILE,
        "revision": 0,
        "title": contract.title,
        "plan": contract.plan,
        "entitlements": [{"id": one.id, "plan": one.bought.plan} for one in contract.entitlements],
        "customers": sorted(contract.customers),
        "valid": {"from": _day(contract.valid_from), "to": _day(contract.valid_to)},
    }


def listed_json(one: ListedContract | Contract) -> dict[str, Any]:
    """Return the JSON object of one entry in the list of contracts.

    It has the id, title, plan, customers and revision (the number of changes). `managed` is `file` for a contract in a
    catalogue file, `api` for a contract that is kept in the database.
    """
    if isinstance(one, Contract):
        known = file_json(one)
        return {name: known[name] for name in ("id", "managed", "revision", "title", "plan", "customers")}
    return {
        "id": one.id,
        "managed": API,
        "revision": one.revision,
        "title": one.title,
        "plan": one.plan,
        "customers": list(one.customers),
    }


def change_json(row: Any) -> dict[str, Any]:
    """Return the JSON object of one change in a contract's history.

    It has the revision, time, author, reason and kind of the change, and what was changed, such as the number of a
    version.

    Args:
        row: A row of the table `ingest_contract_change`.
    """
    data = json.loads(row.data)
    told = {name: data[name] for name in ("number", "effective_from", "through", "booking", "entry") if name in data}
    return {"revision": row.revision, "at": iso(row.at), "by": row.by, "reason": row.reason, "what": row.what} | told


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
