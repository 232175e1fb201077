"""One incident of which several systems tell, as ingest publishes it: whatever arrives first, on both stores."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.integration.ingest.test_names import incidents, published, shape, stated, tell
from tests.integration.ingest.world import CATALOGUE, FORMOSA, NOON, World

from sla_catalogue import load_catalogue
from sla_domain.event import LINKING
from sla_domain.incident import Incident, Phase, RemarkKind
from sla_ingest import tables

MINUTE = timedelta(minutes=1)
WAITS = "      - {metric: next_response, coverage: always, by_priority: {P1: 30m, P2: 2h, P3: 8h}}\n"


@pytest.fixture(autouse=True)
def answers_are_promised(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The catalogue of these tests promises answers to every word."""
    written = CATALOGUE.read_text().replace("      - {metric: resolution", f"{WAITS}      - {{metric: resolution")
    path = tmp_path / "waits.yaml"
    path.write_text(written)
    fixture = "world" if "world" in request.fixturenames else "small"
    request.getfixturevalue(fixture).catalogue.append(load_catalogue(path, environment={}))


def jira(number: int, minute: int, kind: str, **values: Any) -> dict[str, Any]:
    return stated(number, minute, kind, "J", **values) | {"source": "jira"}


def pager(number: int, minute: int, kind: str, **values: Any) -> dict[str, Any]:
    return stated(number, minute, kind, "P", **values) | {"source": "pager"}


LIVES = (
    jira(1, 0, "opened"),
    pager(2, 5, "opened", data={"title": "alert", "customer": "Acme"}),
    pager(3, 7, "responded", actor="staff"),
    jira(4, 10, "customer_replied", actor="customer"),
    pager(5, 12, "priority_changed", priority="P2"),
    jira(6, 20, "responded", actor="staff"),
    jira(7, 30, "waiting", waiting_on="customer"),
    pager(8, 45, "resumed"),
    pager(9, 60, "resolved"),
)
LINK = jira(20, 8, "linked", data={"known_as": "pager:P"}, reason="the same outage")
UNLINK = jira(21, 70, "unlinked", data={"known_as": "pager:P"})


def as_one(events: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """What one system would have told; it would not have opened it twice."""
    told = [event | {"source": "jira", "subject": "J"} for event in events]
    return [event for event in told if not (event["type"].endswith("opened.v1") and event["data"]["title"] == "alert")]


async def emptied(world: World) -> None:
    async with world.store.transaction() as connection:
        for table in (tables.inbox, tables.event, tables.log, tables.alias):
            await connection.execute(table.delete())


async def alone(world: World, source: str) -> Any:
    await emptied(world)
    await tell(world, [event for event in LIVES if event["source"] == source])
    (found,) = (await incidents(world)).values()
    await emptied(world)
    return shape(found)


def counted(found: dict[str, Incident]) -> dict[str, Incident]:
    return {name: incident for name, incident in found.items() if incident.phase is not Phase.MERGED}


async def test_two_linked_systems_are_one_incident(world: World) -> None:
    await tell(world, as_one(LIVES))
    expected = shape((await incidents(world))["jira:J"])
    await emptied(world)
    answers = await tell(world, [*LIVES[:3], LINK, *LIVES[3:]])
    assert {one["events"][0]["incident"] for one in answers[4:]} == {"jira:J"}
    found = await incidents(world)
    assert shape(found["jira:J"]) == expected
    assert [remark.kind for remark in found["jira:J"].remarks if remark.kind is RemarkKind.LINKED]
    assert found["pager:P"].phase is Phase.MERGED
    assert not [clock for clock in found["pager:P"].clocks if clock.breached_at or clock.state.open]
    said = {event.said_as for event in await published(world) if event.incident == "jira:J"}
    assert said == {None, "pager:P"}


async def test_the_link_may_come_at_any_time(small: World) -> None:
    await tell(small, as_one(LIVES))
    expected = shape((await incidents(small))["jira:J"])
    for place in range(len(LIVES) + 1):
        await emptied(small)
        await tell(small, [*LIVES[:place], LINK, *LIVES[place:]])
        (found,) = counted(await incidents(small)).values()
        assert shape(found)[:-1] == expected[:-1], place
        assert found.id in ("jira:J", "pager:P")


async def test_any_order_of_arrival_gives_the_same(small: World) -> None:
    told = (*LIVES[:2], LINK, LIVES[3], LIVES[6], LIVES[8])
    expected = None
    for order in list(permutations(told))[::41]:
        await emptied(small)
        await tell(small, order)
        (found,) = counted(await incidents(small)).values()
        phase, *rest, attributes, clocks = shape(found)
        # Whichever was heard of first gives its name and title.
        assert attributes["title"] == {"jira:J": "down", "pager:P": "alert"}[found.id]
        expected = expected or (phase, *rest, clocks)
        assert (phase, *rest, clocks) == expected


async def test_unlinked_each_is_what_it_would_have_been(world: World) -> None:
    expected = {"jira:J": await alone(world, "jira"), "pager:P": await alone(world, "pager")}
    for place in (1, 3, len(LIVES)):
        await emptied(world)
        await tell(world, [*LIVES[:place], LINK, *LIVES[place:], UNLINK])
        found = await incidents(world)
        assert {name: shape(incident) for name, incident in found.items()} == expected, place


async def test_what_comes_after_the_link_is_undone_counts_where_it_was_said(world: World) -> None:
    expected = await alone(world, "pager")
    await tell(world, [*LIVES[:4], LINK, UNLINK, *LIVES[4:]])
    assert shape((await incidents(world))["pager:P"]) == expected


async def test_linked_again_nothing_is_there_twice(world: World) -> None:
    await tell(world, as_one(LIVES))
    expected = shape((await incidents(world))["jira:J"])
    await emptied(world)
    again = LINK | {"id": "22"}
    await tell(world, [*LIVES[:5], LINK, LINK | {"id": "23"}, UNLINK, *LIVES[5:], again])
    assert shape((await incidents(world))["jira:J"]) == expected
    events = [event for event in await published(world) if event.incident == "jira:J"]
    roots = [event.copy_of or event.id for event in events if event.kind not in LINKING]
    assert len(roots) == len(set(roots)) == len(LIVES)


async def test_a_ticket_names_the_other_before_slad_knows_it(world: World) -> None:
    opening = jira(1, 0, "opened", same_as=["pager:P"])
    answers = await tell(world, [opening, *LIVES[1:]])
    assert {one["events"][0]["incident"] for one in answers} == {"jira:J"}
    assert list(await incidents(world)) == ["jira:J"]
    # And the field is cleared again.
    await tell(world, [jira(30, 65, "described", same_as="")])
    assert shape((await incidents(world))["pager:P"])[-1]


async def test_what_somebody_has_parted_no_field_joins_again(world: World) -> None:
    await tell(world, [jira(1, 0, "opened", same_as="pager:P"), *LIVES[1:3], UNLINK])
    await tell(world, [jira(31, 71, "described", same_as="pager:P")])
    assert set(await incidents(world)) == {"jira:J", "pager:P"}
    assert len(counted(await incidents(world))) == 2
    await tell(world, [LINK | {"id": "32"}])
    assert set(counted(await incidents(world))) == {"jira:J"}


async def test_links_are_followed_and_a_ring_is_one_incident(world: World) -> None:
    third = stated(40, 2, "opened", "D") | {"source": "desk"}
    link = stated(41, 9, "linked", "D", data={"known_as": "pager:P"}) | {"source": "desk"}
    ring = stated(42, 9, "linked", "D", data={"known_as": "jira:J"}) | {"source": "desk"}
    await tell(world, [*LIVES[:3], third, LINK, link, ring])
    assert set(counted(await incidents(world))) == {"jira:J"}
    await tell(world, [UNLINK])
    assert set(counted(await incidents(world))) == {"jira:J"}  # still linked by way of the third
    part = stated(43, 72, "unlinked", "D", data={"known_as": "jira:J"}) | {"source": "desk"}
    await tell(world, [part])
    assert set(counted(await incidents(world))) == {"jira:J", "desk:D"}
    assert {event.said_as for event in await published(world) if event.incident == "desk:D"} == {None, "pager:P"}


async def test_a_ticket_is_found_by_what_people_call_it(world: World) -> None:
    opened = stated(1, 0, "opened", "10001", key="SUP-77") | {"source": "jira"}
    await tell(world, [opened, pager(2, 5, "opened", same_as=["jira:SUP-77"])])
    assert list(await incidents(world)) == ["jira:10001"]
    await emptied(world)
    await tell(world, [pager(2, 5, "opened", same_as=["jira:SUP-77"]), opened])
    assert list(await incidents(world)) == ["pager:P"]


async def test_the_contract_is_that_of_the_incidents_own_ticket(world: World) -> None:
    other = pager(2, 5, "opened", data={"customer": "Formosa", "title": "alert"})
    await tell(world, [LIVES[0], other, LINK, pager(3, 9, "described", customer="Formosa")])
    found = (await incidents(world))["jira:J"]
    assert (found.attributes["customer"], found.attributes["title"]) == ("Acme", "down")
    (remark,) = (remark for remark in found.remarks if remark.kind is RemarkKind.LINKED)
    assert "Formosa" in remark.text


async def test_a_key_of_one_contract_links_only_what_is_its_own(world: World) -> None:
    theirs = pager(2, 5, "opened", data={"customer": "Formosa"})
    nobodys = stated(3, 5, "opened", "N", data={"customer": ""}) | {"source": "desk"}
    mine = stated(4, 5, "opened", "MINE", data={"customer": "Formosa"})
    await tell(world, [LIVES[0], theirs, nobodys])
    await tell(world, [mine], FORMOSA)
    for number, other in enumerate(("jira:J", "desk:N", "jira:unknown")):
        for said in (
            stated(50 + number, 8, "linked", "MINE", data={"known_as": other}),
            stated(60 + number, 8, "described", "MINE", same_as=[other]),
        ):
            (answer,) = await tell(world, [said], FORMOSA)
            assert (answer["outcome"], answer["reason"]["code"]) == ("parked", "other_contract"), said
    assert len(counted(await incidents(world))) == 4
    await tell(world, [stated(70, 8, "linked", "MINE", data={"known_as": "pager:P"})], FORMOSA)
    assert len(counted(await incidents(world))) == 3


async def test_a_ticket_of_the_third_that_is_merged_ends_that_ticket_alone(world: World) -> None:
    await tell(world, [*LIVES[:2], LINK, pager(60, 20, "merged", merged_into="Q")])
    assert (await incidents(world))["jira:J"].phase is Phase.OPEN


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({}, "/data/known_as"),
        ({"known_as": "P"}, "/data/known_as"),
        ({"known_as": "jira:J"}, "/data/known_as"),
        ({"known_as": ["pager:P"]}, "/data/known_as"),
    ],
)
async def test_what_cannot_be_linked_is_refused(small: World, data: Any, pointer: str) -> None:
    answer = await small.event(jira(1, 0, "linked", data=data))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_too_many_tickets_are_parked(small: World) -> None:
    await tell(small, [LIVES[0]])
    links = [jira(100 + n, 1, "linked", data={"known_as": f"pager:{n}"}) for n in range(10)]
    answers = await tell(small, links)
    assert [one["outcome"] for one in answers] == ["accepted"] * 9 + ["parked"]
    assert answers[-1]["reason"]["code"] == "too_many_names"


SHOWN = {"at": (NOON + 30 * MINUTE).isoformat(), "phase": "open", "attributes": {"priority": "P1"}}


async def test_a_snapshot_of_one_ticket_takes_back_nothing_of_the_other(world: World) -> None:
    """The issue is open still, and its priority is another: that is no news of the incident."""
    first = jira(1, 0, "opened", snapshot=SHOWN | {"at": NOON.isoformat()})
    changed, solved = pager(3, 10, "priority_changed", priority="P2"), pager(4, 20, "resolved")
    await tell(world, [first, LIVES[1], LINK, changed, solved, jira(5, 30, "updated", actor="staff", snapshot=SHOWN)])
    found = (await incidents(world))["jira:J"]
    assert (found.phase, found.priority) == (Phase.RESOLVED, "P2")
    assert RemarkKind.RECONCILED not in {remark.kind for remark in found.remarks}
    # A change of that ticket is news.
    again = SHOWN | {"at": (NOON + 40 * MINUTE).isoformat(), "attributes": {"priority": "P3"}}
    await tell(world, [jira(6, 40, "updated", actor="staff", snapshot=again)])
    assert (await incidents(world))["jira:J"].attributes["priority"] == "P3"
