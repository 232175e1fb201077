"""Who gets the next places of the sender."""

from __future__ import annotations

from sla_notifier.send.pace import Pace, Quickness, places_by_endpoint

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


def test_an_endpoint_that_answers_quickly_has_more_places_until_it_does_not() -> None:
    quick = Quickness(PACE)
    assert quick.places("webhook:0") == 4
    for _ in range(20):
        quick.note("webhook:0", 0.1, sent=True)
    assert (quick.places("webhook:0"), quick.places("webhook:1")) == (16, 4)
    quick.note("webhook:0", 0.6, sent=True)
    assert quick.places("webhook:0") == 4, "slow"
    quick.note("webhook:0", 0.1, sent=True)
    assert quick.places("webhook:0") == 5
    quick.note("webhook:0", 0.1, sent=False)
    assert quick.places("webhook:0") == 4, "refused"
    quick.note("webhook:0", 0.1, sent=True)
    quick.forget({"webhook:1"})
    assert quick.places("webhook:0") == 4, "idle"


def test_a_quick_endpoint_gets_its_places_together_and_leaves_others_theirs() -> None:
    quick = Quickness(PACE)
    for _ in range(20):
        quick.note("webhook:0", 0.1, sent=True)
    places = [places_by_endpoint(["webhook:0"], {"webhook:0": busy}, PACE, {}, quick) for busy in (0, 8, 9, 16)]
    assert places == [{"webhook:0": 16}, {"webhook:0": 8}, {}, {}]
    given = places_by_endpoint(hooks(16), {}, PACE, {}, quick)
    assert set(given.values()) == {4}, "an equal part of the room"
