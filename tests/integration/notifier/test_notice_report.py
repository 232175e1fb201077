"""Who has been told of a notice and who has answered: over HTTP, and by the command."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from tests.integration.notifier.stage import NINE, Stage, notice
from tests.integration.notifier.test_ack_command import url  # noqa: F401  # a fixture
from tests.integration.notifier.test_notice_revisions import run
from tests.unit.cli.invoke import Said, slad

from sla_domain.contract import ContractId, Side
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger

READER = {"Authorization": "Bearer the-readers-key-0001"}
ACME = {"Authorization": "Bearer the-acme-key-00000001"}
HOOKED = {"Authorization": "Bearer the-hooked-key-000001"}


async def told(stage: Stage) -> None:
    run(stage, "hooked", "shop", "4.0")
    people = stage.catalogue.rulebook.contracts[ContractId("acme")].people
    object.__setattr__(people["maria"], "side", Side.CUSTOMER)
    await stage.hear(notice(cause="data_loss"))


async def test_the_report_says_who_was_told_by_what_and_who_answered(stage: Stage, client: httpx2.AsyncClient) -> None:
    await told(stage)
    early = (await client.get("/v1/notices/fix-1", headers=READER)).json()
    assert (early["told"], early["delivered"], early["outstanding"]) == (5, 0, ["acme", "hooked"])
    stage.time.go(NINE + timedelta(minutes=1))
    await stage.send()
    alert = next(row for row in await stage.table("notifier_alert") if row.contract == "acme")
    await Acknowledger(stage.context).acknowledge(alert.id, AckBy.person("maria", "link"))
    said = (await client.get("/v1/notices/fix-1", headers=READER)).json()
    assert (said["cause"], said["delivered"], said["outstanding"]) == ("data_loss", 5, ["hooked"])
    acme, hooked = said["contracts"]
    assert (acme["state"], acme["acknowledged_by"], acme["acknowledged_via"]) == ("acknowledged", "maria", "link")
    assert [(one["person"], one["side"], one["channel"], one["state"]) for one in acme["people"]] == [
        ("anna", "support", "email", "sent"),
        ("ben", "support", "email", "sent"),
        ("maria", "customer", "email", "sent"),
        ("piotr", "support", "email", "sent"),
    ]
    assert {one["delivered_at"] for one in acme["people"]} == {"2026-03-02T09:01:00Z"}
    assert [(one["person"], one["state"]) for one in hooked["people"]] == [("hook", "sent"), ("piotr", "sent")], (
        "one mail told piotr of both"
    )
    assert "@" not in str(said), "no address"


async def test_a_key_of_one_contract_sees_that_contract_alone(stage: Stage, client: httpx2.AsyncClient) -> None:
    await told(stage)
    said = (await client.get("/v1/notices/fix-1", headers=ACME)).json()
    assert [one["contract"] for one in said["contracts"]] == ["acme"]
    assert (said["told"], said["outstanding"]) == (4, ["acme"])
    await stage.hear(notice("fix-2", versions="4.2"))
    assert (await client.get("/v1/notices/fix-2", headers=HOOKED)).status_code == 404
    assert (await client.get("/v1/notices/gone", headers=READER)).status_code == 404
    assert (await client.get("/v1/notices/fix-1")).status_code == 401


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_the_command_shows_it_and_its_exit_says_what_is_outstanding(
    stage: Stage,
    url: str,  # noqa: F811
) -> None:
    async def typed(*arguments: str) -> Said:
        key = "the-readers-key-0001"
        return await asyncio.to_thread(slad, "notice", "show", *arguments, "--url", url, "--key", key)

    await stage.hear(notice("fix-1", severity="low"), notice("fix-2"))
    await stage.send()
    low = await typed("fix-1")
    assert low.status == 0
    assert "acme: for information, nobody was asked" in low.out
    open_ = await typed("fix-2")
    assert open_.status == 1
    assert "4 told, 4 delivered, 1 outstanding" in open_.out
    assert "acme: nobody has acknowledged it" in open_.out
    assert (await typed("fix-2", "--json")).json["outstanding"] == ["acme"]
    gone = await typed("gone")
    assert (gone.status, "No notice with the id" in gone.err) == (1, True)
