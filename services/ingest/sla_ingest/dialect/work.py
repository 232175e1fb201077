"""`io.slad.incident.worked.v1`: how long somebody worked on an incident, which a ledger pays (clause E10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sla_catalogue.source import Source
from sla_domain.bounds import CUSTOMER, NAME, WHO
from sla_domain.event import IncidentId
from sla_ingest.dialect.instant import BadInstant, parse_instant
from sla_ingest.dialect.port import DoesNotFit, Work
from sla_ingest.dialect.read import clean_text

_TYPES = frozenset({"io.slad.incident.worked.v1", "io.slad.incident.worked", "incident.worked", "worked"})
_LONGEST = timedelta(days=31)  # of one entry; more is a typing error


def says_work(type_: str) -> bool:
    """Return whether a CloudEvents `type` names a report of work (how long somebody worked on an incident)."""
    return type_ in _TYPES


def read_work(data: Mapping[str, Any], incident: IncidentId, at: datetime, source: Source) -> Work:
    """Return the work that the `data` of a CloudEvent reports: who worked on `incident`, and when.

    The work lasts from `from` to `to`, or for the `minutes` that end at `at`. It lasts at most 31 days.

    Args:
        at: The time of the CloudEvent, or else of its receipt.
        source: The settings of the sender, which translate the customer.

    Raises:
        DoesNotFit: A value does not fit. The error has the JSON pointer of the value.
    """
    start, end = _span(data, at)
    if not start < end:
        raise DoesNotFit("work ends after it begins", "/data/to")
    if end - start > _LONGEST:
        raise DoesNotFit("one entry of work is at most 31 days long", "/data/from")
    who = _text(data, "who", WHO) or _text(data, "actor_name", WHO)
    if not who:
        raise DoesNotFit("an event worked says who worked", "/data/who")
    customer = _text(data, "customer", CUSTOMER)
    return Work(
        incident=incident,
        start=start,
        end=end,
        who=who,
        allowance=_text(data, "allowance", NAME),
        customer=source.customer.translate(customer) or "" if source.customer is not None and customer else customer,
        reason=_text(data, "reason", 500),
    )


def _span(data: Mapping[str, Any], at: datetime) -> tuple[datetime, datetime]:
    minutes = data.get("minutes")
    if minutes is None:
        start, end = _instant(data, "from"), _instant(data, "to")
        if start is None or end is None:
            missing = "from" if start is None else "to"
            raise DoesNotFit("an event worked has from and to, or minutes", f"/data/{missing}")
        return start, end
    if data.get("from") is not None or data.get("to") is not None:
        raise DoesNotFit("either from and to, or minutes that end at the time of the event", "/data/minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 < minutes <= 44_640:
        raise DoesNotFit("minutes is a whole number from 1 to 44640", "/data/minutes")
    return at - timedelta(minutes=minutes), at


def _instant(data: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return parse_instant(data.get(name))
    except BadInstant as error:
        raise DoesNotFit(str(error), f"/data/{name}") from None


def _text(data: Mapping[str, Any], name: str, longest: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise DoesNotFit(f"{name} is a text of at most {longest} characters", f"/data/{name}")
    return clean_text(value)
