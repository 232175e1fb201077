"""The audit of pauses over HTTP: how long, met while paused, the customer's word, and whose pauses they are."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.board.bench import BoardBench, HandTime, bench
from tests.integration.board.test_breakdowns import OWN, RULES, tell
from tests.integration.board.test_projection import rows
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_platform.http.keys import KeyGate


def _key(text: str, contract: str | None = None) -> ApiKey:
    digest = hashlib.sha256(text.encode()).hexdigest()
    one = ContractId(contract) if contract else None
    return ApiKey(id=KeyId(text), sha256=digest, scopes=frozenset({KeyScope.READ}), contract=one)


KEYS = (_key("all"), _key("acme-alone", "acme"), _key("umbrella-alone", "umbrella"))


@pytest.fixture
async def audited(store_url: str) -> AsyncIterator[BoardBench]:
    async with bench(store_url, KeyGate(lambda: KEYS, HandTime())) as built:
        built.rulebook = RULES
        await tell(built, *_long_wait(), *_met_while_paused(), *_others())
        yield built


@pytest.fixture
async def client(audited: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=audited.app)
    headers = {"Authorization": "Bearer all"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", headers=headers) as opened:
        yield opened


def _long_wait() -> list[Any]:
    """From Thursday evening on: three days by the wall clock, eight hours of the office; the customer has spoken."""
    ticket, since = Ticket("jira-acme:LONG"), NOW - timedelta(days=3, hours=-4)
    return [
        ticket.event(at=since - minutes(60), **OWN),
        ticket.event(EventKind.WAITING, since, waiting_on=WaitingOn.CUSTOMER, actor=Actor.STAFF, actor_name="Ann",
                     reason="the log files"),
        ticket.event(EventKind.COMMENTED, since + minutes(30), actor=Actor.CUSTOMER),
        ticket.event(EventKind.COMMENTED, since + minutes(40), actor=Actor.STAFF),
    ]  # fmt: skip


def _met_while_paused() -> list[Any]:
    ticket = Ticket("jira-acme:MET")
    return [
        ticket.event(at=NOW - minutes(120), **OWN),
        ticket.event(EventKind.WAITING, NOW - minutes(90), waiting_on=WaitingOn.VENDOR, actor=Actor.STAFF,
                     actor_name="Bob", changed={"defect": "DEF-7"}),
        ticket.event(EventKind.UPDATED, NOW - minutes(60), changed={"assignee": "bob"}),
        ticket.event(EventKind.RESOLVED, NOW - minutes(30), actor=Actor.STAFF),
    ]  # fmt: skip


def _others() -> list[Any]:
    ticket = Ticket("jira-umb:1", customer="Umbrella AG")
    return [
        ticket.event(at=NOW - minutes(120)),
        ticket.event(EventKind.WAITING, NOW - minutes(60), waiting_on=WaitingOn.CUSTOMER),
        ticket.event(EventKind.RESUMED, NOW - minutes(20)),
        ticket.event(EventKind.RESOLVED, NOW - minutes(10)),
        ticket.event(EventKind.REOPENED, NOW - minutes(5)),
    ]


async def listed(client: httpx2.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/pauses", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["pauses"]
    return found


async def test_pauses_are_listed_the_newest_first_with_what_an_audit_asks(client: httpx2.AsyncClient) -> None:
    found = await listed(client)
    assert [(one["incident"], one["metric"]) for one in found] == [
        ("jira-umb:1", "resolution"),
        ("jira-acme:MET", "resolution"),
        ("jira-acme:LONG", "resolution"),
    ]
    one, met, long = found
    assert (one["wall_seconds"], one["counted_seconds"], one["verdict"], one["customer_words"]) == (2400, 2400, "", 0)
    assert (met["verdict"], met["defect"], met["set_by"], met["holders"]) == (
        "met", "DEF-7", "Bob", ["ann · line 1", "bob · line 1"],
    )  # fmt: skip
    assert (long["ended_at"], long["wall_seconds"]) == (None, timedelta(days=2, hours=20).total_seconds())
    assert long["counted_seconds"] == 4 * 3600, "Monday from 9:00 to 13:00 in Warsaw; the rest was a weekend"
    assert (long["why"], long["customer_words"], long["page"]) == (
        "the log files", 1, "/incidents/jira-acme:LONG",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "incidents"),
    [
        ({"longer_than": "2d"}, ["jira-acme:LONG"]),
        ({"longer_than": "4h", "measure": "counted"}, ["jira-acme:LONG"]),
        ({"longer_than": "5h", "measure": "counted"}, []),
        ({"longer_than": "1h", "measure": "counted"}, ["jira-acme:MET", "jira-acme:LONG"]),
        ({"met": "true"}, ["jira-acme:MET"]),
        ({"spoken": "true"}, ["jira-acme:LONG"]),
        ({"open": "true"}, ["jira-acme:LONG"]),
        ({"contract": "umbrella"}, ["jira-umb:1"]),
        ({"waiting_on": "vendor"}, ["jira-acme:MET"]),
        ({"from": "2026-11-16T00:00:00Z", "to": "2026-11-16T10:45:00Z"}, ["jira-acme:MET"]),
    ],
)
async def test_a_filter_finds_what_it_says(
    client: httpx2.AsyncClient, asked: dict[str, str], incidents: list[str]
) -> None:
    assert [one["incident"] for one in await listed(client, **asked)] == incidents
    shares = (await client.get("/v1/pauses/shares", params=asked)).json()
    assert shares["pauses"] == len(incidents)


async def test_pages_follow_each_other_without_a_gap(client: httpx2.AsyncClient) -> None:
    seen, after = list[str](), ""
    for _ in range(4):
        answer = (await client.get("/v1/pauses", params={"limit": 1, "after": after})).json()
        seen += [one["incident"] for one in answer["pauses"]]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert seen == ["jira-umb:1", "jira-acme:MET", "jira-acme:LONG"]


async def test_paused_time_is_shared_out_by_person_without_remainder(client: httpx2.AsyncClient) -> None:
    sums = (await client.get("/v1/pauses/shares", params={"contract": "acme"})).json()
    whole = timedelta(days=2, hours=20) + minutes(60)
    assert sums["wall_seconds"] == whole.total_seconds()
    by_holder = {one["name"]: one["wall_seconds"] for one in sums["by_holder"]}
    assert by_holder == {"ann · line 1": (whole - minutes(30)).total_seconds(), "bob · line 1": 1800.0}
    assert {one["name"]: one["wall_seconds"] for one in sums["by_setter"]} == {
        "Ann": (whole - minutes(60)).total_seconds(), "Bob": 3600.0,
    }  # fmt: skip
    for by in ("by_holder", "by_setter", "by_party"):
        assert sum(one["share"] for one in sums[by]) == pytest.approx(1, abs=1e-5)


async def test_a_key_of_one_contract_sees_its_own_pauses(audited: BoardBench) -> None:
    transport = httpx2.ASGITransport(app=audited.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        client.headers["Authorization"] = "Bearer umbrella-alone"
        assert [one["incident"] for one in await listed(client)] == ["jira-umb:1"]
        assert await listed(client, contract="acme") == []
        assert (await client.get("/v1/pauses/shares", params={"contract": "acme"})).json()["pauses"] == 0
        page = (await client.get("/pauses")).text
        assert "jira-umb:1" in page
        assert "jira-acme" not in page


async def test_the_page_leads_to_the_incidents(client: httpx2.AsyncClient) -> None:
    page = await client.get("/pauses", params={"contract": "acme"})
    assert page.status_code == 200
    for words in (
        'href="/incidents/jira-acme:LONG"',
        "met while paused",
        "the customer spoke",
        "defect",
        "Ann",
        "2d 21h",
    ):
        assert words in page.text
    assert "No pause fits this filter." in (await client.get("/pauses?longer_than=900d")).text


@pytest.mark.parametrize(
    ("query", "pointer", "says"),
    [
        ("longer_than=3", "/longer_than", "has no unit"),
        ("longer_than=-4h", "/longer_than", "negative"),
        ("measure=sun", "/measure", "wall"),
        ("after=x", "/after", "`next`"),
        ("from=2026-11-16", "/from", "offset"),
        ("waiting_on=godot", "/waiting_on", "customer"),
    ],
)
async def test_bad_input_is_told_with_its_place(
    client: httpx2.AsyncClient, query: str, pointer: str, says: str
) -> None:
    answer = await client.get(f"/v1/pauses?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    error = answer.json()["errors"][0]
    assert error["pointer"] == pointer
    assert says in error["detail"]


async def test_the_time_till_a_reopening_is_no_pause(audited: BoardBench) -> None:
    kept = [row for row in await rows(audited, tables.pause) if row["incident"] == "jira-umb:1"]
    assert [(row["started_at"], row["ended_at"]) for row in kept] == [(NOW - minutes(60), NOW - minutes(20))]
