"""Attainment over HTTP, told as stories of one month of one contract (clause E4)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.integration.board.bench import HOURS, BoardBench, HandTime, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.clock import ClockState
from sla_domain.contract import ContractId
from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_domain.objective import CountedUnit, Objective, PeriodKind, ServiceCredit
from sla_domain.rulebook import Rulebook
from sla_platform.envelope import Envelope
from sla_platform.http.keys import KeyGate

WITHIN = Objective(
    id="within-sla",
    percent=Decimal(90),
    credits=(ServiceCredit(Decimal(90), Decimal(5)), ServiceCredit(Decimal(80), Decimal(10))),
    titles={"en": "Within the SLA", "pl": "W ramach SLA"},
    clause="E4",
)


def promising(*objectives: Objective, **fields: Any) -> Rulebook:
    """The rulebook of the bench, in which `acme` has these objectives."""
    acme = replace(HOURS.contracts[ContractId("acme")], objectives=objectives, **fields)
    return replace(HOURS, contracts={**HOURS.contracts, acme.id: acme})


@pytest.fixture
async def client(board: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    board.rulebook = promising(WITHIN)
    transport = httpx2.ASGITransport(app=board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


async def attainment(client: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/v1/attainment", params={"contract": "acme"} | asked)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["contracts"]
    return found


def counts(found: dict[str, Any]) -> tuple[int, int, int, int, float | None]:
    said = found["counts"]
    return (*(said[name]["count"] for name in ("met", "missed", "exempt", "open")), said["share_percent"])


def met(number: int, at: datetime = NOW, **fields: Any) -> list[Envelope]:
    """A request that was done in time and closed."""
    ticket = Ticket(f"a:met-{number}", left=(at - NOW) / minutes(1) + 5, **fields)
    return [ticket.event(at=at - minutes(60)), ticket.started(at - minutes(60)), ticket.met(at), closed(ticket, at)]


def missed(number: int, at: datetime = NOW, **fields: Any) -> list[Envelope]:
    """A request that passed its due instant at `at`, and runs on."""
    ticket = Ticket(f"a:missed-{number}", left=(at - NOW) / minutes(1), **fields)
    return [ticket.event(at=at - minutes(60)), ticket.started(at - minutes(60)), ticket.breached(at)]


def closed(ticket: Ticket, at: datetime) -> Envelope:
    return ticket.event(EventKind.CLOSED, at)


def told(lives: list[list[Envelope]]) -> list[Envelope]:
    return [envelope for life in lives for envelope in life]


async def test_a_month_with_nine_of_ten_in_time_keeps_ninety_percent(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await board.tell(*told([met(n) for n in range(9)] + [missed(1)]))
    found = await attainment(client)
    (objective,) = found["objectives"]
    assert counts(objective) == (9, 1, 0, 0, 90.0)
    assert (objective["standing"], objective["misses_left"], objective["credit_percent"]) == ("at_risk", 0, None)
    assert (found["period"], found["provisional"], found["zone"]) == ("2026-11", True, "Europe/Warsaw")
    assert (found["start"], found["end"]) == ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")
    await board.tell(*missed(2))
    (objective,) = (await attainment(client))["objectives"]
    assert counts(objective) == (9, 2, 0, 0, 81.81)
    assert (objective["standing"], objective["misses_left"], objective["credit_percent"]) == ("exhausted", -1, 5.0)


async def test_nothing_fell_due_is_a_state_of_its_own(client: httpx2.AsyncClient) -> None:
    found = await attainment(client, period="2026-10")
    assert found["nothing_due"]
    assert found["notes"] == ["No promises fell due."]
    (objective,) = found["objectives"]
    assert (objective["standing"], objective["counts"]["share_percent"]) == ("nothing_due", None)
    page = await client.get("/attainment", params={"contract": "acme", "period": "2026-10"})
    assert "no promises fell due" in page.text
    assert ">0 %" not in page.text
    assert ">100 %" not in page.text


async def test_a_request_counts_once_by_its_first_missed_clock(board: BoardBench, client: httpx2.AsyncClient) -> None:
    october = datetime(2026, 10, 20, 12, tzinfo=UTC)
    reply = Ticket("a:1", left=(october - NOW) / minutes(1), metric="first_response")
    work = Ticket("a:1", left=30, metric="resolution")
    await board.tell(
        reply.event(at=october - minutes(60)), reply.started(october - minutes(60)), reply.breached(october),
        work.started(october - minutes(60)), work.met(NOW), closed(work, NOW),
    )  # fmt: skip
    november = await attainment(client)
    assert counts(november["objectives"][0])[:2] == (0, 0)
    assert [counts(cell)[:2] for cell in november["clocks"]] == [(1, 0)]
    assert counts((await attainment(client, period="2026-10"))["objectives"][0])[:2] == (0, 1)


async def test_an_exempt_clock_stands_apart_with_reason_and_author(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    ticket = Ticket("a:missed-7", left=0)
    details = {"exempt": "flood in the data centre", "exempt_by": "Iza"}
    excused = ticket.fact(FactKind.CLOCK_AMENDED, "exempt/1", NOW, state="running", details=details)
    await board.tell(*met(1), *missed(7), excused)
    found = await attainment(client)
    assert counts(found["objectives"][0]) == (1, 0, 1, 0, 100.0)
    (exemption,) = found["exemptions"]
    assert (exemption["incident"], exemption["reason"], exemption["by"], exemption["verdict"]) == (
        "a:missed-7", "flood in the data centre", "Iza", "missed",
    )  # fmt: skip
    page = await client.get("/attainment?contract=acme")
    assert "flood in the data centre" in page.text


async def test_open_ones_are_forecast_with_the_assumption_said(board: BoardBench, client: httpx2.AsyncClient) -> None:
    october = datetime(2026, 10, 20, 12, tzinfo=UTC)
    waiting = Ticket("a:open", left=600)
    later = Ticket("a:december", left=60 * 24 * 20)
    await board.tell(
        *told([met(n, october) for n in range(20, 24)]), *met(1), *missed(1), waiting.event(), waiting.started(),
        later.event(), later.started(),
    )  # fmt: skip
    (objective,) = (await attainment(client))["objectives"]
    assert counts(objective) == (1, 1, 0, 1, 50.0)
    forecast = objective["forecast"]
    assert (forecast["rate_percent"], forecast["share_percent"]) == (83.33, 61.11)  # 5 of 6; (1 + 5/6) of 3
    assert (forecast["worst_percent"], forecast["best_percent"], forecast["expected"]) == (33.33, 66.66, 4)
    assert "like those decided in this period and the one before: 83.33 % met" in forecast["assumption"]
    assert "at least the 4 of the one before" in forecast["assumption"]


async def test_a_breach_taken_back_is_taken_back_here(board: BoardBench, client: httpx2.AsyncClient) -> None:
    await board.tell(*missed(1))
    assert counts((await attainment(client))["objectives"][0])[:2] == (0, 1)
    await board.tell(Ticket("a:missed-1", left=120).taken_back(NOW))
    assert counts((await attainment(client))["objectives"][0])[:4] == (0, 0, 0, 1)


async def test_a_clock_counts_where_it_was_due_then(board: BoardBench, client: httpx2.AsyncClient) -> None:
    """The incident moves to another contract after its promise under `acme` was broken."""
    life = missed(1, NOW - minutes(300))
    ticket = Ticket("a:missed-1", left=-300, contract="umbrella")
    moved = ticket.fact(
        FactKind.CONTRACT_CHANGED, "contract/1", NOW, state="",
        periods=[
            {"contract": "acme", "customer": "Acme", "start": NOW - minutes(400), "event": "e1", "named": True},
            {"contract": "umbrella", "customer": "Umbrella", "start": NOW - minutes(100), "event": "e2", "named": True},
        ],
    )  # fmt: skip
    late = ticket.missed(NOW)
    for order in ([*life, late, moved],):
        await board.tell(*order)
    found = await attainment(client)
    assert counts(found["objectives"][0])[:2] == (0, 1)
    assert (
        "1 clocks of incidents that have moved to another contract count here, where they were due." in found["notes"]
    )
    other = await attainment(client, contract="umbrella")
    assert other["requests"] == []


async def test_objectives_of_quarters_and_contract_years_have_periods_of_their_own(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    quarter = replace(WITHIN, id="quarter", period=PeriodKind.QUARTER)
    year = replace(
        WITHIN, id="year", period=PeriodKind.CONTRACT_YEAR, of=CountedUnit.CLOCKS, metrics=frozenset({"resolution"})
    )
    board.rulebook = promising(WITHIN, quarter, year, valid_from=date(2026, 3, 15))
    await board.tell(*met(1), *missed(1, datetime(2026, 10, 5, tzinfo=UTC)), *met(2, metric="first_response"))
    found = {one["id"]: one for one in (await attainment(client))["objectives"]}
    assert {id_: (one["period"], *counts(one)[:2]) for id_, one in found.items()} == {
        "within-sla": ("2026-11", 2, 0),
        "quarter": ("2026-Q4", 2, 1),
        "year": ("2026/27", 1, 1),
    }
    asked = await attainment(client, period="2026-Q4")
    assert [(one["id"], one["period"]) for one in asked["objectives"]][:3] == [
        ("within-sla", "2026-10"), ("within-sla", "2026-11"), ("within-sla", "2026-12"),
    ]  # fmt: skip


async def test_an_objective_of_some_metrics_judges_requests_by_their_clocks_alone(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    board.rulebook = promising(
        replace(WITHIN, metrics=frozenset({"first_response"})), replace(WITHIN, id="p1", priorities=frozenset({"P1"}))
    )
    reply, work = Ticket("a:1", left=5, metric="first_response"), Ticket("a:1", left=-30)
    await board.tell(
        reply.event(at=NOW - minutes(60)), reply.started(NOW - minutes(60)), reply.met(NOW),
        work.started(NOW - minutes(60)), work.breached(), closed(reply, NOW), work.missed(NOW),
        *met(2, severity=2, metric="first_response"),
    )  # fmt: skip
    found = {one["id"]: counts(one)[:2] for one in (await attainment(client))["objectives"]}
    assert found == {"within-sla": (2, 0), "p1": (0, 1)}


async def test_every_figure_leads_to_its_list(board: BoardBench, client: httpx2.AsyncClient) -> None:
    await board.tell(*met(1), *missed(1))
    found = await attainment(client)
    link = urlsplit(found["clocks"][0]["counts"]["met"]["page"])
    asked = {"contract": ["acme"], "period": ["2026-11"]}
    assert (link.path, parse_qs(link.query)) == (
        "/incidents",
        asked | {"counted": ["clocks"], "verdict": ["met"], "metric": ["resolution"], "priority": ["P1"]},
    )
    objective = urlsplit(found["objectives"][0]["counts"]["missed"]["api"])
    assert (objective.path, parse_qs(objective.query)) == (
        "/v1/incidents", asked | {"counted": ["requests"], "verdict": ["missed"]},
    )  # fmt: skip


async def listed(client: httpx2.AsyncClient, api: str) -> list[tuple[str, str, str]]:
    answer = await client.get(api)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["total"] == len(found["incidents"])
    return [(one["id"], one["priority"], one["verdict"]) for one in found["incidents"]]


async def test_a_list_shows_what_counted_with_the_priority_it_had_then(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    """The ticket is P3 today; its first answer was late while it was P1."""
    reply = Ticket("a:1", left=0, metric="first_response", priority="P1")
    work = Ticket("a:1", left=30, metric="resolution", priority="P3")
    await board.tell(
        reply.event(at=NOW - minutes(60)), reply.started(NOW - minutes(60)), reply.breached(NOW),
        work.started(NOW - minutes(30)), *met(2, priority="P3"),
    )  # fmt: skip
    board.rulebook = promising(
        WITHIN, replace(WITHIN, id="both", metrics=frozenset({"first_response", "resolution"})),
        replace(WITHIN, id="work", metrics=frozenset({"resolution"})),
    )  # fmt: skip
    found = await attainment(client)
    (late,) = (one for one in found["requests"] if one["counts"]["missed"]["count"])
    assert await listed(client, late["counts"]["missed"]["api"]) == [("a:1", "P1", "missed")]
    both, work_alone = found["objectives"][1:]
    assert await listed(client, both["counts"]["missed"]["api"]) == [("a:1", "P1", "missed")]
    assert await listed(client, work_alone["counts"]["missed"]["api"]) == []
    assert await listed(client, work_alone["counts"]["open"]["api"]) == [("a:1", "P3", "open")]
    assert await listed(client, work_alone["counts"]["met"]["api"]) == [("a:met-2", "P3", "met")]
    page = await client.get(work_alone["counts"]["open"]["page"])
    assert "What the attainment of acme counts" in page.text
    assert "judged by its clocks of resolution alone" in page.text
    rows = (await client.get(late["counts"]["missed"]["api"].replace("/v1/incidents?", "/v1/incidents.csv?"))).text
    assert len(rows.splitlines()) == 2


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2026-13", "is no month"),
        ("last month", "is no period"),
        ("2026-Q5", "is no period"),
        ("2026/28", "is no contract year"),
        ("2026/27", "has no first day"),
        ("0001-01", "out of reach"),
    ],
)
async def test_a_period_that_cannot_be_read_is_refused(client: httpx2.AsyncClient, period: str, said: str) -> None:
    answer = await client.get("/v1/attainment", params={"contract": "acme", "period": period})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/period"
    assert said in error["detail"]


async def test_an_unknown_contract_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/v1/attainment?contract=nobody")).status_code == 404
    assert (await client.get("/attainment?contract=nobody")).status_code == 404


async def test_a_contract_that_has_ended_says_so(board: BoardBench, client: httpx2.AsyncClient) -> None:
    board.rulebook = promising(WITHIN, valid_to=date(2026, 9, 1))
    assert "The contract ended on 2026-09-01." in (await attainment(client))["notes"]


async def test_without_a_contract_those_with_something_to_show_are_listed_page_by_page(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await board.tell(*met(1), *met(2, contract="zeta"), *met(3, contract="beta"))
    first = (await client.get("/v1/attainment", params={"limit": 2})).json()
    assert [one["contract"] for one in first["contracts"]] == ["acme", "beta"]
    second = (await client.get("/v1/attainment", params={"limit": 2, "after": first["after"]})).json()
    assert [one["contract"] for one in second["contracts"]] == ["zeta"]
    assert second["after"] is None


async def test_a_key_of_one_contract_sees_that_contract_alone(store_url: str) -> None:
    keys = tuple(
        ApiKey(
            id=KeyId(name),
            scopes=frozenset({KeyScope.READ}),
            sha256=hashlib.sha256(f"{name}-secret".encode()).hexdigest(),
            contract=contract,
        )
        for name, contract in (("all", None), ("own", ContractId("acme")))
    )
    async with bench(store_url, KeyGate(lambda: keys, HandTime())) as board:
        board.rulebook = promising(WITHIN)
        await board.tell(*met(1), *met(2, contract="umbrella"))
        transport = httpx2.ASGITransport(app=board.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
            own = {"Authorization": "Bearer own-secret"}
            seen = (await client.get("/v1/attainment", headers=own)).json()["contracts"]
            assert [one["contract"] for one in seen] == ["acme"]
            assert (await client.get("/v1/attainment?contract=umbrella", headers=own)).status_code == 404
            assert (await client.get("/attainment?contract=umbrella", headers=own)).status_code == 404
            every = {"Authorization": "Bearer all-secret"}
            seen = (await client.get("/v1/attainment", headers=every)).json()["contracts"]
            assert [one["contract"] for one in seen] == ["acme", "umbrella"]


async def test_cancelled_clocks_decide_nothing(board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("a:gone", left=-5)
    gone = ticket.fact(FactKind.CLOCK_CANCELLED, "cancelled/1", NOW, state=ClockState.CANCELLED.value)
    await board.tell(ticket.event(at=NOW - timedelta(hours=1)), ticket.started(), ticket.breached(), gone)
    assert (await attainment(client))["requests"] == []
