"""Why promises were broken: listed, explained once and again, kept with who said it, and asked for where required."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.integration.board.bench import BoardBench, HandTime, bench
from tests.integration.board.test_breakdowns import tell
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.shown.breaches import lacking_breaches
from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.breach_reason import BreachReasons, ReasonCode
from sla_domain.contract import ContractId
from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_domain.plan import PlanId
from sla_platform.audit.store import AuditFilter, newest
from sla_platform.http.keys import KeyGate

STRICT = BreachReasons((ReasonCode("busy", {"en": "Nobody was free", "pl": "Brak ludzi"}),
                        ReasonCode("else", {}, needs_text=True)), required_before_freeze=True)  # fmt: skip
GOLD = plan(row("resolution", "4h"), id_="gold")
RULES = rulebook(
    (GOLD, replace(GOLD, id=PlanId("strict"), breach_reasons=STRICT)),
    contract("acme", plan="gold"),
    contract("umbrella", plan="strict"),
)


def _key(text: str, *scopes: KeyScope, contract: str | None = None) -> ApiKey:
    digest = hashlib.sha256(text.encode()).hexdigest()
    one = ContractId(contract) if contract else None
    return ApiKey(id=KeyId(text), sha256=digest, scopes=frozenset(scopes), contract=one)


KEYS = (
    _key("desk", KeyScope.READ, KeyScope.ACK),
    _key("reader", KeyScope.READ),
    _key("acme-desk", KeyScope.READ, KeyScope.ACK, contract="acme"),
)
ACME, UMBRELLA = Ticket("jira-acme:1", left=-60), Ticket("jira-umb:1", left=-30, contract="umbrella", plan="strict")
EXEMPT, FINE = Ticket("jira-umb:2", left=-20, contract="umbrella", plan="strict"), Ticket("jira-acme:3", left=60)


@pytest.fixture
async def broken(store_url: str) -> AsyncIterator[BoardBench]:
    async with bench(store_url, KeyGate(lambda: KEYS, HandTime())) as built:
        built.rulebook = RULES
        for ticket in (ACME, UMBRELLA, EXEMPT):
            await tell(built, ticket.event(at=NOW - minutes(180)), ticket.started(), ticket.breached())
        excused = {"exempt": "storm", "exempt_by": "Bob"}
        await tell(
            built,
            EXEMPT.fact(FactKind.CLOCK_AMENDED, "exempted", NOW, state="running", details=excused),
            ACME.event(EventKind.RESOLVED, NOW - minutes(10)),
            ACME.missed(NOW - minutes(10)),
            FINE.event(at=NOW - minutes(180)),
            FINE.started(),
        )
        yield built


@pytest.fixture
async def client(broken: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=broken.app)
    headers = {"Authorization": "Bearer desk"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", headers=headers) as opened:
        yield opened


async def listed(client: httpx2.AsyncClient, **asked: str) -> list[str]:
    answer = await client.get("/v1/breaches", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["incident"] for one in answer.json()["breaches"]]


def reason(ticket: Ticket) -> str:
    return f"/v1/breaches/{ticket.clock}/reason"


async def acts(board: BoardBench) -> list[tuple[str, str, str]]:
    async with board.store.reading() as connection:
        found = await newest(connection, tables.audit, AuditFilter(), 0, 50)
    return [(row.actor, row.act, row.contract) for row in reversed(found)]


async def test_breaches_are_listed_the_newest_first_and_filtered(client: httpx2.AsyncClient) -> None:
    assert await listed(client) == ["jira-umb:2", "jira-umb:1", "jira-acme:1"]
    assert await listed(client, unexplained="true") == ["jira-umb:1", "jira-acme:1"], "an exempt one needs no reason"
    assert await listed(client, lacking="true") == ["jira-umb:1"], "only one plan requires a reason"
    assert await listed(client, contract="acme") == ["jira-acme:1"]
    assert await listed(client, period="2026-11", contract="umbrella") == ["jira-umb:2", "jira-umb:1"]
    assert await listed(client, period="2026-Q3") == []
    assert await listed(client, **{"from": "2026-11-16T11:25:00Z", "to": "2026-11-16T11:35:00Z"}) == ["jira-umb:1"]
    pages = []
    after = ""
    for _ in range(3):
        answer = (await client.get("/v1/breaches", params={"limit": 1, "after": after})).json()
        pages += [one["incident"] for one in answer["breaches"]]
        after = answer["next"]
    assert (pages, after) == (["jira-umb:2", "jira-umb:1", "jira-acme:1"], None)


async def test_a_breach_is_explained_once_and_otherwise_and_everything_said_stays(
    broken: BoardBench, client: httpx2.AsyncClient
) -> None:
    said = {"code": "late_handover", "text": "nobody owned it at 18:00", "by": "Anna"}
    first = await client.put(reason(ACME), json=said)
    assert (first.status_code, first.json()["changed"]) == (200, True)
    assert first.json()["reason"] == {
        "code": "late_handover", "title": "Handed over late", "text": "nobody owned it at 18:00",
        "by": "Anna (key desk)", "at": "2026-11-16T12:00:00Z",
    }  # fmt: skip
    again = await client.put(reason(ACME), json=said)
    assert (again.json()["changed"], len(again.json()["history"])) == (False, 1)
    broken.time.pass_(minutes(5))
    other = (await client.put(reason(ACME) + "?lang=pl", json={"code": "vendor"})).json()
    assert (other["changed"], other["reason"]["title"]) == (True, "Opóźnienie po stronie dostawcy")
    assert [one["code"] for one in other["history"]] == ["late_handover", "vendor"]
    assert await acts(broken) == [("key:desk", "breach.explained", "acme")] * 2
    assert await listed(client, unexplained="true") == ["jira-umb:1"]
    read = (await client.get(f"/v1/breaches/{ACME.clock}")).json()
    assert (read["history"], read["codes"][-1]["needs_text"]) == (
        (await client.get(f"/v1/breaches/{ACME.clock}?lang=en")).json()["history"], True,
    )  # fmt: skip
    twin = (await client.get("/v1/board/incidents/jira-acme:1")).json()["breaches"]
    assert [one["code"] for one in twin[0]["reasons"]] == ["late_handover", "vendor"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"code": "sunspots"}, 422, "it offers busy, else"),
        ({"code": "else"}, 422, "write a text"),
        ({"code": ""}, 422, "at least 1 character"),
        ({"code": "busy", "why": "x"}, 422, "not permitted"),
        ({"code": "busy", "text": "x" * 501}, 422, "at most 500"),
        ({"code": "busy", "by": "a\nb"}, 422, "control characters"),
    ],
)
async def test_what_does_not_fit_is_told_and_writes_nothing(
    broken: BoardBench, client: httpx2.AsyncClient, body: dict[str, str], status: int, says: str
) -> None:
    answer = await client.put(reason(UMBRELLA), json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    error = answer.json()["errors"][0]
    assert says in error["detail"]
    assert error["pointer"] in ("/code", "/text", "/by", "/why")
    assert await acts(broken) == []


async def test_only_a_breach_is_explained_and_by_a_key_that_may(broken: BoardBench, client: httpx2.AsyncClient) -> None:
    said = {"code": "hard"}
    assert (await client.put(reason(FINE), json=said)).status_code == 409
    assert (await client.put("/v1/breaches/none/reason", json=said)).status_code == 404
    assert (await client.put(reason(Ticket("jira:unknown")), json=said)).status_code == 404
    for key, status in (("reader", 403), ("nobody", 401), ("acme-desk", 404)):
        headers = {"Authorization": f"Bearer {key}"}
        answer = await client.put(reason(UMBRELLA), json={"code": "busy"}, headers=headers)
        assert answer.status_code == status, key
    assert await acts(broken) == []
    mine = {"Authorization": "Bearer acme-desk"}
    assert (await client.put(reason(ACME), json=said, headers=mine)).status_code == 200
    assert (await client.get("/v1/breaches", headers=mine)).json()["breaches"][0]["incident"] == "jira-acme:1"
    assert len((await client.get("/v1/breaches", headers=mine)).json()["breaches"]) == 1
    assert (await client.get(f"/v1/breaches/{UMBRELLA.clock}", headers=mine)).status_code == 404


async def test_a_breach_that_is_taken_back_is_no_longer_asked_about(
    broken: BoardBench, client: httpx2.AsyncClient
) -> None:
    await client.put(reason(UMBRELLA), json={"code": "busy"})
    await broken.tell(UMBRELLA.taken_back(NOW))
    assert await listed(client, contract="umbrella") == ["jira-umb:2"]
    assert (await client.put(reason(UMBRELLA), json={"code": "busy"})).status_code == 409


async def test_the_page_asks_for_a_reason_and_shows_what_was_said(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/incidents/jira-acme:1")).text
    for words in ("It is resolved, and 1 breach has no reason yet", "Nobody was free", reason(ACME), "Say why"):
        assert words in page
    strict = (await client.get("/incidents/jira-umb:1")).text
    assert "the plan wants one before the period is frozen" in strict
    assert "It is exempt: no reason is asked for." in (await client.get("/incidents/jira-umb:2")).text
    await client.put(reason(ACME), json={"code": "other", "text": "<b>fire</b>", "by": "Anna"})
    page = (await client.get("/incidents/jira-acme:1")).text
    assert "no reason yet" not in page
    for words in ("Another reason", "&lt;b&gt;fire&lt;/b&gt;", "Anna (key desk)", "Say another reason"):
        assert words in page
    listed_page = (await client.get("/breaches", params={"contract": "acme"})).text
    assert f"/incidents/jira-acme:1#b-{ACME.clock}" in listed_page
    assert "Another reason" in listed_page


async def test_a_period_is_not_to_be_frozen_while_a_required_reason_lacks(
    broken: BoardBench, client: httpx2.AsyncClient
) -> None:
    async def lacking(contract: str) -> list[str]:
        def reasons(plan: str) -> BreachReasons:
            return RULES.plans[PlanId(plan)].breach_reasons

        async with broken.store.reading() as connection:
            found = await lacking_breaches(connection, contract, NOW - minutes(60 * 24), NOW, reasons)
        return [one.incident for one in found]

    assert (await lacking("umbrella"), await lacking("acme")) == (["jira-umb:1"], [])
    await client.put(reason(UMBRELLA), json={"code": "busy"})
    assert await lacking("umbrella") == []


async def test_what_another_contract_said_before_the_ticket_moved_explains_nothing(
    broken: BoardBench, client: httpx2.AsyncClient
) -> None:
    await client.put(reason(UMBRELLA), json={"code": "busy"})
    async with broken.store.transaction() as connection:  # as if it had been said while the ticket was Acme's
        await connection.execute(tables.breach_reason.update().values(contract="acme"))
    assert await listed(client, lacking="true") == ["jira-umb:1"], "no period is frozen on another's word"
    assert await listed(client, unexplained="true") == ["jira-umb:1", "jira-acme:1"]
    read = (await client.get(f"/v1/breaches/{UMBRELLA.clock}")).json()
    assert (read["reason"], len(read["history"])) == (None, 1), "who sees all contracts sees what was said"
    same = (await client.put(reason(UMBRELLA), json={"code": "busy"})).json()
    assert (same["changed"], same["reason"]["code"]) == (True, "busy")
    assert await listed(client, lacking="true") == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("period=2026-13", "/period"), ("period=2026-11&from=2026-11-01T00:00:00Z", "/period"), ("after=1.x", "/after"),
     ("limit=0", "/limit"), ("to=tomorrow", "/to")],
)  # fmt: skip
async def test_a_list_that_makes_no_sense_is_told(client: httpx2.AsyncClient, query: str, pointer: str) -> None:
    answer = await client.get(f"/v1/breaches?{query}")
    assert answer.status_code == 422
    problem: dict[str, Any] = answer.json()
    assert problem["errors"][0]["pointer"] == pointer
