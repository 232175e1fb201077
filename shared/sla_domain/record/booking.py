"""Booking a window: what a plan's rules allow, and at what surcharge (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla_domain.calendar import local_instant
from sla_domain.contract import Contract
from sla_domain.ledger import LedgerTerms, months_later
from sla_domain.normal import normal, normals
from sla_domain.plan import Plan
from sla_domain.record.change import WindowBooked, WindowCancelled
from sla_domain.record.posting import release, reservation
from sla_domain.record.record import ContractRecord
from sla_domain.record.rules import RefusalCode, RefusedChange, instant_text
from sla_domain.window import BookableWindow, BookedWindow, LateBooking


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """A customer's request to book extra hours (a window) in which support time is counted."""

    id: str
    """Id of the booking. A repeated request has the same id."""
    window: str
    """Id of one of the plan's windows."""
    start: datetime
    """Aware instant."""
    end: datetime
    """Aware instant."""
    language: str = ""
    """Language in which to serve. "" if not stated."""
    product: str = ""
    """Product to serve. "" if not stated."""
    people: tuple[str, ...] = ()
    """Ids of the people on duty."""
    surcharge_confirmed: bool = False
    """Whether the customer agrees to pay more for short notice."""


def prepare_booking(
    record: ContractRecord,
    contract: Contract,
    plan: Plan,
    asked: BookingRequest,
    now: datetime,
    ledgers: Sequence[LedgerTerms] = (),
    by: str = "slad",
) -> WindowBooked | None:
    """Return the change that books extra hours (a window) for a contract and reserves their price.

    The result is None if the record has this booking already. The id of a cancelled booking can be used again.

    Args:
        record: The contract's stored record. It is not changed.
        contract, plan: The contract and the plan in force at `now`.
        asked: What to book.
        ledgers: The terms of the contract's allowances at `now`.
        by: Who books.

    Raises:
        RefusedChange: The request breaks a rule. The first broken rule is reported.
        EntryNotAllowed: The allowance cannot pay the price.
    """
    bookable = next((one for one in plan.windows if one.id == asked.window), None)
    if bookable is None:
        known = ", ".join(one.id for one in plan.windows) or "none"
        raise _refused(f"the plan {plan.id} has no window {asked.window!r} to book; it has: {known}", "window")
    if _booked_already(record, bookable, asked):
        return None
    for check in (_check_span, _check_scope, _check_dates, _check_people, _check_days, _check_overlap, _check_year):
        check(record, contract, bookable, asked, now)
    surcharge = _surcharge(bookable, asked, now)
    booked = BookedWindow(
        id=asked.id,
        window=bookable.id,
        start=asked.start,
        end=asked.end,
        priorities=bookable.priorities,
        products=bookable.products,
        excluded_products=bookable.excluded_products,
        people=asked.people,
        language=asked.language,
        surcharge=surcharge,
    )
    return WindowBooked(booked, reservation(record, ledgers, bookable, booked, by, now))


def prepare_cancellation(record: ContractRecord, booking: str, now: datetime, by: str = "slad") -> WindowCancelled:
    """Return the change that cancels a booking of extra hours and gives its reserved price back.

    Args:
        record: The contract's stored record. It is not changed.
        booking: Id of the booking.
        by: Who cancels.

    Raises:
        RefusedChange: The booking is unknown, is cancelled already, or has begun by `now`.
    """
    found = next((one.window for one in record.windows if one.window.id == booking and one.cancelled_in is None), None)
    if found is None:
        raise RefusedChange(RefusalCode.UNKNOWN_BOOKING, f"{record.id} has no booking {booking!r} to cancel")
    if found.start <= now:
        raise _refused(f"the window has begun at {instant_text(found.start)}; what was served is not undone", "")
    return WindowCancelled(booking, release(record, booking, by, now))


def _booked_already(record: ContractRecord, bookable: BookableWindow, asked: BookingRequest) -> bool:
    """Whether the record has this booking; refused if it has another of the id."""
    known = next((one for one in record.windows_at() if one.id == asked.id), None)
    if known is None:
        return False
    said = {
        "window": (known.window, asked.window),
        "from": (known.start, asked.start),
        "until": (known.end, asked.end),
        "people": (known.people, asked.people),
        "language": (normal(known.language), normal(asked.language)),
    }
    other = next((place for place, (before, now) in said.items() if before != now), None)
    if other is not None:
        detail = f"the booking {asked.id} is there already, with another `{other}`: cancel it, then book it again"
        raise RefusedChange(RefusalCode.BOOKED, detail, other if other in ("people", "language") else "id")
    _check_product(bookable, asked)
    return True


def _check_span(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    if asked.end <= asked.start:
        raise _refused("a window ends after it begins", "until")
    if asked.start <= now:
        raise _refused("a window lies ahead: it cannot begin in the past", "from")
    zone = ZoneInfo(contract.zone)
    length = asked.end.astimezone(zone).replace(tzinfo=None) - asked.start.astimezone(zone).replace(tzinfo=None)
    # By wall-clock time, so that a weekend with a clock change has its usual length.
    if bookable.longest is not None and length > bookable.longest:
        raise _refused(f"{bookable.id} lasts {_span(bookable.longest)} at most, by the wall clock", "until")


def _check_scope(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    if bookable.languages and normal(asked.language) not in normals(bookable.languages):
        said = f"not in {asked.language}" if asked.language else "say in which you want it"
        raise _refused(f"{bookable.id} is served in {', '.join(bookable.languages)} only: {said}", "language")
    _check_product(bookable, asked)


def _check_product(bookable: BookableWindow, asked: BookingRequest) -> None:
    product = normal(asked.product)
    if bookable.products and product not in normals(bookable.products):
        named = ", ".join(sorted(bookable.products))
        said = f"not for {asked.product}" if product else "say for which you want it"
        raise _refused(f"{bookable.id} is available for {named} only: {said}", "product")
    if product and product in normals(bookable.excluded_products):
        raise _refused(f"{bookable.id} is not available for {asked.product}", "product")


def applies_throughout(contract: Contract, start: datetime, end: datetime) -> bool:
    """Return whether a contract applies from `start` to `end`, by its own first day and end."""
    return _begun(contract, start) and not _ended(contract, end)


def _check_dates(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    if not _begun(contract, asked.start):
        raise _refused(f"what it is booked under applies only from {contract.valid_from} on", "from")
    if _ended(contract, asked.end):
        raise _refused(f"what it is booked under ends at midnight on {contract.valid_to}, before the window", "until")


def _begun(contract: Contract, at: datetime) -> bool:
    return contract.valid_from is None or at >= _midnight(contract, contract.valid_from)


def _ended(contract: Contract, at: datetime) -> bool:
    """Whether it ends before `at`; its last instant is midnight at the start of `valid_to`."""
    return contract.valid_to is not None and at > _midnight(contract, contract.valid_to)


def _midnight(contract: Contract, day: date) -> datetime:
    return local_instant(datetime.combine(day, time()), contract.zone)


def _check_people(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    for one in asked.people:
        person = contract.people.get(one)
        if person is None:
            raise _refused(f"the contract has no person {one!r}", "people")
        leaves = person.leaves(contract.zone)
        if leaves is not None and leaves < asked.end:
            raise _refused(f"{person.name} leaves on {person.until}, before the window ends", "people")


def _check_days(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    if not bookable.days:
        return
    outside = [day for day in _days(contract, asked) if day.weekday() not in bookable.days]
    if outside:
        names = ", ".join(_DAYS[day] for day in sorted(bookable.days))
        raise _refused(f"{bookable.id} lies on {names}; {outside[0]} is none of them", "from")


def _check_overlap(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    for other in record.windows_at():
        if other.start < asked.end and asked.start < other.end:
            span = f"from {instant_text(other.start)} to {instant_text(other.end)}"
            raise _refused(f"it overlaps the booking {other.id}, {span}", "from")


def _check_year(
    record: ContractRecord, contract: Contract, bookable: BookableWindow, asked: BookingRequest, now: datetime
) -> None:
    most = bookable.per_contract_year
    if most is None:
        return
    first, end = contract_year(contract, asked.start)
    same = [one for one in record.windows_at() if one.window == bookable.id]
    taken = [one for one in same if first <= _local_day(contract, one.start) < end]
    if len(taken) >= most:
        often = "once" if most == 1 else f"{most} times"
        held = ", ".join(one.id for one in taken)
        raise _refused(f"{bookable.id} can be booked {often} in the contract year from {first}: {held}", "from")


def _surcharge(bookable: BookableWindow, asked: BookingRequest, now: datetime) -> int:
    """The percent more that too little notice costs; 0 with enough of it."""
    if asked.start - now >= bookable.notice:
        return 0
    least = f"{bookable.id} is booked at least {_span(bookable.notice)} ahead"
    if bookable.late is LateBooking.REFUSE:
        raise RefusedChange(RefusalCode.TOO_LATE, f"{least}; {instant_text(asked.start)} is less", "from")
    if not asked.surcharge_confirmed:
        detail = f"{least}; later it costs {bookable.surcharge} % more: confirm with confirm_surcharge"
        raise RefusedChange(RefusalCode.SURCHARGE, detail, "confirm_surcharge")
    return bookable.surcharge


def contract_year(contract: Contract, at: datetime) -> tuple[date, date]:
    """Return the contract year at `at`: (first day, first day of the next year).

    Years are counted from the contract's first day, in its zone. If the contract has no first day, the result is a
    calendar year. For a contract that begins on 29 February, a contract year begins on 1 March if the year is no leap
    year.
    """
    day = _local_day(contract, at)
    start = contract.valid_from or date(day.year, 1, 1)
    years = day.year - start.year
    if day < months_later(start, 12 * years):
        years -= 1
    return months_later(start, 12 * years), months_later(start, 12 * (years + 1))


def _local_day(contract: Contract, at: datetime) -> date:
    return at.astimezone(ZoneInfo(contract.zone)).date()


def _days(contract: Contract, asked: BookingRequest) -> Iterator[date]:
    """The local days that the window touches; one that ends at midnight does not touch the day that begins then."""
    end = asked.end.astimezone(ZoneInfo(contract.zone))
    day, last = _local_day(contract, asked.start), end.date()
    while day < last or (day == last and end.time() != time()):
        yield day
        day += timedelta(days=1)


def _refused(detail: str, place: str) -> RefusedChange:
    return RefusedChange(RefusalCode.BOOKING, detail, place)


def _span(span: timedelta) -> str:
    weeks, rest = divmod(span, timedelta(weeks=1))
    if weeks and not rest:
        return f"{weeks} week{'s' if weeks != 1 else ''}"
    days, rest = divmod(span, timedelta(days=1))
    if days and not rest:
        return f"{days} day{'s' if days != 1 else ''}"
    return f"{span / timedelta(hours=1):g} hours"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
