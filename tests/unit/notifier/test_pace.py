"""Who gets the next places of the sender."""

from __future__ import annotations

from sla_notifier.send.pace import Pace, places_by_endpoint

MAIL = "email"
PACE = Pace(at_once=64, per_endpoint=4, per_server=16)


def hooks(count: int) -> list[str]:
    return [f"webhook:{number}" for number in range(count)]


def test_alone_an_endpoint_gets_its_own_places_and_no_more() -> None:
    assert places_by_endpoint(["webhook:0"], {}, PACE, {MAIL: None}) == {"webhook:0": 4}
    assert places_by_endpoint([MAIL], {}, PACE, {MAIL: None}) == {MAIL: 16}


def test_what_is_being_sent_takes_its_place() -> None:
    assert places_by_endpoint(["webhook:0", MAIL], {"webhook:0": 3, MAIL: 16}, PACE, {MAIL: None}) == {"webhook:0": 1}


def test_many_endpoints_share_what_mail_leaves() -> None:
    given = places_by_endpoint([*hooks(100), MAIL], {}, PACE, {MAIL: None})
    assert given[MAIL] == 16
    assert [given.get(hook, 0) for hook in hooks(100)] == [1] * 48 + [0] * 52


def test_who_has_waited_longest_comes_first_when_places_are_few() -> None:
    assert places_by_endpoint(hooks(5), {"webhook:9": 62}, PACE, {MAIL: None}) == {"webhook:0": 1, "webhook:1": 1}


def test_there_are_never_more_than_all_at_once() -> None:
    assert places_by_endpoint(hooks(5), {"webhook:9": 64}, PACE, {MAIL: None}) == {}
    assert sum(places_by_endpoint([*hooks(300), MAIL], {"webhook:400": 10}, PACE, {MAIL: None}).values()) == 54
