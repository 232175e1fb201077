"""Places at the board are shared out: nobody takes what the others need."""

from __future__ import annotations

import pytest

from sla_board.stream.places import CallerLimitReached, PlacesFull, StreamBounds, StreamPlaces, Visitor

BOUNDS = StreamBounds(streams=100, per_key=20, per_contract=30, per_address=25, pages=20)


def sit(places: StreamPlaces, visitor: Visitor, streams: int, page: str = "board") -> int:
    """Follow until refused, `streams` at most; how many it was."""
    for number in range(streams):
        try:
            places.check(visitor, page)
        except PlacesFull:
            return number
        places.add_stream(visitor, page)
    return streams


def test_a_key_and_all_keys_of_a_contract_have_bounds_of_their_own() -> None:
    places = StreamPlaces(BOUNDS)
    assert sit(places, Visitor("a1", "acme"), 200) == 20
    assert sit(places, Visitor("a2", "acme"), 200) == 10
    with pytest.raises(CallerLimitReached, match="contract acme follows 30 streams"):
        places.check(Visitor("a3", "acme"), "board")
    assert sit(places, Visitor("b1", "beta"), 5) == 5


def test_two_hundred_streams_of_one_tenant_leave_room_for_every_other() -> None:
    places = StreamPlaces(StreamBounds())
    assert sit(places, Visitor("greedy", "greedy"), 200) == 100
    for name in "abcdefgh":
        assert sit(places, Visitor(name, name), 20) == 20


def test_different_pages_are_bounded_too_and_a_page_seen_already_costs_none() -> None:
    places = StreamPlaces(BOUNDS)
    greedy = Visitor("a1", "acme")
    assert sum(sit(places, greedy, 1, f"filter {n}") for n in range(20)) == 4
    with pytest.raises(CallerLimitReached, match="4 different pages"):
        places.check(Visitor("a2", "acme"), "one more")
    places.check(greedy, "filter 0")
    places.check(Visitor("b1", "beta"), "filter 9")


def test_addresses_count_for_those_without_a_key_and_an_ipv6_network_is_one() -> None:
    places = StreamPlaces(BOUNDS)
    assert sit(places, Visitor(address="192.0.2.1"), 200) == 25
    assert sit(places, Visitor(address="2001:db8::1"), 20) == 20
    assert sit(places, Visitor(address="2001:db8::2"), 20) == 5
    # Everybody without a key has half: whoever has one is not shut out by strangers.
    assert sit(places, Visitor(address="198.51.100.7"), 5) == 0
    assert sit(places, Visitor("reader"), 15) == 15


def test_strangers_from_many_addresses_leave_half_of_the_pages_to_those_with_a_key() -> None:
    places = StreamPlaces(BOUNDS)
    strangers = [Visitor(address=f"2001:db8:{n:x}::1") for n in range(30)]
    assert sum(sit(places, each, 1, f"filter {n}") for n, each in enumerate(strangers)) == 10
    with pytest.raises(CallerLimitReached, match="everybody without a key follows 10 different pages"):
        places.check(strangers[-1], "filter 30")
    assert sit(places, strangers[-1], 1, "filter 0") == 1, "a page that one of them follows costs none"
    assert sit(places, Visitor("reader"), 1, "filter of the reader") == 1
    places.remove_stream(strangers[1], "filter 1")
    assert sit(places, strangers[-1], 1, "filter 30") == 1


def test_of_the_last_quarter_nobody_gets_more_than_an_equal_share() -> None:
    places = StreamPlaces(StreamBounds(streams=100, per_key=90))
    assert sit(places, Visitor("a"), 90) == 75
    assert sit(places, Visitor("b"), 90) == 20
    # The last five are for those who have none.
    assert [sit(places, Visitor(name), 2) for name in "cdefgh"] == [1, 1, 1, 1, 1, 0]
    with pytest.raises(PlacesFull):
        places.check(Visitor("b"), "board")


def test_what_is_left_is_free_again() -> None:
    places = StreamPlaces(BOUNDS)
    visitor = Visitor("a1", "acme")
    assert sit(places, visitor, 200) == 20
    for _ in range(20):
        places.remove_stream(visitor, "board")
    assert (places.open, sit(places, visitor, 200)) == (0, 20)
