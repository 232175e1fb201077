"""Booked hours and allowances that run low are told to whom rules of the contract name, once each (H10, I6, E10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.build.record import record_of, version
from tests.integration.notifier.stage import NINE, Stage
from tests.real.smtp import SmtpServer

from sla_domain.ledger import EntryId, EntryKind, LedgerEntry
from sla_domain.record import Change, EntryPosted, WindowBooked, WindowCancelled
from sla_domain.window import BookedWindow
from sla_notifier import tables
from sla_notifier.contract_watch.watch import ANEW, ContractWatch
from sla_platform.contracts.copies import write_records
from sla_platform.wire.contract import record_data

BORN = NINE - timedelta(days=30)
SATURDAY = datetime(2026, 3, 7, tzinfo=UTC)
SECTION = {
    "title": "Polar",
    "customers": ["Polar"],
    "plan": "counted",
    "zone": "Europe/Warsaw",
    "valid": {"from": f"{BORN:%Y-%m-%d}", "to": f"{BORN + timedelta(days=364):%Y-%m-%d}"},
    "roles": {"on_call": ["ben"], "lead": ["piotr"], "manager": ["maria"], "contact": ["kari"]},
    "people": {"kari": {"name": "Kari", "email": "kari@polar.example", "language": "pl", "side": "customer"}},
}
WEEKEND = BookedWindow(
    id="go-live", window="weekend", start=SATURDAY, end=SATURDAY + timedelta(days=2), people=("ben",), surcharge=50
)


def entry(kind: EntryKind, amount: int, name: str, at: datetime = NINE) -> EntryPosted:
    return EntryPosted("credits", LedgerEntry(id=EntryId(name), kind=kind, amount=Decimal(amount), at=at, who="ann"))


BOUGHT = entry(EntryKind.BOUGHT, 10, "po-1", BORN + timedelta(days=1))


async def store(stage: Stage, *changes: Change) -> None:
    made = record_of("polar", BORN, version(1, BORN, SECTION), *changes)
    async with stage.store.transaction() as connection:
        await write_records(connection, tables.contract_records, [record_data(made)])


async def told(stage: Stage) -> list[tuple[str, str]]:
    return sorted((row.person, row.subject) for row in await stage.rows(kind="contract"))


async def test_hours_that_are_booked_are_told_once_to_both_sides(
    recorded_stage: Stage, smtp_server: SmtpServer
) -> None:
    stage = recorded_stage
    watch, other = ContractWatch(stage.context), ContractWatch(stage.another().context)
    await store(stage)
    assert await watch.look() == 0
    await store(stage, WindowBooked(WEEKEND))
    assert [await watch.look(), await other.look(), await watch.look()] == [1, 0, 0]
    assert await told(stage) == [
        ("kari", "Zarezerwowano dodatkowe godziny: Polar, Dyżur weekendowy"),
        ("maria", "Extra hours booked: Polar, Weekend standby"),
    ]
    await stage.send()
    ours, theirs = sorted(smtp_server.accepted.all(), key=lambda mail: mail.recipients[0], reverse=True)
    text = _text(ours)
    assert "Polar has service from" in text
    assert "On duty: Ben Berg" in text
    assert "50 %" in text
    assert "https://slad.example/contracts/polar" in text
    assert "slad.example/contracts" not in _text(theirs), "the board is the support's"

    await store(stage, WindowBooked(WEEKEND), WindowCancelled("go-live"))
    assert [await watch.look(), await other.look()] == [1, 0]
    assert ("maria", "Extra hours cancelled: Polar, Weekend standby") in await told(stage)


async def test_hours_that_are_over_and_those_cancelled_before_anybody_heard_of_them_are_no_news(
    recorded_stage: Stage,
) -> None:
    stage = recorded_stage
    await store(stage, WindowBooked(WEEKEND), WindowCancelled("go-live"))
    await ContractWatch(stage.context).look()
    assert await told(stage) == []
    stage.time.go(WEEKEND.end)
    await store(stage, WindowBooked(WEEKEND))
    await ContractWatch(stage.context).look()
    assert await told(stage) == []


async def test_an_allowance_that_falls_through_two_thresholds_at_once_is_told_once(recorded_stage: Stage) -> None:
    stage = recorded_stage
    watch = ContractWatch(stage.context)
    await store(stage, BOUGHT)
    assert await watch.look() == 0
    await store(stage, BOUGHT, entry(EntryKind.USED, 9, "w-1"))
    assert await watch.look() == 2, "both thresholds are on record"
    assert await told(stage) == [("kari", "Kończy się pula: Polar, Kredyty")]
    again = entry(EntryKind.BOUGHT, 10, "po-2", NINE + timedelta(hours=1))
    await store(stage, BOUGHT, entry(EntryKind.USED, 9, "w-1"), again)
    stage.time.go(NINE + timedelta(hours=2))
    await watch.look()
    assert len(await told(stage)) == 1
    used = entry(EntryKind.USED, 3, "w-2", NINE + timedelta(hours=2))
    await store(stage, BOUGHT, entry(EntryKind.USED, 9, "w-1"), again, used)
    await watch.look()
    assert len(await told(stage)) == 2, "it had risen between: the second time is news"


async def test_what_was_overdrawn_is_told_with_how_much(recorded_stage: Stage) -> None:
    stage = recorded_stage
    await store(stage, BOUGHT, entry(EntryKind.USED, 12, "w-1"))
    await ContractWatch(stage.context).look()
    rows = [row for row in await stage.rows(kind="contract") if "overdrawn" in row.subject.lower()]
    assert [row.person for row in rows] == ["maria"]
    assert "2 credits too much" in rows[0].text


async def test_time_alone_brings_an_expiry_near(recorded_stage: Stage) -> None:
    """Nothing is changed: the contract is looked at again within about an hour."""
    stage = recorded_stage
    watch = ContractWatch(stage.context)
    await store(stage, BOUGHT)
    assert await watch.look() == 0
    stage.time.go(NINE + timedelta(days=310))
    assert await watch.look() == 1
    assert await told(stage) == [("maria", "Expires soon: Polar, Credits")]
    stage.time.go(NINE + timedelta(days=310) + ANEW)
    assert await watch.look() == 0


async def test_one_contract_that_cannot_be_computed_keeps_no_other_from_being_told(
    recorded_stage: Stage, monkeypatch: Any
) -> None:
    stage = recorded_stage
    await store(stage, WindowBooked(WEEKEND))

    def news(rulebook: Any, contract: Any, *rest: Any) -> Any:
        if contract.id != "polar":
            raise ValueError(contract.id)
        return real(rulebook, contract, *rest)

    from sla_notifier.contract_watch import watch as module

    real = module.contract_news
    monkeypatch.setattr(module, "contract_news", news)
    monkeypatch.setattr(module, "tells_of_contract", lambda *_: True)
    assert await ContractWatch(stage.context).look() == 1


def _text(mail: Any) -> str:
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
