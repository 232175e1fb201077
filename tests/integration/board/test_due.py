"""`/v1/due.ics`: what falls due as a calendar: moved in place, gone once it has ended, bounded, in five languages."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from icalendar import Calendar
from tests.integration.board.bench import BoardBench, HandTime, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.due.words import due_words
from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_domain.explain.language import LANGUAGES
from sla_platform.http.keys import KeyGate


@pytest.fixture
async def client(board: BoardBench) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as opened:
        yield opened


async def calendar(client: httpx2.AsyncClient, query: str = "", **headers: str) -> tuple[Any, dict[str, Any]]:
    """The calendar, and its entries by UID."""
    answer = await client.get(f"/v1/due.ics{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(answer.content)
    assert not read.errors
    found = {str(event["UID"]): event for event in read.walk("VEVENT")}
    assert len(found) == len(read.walk("VEVENT")), "no entry twice"
    return read, found


async def test_an_entry_lives_as_its_clock_does(board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("jira-acme:SUP-77", title="Down; again, twice\nalways", url="https://jira.example/SUP-77")
    await board.tell(ticket.event(), ticket.started())
    _, found = await calendar(client)
    (uid,) = found
    entry = found[uid]
    assert uid == f"{ticket.clock}@slad"
    assert entry["DTSTART"].dt == ticket.due_at
    assert str(entry["SUMMARY"]) == "Resolution SUP-77 (P1): Down; again, twice\nalways"
    assert str(entry["URL"]) == "https://jira.example/SUP-77"
    assert "Acme Ltd" in str(entry["DESCRIPTION"])
    assert (str(entry["STATUS"]), str(entry["TRANSP"])) == ("CONFIRMED", "TRANSPARENT")
    await board.tell(ticket.paused(NOW + minutes(1)))
    paused, found = await calendar(client)
    assert found == {}, "a paused clock has no due instant"
    assert str(paused["X-WR-CALDESC"]) == "1 paused, without a due instant"
    await board.tell(ticket.resumed(NOW + minutes(2), left=90))
    _, found = await calendar(client)
    assert found[uid]["DTSTART"].dt == NOW + minutes(90), "moved in place"
    board.time.pass_(timedelta(minutes=100))
    await board.tell(ticket.breached(provisional=True))
    _, found = await calendar(client)
    assert str(found[uid]["SUMMARY"]).startswith("Overdue: Resolution SUP-77 (P1, provisional): ")
    assert str(found[uid]["STATUS"]) == "TENTATIVE"
    await board.tell(ticket.missed(NOW + minutes(101)))
    assert (await calendar(client))[1] == {}, "ended"


async def test_it_is_read_again_only_when_something_has_changed(board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket(left=60)
    await board.tell(ticket.started())
    first = await client.get("/v1/due.ics")
    assert "private" in first.headers["cache-control"]
    known = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    board.time.pass_(timedelta(minutes=30))
    again = await client.get("/v1/due.ics", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/v1/due.ics?lang=pl", headers=known)).status_code == 200
    board.time.pass_(timedelta(minutes=31))
    assert (await client.get("/v1/due.ics", headers=known)).status_code == 200, "it is overdue now"


async def test_filters_order_and_the_bound(
    board: BoardBench, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [
        Ticket(
            f"jira:N-{number}",
            left=10 * number + 10,
            contract=("umbrella", "acme")[number % 2],
            severity=1 + number % 3,
        )
        for number in range(12)
    ]
    await board.tell(*(ticket.started() for ticket in tickets))
    whole, found = await calendar(client)
    assert [event["DTSTART"].dt for event in found.values()] == [ticket.due_at for ticket in tickets]
    assert str(whole["X-WR-CALNAME"]) == "slad: due"
    one, found = await calendar(client, "?contract=acme&priority=P1&priority=P2")
    assert set(found) == {
        f"{one.clock}@slad" for number, one in enumerate(tickets) if number % 2 and number % 3 < 2
    }  # fmt: skip
    assert str(one["NAME"]) == "slad: due, acme"
    assert (await calendar(client, "?metric=first_response"))[1] == {}
    monkeypatch.setattr("sla_board.api.MOST", 5)
    _, found = await calendar(client)
    assert len(found) == 6
    assert str(found["more@slad"]["SUMMARY"]) == "7 more, less urgent"
    assert {f"{one.clock}@slad" for one in tickets[::3]} < set(found), "though others are due before"
    assert found["more@slad"]["DTSTART"].dt == tickets[9].due_at


async def test_it_speaks_the_readers_language(board: BoardBench, client: httpx2.AsyncClient) -> None:
    await board.tell(Ticket(left=-5).started(), Ticket("jira-acme:N-2", metric="time_to_parts").started())
    for language in LANGUAGES:
        _, found = await calendar(client, f"?lang={language}")
        said = [str(event["SUMMARY"]) for event in found.values()]
        assert said[0].startswith(f"{due_words(language).overdue}: ")
        assert said[1].startswith("Time to parts ")
    assert len({due_words(language).more for language in LANGUAGES}) == len(LANGUAGES)
    _, found = await calendar(client, "", **{"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"})
    assert str(next(iter(found.values()))["SUMMARY"]).startswith("Просрочено: Решение ")


async def test_a_key_of_one_contract_subscribes_to_its_own(store_url: str) -> None:
    """As the password of HTTP Basic, which is what calendar programs ask for; and nobody without a key."""

    def key(text: str, *scopes: KeyScope, contract: str | None = None) -> ApiKey:
        digest = hashlib.sha256(text.encode()).hexdigest()
        one = ContractId(contract) if contract else None
        return ApiKey(id=KeyId(text), sha256=digest, scopes=frozenset(scopes), contract=one)

    keys = (key("all", KeyScope.READ), key("acme", KeyScope.READ, contract="acme"), key("sender", KeyScope.INGEST))
    async with bench(store_url, KeyGate(lambda: keys, HandTime())) as board:
        await board.tell(Ticket("a:1").started(), Ticket("b:1", contract="umbrella", title="Theirs").started())
        transport = httpx2.ASGITransport(app=board.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
            for name, status, seen in (("all", 200, 2), ("acme", 200, 1), ("sender", 403, 0), ("none", 401, 0)):
                answer = await client.get("/v1/due.ics", auth=("x", name))
                assert (answer.status_code, answer.text.count("BEGIN:VEVENT")) == (status, seen), name
            assert "Theirs" not in (await client.get("/v1/due.ics", auth=("x", "acme"))).text
            other = await client.get("/v1/due.ics?contract=umbrella", auth=("x", "acme"))
            assert "BEGIN:VEVENT" not in other.text
            assert "WWW-Authenticate" in (await client.get("/v1/due.ics")).headers


async def test_one_clock_that_cannot_be_shown_costs_itself_alone(board: BoardBench, client: httpx2.AsyncClient) -> None:
    good, bad = Ticket("a:1"), Ticket("a:2")
    await board.tell(good.started(), bad.started())
    async with board.store.transaction() as connection:
        table = tables.clock
        await connection.execute(table.update().where(table.c.incident == "a:2").values(state="no state"))
    _, found = await calendar(client)
    assert set(found) == {f"{good.clock}@slad"}
    assert board.metric("slad_board_not_shown_total", part="row") == 1
