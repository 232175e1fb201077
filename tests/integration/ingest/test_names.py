"""One incident under all its names, as ingest publishes it: whatever arrives first, on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from tests.integration.ingest.world import (
    ADMIN,
    CATALOGUE,
    FORMOSA,
    NOON,
    World,
    delivery,
    issue,
    serving,
)  # fmt: skip

from sla_catalogue import load_catalogue
from sla_domain.clock import ClockState
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident, Phase, RemarkKind
from sla_ingest import tables
from sla_ingest.name import joining, kept
from sla_platform.store.engine import Store
from sla_platform.wire import stored_event

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


async def published(world: World) -> list[IncidentEvent]:
    """What readers of the log hear, each id once."""
    async with world.store.reading() as connection:
        rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
    events = {
        row.id: stored_event(
            id=row.id, type=row.type, incident=row.subject, occurred_at=row.time,
            data=row.data if isinstance(row.data, str) else row.data.decode(),
        )
        for row in reversed(rows)
    }  # fmt: skip
    return list(events.values())


async def incidents(world: World) -> dict[str, Incident]:
    """The incidents as a reader of the log folds them."""
    told: dict[str, list[IncidentEvent]] = {}
    for event in await published(world):
        told.setdefault(event.incident, []).append(event)
    rulebook = world.catalogue[-1].rulebook
    return {name: fold(events, rulebook) for name, events in told.items()}


def shape(incident: Incident) -> Any:
    """What people see of an incident, but for names of events."""
    clocks = [
        (clock.metric, clock.cycle, clock.state, clock.started_at, clock.due_at, clock.stopped_at, clock.breached_at)
        for clock in incident.clocks
    ]
    return incident.phase, incident.priority, incident.opened_at, incident.ended_at, dict(incident.attributes), clocks


def stated(number: int, minute: int, kind: str, subject: str, **values: Any) -> dict[str, Any]:
    at = (NOON + minute * MINUTE).isoformat()
    data = values.pop("data", {}) | values
    own: dict[str, Any] = {"customer": "Acme", "priority": "P1", "title": "down", "description": "all"}
    return {
        "specversion": "1.0", "id": str(number), "source": "servicenow", "type": f"io.slad.incident.{kind}.v1",
        "subject": subject, "time": at, "data": (own | data) if kind == "opened" else data,
    }  # fmt: skip


async def tell(world: World, events: Sequence[dict[str, Any]], key: Any = None) -> list[dict[str, Any]]:
    answers = []
    for event in events:
        world.time.at = max(world.time.at, NOON + timedelta(hours=3))
        answer = await (world.event(event) if key is None else world.event(event, key))
        assert answer.status_code == 202, answer.text
        answers.append(answer.json())
    return answers


# -- moved: GitHub


def transferred(**values: Any) -> dict[str, Any]:
    return delivery(
        "transferred",
        issue={"updated_at": "2026-11-20T12:10:00Z"},
        changes={
            "new_issue": issue(id=99, html_url="https://github.example/acme/pay/issues/3", number=3),
            "new_repository": {"name": "pay", "full_name": "acme/pay", "owner": {"login": "Acme"}},
        },
        **values,
    )


def arrived() -> dict[str, Any]:
    place = {"id": 99, "number": 3, "html_url": "https://github.example/acme/pay/issues/3"}
    return delivery(
        "opened",
        issue=place | {"updated_at": "2026-11-20T12:10:01Z", "labels": [{"name": "sev1"}]},
        changes={"old_issue": issue(), "old_repository": {"name": "shop", "full_name": "acme/shop"}},
        repository={"name": "pay", "full_name": "acme/pay", "owner": {"login": "Acme"}},
    )


def there(action: str, **values: Any) -> dict[str, Any]:
    return delivery(
        action,
        issue={"id": 99, "html_url": "https://github.example/acme/pay/issues/3", "labels": [{"name": "sev1"}]} | values,
        repository={"name": "pay", "full_name": "acme/pay", "owner": {"login": "Acme"}},
    )


def answered_there() -> dict[str, Any]:
    said = {"id": 1, "user": {"login": "ann", "type": "User"}, "author_association": "MEMBER"}
    return there("created") | {"comment": said | {"created_at": "2026-11-20T12:12:00Z"}}


OPENED = delivery("opened", issue={"labels": [{"name": "sev1"}]})
Step = tuple[str, dict[str, Any]]
STORY: tuple[Step, ...] = (
    ("issues", OPENED),
    ("issues", transferred()),
    ("issues", arrived()),
    ("issue_comment", answered_there()),
    ("issues", there("closed", state="closed", closed_at="2026-11-20T12:40:00Z", updated_at="2026-11-20T12:40:00Z")),
)


async def play(world: World, steps: Sequence[Step]) -> None:
    world.time.at = NOON + timedelta(hours=1)
    for event, payload in steps:
        assert (await world.github(payload, event=event)).status_code == 202


async def test_a_transferred_issue_goes_on_with_its_clocks(world: World) -> None:
    await play(world, STORY)
    found = await incidents(world)
    assert list(found) == ["github-acme:77"]
    incident = found["github-acme:77"]
    assert incident.attributes["url"] == "https://github.example/acme/pay/issues/3"
    assert incident.attributes["product"] == "pay"
    assert incident.phase is Phase.RESOLVED
    by_metric = {clock.metric: clock for clock in incident.clocks}
    assert by_metric["first_response"].state is ClockState.MET
    assert by_metric["first_response"].stopped_at == NOON + 12 * MINUTE
    assert by_metric["resolution"].stopped_at == NOON + 40 * MINUTE


async def test_whatever_arrives_first_the_incident_is_the_same(small: World) -> None:
    """Each of the orders in a source of its own would be slow; each in a store of its own is quick enough."""
    await play(small, STORY)
    expected = shape((await incidents(small))["github-acme:77"])
    orders = list(permutations(STORY))[7::11]
    assert len(orders) > 9
    for number, order in enumerate(orders):
        async with small.store.transaction() as connection:
            for table in (tables.inbox, tables.event, tables.log, tables.alias):
                await connection.execute(table.delete())
        await play(small, order)
        found = await incidents(small)
        assert shape(found.pop("github-acme:77")) == expected, number
        # A stray that began under the later name has ended where it began, and broke nothing.
        for stray in found.values():
            assert stray.phase is Phase.MERGED
            assert {clock.state for clock in stray.clocks} <= {ClockState.CANCELLED}
            assert not any(clock.breached_at for clock in stray.clocks)


async def test_redeliveries_and_weeks_in_between_change_nothing(world: World) -> None:
    await play(world, [STORY[0], STORY[3], STORY[3]])
    world.time.at = NOON + timedelta(weeks=3)
    late = [await world.github(payload) for payload in (transferred(), transferred(), arrived(), arrived())]
    assert [answer.json()["events"][0]["incident"] for answer in late] == ["github-acme:77"] * 4
    found = await incidents(world)
    assert found["github-acme:99"].merged_into == "github-acme:77"
    first = next(clock for clock in found["github-acme:77"].clocks if clock.metric == "first_response")
    assert (first.state, first.stopped_at) == (ClockState.MET, NOON + 12 * MINUTE)
    assert [row.name for row in await world.rows(tables.alias) if row.kind == "moved"] == ["github-acme:99"]


# -- moved: anybody's words


MOVES = (
    stated(1, 0, "opened", "A"),
    stated(2, 10, "renamed", "A", data={"known_as": "B"}),
    stated(3, 20, "responded", "B", actor="staff"),
    stated(4, 30, "renamed", "B", data={"known_as": "C"}),
    stated(5, 40, "customer_replied", "C", actor="customer"),
    stated(6, 50, "priority_changed", "C", priority="P2"),
)


async def test_twice_moved_is_one_incident_still(small: World) -> None:
    await tell(small, MOVES)
    expected = shape((await incidents(small))["servicenow:A"])
    assert {clock[0] for clock in expected[-1] if clock[2].open} == {"next_response", "resolution"}
    for order in list(permutations(MOVES))[5::60]:
        async with small.store.transaction() as connection:
            for table in (tables.inbox, tables.event, tables.log, tables.alias):
                await connection.execute(table.delete())
        await tell(small, order)
        found = await incidents(small)
        assert shape(found.pop("servicenow:A")) == expected
        assert {stray.phase for stray in found.values()} <= {Phase.MERGED}
        assert {row.incident for row in await small.rows(tables.alias)} == {"servicenow:A"}


async def test_moved_back_it_is_the_same_one(world: World) -> None:
    back = stated(9, 60, "renamed", "C", data={"known_as": "A"})
    answers = await tell(world, [*MOVES, back, stated(10, 61, "responded", "A", actor="staff")])
    assert {answer["events"][0]["incident"] for answer in answers} == {"servicenow:A"}
    assert list(await incidents(world)) == ["servicenow:A"]


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("merged", {"merged_into": "A"}, "/data/merged_into"),
        ("renamed", {"known_as": "servicenow:A"}, "/data/known_as"),
        ("renamed", {}, "/data/known_as"),
        ("renamed", {"known_as": {"id": 1}}, "/data/known_as"),
    ],
)
async def test_what_cannot_be_joined_is_refused(small: World, kind: str, data: Any, pointer: str) -> None:
    answer = await small.event(stated(1, 0, kind, "A", data=data))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_merge_of_two_names_of_one_incident_ends_nothing(world: World) -> None:
    await tell(world, [*MOVES[:2], stated(3, 20, "merged", "B", merged_into="A")])
    assert (await incidents(world))["servicenow:A"].phase is Phase.OPEN


async def test_no_source_takes_a_name_of_another(world: World) -> None:
    await tell(world, [MOVES[0]])
    other = stated(1, 10, "renamed", "X", data={"known_as": "servicenow:A"}) | {"source": "stranger"}
    await tell(world, [other, stated(3, 20, "responded", "A", actor="staff")])
    found = await incidents(world)
    assert "servicenow:A" in found
    assert {row.name for row in await world.rows(tables.alias)} == {"stranger:servicenow:A"}


# -- merged


MERGE = (
    stated(1, 0, "opened", "A", actor="customer"),
    stated(2, 5, "responded", "A", actor="staff"),
    stated(3, 10, "customer_replied", "A", actor="customer"),
    stated(4, 0, "opened", "B", actor="customer", priority="P2"),
    stated(5, 8, "responded", "B", actor="staff"),
    stated(6, 20, "merged", "A", merged_into="B"),
    stated(7, 60, "responded", "A", actor="staff"),
    stated(8, 70, "customer_replied", "A", actor="customer", priority="P1", customer="Formosa"),
)


async def test_words_before_and_after_a_merge_are_heard_on_the_survivor_in_any_order(small: World) -> None:
    await tell(small, MERGE)
    expected = {name: shape(one) for name, one in (await incidents(small)).items()}
    waits = [clock for clock in expected["servicenow:B"][-1] if clock[0] == "next_response"]
    assert [(clock[2], clock[3], clock[5]) for clock in waits] == [
        (ClockState.MET, NOON + 10 * MINUTE, NOON + 60 * MINUTE),
        (ClockState.RUNNING, NOON + 70 * MINUTE, None),
    ]
    assert expected["servicenow:B"][1] == "P2"
    for order in list(permutations(MERGE))[11::4_000]:
        async with small.store.transaction() as connection:
            for table in (tables.inbox, tables.event, tables.log, tables.alias):
                await connection.execute(table.delete())
        await tell(small, order)
        assert {name: shape(one) for name, one in (await incidents(small)).items()} == expected


async def test_a_survivor_that_nobody_knows_is_opened_only_by_a_waiting_word_and_says_so(world: World) -> None:
    await tell(world, [*MERGE[:2], MERGE[5]])
    assert list(await incidents(world)) == ["servicenow:A"]
    await tell(world, [stated(20, 30, "customer_replied", "A", actor="customer")])
    found = (await incidents(world))["servicenow:B"]
    assert RemarkKind.STANDS_IN in {remark.kind for remark in found.remarks}
    assert found.contract.id == "acme"
    await tell(world, [MERGE[3]])
    known = (await incidents(world))["servicenow:B"]
    assert RemarkKind.STANDS_IN not in {remark.kind for remark in known.remarks}
    assert known.priority == "P2"


async def test_two_that_are_merged_into_each_other_leave_one_that_hears(world: World) -> None:
    await tell(world, [*MERGE[:6], stated(9, 40, "merged", "B", merged_into="A")])
    await tell(world, [stated(10, 50, "customer_replied", "B", actor="customer")])
    found = await incidents(world)
    assert [found[name].phase for name in ("servicenow:A", "servicenow:B")] == [Phase.OPEN, Phase.MERGED]
    assert [clock.state for clock in found["servicenow:A"].clocks if clock.metric == "next_response"] == [
        ClockState.RUNNING
    ]


async def test_merged_into_one_that_was_moved(world: World) -> None:
    moved = stated(11, 15, "renamed", "Z", data={"known_as": "B"})
    await tell(world, [*MERGE[:6], moved, *MERGE[6:]])
    found = await incidents(world)
    assert found["servicenow:B"].merged_into == "servicenow:Z"
    waits = [clock for clock in found["servicenow:Z"].clocks if clock.metric == "next_response"]
    assert [clock.started_at for clock in waits] == [NOON + 10 * MINUTE, NOON + 70 * MINUTE]


# -- any story


def story(chance: Random) -> list[dict[str, Any]]:
    """Tickets that are answered, moved, merged, reopened and closed, each thing at an instant of its own."""
    minutes = iter(sorted(chance.sample(range(1, 170), 40)))
    told, number = [], 1000 + chance.randrange(10**9)

    def say(kind: str, subject: str, **values: Any) -> None:
        told.append(stated(number + len(told), next(minutes), kind, subject, **values))

    names = {one: [one] for one in "ABC"}
    for one in names:
        say("opened", one, actor="customer", priority=chance.choice(("P1", "P2")))
    for _ in range(chance.randint(4, 14)):
        one = chance.choice("ABC")
        name = chance.choice(names[one])
        match chance.choice(("move", "merge", "merge", "customer", "customer", "staff", "staff", "reopen", "close")):
            case "move":
                new = f"{one}{len(names[one])}"
                say("renamed", names[one][-1], data={"known_as": new})
                names[one].append(new)
            case "merge":
                other = chance.choice([two for two in "ABC" if two != one])
                say("merged", name, merged_into=chance.choice(names[other]))
            case "customer":
                say("customer_replied", name, actor="customer")
            case "staff":
                say("responded", name, actor="staff")
            case "reopen":
                say("reopened", name, actor=chance.choice(("customer", "staff")))
            case "close":
                say("closed", name, actor="staff")
    return told


async def ends_the_same(world: World, seed: int, orders: int) -> None:
    chance = Random(seed)
    told = story(chance)
    expected: Any = None
    for number in range(orders + 1):
        async with world.store.transaction() as connection:
            for table in (tables.inbox, tables.event, tables.log, tables.alias):
                await connection.execute(table.delete())
        await tell(world, told if number == 0 else chance.sample(told, len(told)))
        aliases = {row.name for row in await world.rows(tables.alias) if row.kind == "moved"}
        found = {name: one for name, one in (await incidents(world)).items() if name not in aliases}
        shapes = {name: shape(one) for name, one in found.items()}
        assert set(shapes) == {"servicenow:A", "servicenow:B", "servicenow:C"}
        expected = expected or shapes
        assert shapes == expected, (seed, number)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.long
async def test_any_story_ends_the_same_whatever_the_order(small: World, seed: int) -> None:
    await ends_the_same(small, seed, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
async def test_many_stories_end_the_same_whatever_the_order(small: World, seed: int) -> None:
    await ends_the_same(small, seed, 6)


# -- whose


def confined(number: int, minute: int, kind: str, subject: str, **values: Any) -> dict[str, Any]:
    event = stated(number, minute, kind, subject, **values)
    if kind == "opened":
        event["data"]["customer"] = "Formosa"
    return event


@pytest.mark.parametrize(
    ("kind", "data"),
    [("merged", {"merged_into": "THEIRS"}), ("renamed", {"known_as": "THEIRS"})],
)
async def test_a_key_joins_no_name_with_anothers_incident(world: World, kind: str, data: Any) -> None:
    """THEIRS was reported by this key too, and is another customer's by now."""
    await tell(world, [confined(1, 0, "opened", "MINE"), confined(2, 0, "opened", "THEIRS")], FORMOSA)
    await tell(world, [stated(3, 30, "reclassified", "THEIRS", customer="Acme") | {"source": "key-formosa-only"}])
    for number, minute in ((4, 20), (5, 40)):  # also before it moved: a name is joined for good
        answer = (await tell(world, [stated(number, minute, kind, "MINE", data=data)], FORMOSA))[0]
        assert (answer["outcome"], answer["reason"]["code"]) == ("parked", "other_contract")
    assert await world.rows(tables.alias) == []


async def test_a_keys_words_are_not_carried_to_a_survivor_that_has_moved_to_another(world: World) -> None:
    await tell(world, [confined(1, 0, "opened", "MINE"), confined(2, 0, "opened", "THEIRS")], FORMOSA)
    await tell(world, [stated(3, 10, "merged", "MINE", merged_into="THEIRS")], FORMOSA)
    await tell(world, [stated(4, 30, "reclassified", "THEIRS", customer="Acme") | {"source": "key-formosa-only"}])
    before = len(await published(world))
    await tell(world, [stated(5, 40, "customer_replied", "MINE", actor="customer")], FORMOSA)
    assert [event.incident for event in (await published(world))[before:]] in ([], ["key-formosa-only:MINE"])
    theirs = [event for event in await published(world) if event.incident == "key-formosa-only:THEIRS"]
    assert all(event.occurred_at < NOON + 40 * MINUTE for event in theirs)


# -- at the same time


async def test_two_deliveries_in_one_commit(world: World) -> None:
    world.time.at = NOON + timedelta(hours=1)
    await play(world, STORY[:1])
    answers = await asyncio.gather(
        world.github(answered_there(), event="issue_comment"), world.github(transferred()), world.github(arrived())
    )
    assert {answer.status_code for answer in answers} == {202}
    first = next(
        clock for clock in (await incidents(world))["github-acme:77"].clocks if clock.metric == "first_response"
    )
    assert first.state is ClockState.MET


@pytest.fixture
async def twin(world: World, store_url: str) -> AsyncIterator[World]:
    """Another instance; on PostgreSQL with connections of its own."""
    store = world.store if store_url.startswith("sqlite") else Store(store_url)
    async with serving(store, world.time) as other:
        other.catalogue.append(world.catalogue[-1])
        yield other
    if store is not world.store:
        await store.close()


async def test_two_instances_miss_nothing_of_each_other(world: World, twin: World) -> None:
    world.time.at = NOON + timedelta(hours=3)
    for number in range(12):
        old, new = f"A{number}", f"B{number}"
        await world.event(stated(number * 10 + 1, 0, "opened", old))
        await asyncio.gather(
            world.event(stated(number * 10 + 2, 5, "renamed", old, data={"known_as": new})),
            twin.event(stated(number * 10 + 3, 10, "responded", new, actor="staff")),
        )
    found = await incidents(world)
    for number in range(12):
        first = next(c for c in found[f"servicenow:A{number}"].clocks if c.metric == "first_response")
        assert (first.state, first.stopped_at) == (ClockState.MET, NOON + 10 * MINUTE)


async def test_names_that_are_joined_after_the_look_are_seen(
    world: World, twin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other instance commits between this one's look at the names and its transaction."""
    await tell(world, [MOVES[0]])
    real, once = kept.load_names, [True]

    async def slow(connection: Any, names: Any) -> Any:
        found = await real(connection, names)
        if once and "servicenow:B" in names:
            once.clear()
            await twin.event(MOVES[1])
        return found

    monkeypatch.setattr("sla_ingest.inbox.load_names", slow)
    (answer,) = await tell(world, [MOVES[2]])
    assert answer["events"][0]["incident"] == "servicenow:A"
    assert list(await incidents(world)) == ["servicenow:A"]


# -- and in the end


async def test_names_go_with_their_incident_and_a_late_word_under_any_of_them_begins_nothing(world: World) -> None:
    await tell(world, [*MOVES[:3], *MERGE[3:5], stated(6, 20, "merged", "M", merged_into="B")])
    await tell(world, [stated(20, 100, "closed", "A")])
    world.time.at = NOON + timedelta(days=408)
    await world.ingest.forgetting.once(between=0)
    assert await world.rows(tables.alias) == []
    answer = await world.event(stated(21, 110, "customer_replied", "B", actor="customer"))
    assert answer.status_code == 202
    forgotten = {row.incident for row in await world.rows(tables.tombstone)}
    assert {"servicenow:A", "servicenow:B"} <= forgotten


async def test_a_parked_one_that_is_replayed_joins_names_too(small: World) -> None:
    async def replay() -> Any:
        listed = (await small.client.get("/v1/parked", headers=ADMIN)).json()["parked"]
        return await small.client.post(f"/v1/parked/{listed[0]['id']}/replay", headers=ADMIN)

    await tell(small, [MOVES[0]])
    later = MOVES[1] | {"type": "io.slad.incident.renamed.v9"}
    assert (await small.event(later)).json()["outcome"] == "parked"
    async with small.store.transaction() as connection:
        body = orjson.dumps(MOVES[1])
        await connection.execute(tables.inbox.update().where(tables.inbox.c.outcome == "parked").values(body=body))
    assert (await replay()).status_code == 202
    await tell(small, [MOVES[2]])
    assert list(await incidents(small)) == ["servicenow:A"]


# -- how much may belong together


async def told_in_one(world: World, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    world.time.at = max(world.time.at, NOON + timedelta(hours=3))
    answer = await world.batch(list(events))
    assert answer.status_code == 202, answer.text
    told: list[dict[str, Any]] = answer.json()["deliveries"]
    return told


async def test_a_ticket_merged_into_very_many_is_heard_on_some_and_the_rest_is_parked(world: World) -> None:
    """Otherwise each of its words is stored as often as its sender likes."""
    await told_in_one(world, [stated(number, 0, "opened", f"F{number}") for number in range(14)])
    merges = [stated(100 + number, 10, "merged", "F0", merged_into=f"F{number}") for number in range(1, 14)]
    told = await told_in_one(world, merges)
    assert [each["outcome"] for each in told] == ["accepted"] * 10 + ["parked"] * 3
    assert {each["reason"]["code"] for each in told if "reason" in each} == {"too_many_names"}
    before = await world.count(tables.event)
    await told_in_one(world, [stated(200, 20, "customer_replied", "F0", actor="customer")])
    assert await world.count(tables.event) - before == 11


async def test_a_chain_of_names_ends_where_nobody_could_have_moved_so_often(world: World) -> None:
    """Each move tells all again that was stored under the name before."""
    chain = [stated(number, 10, "renamed", f"C{number + 1}", known_as=f"C{number}") for number in range(52)]
    told = await told_in_one(world, chain)
    assert [number for number, each in enumerate(told) if each["outcome"] == "parked"] == [50]


async def test_a_merge_into_a_ticket_of_many_copies_what_is_new_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    copy_all = joining._copy_all

    async def noted(connection: Any, source: Any, survivor: Any, names: Any) -> None:
        asked.append((source, survivor))
        await copy_all(connection, source, survivor, names)

    monkeypatch.setattr(joining, "_copy_all", noted)
    await told_in_one(world, [stated(number, 0, "opened", f"S{number}") for number in range(12)])
    await told_in_one(world, [stated(100 + n, 10, "merged", f"S{n}", merged_into="S0") for n in range(1, 12)])
    assert len(asked) == len(set(asked)) == 11
    assert len((await incidents(world))["servicenow:S0"].remarks) >= 11


async def test_a_large_batch_of_merges_leaves_others_their_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a transaction of its own: a commit holds only as many as others can wait for, and one is waited for."""
    commit, sizes, waiting = world.ingest.commit, [], [0]
    queued = commit._queued

    async def noted(entries: Sequence[Any], sender: str, *, counted: bool) -> Any:
        sizes.append(len(entries))
        waiting[0] += 1
        assert waiting[0] == 1
        try:
            return await queued(entries, sender, counted=counted)
        finally:
            waiting[0] -= 1

    monkeypatch.setattr(commit, "_queued", noted)
    merges = [stated(n, 10, "merged", f"T{2 * n}", merged_into=f"T{2 * n + 1}") for n in range(25)]
    await told_in_one(world, merges)
    assert sizes == [4] * 6 + [1]
