"""The list of incidents over HTTP: whom it lists, how it counts, how it is paged, what can be downloaded of it."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
import pytest
from sqlalchemy import inspect, select, text
from tests.integration.board.bench import BoardBench, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.history.fill import ListFilling
from sla_board.history.keep import change_counts, remove_rows
from sla_domain.contract import ContractId
from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope
from sla_platform.errors import StoreBusy
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
        self.title = chance.choice(["Printer", "Login", "Backup"]) + f" of {number}"
        context = {
            "contract": self.contract, "customer": self.customer, "priority": self.priority, "original_due_at": due,
            "allowed": "", "title": self.title,
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
        await ask_at_random(client, cases, chance)


async def ask_at_random(client: httpx2.AsyncClient, cases: list[Case], chance: random.Random) -> None:
    query: list[str] = []
    fits: list[Callable[[Case], bool]] = []
    metric = chance.choice(["", "", "resolution", "first_response"])

    def verdict_of(case: Case, metric: str = metric) -> tuple[str, datetime]:
        return case.verdicts[metric] if metric else case.verdict

    def dated(since: datetime, until: datetime, of: Callable[[Case], tuple[str, datetime]] = verdict_of) -> None:
        fits.append(lambda case: since <= of(case)[1] < until)

    def has(name: str, *values: str) -> None:
        query.extend(f"{name}={value.replace(' ', '+')}" for value in values)
        fits.append(lambda case: getattr(case, name) in values)

    if chance.random() < 0.4:
        has("contract", chance.choice(["acme", "umbrella"]))
    if chance.random() < 0.3:
        has("customer", "Acme Ltd")
    if chance.random() < 0.3:
        has("product", "shop")
    if chance.random() < 0.3:
        has("priority", "P1", "P2")
    if chance.random() < 0.4:
        since = NOW - timedelta(days=chance.randint(0, 200), hours=chance.randint(0, 23))
        until = since + timedelta(days=chance.randint(1, 120))
        query.append(f"from={instant(since)}&to={instant(until)}")
        dated(since, until)
    elif chance.random() < 0.3:
        query.append("period=2026-Q3&zone=UTC")
        dated(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    if chance.random() < 0.2:
        query.append("q=PRINTER")
        fits.append(lambda case: "Printer" in case.title)
    among = [case for case in cases if (not metric or metric in case.verdicts) and all(fit(case) for fit in fits)]
    wanted, state = chance.choice(["", "missed", "met", "open"]), chance.choice(["", "", "resolved"])
    query += [f"{name}={value}" for name, value in (("metric", metric), ("verdict", wanted), ("state", state)) if value]
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
    assert found["verdicts"] == {name: verdicts[name] for name in ("met", "missed", "open", "exempt", "none")}, query


async def test_pages_by_cursor_are_the_whole_list_whatever_comes_in_between(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    cases = await many(board, seed=8, number=40)
    for query in ("", "verdict=met", "contract=acme", "metric=resolution", "period=2026&zone=UTC", "q=backup"):
        whole = (await listed(client, f"{query}&limit=500"))["incidents"]
        paged, cursor = [], ""
        while True:
            page = await listed(client, f"{query}&limit=7&cursor={cursor}")
            assert page["total"] == len(whole)
            paged += page["incidents"]
            if not (cursor := page["next"] or ""):
                break
            assert len(page["incidents"]) == 7
        assert paged == whole
    first = await listed(client, "limit=10")
    newer = Ticket("desk:newer", left=5_000, contract="acme")
    await board.tell(newer.event(at=NOW), newer.started(NOW))
    second = await listed(client, f"limit=500&cursor={first['next']}")
    assert len(first["incidents"]) + len(second["incidents"]) == len(cases)


async def test_a_ticket_is_found_by_the_name_people_use_and_by_no_other_in_part(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    jira, longer = Ticket("jira-acme:10077", title="Printer"), Ticket("jira-acme:10770", title="Login, as in SUP-77")
    github = Ticket("github-acme:99120", title="Shop is down")
    await board.tell(
        jira.event(attributes={"key": "SUP-77", "url": "https://acme.atlassian.net/browse/SUP-77"}),
        longer.event(attributes={"url": "https://acme.atlassian.net/browse/SUP-770"}),
        github.event(attributes={"url": "https://github.com/acme/shop/issues/12"}),
        github.started(),
    )
    assert sorted(await tickets(client)) == ["SUP-77", "SUP-770", "acme/shop#12"]
    for typed, found in (
        ("SUP-77", ["SUP-77"]), ("sup-77", ["SUP-77"]), ("jira-acme:10077", ["SUP-77"]),
        ("sup-7", ["SUP-77", "SUP-770"]), ("Acme/Shop%2312", ["acme/shop#12"]), ("shop", ["acme/shop#12"]),
        ("printer", ["SUP-77"]), ("%25", []), ("nothing of it", []),
    ):  # fmt: skip
        assert sorted(await tickets(client, f"q={typed}")) == found, typed
    assert await tickets(client, "q=acme/shop%2312&metric=resolution") == ["acme/shop#12"]
    board_list = (await client.get("/v1/board/clocks?q=acme/shop%2312")).json()
    assert [one["ticket"] for one in board_list["clocks"]] == ["acme/shop#12"]


async def test_a_late_fact_moves_the_figure_and_the_row(board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("desk:1", left=-30)
    await board.tell(ticket.event(at=NOW - minutes(300)), ticket.started(), ticket.breached())
    before = await listed(client)
    assert (before["verdicts"]["missed"], before["incidents"][0]["missed"]) == (1, 1)
    await board.tell(ticket.taken_back(NOW))
    stop = ticket.fact(FactKind.CLOCK_MET, "met", NOW - minutes(60), fired_at=NOW + minutes(1), state="met")
    await board.tell(stop)
    await board.tell(ticket.event(EventKind.RESOLVED, NOW - minutes(60)))
    after = await listed(client)
    assert after["verdicts"] == {"met": 1, "missed": 0, "open": 0, "exempt": 0, "none": 0}
    assert after["incidents"][0]["ended_at"] == instant(NOW - minutes(60))


async def test_a_clock_that_is_exempt_stands_apart(board: BoardBench, client: httpx2.AsyncClient) -> None:
    late, other = Ticket("desk:1", left=-30), Ticket("desk:1", left=60, metric="first_response")
    exempted = late.fact(
        FactKind.CLOCK_AMENDED, "exempt/1", NOW, state="missed", details={"exempt": "storm", "exempt_by": "anna"}
    )
    await board.tell(
        late.event(at=NOW - minutes(300)), late.started(), late.breached(), late.missed(NOW), exempted,
        other.started(), other.met(NOW - minutes(100)), late.event(EventKind.CLOSED, NOW),
    )  # fmt: skip
    (row,) = (await listed(client))["incidents"]
    assert (row["verdict"], row["met"], row["missed"], row["exempt"]) == ("met", 1, 0, 1)
    assert [one["verdict"] for one in (await listed(client, "metric=resolution"))["incidents"]] == ["exempt"]


@pytest.mark.parametrize(
    ("query", "pointer", "said"),
    [
        ("verdit=missed", "/verdit", "did you mean verdict?"),
        ("verdict=late", "/verdict", "met, missed, open, exempt, none"),
        ("state=done", "/state", "live, ended, open"),
        ("period=2026-13", "/period", "write a month as 2026-11"),
        ("period=2026-Q5", "/period", "a quarter as 2026-Q4"),
        ("period=2026-11&from=2026-11-01", "/period", "give either"),
        ("from=yesterday", "/from", "write 2026-11-01"),
        ("from=1910-01-01", "/from", "between 1970-01-01"),
        ("from=2026-11-02&to=2026-11-01", "/to", "not after"),
        ("zone=Mars/Olympus", "/zone", "Europe/Warsaw"),
        ("limit=0", "/limit", "from 1 to 500"),
        ("limit=5&limit=6", "/limit", "more than once"),
        ("cursor=abc", "/cursor", "pass `next` of the page before"),
        ("contract=" + "x" * 301, "/contract", "at most 300"),
    ],
)
async def test_a_filter_that_cannot_be_read_says_where_and_what_to_write(
    small_board: BoardBench, query: str, pointer: str, said: str
) -> None:
    transport = httpx2.ASGITransport(app=small_board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        answer = await client.get(f"/v1/incidents?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert said in error["detail"]
        page = await client.get(f"/incidents?{query}")
        assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert pointer.strip("/") in page.text
        if pointer not in ("/cursor", "/limit"):
            assert (await client.get(f"/v1/incidents.csv?{query}")).status_code == 422


async def test_a_cursor_is_of_its_filter_alone(small_board: BoardBench) -> None:
    await small_board.tell(*(Ticket(f"desk:{number}").event() for number in range(4)))
    transport = httpx2.ASGITransport(app=small_board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        cursor = (await listed(client, "limit=2"))["next"]
        assert len((await listed(client, f"limit=3&cursor={cursor}"))["incidents"]) == 2
        answer = await client.get(f"/v1/incidents?verdict=none&cursor={cursor}")
        assert answer.status_code == 422
        assert "of another filter" in answer.json()["errors"][0]["detail"]


async def test_a_period_is_read_in_the_zone_of_the_one_contract_that_is_chosen(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    """The rulebook of these tests has its contracts in Europe/Warsaw."""
    ticket = Ticket("desk:1")
    ticket.due_at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # 1 November there
    await board.tell(ticket.started(), ticket.breached(ticket.due_at))
    zone = board.rulebook.contracts[ContractId("acme")].zone
    chosen = await listed(client, "contract=acme&period=2026-11")
    assert (chosen["zone"], chosen["total"]) == (zone, 1)
    assert (await listed(client, "period=2026-11"))["total"] == 0
    assert (await listed(client, f"period=2026-11&zone={zone}"))["total"] == 1
    assert (await listed(client, "from=2026-11-01&zone=Europe/Warsaw"))["total"] == 1


async def test_the_downloads_are_the_whole_list_and_run_no_formula(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await many(board, seed=3, number=30)
    bad = Ticket("desk:evil", title='=HYPERLINK("http://evil.example";"x")', customer="@SUM(A1)", contract="acme")
    await board.tell(bad.event(at=NOW), bad.started(NOW))
    for query in ("", "contract=acme", "verdict=missed&metric=resolution"):
        rows = (await listed(client, f"{query}&limit=500"))["incidents"]
        lines = (await client.get(f"/v1/incidents.jsonl?{query}")).text.splitlines()
        assert [orjson.loads(line) for line in lines] == rows
        answer = await client.get(f"/v1/incidents.csv?{query}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "attachment" in answer.headers["content-disposition"]
        cells = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert [cell["id"] for cell in cells] == [row["id"] for row in rows]
        assert not any(value.startswith(("=", "+", "-", "@")) for cell in cells for value in cell.values())
    (evil,) = [cell for cell in csv.DictReader(io.StringIO((await client.get("/v1/incidents.csv")).text))
               if cell["id"] == "desk:evil"]  # fmt: skip
    assert (evil["title"][:2], evil["customer"]) == ("'=", "'@SUM(A1)")
    for parameter in ("limit=5", "cursor=x", "metric=resolution"):
        answer = await client.get(f"/v1/incidents.events.jsonl?{parameter}")
        assert answer.status_code == 422
        assert "leave it out" in answer.json()["errors"][0]["detail"]


async def test_a_long_list_is_downloaded_part_by_part(small_board: BoardBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_board.history.export.PART", 3)
    monkeypatch.setattr("sla_board.history.events._PART", 2)
    told = []
    for number in range(8):
        ticket = Ticket(f"desk:{number}")
        told += [ticket.event(), *(ticket.event(EventKind.UPDATED, NOW + minutes(each)) for each in range(4))]
    await small_board.tell(*told)
    transport = httpx2.ASGITransport(app=small_board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        rows = [orjson.loads(line)["id"] for line in (await client.get("/v1/incidents.jsonl")).text.splitlines()]
        assert sorted(rows) == [f"desk:{number}" for number in range(8)]
        events = [orjson.loads(line) for line in (await client.get("/v1/incidents.events.jsonl")).text.splitlines()]
    assert Counter(event["subject"] for event in events) == {f"desk:{number}": 5 for number in range(8)}
    assert sorted(event["id"] for event in events) == sorted(envelope.id for envelope in told)


async def test_incidents_of_an_earlier_release_are_entered_and_nobody_is_told_that_they_are_all_until_then(
    board: BoardBench, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_board.history.fill.PART", 7)
    await many(board, number=25)
    expected = await listed(client, "limit=500")
    counts = await stored_counts(board)
    async with board.store.transaction() as connection:
        for table in (tables.listed, tables.listed_clock, tables.listed_count):
            await connection.execute(table.delete())
        await connection.execute(tables.incident.update().values(ended_at=None))
        await connection.execute(tables.listing.insert().values(id=1, after=""))
    before = await listed(client)
    assert (before["total"], before["filling"]) == (0, True)
    assert "still being entered" in (await client.get("/incidents")).text
    assert (await client.get("/v1/incidents.csv")).headers["slad-filling"] == "true"
    filling = ListFilling(board.store, board.quarantine)
    parts = 0
    while await filling.enter_part():
        parts += 1
        late = Ticket("desk:T-003")  # what comes meanwhile is entered once
        await board.tell(late.event(EventKind.UPDATED, NOW - timedelta(days=300), id="late"))
    assert parts == 4
    assert await listed(client, "limit=500") == expected
    assert await stored_counts(board) == counts


async def stored_counts(board: BoardBench) -> list[Any]:
    async with board.store.reading() as connection:
        return sorted((await connection.execute(select(tables.listed_count))).all())


async def test_two_boards_that_write_one_incident_at_once_count_it_once(store_url: str) -> None:
    """Its events and its facts come on two topics: after a rebalance two boards may read one each."""
    chance = random.Random(2)
    async with bench(store_url) as one, bench(store_url) as other:
        for number in range(12):
            case = Case(number, chance)
            ours = [each for each in case.told if each.topic == "incidents"]
            theirs = [each for each in case.told if each.topic == "clocks"]
            await asyncio.gather(until_told(one, ours), until_told(other, theirs))
        kept = await stored_counts(one)
        async with one.store.transaction() as connection:
            names = (await connection.execute(select(tables.listed.c.incident))).scalars().all()
            assert len(names) == len({*names}) == 12
            await connection.execute(tables.listed_count.delete())
            gone = await remove_rows(connection, names)
            await change_counts(connection, (), gone)
        assert await stored_counts(one) == kept


async def until_told(board: BoardBench, told: list[Envelope]) -> None:
    for _ in range(50):
        try:
            await board.tell(*told)
        except StoreBusy:
            await asyncio.sleep(0.02)
        else:
            return
    raise AssertionError("the store stays busy")


async def test_a_text_is_found_the_same_by_the_index_and_without_it(
    board: BoardBench, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(board, seed=4, number=40)
    for number, title in enumerate(('Says "no", 100% of_it', "Drucker fällt aus", "列印機沒有回應", "ÉTÉ à Łódź")):
        await board.tell(Ticket(f"desk:odd-{number}", title=title).event(at=NOW))
    texts = (
        "printer",
        "rinte",
        "printer of 1",
        '"no", 100%',
        "of_it",
        "ofxit",
        "FÄLLT",
        "列印機",
        "列印",
        "été",
        "łódź",
        "acme ltd",
    )
    queries = [
        f"q={quote(typed)}{more}"
        for typed in texts
        for more in ("", "&contract=acme", "&metric=resolution", "&verdict=missed")
    ]
    read = [await listed(client, query) for query in queries]
    assert sum(one["total"] > 0 for one in read) > 20
    monkeypatch.setattr("sla_board.history.text.FEW", 0)
    assert [await listed(client, query) for query in queries] == read
    monkeypatch.setattr("sla_board.history.text.FREQUENT", 3)
    monkeypatch.setattr("sla_board.history.count.MOST_COUNTED", 5)
    for query, before in zip(queries, read, strict=True):
        found = await listed(client, query)
        assert found["incidents"] == before["incidents"]
        assert found["at_least"] == (found["total"] > 5)
        assert (found["total"] if not found["at_least"] else 6) == min(before["total"], 6)
    async with board.store.reading() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        indexes = await connection.run_sync(lambda sync: inspect(sync).get_indexes("board_listed"))
        known = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
        possible = board.store.sqlite or (await connection.execute(known)).scalar_one() == 1
    there = {*names, *(index["name"] for index in indexes)} & {"board_listed_text", "ix_board_listed_search"}
    assert bool(there) == possible


async def test_the_page_is_whole_without_a_script_and_runs_nothing_that_a_ticket_says(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    assert "No incident has been heard of yet." in (await client.get("/incidents")).text
    evil = Ticket(
        "desk:1",
        title="<script>alert(1)</script>",
        customer='"><img src=x onerror=alert(1)>',
        url="javascript:alert(1)",
    )
    await board.tell(evil.event(at=NOW, attributes={"url": "javascript:alert(1)"}), evil.started(NOW))
    for number in range(6):
        await board.tell(Ticket(f"desk:more-{number}").event(at=NOW - minutes(number)))
    answer = await client.get("/incidents?limit=3")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "javascript:alert" not in answer.text
    assert '<strong id="total">7</strong>' in answer.text
    pages, path = 1, answer.text
    while (link := re.search(r'rel="next" href="([^"]+)"', path)) is not None:
        path = (await client.get(html.unescape(link[1]))).text
        pages += 1
    assert pages == 3
    assert 'rel="first"' in path
    for link in re.findall(r'href="(/(?:incidents|v1/incidents)[^"]*)"', answer.text):
        assert (await client.get(html.unescape(link))).status_code == 200, link
    nothing = (await client.get("/incidents?q=xyz")).text
    assert "No incident has “xyz” as its ticket" in nothing
    assert "No incident fits this filter." in (await client.get("/incidents?verdict=exempt")).text
