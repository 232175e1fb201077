"""Overrides of rotas made over the API: who is told, what is shown, what is refused, and what stays on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached
from tests.integration.notifier.test_escalation import mailed
from tests.integration.notifier.test_on_call import entries
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

from sla_catalogue import Catalogue, load_catalogue
from sla_notifier import tables
from sla_notifier.override import owner

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
READER = {"authorization": "Bearer the-readers-key-0001"}
ADMIN = {"authorization": "Bearer the-admins-key-00001"}
ACME = {"authorization": "Bearer the-acme-key-00000001"}
HOOKED = {"authorization": "Bearer the-hooked-key-000001"}
# Ben is on call until Monday 10:20 in Warsaw (09:20 UTC), Anna then until Tuesday. Sara is of no rota and no contract.
ROTAS = """
rotas:
  desk: {zone: Europe/Warsaw, people: [anna, ben], handover: {every: day, at: "10:20"}, starts: 2026-02-28}
  spare: {zone: UTC, people: [ops, ben], starts: 2026-03-02}
"""
SARA = "  sara: {name: Sara Stand-in, email: sara@house.example, zone: Europe/London, languages: [en, pl]}\n"


def written(folder: Any, urls: dict[str, str], *without: str) -> Catalogue:
    text = CATALOGUE.read_text("utf-8") + ROTAS
    for old, new in (
        ("[{person: anna, coverage: office}, {person: ben, coverage: office, outside: true}]", "[{rota: desk}]"),
        ("roles: {operators: [ops]}", "roles: {operators: [ops], spare: [{rota: spare}]}"),
        ("people:\n  ops:", f"people:\n{SARA}  leaver: {{name: Lea Leaver, email: lea@house.example, "
                            "until: 2026-03-05, zone: Europe/Warsaw}\n  ops:"),
        *((part, "") for part in without),
    ):  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "catalogue.yaml"
    file.write_text(text, encoding="utf-8")
    return load_catalogue(file, environment=urls)


@pytest.fixture
def urls(webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver) -> dict[str, str]:
    return {"PAGER_URL": f"{webhook_receiver.url}/page", "SPARE_URL": f"{spare_receiver.url}/page"}


@pytest.fixture
def catalogue(tmp_path: Any, urls: dict[str, str]) -> Catalogue:
    return written(tmp_path, urls)


@pytest.fixture
async def another(stage: Stage) -> AsyncIterator[tuple[Stage, httpx2.AsyncClient]]:
    """A second instance of the notifier on the same database."""
    other = stage.another()
    transport = httpx2.ASGITransport(app=other.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://slad.example") as opened:
        yield other, opened


def asked(person: str = "sara", start: datetime = NINE, length: timedelta = 2 * DAY, **more: Any) -> dict[str, Any]:
    return {"from": start.isoformat(), "until": (start + length).isoformat(), "person": person, **more}


async def made(client: httpx2.AsyncClient, query: str = "", rota: str = "desk", **more: Any) -> httpx2.Response:
    return await client.post(f"/v1/oncall/{rota}/overrides{query}", json=asked(**more), headers=ADMIN)


async def on_call(client: httpx2.AsyncClient, at: datetime | None = None, **query: str) -> tuple[str, Any]:
    parameters = {"rota": "desk", **({"at": at.isoformat()} if at is not None else {}), **query}
    answer = (await client.get("/v1/oncall", params=parameters, headers=READER)).json()
    now = answer["rotas"][0]["now"]
    return now["person"], now["override"]


async def listed(client: httpx2.AsyncClient, rota: str = "desk") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/oncall/{rota}/overrides", headers=READER)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["overrides"])


async def test_a_stand_in_made_over_the_api_is_told_on_every_instance_until_it_is_ended(
    stage: Stage,
    client: httpx2.AsyncClient,
    another: tuple[Stage, httpx2.AsyncClient],
    smtp_server: SmtpServer,
) -> None:
    other, elsewhere = another
    answer = await made(client, reason="Ben is ill", instead_of="ben")
    assert answer.status_code == 201, answer.text
    assert answer.json()["shifts"] == [
        {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:20:00Z", "before": "ben", "after": "sara"},
        {"start": "2026-03-03T09:20:00Z", "end": "2026-03-04T09:00:00Z", "before": "ben", "after": "sara"},
    ]
    stage.time.go(NINE + 15 * MINUTE)
    said = {"instead_of": "ben", "by": "admin", "reason": "Ben is ill"}
    assert await on_call(client) == ("sara", said)
    # The other instance has not looked since: its transaction does.
    assert (await on_call(elsewhere))[0] == "ben"
    await other.hear(breached())
    await other.send()
    assert mailed(smtp_server) == [("sara", "Breached:")]
    (row,) = await stage.rows(person="sara")
    assert row.why == "level 1, on call, on call"
    assert await on_call(elsewhere) == ("sara", said)
    roles = (await client.get("/v1/oncall?contract=acme", headers=READER)).json()["roles"]
    assert [(one["role"], one["person"], one["on_duty"]) for one in roles if one["role"] == "on_call"] == [
        ("on_call", "sara", True), ("on_call", "anna", False),
    ]  # fmt: skip
    events = entries((await client.get("/v1/oncall/desk.ics?person=sara", headers=READER)).text)
    assert [(one["DTSTART"], one["DTEND"], one["SUMMARY"]) for one in events] == [
        ("20260302T090000Z", "20260302T092000Z", "Sara Stand-in on call: desk"),
        ("20260303T092000Z", "20260304T090000Z", "Sara Stand-in on call: desk"),
    ]
    assert events[0]["DESCRIPTION"] == "instead of Ben Berg: Ben is ill (by admin)"

    id_ = answer.json()["override"]["id"]
    looked = await client.delete(f"/v1/oncall/overrides/{id_}?dry_run=true", headers=ADMIN)
    assert [(one["before"], one["after"]) for one in looked.json()["shifts"]] == [("sara", "ben")] * 2
    assert (await on_call(client))[0] == "sara", "it was only looked at"
    ended = await client.delete(f"/v1/oncall/overrides/{id_}?reason=well+again", headers=ADMIN)
    assert (ended.status_code, ended.json()["shifts"]) == (200, looked.json()["shifts"])
    assert await on_call(client) == ("ben", None)
    assert (await on_call(client, NINE + 10 * MINUTE))[0] == "sara", "what was stays as it was"
    stage.time.go(NINE + 16 * MINUTE)
    await other.hear(breached(incident="github:8"))
    await other.send()
    assert mailed(smtp_server)[1:] == [("ben", "Breached")]


async def test_each_act_is_in_the_log_once_and_the_same_again_is_none(stage: Stage, client: httpx2.AsyncClient) -> None:
    before = await stage.table("notifier_audit")
    looked = await made(client, "?dry_run=true")
    assert (looked.status_code, looked.json()["override"]["id"]) == (200, "")
    assert [(one["before"], one["after"]) for one in looked.json()["shifts"]] == [
        ("ben", "sara"), ("anna", "sara"), ("ben", "sara"),
    ]  # fmt: skip
    assert await listed(client) == []
    assert await stage.table("notifier_audit") == before
    first, again = await made(client, reason="holiday"), await made(client, reason="holiday, as I said")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["override"] == first.json()["override"]
    assert again.json()["remarks"] == ["it stands already"]
    id_ = first.json()["override"]["id"]
    for _ in range(2):
        ended = await client.delete(f"/v1/oncall/overrides/{id_}?reason=back", headers=ADMIN)
        assert (ended.status_code, ended.json()["override"]["state"]) == (200, "ended")
    acts = await stage.table("notifier_audit")
    assert [(row.act, row.object, row.actor, row.reason) for row in acts] == [
        ("rota_override.made", id_, "key:admin", "holiday"),
        ("rota_override.ended", id_, "key:admin", "back"),
    ]
    assert acts[0].before == ""
    assert acts[0].after == acts[1].before != acts[1].after
    new = await made(client)  # what was ended does not stand in the way
    assert (new.status_code, new.json()["override"]["id"] == id_) == (201, False)


async def test_an_override_of_the_files_that_it_meets_is_remarked(
    stage: Stage, client: httpx2.AsyncClient, tmp_path: Any, urls: dict[str, str]
) -> None:
    rota = "starts: 2026-03-02}\n"
    file = tmp_path / "catalogue.yaml"
    text = file.read_text()
    swap = '{from: "2026-03-02T00:00", until: "2026-03-02T12:00", who: maria, by: piotr, reason: a swap}'
    file.write_text(text.replace(rota, f"starts: 2026-03-02, overrides: [{swap}]}}\n"))
    stage.catalogue = load_catalogue(file, environment=urls)
    answer = await made(client, rota="spare", length=HOUR)
    assert answer.json()["remarks"] == ["it meets an override of the files with maria: sara counts where they meet"]
    assert [(one["before"], one["after"]) for one in answer.json()["shifts"]] == [("maria", "sara")]
    assert [(one["managed"], one["person"], one["by"], one["state"]) for one in await listed(client, "spare")] == [
        ("file", "maria", "piotr", "in_force"), ("api", "sara", "admin", "in_force"),
    ]  # fmt: skip


async def test_of_two_that_meet_the_later_counts_and_the_first_again_is_a_third(client: httpx2.AsyncClient) -> None:
    first = await made(client, length=DAY)
    second = await made(client, person="maria", length=DAY)
    assert second.json()["remarks"] == [
        f"it meets the override {first.json()['override']['id']} with sara: maria counts where they meet"
    ]
    assert (await on_call(client))[0] == "maria"
    third = await made(client, length=DAY)
    assert third.status_code == 201
    assert (await on_call(client))[0] == "sara"
    assert [one["person"] for one in await listed(client)] == ["sara", "maria", "sara"]


async def test_instances_that_make_overrides_at_once_agree_on_their_order(
    stage: Stage, client: httpx2.AsyncClient, another: tuple[Stage, httpx2.AsyncClient]
) -> None:
    other, elsewhere = another
    people = ["sara", "maria", "piotr", "hook", "ops"]
    answers = await asyncio.gather(*(made(client if n % 2 else elsewhere, person=each)
                                     for n, each in enumerate(people * 2)))  # fmt: skip
    assert sorted({answer.status_code for answer in answers}) in ([201], [200, 201])
    await other.context.catalogue.load(other.store)
    await stage.context.catalogue.load(stage.store)
    here, there = await listed(client), await listed(elsewhere)
    assert here == there
    assert [int(one["id"]) for one in here] == list(range(1, len(here) + 1))
    said = (here[-1]["person"], {"instead_of": "", "by": "admin", "reason": ""})
    assert [await on_call(client), await on_call(elsewhere)] == [said, said]
    same = await asyncio.gather(*(made(each, start=NINE + 9 * DAY) for each in (client, elsewhere) * 3))
    assert sorted(answer.status_code for answer in same) == [200] * 5 + [201]
    assert len({answer.json()["override"]["id"] for answer in same}) == 1


async def test_what_lies_behind_stays_as_it_was(client: httpx2.AsyncClient) -> None:
    answer = await made(client, start=NINE - HOUR, length=2 * HOUR)
    assert answer.json()["remarks"] == ["it counts from now on: what lies behind stays as it was"]
    assert answer.json()["shifts"][0]["start"] == "2026-03-02T09:00:00Z"
    assert (await on_call(client, NINE - MINUTE))[0] == "ben"
    assert (await on_call(client, NINE))[0] == "sara"


async def test_where_each_stands_and_what_is_long_over(stage: Stage, client: httpx2.AsyncClient) -> None:
    await made(client, length=HOUR)
    await made(client, start=NINE + DAY, length=HOUR, instead_of="anna")
    await made(client, start=NINE + 40 * DAY, length=HOUR, person="ben")
    stage.time.go(NINE + 10 * MINUTE)
    assert [one["state"] for one in await listed(client)] == ["in_force", "ahead", "ahead"]
    assert all(one["managed"] == "api" and one["by"] == "admin" and one["remark"] == "" for one in await listed(client))
    stage.time.go(NINE + 31 * DAY + 30 * MINUTE)
    assert [one["state"] for one in await listed(client)] == ["over", "over", "ahead"]
    stage.time.go(NINE + 32 * DAY)
    assert [one["state"] for one in await listed(client)] == ["over", "ahead"]
    over = (await listed(client))[0]["id"]
    answer = await client.delete(f"/v1/oncall/overrides/{over}", headers=ADMIN)
    assert (answer.json()["override"]["state"], answer.json()["shifts"]) == ("over", [])
    assert [row.act for row in await stage.table("notifier_audit")] == ["rota_override.made"] * 3


UNFIT: list[tuple[dict[str, Any], str, str]] = [
    ({"person": "sarah"}, "/person", "no person of the catalogue's files is called 'sarah' (did you mean 'sara'?)"),
    ({"person": "sara", "instead_of": "anne"}, "/instead_of", "did you mean 'anna'?"),
    ({"length": timedelta()}, "/until", "ends before it begins"),
    ({"length": -HOUR}, "/until", "ends before it begins"),
    ({"start": NINE - DAY, "length": DAY}, "/until", "wholly in the past"),
    ({"length": timedelta(days=366, microseconds=1)}, "/until", "366 days at most"),
    ({"person": "leaver", "length": 4 * DAY}, "/until", "leaver is there until 2026-03-05"),
    ({"person": "leaver", "start": NINE + 3 * DAY}, "/person", "leaver is there until 2026-03-05"),
    ({"person": "sara\x00"}, "/person", "control characters"),
    ({"reason": "x" * 501}, "/reason", "500"),
    ({"whom": "anna"}, "/whom", "not permitted"),
]


async def test_what_does_not_fit_is_refused_with_its_place(stage: Stage, client: httpx2.AsyncClient) -> None:
    for more, pointer, words in UNFIT:
        for query in ("?dry_run=true", ""):
            answer = await made(client, query, **more)
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), more
            (error,) = answer.json()["errors"]
            assert error["pointer"] == pointer
            assert words in error["detail"]
    assert await stage.table("notifier_rota_override") == []


async def test_who_is_there_until_the_end_may_stand_in_and_so_may_who_is_on_call_already(
    client: httpx2.AsyncClient,
) -> None:
    leaves = datetime(2026, 3, 4, 23, tzinfo=UTC)  # midnight in Warsaw
    assert (await made(client, person="leaver", length=leaves - NINE)).status_code == 201
    answer = await made(client, person="ben", length=10 * MINUTE, rota="spare", start=NINE + 8 * DAY)
    assert answer.json()["remarks"] == ["it changes nothing: ben is on call then as it is"]
    assert answer.status_code == 201


async def test_a_rota_has_a_thousand_open_overrides_at_most(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert owner.MOST_OPEN == 1_000
    monkeypatch.setattr(owner, "MOST_OPEN", 2)
    ids = [(await made(client, start=NINE + n * DAY, length=HOUR)).json()["override"]["id"] for n in range(2)]
    full = await made(client, start=NINE + 5 * DAY)
    assert (full.status_code, full.json()["type"]) == (409, "https://slad.io/problems/too-many-overrides")
    assert (await made(client, rota="spare")).status_code == 201, "another rota has its own"
    await client.delete(f"/v1/oncall/overrides/{ids[0]}", headers=ADMIN)
    assert (await made(client, start=NINE + 5 * DAY)).status_code == 201


async def test_keys_of_one_contract_see_its_rotas_and_change_none(client: httpx2.AsyncClient) -> None:
    id_ = (await made(client)).json()["override"]["id"]
    for key, rota, status in ((ACME, "desk", 200), (ACME, "spare", 404), (HOOKED, "desk", 404), (READER, "spare", 200)):
        assert (await client.get(f"/v1/oncall/{rota}/overrides", headers=key)).status_code == status
    for key in (ACME, HOOKED, READER):
        posted = await client.post("/v1/oncall/desk/overrides", json=asked(), headers=key)
        deleted = await client.delete(f"/v1/oncall/overrides/{id_}", headers=key)
        assert (posted.status_code, deleted.status_code) == (403, 403)
    assert (await client.post("/v1/oncall/desk/overrides", json=asked())).status_code == 401
    assert [one["state"] for one in await listed(client)] == ["in_force"]
    for path, method in (("disk/overrides", "GET"), ("disk/overrides", "POST"), ("overrides/12x", "DELETE")):
        body = asked() if method == "POST" else None
        answer = await client.request(method, f"/v1/oncall/{path}", json=body, headers=ADMIN)
        assert (answer.status_code, answer.json()["type"]) == (404, "https://slad.io/problems/not-found")


async def test_rows_of_whom_the_catalogue_no_longer_has_are_kept_ignored_and_said(
    stage: Stage, client: httpx2.AsyncClient, tmp_path: Any, urls: dict[str, str]
) -> None:
    id_ = (await made(client)).json()["override"]["id"]
    assert (await made(client, rota="spare", person="piotr", instead_of="ops")).status_code == 201
    assert (await on_call(client))[0] == "sara"
    stage.catalogue = written(tmp_path, urls, SARA, "  spare: {zone: UTC, people: [ops, ben], starts: 2026-03-02}\n",
                              ", spare: [{rota: spare}]")  # fmt: skip
    with capture_logs() as logs:
        await stage.context.catalogue.load(stage.store)
        await stage.context.catalogue.load(stage.store)
    told = [(one["override"], one["because"]) for one in logs if one["event"] == "override.ignored"]
    assert told == [
        (int(id_), "the catalogue has no person 'sara' any more"),
        (int(id_) + 1, "the catalogue has no rota 'spare' any more"),
    ]
    remark = await stage.context.catalogue.remark()
    assert remark == "; ".join(f"override {number} is ignored: {why}" for number, why in told)
    assert await on_call(client) == ("ben", None)
    assert [one["remark"] for one in await listed(client)] == ["the catalogue has no person 'sara' any more"]
    assert [one["remark"] for one in await listed(client, "spare")] == ["the catalogue has no rota 'spare' any more"]
    assert (await client.get("/v1/oncall/spare/overrides", headers=ACME)).status_code == 404
    ended = await client.delete(f"/v1/oncall/overrides/{int(id_) + 1}", headers=ADMIN)
    assert (ended.status_code, ended.json()["override"]["state"]) == (200, "ended")
    assert len(await stage.table(tables.rota_override.name)) == 2
