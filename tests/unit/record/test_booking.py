"""What can be booked: for whom, in which language, until when, and what a repeated request is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.unit.record.test_posting import CONTRACT, NOV, PLAN, SATURDAY, STANDBY, History

from sla_domain.contract import Contract, Person
from sla_domain.plan import Plan
from sla_domain.record import BookingRequest, RefusalCode, RefusedChange, prepare_booking
from sla_domain.window import BookableWindow

WARSAW = "Europe/Warsaw"
FREE = replace(STANDBY, price=None, notice=timedelta())
PEOPLE = {
    "anna": Person(id="anna", name="Anna", addresses=()),
    "ben": Person(id="ben", name="Ben", addresses=(), until=date(2026, 12, 6)),
}
WITH_PEOPLE = replace(CONTRACT, people=PEOPLE)


def plan(window: BookableWindow = FREE) -> Plan:
    return replace(PLAN, windows=(window,))


def asked(start: datetime = SATURDAY, end: datetime | None = None, **more: Any) -> BookingRequest:
    return BookingRequest(id="fair", window="standby", start=start, end=end or start + timedelta(days=2), **more)


def refused(request: BookingRequest, window: BookableWindow = FREE, contract: Contract = CONTRACT) -> tuple[str, str]:
    with pytest.raises(RefusedChange) as caught:
        prepare_booking(History().record, contract, plan(window), request, NOV)
    return caught.value.code.value, caught.value.place


def test_a_cancelled_booking_is_booked_anew_under_its_id() -> None:
    history = History()
    for _ in range(2):
        history.make(prepare_booking(history.record, CONTRACT, plan(), asked(), NOV))
        assert [one.id for one in history.record.windows_at()] == ["fair"]
        history.cancel("fair")
        assert history.record.windows_at() == ()
    assert len(history.record.windows) == 2


def test_the_same_request_again_changes_nothing_and_another_one_of_the_id_is_refused() -> None:
    history = History()
    first = asked(people=("anna",), language="en")
    history.make(prepare_booking(history.record, WITH_PEOPLE, plan(), first, NOV))
    later = SATURDAY + timedelta(days=1)  # told again when it has begun
    for again in (first, replace(first, language="EN")):
        assert prepare_booking(history.record, WITH_PEOPLE, plan(), again, later) is None
    places = {
        "people": replace(first, people=("ben",)),
        "language": replace(first, language="pl"),
        "id": replace(first, end=first.end - timedelta(hours=1)),
    }
    for place, other in places.items():
        with pytest.raises(RefusedChange) as caught:
            prepare_booking(history.record, WITH_PEOPLE, plan(), other, NOV)
        assert (caught.value.code, caught.value.place) == (RefusalCode.BOOKED, place)


@pytest.mark.parametrize("language", ["en", "EN", "ｅｎ"])
def test_a_window_of_one_language_is_booked_in_it_however_it_is_written(language: str) -> None:
    english = replace(FREE, languages=("en",))
    assert prepare_booking(History().record, CONTRACT, plan(english), asked(language=language), NOV) is not None


def test_a_window_of_certain_languages_or_products_is_not_booked_without_saying_which() -> None:
    english, press = replace(FREE, languages=("en",)), replace(FREE, products=frozenset({"Press"}))
    for language in ("", "pl"):
        assert refused(asked(language=language), english) == ("booking-refused", "language")
    for product in ("", "mill"):
        assert refused(asked(product=product), press) == ("booking-refused", "product")
    assert prepare_booking(History().record, CONTRACT, plan(press), asked(product="press"), NOV) is not None


def test_a_window_ends_with_the_contract_at_the_latest() -> None:
    """`valid_to` is the first day without it: midnight at its beginning is the end, in the contract's zone."""
    ends = replace(CONTRACT, zone=WARSAW, valid_to=date(2026, 12, 6))
    midnight = datetime(2026, 12, 6, tzinfo=ZoneInfo(WARSAW)).astimezone(UTC)
    assert prepare_booking(History().record, ends, plan(), asked(end=midnight), NOV) is not None
    assert refused(asked(end=midnight + timedelta(seconds=1)), contract=ends) == ("booking-refused", "until")
    whole_day = asked(midnight + timedelta(hours=2), midnight + timedelta(hours=20))
    assert refused(whole_day, contract=ends) == ("booking-refused", "until")


def test_a_window_begins_with_the_contract_at_the_earliest() -> None:
    begins = replace(CONTRACT, valid_from=date(2026, 12, 6))
    assert refused(asked(), contract=begins) == ("booking-refused", "from")


def test_who_has_left_before_the_window_ends_is_not_on_duty_in_it() -> None:
    assert refused(asked(people=("anna", "ben")), contract=WITH_PEOPLE) == ("booking-refused", "people")
    until = SATURDAY + timedelta(days=1)  # Ben leaves at midnight
    assert prepare_booking(History().record, WITH_PEOPLE, plan(), asked(end=until, people=("ben",)), NOV) is not None


def test_around_a_change_of_clocks_instants_are_what_they_are_and_a_weekend_has_its_usual_length() -> None:
    """Bounds are instants: the hour that comes twice is none that nobody could tell apart."""
    weekend = replace(FREE, longest=timedelta(days=2))
    warsaw = replace(CONTRACT, zone=WARSAW)
    saturday = datetime(2027, 10, 30, tzinfo=ZoneInfo(WARSAW))
    autumn = asked(saturday.astimezone(UTC), (saturday + timedelta(days=2)).astimezone(UTC))
    assert autumn.end - autumn.start == timedelta(hours=49)
    doubled = datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo(WARSAW))
    spans = [autumn, *(asked(autumn.start, doubled.replace(fold=fold).astimezone(UTC)) for fold in (0, 1))]
    for one in spans:
        made = prepare_booking(History().record, warsaw, plan(weekend), one, NOV)
        assert made is not None
        assert (made.window.start, made.window.end) == (one.start, one.end)
    longer = replace(autumn, end=autumn.end + timedelta(minutes=1))
    assert refused(longer, weekend, warsaw) == ("booking-refused", "until")
