"""The list of incidents over HTTP: whom it lists, how it counts, how it is paged, what can be downloaded of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.board.bench import BoardBench
from tests.unit.board.envelopes import NOW, Ticket

from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope
from sla_platform.wire import ClockFact, encode_clock_fact


@pytest.fixture
async def client(board: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


async def listed(client: httpx2.AsyncClient, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/v1/incidents?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def tickets(client: httpx2.AsyncClient, query: str = "") -> list[str]:
    return [one["ticket"] for one in (await listed(client, query))["incidents"]]


def promised_nothing(ticket: Ticket, at: datetime) -> Envelope:
    fact = ClockFact(kind=FactKind.PROMISE_NONE, incident=ticket.incident, at=at, fired_at=at, **ticket.context)
    return encode_clock_fact(fact, "none")


class Case:
    """A ticket with a clock or two, and the verdict that must come of it."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.contract = chance.choice(["acme", "umbrella", "initech"])
        self.customer = {"acme": "Acme Ltd", "umbrella": "Umbrella", "initech": "Initech"}[self.contract]
        self.product = chance.choice(["shop", "portal", ""])
        self.priority = f"P{chance.randint(1, 3)}"
        self.id = f"desk:T-{number:03}"
        began = NOW - timedelta(days=chance.randint(0, 200), minutes=chance.randint(0, 1000))
        due = began + timedelta(hours=4)
        context = {
            "contract": self.contract, "customer": self.customer, "priority": self.priority, "original_due_at": due,
            "allowed": "", "title": chance.choice(["Printer", "Login", "Backup"]) + f" of {number}",
        }  # fmt: skip
        self.told: list[Envelope] = []
        self.verdicts: dict[str, tuple[str, datetime]] = {}
        self.state = chance.choice(["open", "resolved", "closed"])
        self.first: datetime = began
        for metric in chance.choice([["resolution"], ["first_response", "resolution"], []]):
            ticket = Ticket(self.id, metric=metric, **context)
            ticket.due_at = due
            verdict = chance.choice(["met", "missed", "overdue", "open", "cancelled"])
            self.told.append(ticket.started(began))
            stop = began + timedelta(hours=chance.randint(1, 3))
            match verdict:
                case "met":
                    self.told.append(ticket.met(stop))
                    self.verdicts[metric] = ("met", stop)
                case "missed":
                    self.told += [ticket.breached(due), ticket.missed(due + timedelta(hours=1))]
                    self.verdicts[metric] = ("missed", due)
                case "overdue":
                    self.told.append(ticket.breached(due))
                    self.verdicts[metric] = ("missed", due)
                case "open":
                    self.verdicts[metric] = ("open", due)
                case "cancelled":
                    self.told.append(ticket.fact(FactKind.CLOCK_CANCELLED, "cancelled", stop, state="cancelled"))
                    self.verdicts[metric] = ("none", stop)
        ticket = Ticket(self.id, **context)
        self.told.append(ticket.event(at=began, attributes={"product": self.product}))
        if not self.verdicts:
            self.told.append(promised_nothing(ticket, began))
        if self.state != "open":
            self.ended = began + timedelta(days=1)
            self.told.append(ticket.event(EventKind(self.state), self.ended))
        chance.shuffle(self.told)

    @property
    def verdict(self) -> tuple[str, datetime]:
        """Plainly, as a person would decide it; no code of the list's."""
        by = sorted((at, verdict) for verdict, at in self.verdicts.values())
        missed = [at for at, verdict in by if verdict == "missed"]
        ahead = [at for at, verdict in by if verdict == "open"]
        met = [at for at, verdict in by if verdict == "met"]
        if missed:
            return "missed", missed[0]
        if ahead:
            return "open", ahead[-1]
        if met:
            return ("open" if self.state == "open" else "met"), met[-1]
        return "none", self.first if self.state == "open" else self.ended


async def many(board: BoardBench, seed: int = 5, number: int = 60) -> list[Case]:
    chance = random.Random(seed)
    cases = [Case(each, chance) for each in range(number)]
    told = [envelope for case in cases for envelope in case.told]
    chance.shuffle(told)
    for start in range(0, len(told), 7):
        await board.tell(*told[start : start + 7])
    return cases


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def test_every_filter_lists_and_counts_what_a_plain_look_over_all_of_them_finds(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    cases = await many(board)
    chance = random.Random(9)
    for _ in range(60):
        query, fits = [], []
        if chance.random() < 0.4:
            contract = chance.choice(["acme", "umbrella"])
            query.append(f"contract={contract}")
            fits.append(lambda case, contract=contract: case.contract == contract)
        if chance.random() < 0.3:
            query.append("customer=Acme+Ltd")
            fits.append(lambda case: case.customer == "Acme Ltd")
        if chance.random() < 0.3:
            query.append("product=shop")
            fits.append(lambda case: case.product == "shop")
        if chance.random() < 0.3:
            query.append("priority=P1&priority=P2")
            fits.append(lambda case: case.priority in ("P1", "P2"))
        if chance.random() < 0.4:
            since = NOW - timedelta(days=chance.randint(0, 200), hours=chance.randint(0, 23))
            until = since + timedelta(days=chance.randint(1, 120))
            query.append(f"from={instant(since)}&to={instant(until)}")
            fits.append(lambda case, since=since, until=until: since <= verdict_of(case)[1] < until)
        elif chance.random() < 0.3:
            query.append("period=2026-Q3&zone=UTC")
            fits.append(
                lambda case: datetime(2026, 7, 1, tzinfo=UTC) <= verdict_of(case)[1] < datetime(2026, 10, 1, tzinfo=UTC)
            )
        if chance.random() < 0.2:
            query.append("q=PRINTER")
            fits.append(lambda case: "Printer" in str(case.told))
        metric = chance.choice(["", "", "resolution", "first_response"])

        def verdict_of(case: Case, metric: str = metric) -> tuple[str, datetime]:
            return case.verdicts[metric] if metric else case.verdict

        among = [case for case in cases if (not metric or metric in case.verdicts) and all(fit(case) for fit in fits)]
        wanted, state = chance.choice(["", "missed", "met", "open"]), chance.choice(["", "", "resolved"])
        query += [
            f"{name}={value}" for name, value in (("metric", metric), ("verdict", wanted), ("state", state)) if value
        ]
        found = await listed(client, "&".join([*query, "limit=500"]))
        fit_verdict = [case for case in among if not wanted or verdict_of(case)[0] == wanted]
        fit_state = [case for case in among if not state or case.state == state]
        expected = [case for case in fit_verdict if not state or case.state == state]
        order = sorted(expected, key=lambda case: (verdict_of(case)[1], case.id), reverse=True)
        assert [one["id"] for one in found["incidents"]] == [case.id for case in order], query
        assert [one["verdict"] for one in found["incidents"]] == [verdict_of(case)[0] for case in order]
        assert [one["counts_at"] for one in found["incidents"]] == [instant(verdict_of(case)[1]) for case in order]
        assert found["total"] == len(expected)
        assert found["states"] == Counter(case.state for case in fit_verdict)
        verdicts = Counter(verdict_of(case)[0] for case in fit_state)
        assert found["verdicts"] == {name: verdicts[name] for name in ("met", "missed", "open", "exempt", "none")}, (
            query
        )
