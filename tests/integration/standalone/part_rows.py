"""Three rows for a part of slad, good, bad and good: how they get into its table, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.standalone.tenants import KEYS, Tenants

from sla_board import tables as board
from sla_board.attainment import gauge
from sla_board.breakdown.worker import BreakdownWorker
from sla_board.history.fill import ListFilling
from sla_board.metrics import BoardMetrics
from sla_board.report_watch import ReportWatch
from sla_board.retention import EndedIncidents
from sla_board.schedule.stored import enter, next_reports
from sla_board.schedule.upcoming import NextReport
from sla_domain.fact import FactKind
from sla_domain.rulebook import Rulebook
from sla_ingest import history
from sla_ingest.contract.watch import LedgerWatch
from sla_ingest.metrics import IngestMetrics
from sla_ingest.retention import Histories
from sla_notifier import tables as notifier
from sla_notifier.ask.reminders import Reminders
from sla_notifier.context import NotifierContext
from sla_notifier.contract_watch.watch import ContractWatch
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.hold.message import HeldMessage
from sla_notifier.profile import Profiles
from sla_notifier.question import store as questions
from sla_notifier.question.question import Question, QuestionState
from sla_notifier.service import notifier_context
from sla_platform.apikey.store import changed_since
from sla_platform.bus import Quarantine, WakeSignal
from sla_platform.contracts.copies import ContractCopies, RecordCopy
from sla_platform.contracts.shelf import RecordIndex, RecordShelf
from sla_platform.wire import ClockFact

Case = Callable[["Rows"], Awaitable[None]]
GOOD = ("1", "3")
BAD = "2"
ALL = ("1", "2", "3")


class Rows:
    """What a case works with: a slad on its store, and what lies in a quarantine."""

    def __init__(self, world: Tenants, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.patch = patch
        self.context = world.running.context
        self.store = self.context.store

    @property
    def now(self) -> datetime:
        return self.context.time_source.now()

    @property
    def rulebook(self) -> Rulebook:
        return self.context.catalogue.current.rulebook

    def quarantine(self, service: str) -> Quarantine:
        return self.context.feeds.quarantine(service)

    def notifying(self) -> NotifierContext:
        """What a notifier beside the one of the process works with."""
        context = self.context
        return notifier_context(
            context.settings, self.store, WakeSignal(), context.time_source, CollectorRegistry(),
            lambda: context.catalogue.current, self.quarantine("notifier"),
        )  # fmt: skip

    async def run(self, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
        async with self.store.transaction() as connection:
            return await work(connection)

    async def say(self, statement: str, **values: Any) -> Any:
        async with self.store.transaction() as connection:
            done = await connection.execute(text(statement), values)
            return done.all() if done.returns_rows else None

    async def waiting(self, service: str, part: str) -> list[str]:
        page = await self.quarantine(service).page("quarantined", 0, 50)
        return [row.event for row in page if row.part == part]

    async def replay(self, service: str, part: str) -> None:
        """Over the API, as an administrator does once the row is mended."""
        (row,) = [row for row in await self.quarantine(service).page("quarantined", 0, 50) if row.part == part]
        answer = await self.world.ask("all", "POST", f"/v1/quarantine/{service}/{row.id}/replay")
        assert (answer.status_code, answer.json()["state"]) == (200, "replayed"), answer.text

    async def count(self, table: str, which: str) -> int:
        ((number,),) = await self.say(f"SELECT count(*) FROM {table} WHERE {which}")
        return int(number)

    async def listed(self, names: str) -> list[str]:
        found = await self.say(
            "SELECT DISTINCT incident FROM board_listed WHERE incident LIKE :names", names=f"desk:{names}%"
        )
        return sorted(row.incident for row in found)

    async def tickets(self, names: str, *kinds: str) -> None:
        for number in ALL:
            for minute, kind in enumerate(("opened", *kinds)):
                await self.world.event(f"desk:{names}{number}", kind, minute, customer="Acme", priority="P2")

    async def until(self, found: Callable[[], Awaitable[Any]], wanted: Any) -> None:
        async def look() -> bool:
            return bool(await found() == wanted)

        await self.world.until(look)

    async def fails_alone(self, service: str, part: str, event: str) -> None:
        await self.until(lambda: self.waiting(service, part), [event])


# -- the notifier


async def quiet_hours(rows: Rows) -> None:
    now = rows.now
    quiet = {number: delivery_id(f"quiet-{number}", "anna", f"email:anna{number}@acme.example") for number in ALL}
    bad = quiet[BAD]

    async def held(connection: AsyncConnection) -> None:
        for number in ALL:
            fact = ClockFact(kind=FactKind("clock.warned"), incident=f"desk:quiet{number}", at=now, contract="acme")
            delivery = DeliveryRow(
                id=quiet[number], occasion=f"quiet-{number}", kind=MessageKind.WARNING, person="anna",
                channel="email", address=f"anna{number}@acme.example", endpoint="email:server", contract="acme",
                incident=fact.incident, state=DeliveryState.HELD, next_at=now, created_at=now, due_at=now,
                held_since=now, held_until=now,
            )  # fmt: skip
            message = HeldMessage(
                delivery=delivery.id, until=now, needs=None, occasion=delivery.occasion, kind=delivery.kind, at=now,
                contract="acme", content=fact,
            )  # fmt: skip
            await connection.execute(insert(notifier.delivery).values(delivery.columns()))
            row = message.columns(now)
            broken = {"request": "[" + row["request"]} if number == BAD else {}
            await connection.execute(insert(notifier.held).values(row | broken))

    async def still_held() -> list[str]:
        found = await rows.say("SELECT id FROM notifier_delivery WHERE occasion LIKE 'quiet-%' AND state = 'held'")
        return sorted(row.id for row in found)

    await rows.run(held)
    await rows.fails_alone("notifier", "quiet_hours", bad)
    await rows.until(still_held, [])
    shown = (await rows.world.ask("all", "GET", f"/v1/deliveries/{bad}")).json()
    assert (shown["state"], shown["reason"]) == ("failed", "unfit"), "nobody is told that it waits"
    await rows.say("UPDATE notifier_held SET request = substr(request, 2) WHERE delivery = :id", id=bad)
    await rows.replay("notifier", "quiet_hours")
    shown = (await rows.world.ask("all", "GET", f"/v1/deliveries/{bad}")).json()
    assert (shown["state"], shown["reason"]) != ("failed", "unfit")
    assert await rows.say("SELECT * FROM notifier_held WHERE incident LIKE 'desk:quiet%'") == []


async def asked(rows: Rows) -> None:
    now = rows.now
    fact = ClockFact(kind=FactKind("downgrade.proposed"), incident="desk:asked", at=now, contract="acme")
    made = [
        Question(
            id=f"asked-{number}", occasion=f"asked-fact-{number}", incident="desk:asked", contract="acme",
            content=fact.model_dump_json(), people=("anna",), state=QuestionState.OPEN, asked_at=now,
            expires_at=now - timedelta(seconds=1), next_at=now,
        )
        for number in ALL
    ]  # fmt: skip

    async def keep(connection: AsyncConnection) -> None:
        await questions.keep_new(connection, made)
        await connection.execute(text("UPDATE notifier_question SET people = '{' || people WHERE id = 'asked-2'"))

    async def still_open() -> list[str]:
        found = await rows.say("SELECT id FROM notifier_question WHERE id LIKE 'asked-%' AND state = 'open'")
        return sorted(row.id for row in found)

    await rows.run(keep)
    await Reminders(rows.notifying()).look()
    await rows.fails_alone("notifier", "questions", "asked-2")
    await rows.until(still_open, ["asked-2"])
    await rows.say("UPDATE notifier_question SET people = substr(people, 2) WHERE id = 'asked-2'")
    await rows.replay("notifier", "questions")
    assert await still_open() == []


async def notices(rows: Rows) -> None:
    """What cannot be read waits; of the others people hear when their contract comes to run the product."""
    told: list[str] = []

    async def written(_: Profiles, notice: Any, only: Any) -> bool:
        told.append(notice.id)
        return True

    async def nobody(*_: Any) -> dict[str, Any]:
        return {}

    runs = {"products": [{"product": "engine", "versions": ["1"]}]}
    assert (await rows.world.ask("all", "PUT", "/v1/contracts/acme/profile", json=runs)).status_code == 200
    for number in ALL:
        answer = await rows.world.ask("all", "POST", "/v1/notices", json={
            "id": f"notice-{number}", "published_at": rows.now.isoformat(), "severity": "critical",
            "title": f"Fix {number}", "text": "said", "products": [{"product": "engine"}],
        })  # fmt: skip
        assert answer.status_code in (200, 202), answer.text
    await rows.until(lambda: rows.count("notifier_notice", "id LIKE 'notice-%'"), 3)
    await rows.say("UPDATE notifier_notice SET content = '[' || content WHERE id = 'notice-2'")
    rows.patch.setattr(Profiles, "_written", written)
    rows.patch.setattr("sla_notifier.notice.store.told_of", nobody)
    rows.patch.setattr("sla_notifier.profile.concerned", lambda *_: [rows.rulebook.contracts["acme"]])
    await Profiles(rows.notifying()).look()
    assert set(told) == {"notice-1", "notice-3"}
    assert await rows.waiting("notifier", "profiles") == ["notice-2"]
    await rows.say("UPDATE notifier_notice SET content = substr(content, 2) WHERE id = 'notice-2'")
    await rows.replay("notifier", "profiles")
    assert set(told) == {"notice-1", "notice-2", "notice-3"}


async def contract_news(rows: Rows) -> None:
    looked: list[str] = []

    def news(_: ContractWatch, contract: str, now: datetime) -> tuple[None, tuple[()]]:
        if contract == "beta":
            raise ValueError("an entry that cannot be")
        looked.append(contract)
        return None, ()

    with rows.patch.context() as broken:
        broken.setattr(ContractWatch, "_news", news)
        watch = ContractWatch(rows.notifying())
        await watch.look()
    assert sorted(looked) == ["acme", "house"]
    assert await rows.waiting("notifier", "contract-news") == ["beta"]
    await rows.replay("notifier", "contract-news")


# -- the timer


async def deferred(rows: Rows) -> None:
    """Events that wait for their incident, of which one cannot be read."""
    await rows.tickets("later")
    await rows.until(lambda: rows.count("timer_incident", "id LIKE 'desk:later%'"), 3)
    await rows.say("""INSERT INTO timer_deferred (id, incident, partition, type, occurred_at, received_at, data)
        SELECT event.id || '+', event.incident, incident.partition, event.type, event.occurred_at, event.received_at,
        CASE WHEN event.incident = 'desk:later2' THEN '[' ELSE '' END || event.data
        FROM timer_event event JOIN timer_incident incident ON incident.id = event.incident
        WHERE event.incident LIKE 'desk:later%'""")
    await rows.until(lambda: rows.count("timer_deferred", "incident LIKE 'desk:later%'"), 0)
    assert await rows.count("timer_event", "incident LIKE 'desk:later%' AND id LIKE '%+'") == 2
    page = await rows.quarantine("timer").page("quarantined", 0, 50)
    assert [(row.part, row.key) for row in page] == [("consume", "desk:later2")]


# -- the board


async def objectives(rows: Rows) -> None:
    """What is stored of how an objective stands cannot be read."""
    now = rows.now
    names = {"1": "acme", "2": "beta", "3": "house"}

    async def mark(connection: AsyncConnection) -> None:
        for number, contract in names.items():
            await connection.execute(insert(board.objective).values(
                contract=contract, entitlement="", objective="kept", period="2026-01", kind="month", starts_at=now,
                ends_at=now + timedelta(days=1), percent="90", met=0, missed=0, exempt=0, open=0, allowed=0,
                standing="met", told="nonsense" if number == BAD else "objective.recovered", number=0, changed_at=now,
            ))  # fmt: skip
            await connection.execute(insert(board.counted).values(contract=contract, incident="desk:x", news=2))

    async def marked() -> list[str]:
        found = await rows.say("SELECT DISTINCT contract FROM board_counted WHERE incident = 'desk:x'")
        return sorted(row.contract for row in found)

    await rows.run(mark)
    await rows.until(marked, ["beta"])
    await rows.fails_alone("board", "objectives", "beta")
    await rows.say("UPDATE board_objective SET told = 'objective.recovered' WHERE contract = 'beta'")
    await rows.replay("board", "objectives")
    assert await marked() == []


async def attainment(rows: Rows) -> None:
    whole, read = gauge._read_contract, list[str]()

    async def some(connection: AsyncConnection, rulebook: Rulebook, contract: str, now: datetime) -> Any:
        if contract == "beta":
            raise ValueError("a count that cannot be")
        read.append(contract)
        return await whole(connection, rulebook, contract, now)

    async def watched(*_: Any) -> tuple[list[str], int]:
        return ["acme", "beta", "house"], 0

    gauges = gauge.AttainmentGauges(
        rows.store, rows.context.time_source, lambda: rows.rulebook, BoardMetrics(CollectorRegistry()), WakeSignal(),
        rows.quarantine("board"),
    )  # fmt: skip
    with rows.patch.context() as broken:
        broken.setattr(gauge, "_read_contract", some)
        broken.setattr(gauge, "watched_contracts", watched)
        await gauges.read()
        await gauges.read()
    assert read == ["acme", "house"] * 2
    assert await rows.waiting("board", "attainment") == ["beta"]
    await rows.replay("board", "attainment")


async def reports(rows: Rows) -> None:
    made, now = list[str](), rows.now
    broken = True

    async def make(_: ReportWatch, due: NextReport, *rest: Any) -> int:
        if due.contract == "beta" and broken:
            raise ValueError("a figure that cannot be")
        made.append(due.contract)
        return 1

    def following(*_: Any) -> NextReport | None:
        if broken and _[1].id == "beta":
            raise ValueError("a day that cannot be")
        return next((one for one in wanted if one.contract == _[1].id), None)

    wanted = [
        NextReport(contract=one, schedule="monthly", period="2026-01", due_at=now) for one in ("acme", "beta", "house")
    ]
    rows.patch.setattr(ReportWatch, "_make", make)
    rows.patch.setattr("sla_board.report_watch.next_report", following)
    rows.patch.setattr("sla_board.report_watch._contracts", lambda _: [Scheduled(one.contract) for one in wanted])
    watch = ReportWatch(
        rows.store, rows.context.time_source, lambda: rows.context.catalogue.current, None,  # type: ignore[arg-type]
        None, "", lambda: None, rows.quarantine("board"),  # type: ignore[arg-type]
    )  # fmt: skip
    await rows.run(lambda connection: enter(connection, wanted))
    assert await watch.look() == 2
    assert made == ["acme", "house"]
    assert await rows.waiting("board", "reports") == ['["beta","monthly"]']
    async with rows.store.reading() as connection:
        put_off = (await next_reports(connection))["beta", "monthly"]
    assert put_off.due_at - now > timedelta(minutes=59), "it is left out meanwhile, and kept"
    broken = False
    acme = rows.rulebook.contracts["acme"]
    rows.patch.setattr(type(acme), "reports", [Scheduled("monthly")])
    await rows.replay("board", "reports")
    assert made == ["acme", "house", "beta"]


class Scheduled:
    """Stands for a contract with one schedule, and for the schedule."""

    def __init__(self, id_: str) -> None:
        self.id = id_

    @property
    def reports(self) -> list[Scheduled]:
        return [Scheduled("monthly")]


async def listing(rows: Rows) -> None:
    await rows.tickets("list")
    await rows.until(lambda: rows.listed("list"), ["desk:list1", "desk:list2", "desk:list3"])
    await rows.world.until(rows.world.still)
    await rows.say("UPDATE board_event SET data = '[' || data WHERE incident = 'desk:list2' AND topic = 'incidents'")
    await rows.say("DELETE FROM board_listed WHERE incident LIKE 'desk:list%'")
    await rows.say("INSERT INTO board_listing (id, after) VALUES (1, '')")
    filling = ListFilling(rows.store, rows.quarantine("board"), pause=0)
    while await filling.enter_part():
        pass
    assert await rows.listed("list") == ["desk:list1", "desk:list3"]
    assert await rows.waiting("board", "listing") == ["desk:list2"]
    await rows.say(
        "UPDATE board_event SET data = substr(data, 2) WHERE incident = 'desk:list2' AND topic = 'incidents'"
    )
    await rows.replay("board", "listing")
    assert await rows.listed("list") == ["desk:list1", "desk:list2", "desk:list3"]


async def breakdowns(rows: Rows) -> None:
    whole, broken = BreakdownWorker._compute, True

    async def some(self: BreakdownWorker, names: Any) -> list[str]:
        if broken and "desk:times2" in names:
            raise OverflowError("a length that cannot be")
        return await whole(self, names)

    async def marked() -> list[str]:
        found = await rows.say("SELECT incident FROM board_unfolded WHERE incident LIKE 'desk:times%'")
        return sorted(row.incident for row in found)

    rows.patch.setattr(BreakdownWorker, "_compute", some)
    await rows.tickets("times")
    await rows.until(marked, ["desk:times2"])
    await rows.fails_alone("board", "breakdowns", "desk:times2")
    broken = False
    await rows.replay("board", "breakdowns")
    assert await marked() == []


async def board_retention(rows: Rows) -> None:
    await rows.tickets("shown", "cancelled")
    await rows.until(lambda: rows.count("board_incident", "id LIKE 'desk:shown%' AND phase = 'cancelled'"), 3)
    await rows.world.until(rows.world.still)
    await rows.say("UPDATE board_event SET data = '[' || data WHERE incident = 'desk:shown2' AND topic = 'incidents'")
    sweeps = EndedIncidents(rows.store, rows.quarantine("board"))
    horizon = rows.now + timedelta(days=1)
    assert [step async for step in sweeps.ended(horizon)]
    assert await rows.count("board_incident", "id LIKE 'desk:shown%'") == 1
    assert await rows.waiting("board", "retention") == ["desk:shown2"]
    await rows.say(
        "UPDATE board_event SET data = substr(data, 2) WHERE incident = 'desk:shown2' AND topic = 'incidents'"
    )
    await rows.replay("board", "retention")
    assert await rows.count("board_incident", "id LIKE 'desk:shown%'") == 0


# -- ingest, and what every service has


async def ingest_retention(rows: Rows) -> None:
    """Of an incident with very many events not all were read so far; one of the others cannot be read."""
    await rows.tickets("told", "updated", "cancelled")
    spoil = "UPDATE ingest_event SET data = '[' || data WHERE incident = 'desk:told2' AND type LIKE '%cancelled%'"
    await rows.say(spoil)
    rows.patch.setattr(history, "MOST", 1)
    sweeps = Histories(rows.store, lambda: rows.rulebook, rows.quarantine("ingest"))
    removed = [step async for step in sweeps.ended(rows.now + timedelta(days=1))]
    assert sum(step["ingest_event"] for step in removed) == 6
    assert await rows.count("ingest_event", "incident LIKE 'desk:told%'") == 3
    assert await rows.waiting("ingest", "retention") == ["desk:told2"]
    await rows.say("UPDATE ingest_event SET data = substr(data, 2) WHERE data LIKE '[%' AND incident = 'desk:told2'")
    await rows.replay("ingest", "retention")
    assert await rows.count("ingest_event", "incident LIKE 'desk:told%'") == 0


async def recorded(rows: Rows, names: str) -> None:
    for number in ALL:
        contract = f"{names}{number}"
        section = {"customers": [contract], "plan": "plain", "zone": "UTC", "roles": {"on_call": ["anna"]}}
        said = {"id": contract, "reason": "signed", "contract": section}
        assert (await rows.world.ask("all", "POST", "/v1/contracts", json=said)).status_code == 201


async def versions(rows: Rows) -> None:
    """A version's day has come; what is stored of one contract cannot be read."""
    await recorded(rows, "ver")
    at = rows.now + timedelta(seconds=3)
    for number in ALL:
        section = {
            "customers": [f"ver{number}"],
            "plan": "plain",
            "zone": "Europe/Warsaw",
            "roles": {"on_call": ["anna"]},
        }
        said = {"reason": "moved", "contract": section, "effective_from": at.isoformat()}
        answer = await rows.world.ask(
            "all", "PUT", f"/v1/contracts/ver{number}", json=said, headers={"If-Match": '"1"'}
        )
        assert answer.status_code == 200, answer.text
    await rows.say("UPDATE ingest_contract_record SET record = '[' || record WHERE id = 'ver2'")

    async def ahead() -> list[str]:
        found = await rows.say("SELECT id FROM ingest_contract_entry WHERE id LIKE 'ver%' AND next_at IS NOT NULL")
        return sorted(row.id for row in found)

    await rows.until(ahead, ["ver2"])
    await rows.fails_alone("ingest", "contracts", "ver2")
    await rows.say("UPDATE ingest_contract_record SET record = substr(record, 2) WHERE id = 'ver2'")
    await rows.replay("ingest", "contracts")
    assert await ahead() == []


async def records(rows: Rows) -> None:
    """A record that cannot be found by its names: the others are known, and it once it is mended."""
    await recorded(rows, "rec")
    await rows.until(lambda: rows.count("notifier_contract_record", "id LIKE 'rec%'"), 3)
    await rows.say("UPDATE notifier_contract_record SET names = '[' || names WHERE id = 'rec2'")
    shelf, quarantine = RecordShelf(), rows.quarantine("notifier")
    copies = ContractCopies(
        rows.store, RecordCopy(shelf, notifier.contract_records, notifier.contract_cursor), quarantine
    )
    await copies.load()
    await copies._unreadable.keep()
    assert sorted(name for name in shelf if name.startswith("rec")) == ["rec1", "rec3"]
    assert await rows.waiting("notifier", "contract-records") == ["rec2"]
    await rows.say("UPDATE notifier_contract_record SET names = substr(names, 2) WHERE id = 'rec2'")
    await rows.replay("notifier", "contract-records")
    assert shelf.get("rec2") is not None
    shelf.put("rec2", 9, RecordIndex(customers=("rec2",)), b"[")
    assert shelf.get("rec2") is None
    assert shelf.get("rec1") is not None


async def ledgers(rows: Rows) -> None:
    looked: list[str] = []

    def warnings(_: LedgerWatch, contract: str, now: datetime) -> Any:
        if contract == "led2" and broken:
            raise ValueError("an entry that cannot be")
        looked.append(contract)
        return Counter()

    class Shelf:
        def with_entries(self) -> tuple[str, ...]:
            return ("led1", "led2", "led3")

        def revision(self, contract: str) -> int:
            return len(looked)

    watch = LedgerWatch(
        Shelf(), lambda: rows.rulebook, rows.context.time_source,  # type: ignore[arg-type]
        IngestMetrics(CollectorRegistry()), rows.quarantine("ingest"),
    )  # fmt: skip
    broken = True
    rows.patch.setattr(LedgerWatch, "_warnings", warnings)
    for _ in range(2):
        await watch.update_gauge()
    assert looked == ["led1", "led3"] * 2
    assert await rows.waiting("ingest", "ledgers") == ["led2"]
    broken = False
    await rows.replay("ingest", "ledgers")
    assert looked[-1] == "led2"


async def keys(rows: Rows) -> None:
    """SQLite keeps any text as a day; the key opens nothing, and the others go on."""
    for number in ALL:
        await rows.say(
            "INSERT INTO platform_key (number, name, sha256, scopes, contract, expires, made_at, made_by, revoked_by,"
            " changed) SELECT :number, :name, :sha, 'read', NULL, NULL, 0, 'test', '', :number",
            number=100 + int(number), name=f"key{number}", sha=KEYS["nobody"].rjust(64, number),
        )  # fmt: skip
    await rows.say("UPDATE platform_key SET expires = 'some day' WHERE name = 'key2'")
    async with rows.store.reading() as connection:
        found, place = await changed_since(connection, 0)
    assert [key.name for key in found if key.name.startswith("key")] == ["key1", "key3"]
    assert place == 103
