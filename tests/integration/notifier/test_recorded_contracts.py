"""Contracts that are records: their people are told, once this process has heard of them, and of notices in force."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.build.record import record_of, version
from tests.integration.notifier.stage import NINE, Stage, breached, notice

from sla_domain.contract import EnvironmentItem
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry
from sla_domain.record import Change, EntryPosted, ProfileChanged
from sla_notifier import tables
from sla_notifier.profile import Profiles
from sla_platform.contracts.copies import write_records
from sla_platform.wire.contract import record_data

BORN = NINE - timedelta(days=30)
SHOP, TILL = EnvironmentItem(product="shop", versions=("4.2",)), EnvironmentItem(product="till", versions=("1",))


def section(**more: Any) -> dict[str, Any]:
    return {
        "title": "Polar",
        "customers": ["Polar"],
        "plan": "plain",
        "zone": "UTC",
        "roles": {"on_call": ["ben"], "lead": ["piotr"]},
    } | more


async def store(stage: Stage, *changes: Change, contract: str = "polar") -> None:
    """The notifier's table has the record after these changes of a contract, which is none of a file or acme."""
    first = () if contract == "acme" else (version(1, BORN, section()),)
    made = record_of(contract, BORN, *first, *changes)
    async with stage.store.transaction() as connection:
        await write_records(connection, tables.contract_records, [record_data(made)])


async def told(stage: Stage, **equal: Any) -> list[str]:
    return [row.person for row in await stage.rows(**equal)]


def broken(incident: str = "github:7", contract: str = "polar") -> Any:
    return breached(incident=incident, contract=contract, customer="Polar")


async def test_a_breach_that_comes_before_its_contract_waits_for_it(recorded_stage: Stage) -> None:
    stage = recorded_stage
    await stage.hear(broken(), breached(incident="github:8"))
    assert await told(stage) == ["anna"], "the other contract's is told at once"
    await store(stage)
    await stage.hear()
    assert await told(stage) == ["anna", "ben"]


async def test_a_contract_that_nobody_tells_of_is_the_operators_after_half_a_minute(recorded_stage: Stage) -> None:
    stage = recorded_stage
    await stage.hear(broken())
    stage.time.go(NINE + timedelta(seconds=30))
    await stage.hear()
    assert await told(stage) == ["ops"]


async def test_who_stands_still_for_long_knows_a_contract_when_its_escalation_goes_on(recorded_stage: Stage) -> None:
    stage = recorded_stage
    await store(stage)
    await stage.hear(broken())
    other = stage.another()
    assert not other.records or not len(other.records.shelf)
    await other.pass_time(minutes=10)
    assert await told(stage) == ["ben", "piotr"]


@pytest.mark.parametrize("contract", ["polar", "acme"])  # a record, and a file with a profile stated beside it
async def test_a_profile_that_is_stated_tells_of_the_notices_still_in_force(
    recorded_stage: Stage, contract: str
) -> None:
    """clause H6."""
    stage = recorded_stage
    object.__setattr__(stage.catalogue.rulebook.contracts["acme"], "environment", ())  # type: ignore[index]
    stated = [ProfileChanged((TILL,)), ProfileChanged((TILL, SHOP)), ProfileChanged((SHOP,))]
    await store(stage, *stated[:1], contract=contract)
    await stage.hear(notice(), notice("fix-2", versions=">=5"))
    profiles, other = Profiles(stage.context), Profiles(stage.another().context)
    assert await profiles.look() == []
    assert await told(stage) == []
    await store(stage, *stated[:2], contract=contract)
    assert await profiles.look() == ["fix-1"]
    everybody = {"polar": ["ben", "piotr"], "acme": ["anna", "ben", "maria", "piotr"]}[contract]
    assert sorted(await told(stage)) == everybody
    assert [*await other.look(), *await profiles.look()] == []
    await store(stage, *stated, contract=contract)
    assert await profiles.look() == []
    assert sorted(await told(stage)) == everybody


async def test_what_a_record_gained_while_nobody_ran_is_told_at_the_start(recorded_stage: Stage) -> None:
    stage = recorded_stage
    await stage.hear(notice())
    sent = len(await stage.rows())
    await store(stage, ProfileChanged((SHOP,)))
    assert await Profiles(stage.context).look() == ["fix-1"]
    assert sorted(await told(stage))[-1] == "piotr"
    assert len(await stage.rows()) > sent


async def test_an_entry_of_a_ledger_asks_about_no_notice(
    recorded_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = recorded_stage
    await store(stage, ProfileChanged((SHOP,)))
    await stage.hear(notice())
    profiles = Profiles(stage.context)
    await profiles.look()
    await store(stage, ProfileChanged((SHOP,)), ProfileChanged((SHOP, TILL)))
    await profiles.look()
    bought = LedgerEntry(id=EntryId("b1"), kind=EntryKind.BOUGHT, amount=Decimal(3600), at=NINE, who="ann")
    await store(stage, ProfileChanged((SHOP,)), ProfileChanged((SHOP, TILL)), EntryPosted("training", bought))

    def asked(*_: Any) -> None:
        raise AssertionError("the notices are not asked for")

    monkeypatch.setattr("sla_notifier.profile.notices.standing_notices", asked)
    assert await profiles.look() == []
