"""Who gets a place, who gives way, and how many places there are."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_standalone.admission import Admission, ConnectionActivity, EndReason, group_of
from sla_standalone.descriptors import LEAST_CONNECTIONS, RESERVED, capacity_under


@dataclass(eq=False)
class Peer:
    about: ConnectionActivity = ConnectionActivity.WAITING
    gone: bool = False

    def activity(self, now: float) -> ConnectionActivity:
        return self.about

    def give_way(self) -> None:
        self.gone = True


def entered(admission: Admission, address: str, *about: ConnectionActivity) -> list[Peer]:
    peers = [Peer(each) for each in about]
    assert [admission.enter(peer, address, 0.0) for peer in peers] == [None] * len(peers)
    return peers


def test_the_oldest_that_waits_gives_way_to_a_newcomer_of_its_address() -> None:
    admission = Admission(most=10, per_address=3)
    busy, first, second = entered(
        admission, "192.0.2.1", ConnectionActivity.ANSWERED, ConnectionActivity.WAITING, ConnectionActivity.WAITING
    )
    other = entered(admission, "192.0.2.2", ConnectionActivity.WAITING)[0]
    assert admission.enter(Peer(), "192.0.2.1", 0.0) is None
    assert [each.gone for each in (busy, first, second, other)] == [False, True, False, False]
    assert len(admission) == 4


def test_who_sends_a_body_gives_way_only_when_nobody_waits() -> None:
    admission = Admission(most=10, per_address=2)
    sending, waiting = entered(admission, "192.0.2.1", ConnectionActivity.SENDING, ConnectionActivity.WAITING)
    entered(admission, "192.0.2.1", ConnectionActivity.ANSWERED)
    assert (sending.gone, waiting.gone) == (False, True)
    entered(admission, "192.0.2.1", ConnectionActivity.ANSWERED)
    assert sending.gone


@pytest.mark.parametrize("about", [ConnectionActivity.ANSWERED, ConnectionActivity.STREAMING])
def test_an_address_whose_requests_are_all_being_answered_gets_no_more(about: ConnectionActivity) -> None:
    admission = Admission(most=10, per_address=2)
    peers = entered(admission, "192.0.2.1", about, about)
    assert admission.enter(Peer(), "192.0.2.1", 0.0) is EndReason.ADDRESS_FULL
    assert not any(peer.gone for peer in peers)
    entered(admission, "192.0.2.2", about)


def test_in_all_a_stream_gives_way_before_anybody_is_refused() -> None:
    admission = Admission(most=3, per_address=3)
    busy, old, young = entered(
        admission, "192.0.2.1", ConnectionActivity.ANSWERED, ConnectionActivity.STREAMING, ConnectionActivity.STREAMING
    )
    entered(admission, "192.0.2.2", ConnectionActivity.ANSWERED)
    assert [each.gone for each in (busy, old, young)] == [False, True, False]
    entered(admission, "192.0.2.2", ConnectionActivity.ANSWERED)
    assert admission.enter(Peer(), "192.0.2.3", 0.0) is EndReason.FULL
    assert not busy.gone


def test_in_all_those_who_hold_the_most_give_way_and_not_who_came_first() -> None:
    admission = Admission(most=6, per_address=5, exempt=["10.0.0.0/8"])
    first = entered(admission, "192.0.2.1", ConnectionActivity.WAITING)[0]
    proxy = entered(
        admission, "10.0.0.1", ConnectionActivity.WAITING, ConnectionActivity.WAITING, ConnectionActivity.WAITING
    )
    crowd = entered(admission, "192.0.2.2", ConnectionActivity.SENDING, ConnectionActivity.WAITING)
    entered(admission, "192.0.2.3", ConnectionActivity.WAITING)
    assert [peer.gone for peer in (first, *proxy, *crowd)] == [False] * 4 + [False, True]
    entered(admission, "192.0.2.4", ConnectionActivity.WAITING)
    assert first.gone, "nobody but the proxy holds more than one now, so the oldest of all gives way"


def test_a_known_proxy_is_bounded_together_with_all_others_alone() -> None:
    admission = Admission(most=4, per_address=1, exempt=["10.0.0.0/8", "2001:db8:1::/48"])
    entered(admission, "10.1.2.3", ConnectionActivity.ANSWERED, ConnectionActivity.ANSWERED)
    entered(admission, "::ffff:10.1.2.3", ConnectionActivity.ANSWERED)
    entered(admission, "2001:db8:1::9", ConnectionActivity.ANSWERED)
    assert admission.enter(Peer(), "10.1.2.3", 0.0) is EndReason.FULL


def test_a_place_is_given_back_once() -> None:
    admission = Admission(most=1, per_address=1)
    (peer,) = entered(admission, "192.0.2.1", ConnectionActivity.ANSWERED)
    admission.leave(peer)
    admission.leave(peer)
    assert len(admission) == 0
    entered(admission, "192.0.2.1", ConnectionActivity.ANSWERED)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_one_subscriber_is_one_address(one: str, other: str, together: bool) -> None:
    assert (group_of(one) == group_of(other)) is together


@pytest.mark.parametrize("limit", [RESERVED + 8 + LEAST_CONNECTIONS, 256, 1024, 4096, 65_536])
def test_connections_never_reach_the_files_that_pages_need(limit: int) -> None:
    room = capacity_under(limit, Settings())
    assert LEAST_CONNECTIONS <= room.connections <= Settings().max_connections
    assert room.connections + room.backlog + RESERVED <= limit
    assert 4 <= room.per_address <= room.connections / 2


@pytest.mark.parametrize("limit", [20, RESERVED, RESERVED + LEAST_CONNECTIONS])
def test_too_few_files_are_refused_with_what_to_do(limit: int) -> None:
    with pytest.raises(BadSettings, match=f"may open {limit} files.*ulimit -n"):
        capacity_under(limit, Settings())


def test_the_settings_bound_what_the_files_would_allow() -> None:
    room = capacity_under(65_536, Settings(max_connections=50, max_connections_per_address=7))
    assert (room.connections, room.per_address) == (50, 7)
