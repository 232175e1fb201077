"""Every route that changes something leaves an act in an audit log, with who did it; or says here why it does not.

The routes are those of the app itself: a new one that is in neither list fails the first test.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, insert, select, update
from tests.integration.standalone.knock import CLOUDEVENT, JSON, Answer, knock, routes_of
from tests.integration.standalone.long import PERSON, PLAN

from sla_board import tables as board
from sla_ingest import tables as ingest
from sla_notifier import tables as notifier
from sla_notifier.link import Links
from sla_notifier.link_secret import LinkSecret
from sla_platform.audit.chain import AuditRow, first_break
from sla_platform.audit.store import AuditFilter, head_of, oldest_first
from sla_platform.bus.quarantine import CONSUME, RELAY
from sla_platform.store.quarantine import QuarantineRow
from sla_standalone.compose import RunningProcess
from sla_standalone.wiring import AUDIT

pytestmark = pytest.mark.timeout(300)

DATA = {
    "POST /v1/webhooks/{source}": "a sender's delivery is data: the inbox keeps it whole, with its source",
    "POST /v1/events": "the same; the inbox keeps which source or key it came by",
    "POST /v1/deadlines": "a question: nothing is stored",
    "POST /v1/sources/{source}/trial": "a question: a draft of a map is tried, and nothing is stored",
    "POST /answers/{token}": "needs a question: integration/notifier/test_questions.py looks at its act",
    "POST /v1/registrations": "a wish, by anybody: it stands with who asked, and counts once its link is followed",
}
BY_KEY, BY_LINK = "key:admin", "person:"
ADDRESS, KIM = "kim@acme.example", "registered:kim"
WHY = "after the mend"
REASON = "?reason=after%20the%20mend"
ANY = {**JSON, "if-match": "*"}
SAID = orjson.dumps({"reason": WHY})


@dataclass(slots=True)
class World:
    slad: RunningProcess
    known: set[tuple[str, int]] = field(default_factory=set)

    async def from_here(self) -> None:
        """What has been done up to now is not what is looked at."""
        self.known = {(row.service, row.seq) for row in await self.rows()}

    async def new(self) -> list[AuditRow]:
        return [row for row in await self.rows() if (row.service, row.seq) not in self.known]

    async def rows(self) -> list[AuditRow]:
        """Every act of every log, each log whole."""
        found: list[AuditRow] = []
        for tables in AUDIT.values():
            own = [row async for row in oldest_first(self.slad.context.store, tables, AuditFilter())]
            async with self.slad.context.store.reading() as connection:
                assert first_break(own, await head_of(connection, tables)) is None
            found += own
        return found

    async def post(self, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        return await knock(self.slad.app, "POST", path, body, headers)

    async def signed(self, contract: str, query: str = "", **more: Any) -> Answer:
        """A recorded contract, with its first version."""
        said = {"id": contract, "reason": WHY, "contract": _section(contract), **more}
        return await self.post(f"/v1/contracts{query}", orjson.dumps(said), JSON)

    def now(self) -> datetime:
        return self.slad.context.time_source.now()

    async def used(self, id_: str) -> Answer:
        """A visit of the customer, in the ledger of the contract."""
        said = {"id": id_, "kind": "used", "amount": 1, "reason": WHY}
        return await self.post("/v1/contracts/anybody/ledgers/visits/entries", orjson.dumps(said), JSON)

    async def register(self, id_: str, state: str) -> None:
        """A registration for notices, as it stands after a request."""
        now = self.now()
        row = {
            "id": id_, "request": id_, "contract": "anybody", "product": id_, "product_key": id_, "address": ADDRESS,
            "address_key": ADDRESS, "person": KIM, "language": "en", "state": state, "requested_at": now,
            "expires_at": now + timedelta(days=3),
        }  # fmt: skip
        async with self.slad.context.store.transaction() as connection:
            await connection.execute(insert(notifier.registration), [row])

    async def links(self) -> Links:
        """What writes the links in messages, for paths alone."""
        secret = LinkSecret()
        await secret.read(self.slad.context.store, self.now())
        return Links("", secret)

    async def put(self, path: str, said: dict[str, Any], headers: dict[str, str]) -> Answer:
        return await knock(self.slad.app, "PUT", path, orjson.dumps(said), headers)

    async def event(self, id_: str, type_: str = "io.slad.incident.opened.v1", minutes: int = 60) -> dict[str, Any]:
        at = self.slad.context.time_source.now() - timedelta(minutes=minutes)
        said = {
            "specversion": "1.0", "id": id_, "source": "/desk", "subject": id_, "type": type_, "time": at.isoformat(),
            "data": {"customer": "Acme", "priority": "P2", "title": "it is down"},
        }  # fmt: skip
        answer = await self.post("/v1/events", orjson.dumps(said), CLOUDEVENT)
        assert answer.status == 202, answer.body
        told: dict[str, Any] = orjson.loads(answer.body)
        return told

    async def until(self, query: Any) -> Any:
        async with asyncio.timeout(30):
            while True:
                async with self.slad.context.store.reading() as connection:
                    found = (await connection.execute(query)).first()
                if found is not None:
                    return found
                await asyncio.sleep(0.05)

    async def paged(self, incident: str) -> Any:
        """The page about a promise that was broken half an hour ago."""
        await self.event(incident)
        delivery = notifier.delivery.c
        return await self.until(
            select(notifier.delivery).where(delivery.incident == f"desk:{incident}", delivery.alert != "")
        )


async def acknowledge(world: World) -> tuple[Answer, str]:
    row = await world.paged("1")
    return await world.post(f"/v1/alerts/{row.alert}/ack", b'{"by": "Anna"}', JSON), row.alert


async def take(world: World) -> tuple[Answer, str]:
    row = await world.paged("11")
    return await world.post(f"/v1/alerts/{row.alert}/take", b'{"by": "Anna"}', JSON), row.alert


async def pass_on(world: World) -> tuple[Answer, str]:
    row = await world.paged("12")
    return await world.post(f"/v1/alerts/{row.alert}/pass", orjson.dumps({"to": PERSON}), JSON), row.alert


async def snooze(world: World) -> tuple[Answer, str]:
    row = await world.paged("13")
    until = (world.now() + timedelta(hours=1)).isoformat()
    body = orjson.dumps({"until": until, "past_deadline": True})
    return await world.post(f"/v1/alerts/{row.alert}/snooze", body, JSON), row.alert


async def follow_link(world: World) -> tuple[Answer, str]:
    row = await world.paged("2")
    token = re.search(r"/ack/([\w.-]+)", f"{row.text} {row.payload}")
    assert token is not None
    return await world.post(f"/ack/{token[1]}"), row.alert


async def retry(world: World) -> tuple[Answer, str]:
    row = await world.paged("3")
    async with world.slad.context.store.transaction() as connection:
        failed = update(notifier.delivery).where(notifier.delivery.c.id == row.id)
        await connection.execute(failed.values(state="failed", reason="exhausted", finished_at=row.created_at))
    return await world.post(f"/v1/deliveries/{row.id}/retry{REASON}"), row.id


async def enable(world: World) -> tuple[Answer, str]:
    async with world.slad.context.store.transaction() as connection:
        gone = {"id": "webhook:chat", "state": "disabled", "reason": "410", "changed_by": "slad"}
        now = world.slad.context.time_source.now()
        await connection.execute(insert(notifier.endpoint).values(**gone, changed_at=now))
    return await world.post(f"/v1/endpoints/webhook:chat/enable{REASON}"), "webhook:chat"


async def publish(world: World) -> tuple[Answer, str]:
    said = {"id": "fix-1", "title": "t", "text": "t", "products": [{"product": "shop", "versions": "<5"}]}
    return await world.post("/v1/notices", orjson.dumps(said), JSON), "fix-1"


async def replay_parked(world: World) -> tuple[Answer, str]:
    parked = await world.event("4", "io.slad.incident.no_such_thing.v1")
    assert parked["outcome"] == "parked"
    return await world.post(f"/v1/parked/{parked['id']}/replay{REASON}"), parked["id"]


async def link_tickets(world: World) -> tuple[Answer, str]:
    for id_ in ("linked-1", "linked-2"):
        await world.event(id_)
    said = {"incident": "desk:linked-1", "same_as": "desk:linked-2", "reason": WHY}
    return await world.post("/v1/links", orjson.dumps(said), JSON), "desk:linked-1"


async def unlink_tickets(world: World) -> tuple[Answer, str]:
    await link_tickets(world)
    await world.from_here()
    path = f"/v1/links{REASON}&incident=desk:linked-1&same_as=desk:linked-2"
    return await knock(world.slad.app, "DELETE", path, b"", JSON), "desk:linked-1"


def replay_quarantined(service: str) -> Callable[[World], Awaitable[tuple[Answer, str]]]:
    async def replay(world: World) -> tuple[Answer, str]:
        quarantine = world.slad.context.feeds.quarantine(service)
        part = RELAY if service == "ingest" else CONSUME
        await quarantine.put(QuarantineRow(part=part, position="1", headers={}, data=b"x"), ValueError("unfit"))
        (kept,) = await quarantine.page("", 0, 10)
        return await world.post(f"/v1/quarantine/{service}/{kept.id}/replay{REASON}"), f"{service}/{kept.id}"

    return replay


def _section(contract: str, title: str = "t") -> dict[str, Any]:
    return {"title": title, "customers": [contract], "plan": PLAN, "zone": "UTC"}


async def create_contract(world: World) -> tuple[Answer, str]:
    return await world.signed("created"), "created"


async def change_contract(world: World) -> tuple[Answer, str]:
    await world.signed("changed")
    await world.from_here()
    said = {"reason": WHY, "contract": _section("changed", "another")}
    return await world.put("/v1/contracts/changed", said, ANY), "changed"


async def end_contract(world: World) -> tuple[Answer, str]:
    await world.signed("ended")
    await world.from_here()
    said = {"reason": WHY, "on": "2035-01-01"}
    return await world.post("/v1/contracts/ended/end", orjson.dumps(said), ANY), "ended"


async def write_person(world: World) -> tuple[Answer, str]:
    await world.signed("staffed")
    await world.from_here()
    said = {"reason": WHY, "person": {"name": "Ann", "email": ADDRESS}}
    return await world.put("/v1/contracts/staffed/people/ann", said, ANY), "staffed"


async def take_person_out(world: World) -> tuple[Answer, str]:
    await write_person(world)
    await world.from_here()
    path = f"/v1/contracts/staffed/people/ann{REASON}"
    return await knock(world.slad.app, "DELETE", path, b"", ANY), "staffed"


async def write_holders(world: World) -> tuple[Answer, str]:
    await world.signed("held")
    await world.from_here()
    said = {"reason": WHY, "holders": [PERSON]}
    return await world.put("/v1/contracts/held/roles/on_call", said, ANY), "held"


async def make_override(world: World) -> tuple[Answer, str]:
    start = world.slad.context.time_source.now()
    said = {
        "from": start.isoformat(), "until": (start + timedelta(days=1)).isoformat(), "person": PERSON, "reason": WHY,
    }  # fmt: skip
    answer = await world.post("/v1/oncall/desk/overrides", orjson.dumps(said), JSON)
    return answer, orjson.loads(answer.body)["override"]["id"]


async def end_override(world: World) -> tuple[Answer, str]:
    _, id_ = await make_override(world)
    await world.from_here()
    return await knock(world.slad.app, "DELETE", f"/v1/oncall/overrides/{id_}{REASON}", b"", JSON), id_


async def withdraw_version(world: World) -> tuple[Answer, str]:
    await world.signed("withdrawn", effective_from="2090-01-01T00:00:00Z")
    await world.from_here()
    return await world.post("/v1/contracts/withdrawn/versions/1/withdraw", SAID, ANY), "withdrawn"


async def freeze_contract(world: World) -> tuple[Answer, str]:
    await world.signed("frozen")
    await world.from_here()
    said = {"reason": WHY, "through": "2020-01-01T00:00:00Z"}
    return await world.post("/v1/contracts/frozen/freeze", orjson.dumps(said), ANY), "frozen"


async def book_window(world: World) -> tuple[Answer, str]:
    """Of a contract of a file: it has a record from then on."""
    start = world.slad.context.time_source.now() + timedelta(days=30)
    said = {
        "id": "go-live", "window": "standby", "reason": WHY,
        "from": start.isoformat(), "until": (start + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return await world.post("/v1/contracts/anybody/windows", orjson.dumps(said), JSON), "anybody"


async def cancel_window(world: World) -> tuple[Answer, str]:
    await book_window(world)
    await world.from_here()
    return await world.post("/v1/contracts/anybody/windows/go-live/cancel", SAID, JSON), "anybody"


async def post_entry(world: World) -> tuple[Answer, str]:
    return await world.used("first"), "anybody"


async def confirm_registration(world: World) -> tuple[Answer, str]:
    await world.register("asked", "pending")
    return await world.post((await world.links()).confirm("asked", world.now())), "asked"


async def end_registration(world: World) -> tuple[Answer, str]:
    await world.register("ended", "confirmed")
    return await world.post((await world.links()).unsubscribe("ended", world.now())), "ended"


async def delete_registration(world: World) -> tuple[Answer, str]:
    await world.register("deleted", "confirmed")
    return await knock(world.slad.app, "DELETE", f"/v1/registrations/deleted{REASON}", b"", JSON), "deleted"


async def opt_out(world: World) -> tuple[Answer, str]:
    return await world.post((await world.links()).opt_out("anybody", "refuses", world.now())), "refuses"


async def opt_in(world: World) -> tuple[Answer, str]:
    await world.post((await world.links()).opt_out("anybody", "returns", world.now()))
    await world.from_here()
    return await world.post((await world.links()).opt_in("anybody", "returns", world.now())), "returns"


async def state_profile(world: World) -> tuple[Answer, str]:
    said = {"products": [{"product": "shop", "versions": ["5.0"]}]}
    return await world.put(f"/v1/contracts/anybody/profile{REASON}", said, JSON), "anybody"


async def freeze_report(world: World) -> tuple[Answer, str]:
    said = orjson.dumps({"period": "2020-01", "reason": WHY})
    answer = await world.post("/v1/reports/anybody/freeze", said, JSON)
    return answer, "anybody/service_report/2020-01"


async def make_plan_link(world: World) -> tuple[Answer, str]:
    said = {"language": "pl", "days": 30, "reason": WHY}
    answer = await world.post("/v1/board/contracts/anybody/links", orjson.dumps(said), JSON)
    return answer, orjson.loads(answer.body)["id"]


async def revoke_plan_link(world: World) -> tuple[Answer, str]:
    _, id_ = await make_plan_link(world)
    await world.from_here()
    path = f"/v1/board/contracts/anybody/links/{id_}{REASON}"
    return await knock(world.slad.app, "DELETE", path, b"", JSON), id_


async def explain_breach(world: World) -> tuple[Answer, str]:
    row = await world.paged("9")
    clock = board.clock.c
    await world.until(select(clock.id).where(clock.incident == row.incident, clock.breached_at.is_not(None)))
    await world.from_here()
    said = {"code": "overlooked", "text": WHY, "by": "Anna"}
    return await world.put(f"/v1/breaches/{row.alert}/reason", said, JSON), row.alert


ACTS: dict[str, tuple[Callable[[World], Awaitable[tuple[Answer, str]]], str, str]] = {
    "POST /v1/alerts/{id_}/ack": (acknowledge, "alert.acknowledged", BY_KEY),
    "PUT /v1/breaches/{clock}/reason": (explain_breach, "breach.explained", BY_KEY),
    "POST /ack/{token}": (follow_link, "alert.acknowledged", BY_LINK),
    "POST /v1/alerts/{id_}/take": (take, "alert.acknowledged", BY_KEY),
    "POST /v1/alerts/{id_}/pass": (pass_on, "alert.passed", BY_KEY),
    "POST /v1/alerts/{id_}/snooze": (snooze, "alert.snoozed", BY_KEY),
    "POST /v1/deliveries/{id_}/retry": (retry, "delivery.retried", BY_KEY),
    "POST /v1/endpoints/{id_}/enable": (enable, "endpoint.enabled", BY_KEY),
    "POST /v1/notices": (publish, "notice.published", BY_KEY),
    "POST /v1/parked/{id}/replay": (replay_parked, "parked.replayed", BY_KEY),
    "POST /v1/links": (link_tickets, "incident.linked", BY_KEY),
    "DELETE /v1/links": (unlink_tickets, "incident.unlinked", BY_KEY),
    "POST /v1/contracts": (create_contract, "contract.created", BY_KEY),
    "PUT /v1/contracts/{contract}": (change_contract, "contract.changed", BY_KEY),
    "POST /v1/contracts/{contract}/end": (end_contract, "contract.ended", BY_KEY),
    "POST /v1/contracts/{contract}/versions/{number}/withdraw": (
        withdraw_version, "contract.version_withdrawn", BY_KEY,
    ),
    "POST /v1/contracts/{contract}/freeze": (freeze_contract, "contract.frozen", BY_KEY),
    "POST /v1/contracts/{contract}/windows": (book_window, "contract.window_booked", BY_KEY),
    "POST /v1/contracts/{contract}/windows/{booking}/cancel": (cancel_window, "contract.window_cancelled", BY_KEY),
    "POST /v1/contracts/{contract}/ledgers/{allowance}/entries": (post_entry, "contract.entry_posted", BY_KEY),
    "POST /registrations/confirm/{token}": (confirm_registration, "registration.confirmed", f"person:{KIM}"),
    "POST /registrations/end/{token}": (end_registration, "registration.ended", f"person:{KIM}"),
    "POST /contacts/stop/{token}": (opt_out, "contact.opted_out", BY_LINK),
    "POST /contacts/resume/{token}": (opt_in, "contact.opted_in", BY_LINK),
    "DELETE /v1/registrations/{id_}": (delete_registration, "registration.ended", BY_KEY),
    "POST /v1/reports/{contract}/freeze": (freeze_report, "report.frozen", BY_KEY),
    "POST /v1/board/contracts/{contract}/links": (make_plan_link, "plan_link.made", BY_KEY),
    "DELETE /v1/board/contracts/{contract}/links/{id_}": (revoke_plan_link, "plan_link.revoked", BY_KEY),
    "PUT /v1/contracts/{contract}/people/{person}": (write_person, "contract.changed", BY_KEY),
    "DELETE /v1/contracts/{contract}/people/{person}": (take_person_out, "contract.changed", BY_KEY),
    "PUT /v1/contracts/{contract}/roles/{role}": (write_holders, "contract.changed", BY_KEY),
    "POST /v1/oncall/{rota}/overrides": (make_override, "rota_override.made", BY_KEY),
    "DELETE /v1/oncall/overrides/{id_}": (end_override, "rota_override.ended", BY_KEY),
    "PUT /v1/contracts/{contract}/profile": (state_profile, "contract.profile_stated", BY_KEY),
    **{
        f"POST /v1/quarantine/{service}/{{id_}}/replay": (replay_quarantined(service), "quarantine.replayed", BY_KEY)
        for service in ("ingest", "timer", "notifier", "board")
    },
}  # fmt: skip


async def test_every_route_that_changes_something_is_sorted_in(slad: RunningProcess) -> None:
    changing = {
        f"{method} {path}"
        for path, route in routes_of(slad.app)
        for method in route.methods or ()
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    assert changing == ACTS.keys() | DATA.keys()
    assert not ACTS.keys() & DATA.keys()


@pytest.mark.long
async def test_every_act_is_on_record_with_who_did_it(slad: RunningProcess, subtests: pytest.Subtests) -> None:
    world = World(slad)
    await world.until(select(AUDIT["timer"].rows.c.seq))  # the catalogue is in force
    for route, (do, name, by) in ACTS.items():
        with subtests.test(route):
            await world.from_here()
            answer, object_ = await do(world)
            assert answer.status < 500, answer
            new = await world.new()
            assert [(row.act, row.object) for row in new] == [(name, object_)], answer
            assert new[0].actor.startswith(by), new[0]
            assert new[0].reason in ("", WHY)
            unasked = by != BY_KEY or name.startswith("alert.") or name == "notice.published"
            assert (new[0].reason == WHY) is not unasked
            assert ADDRESS not in f"{new[0]}"
            assert (new[0].before != new[0].after) is (name != "parked.replayed"), "it stays parked"


async def test_the_digests_of_a_contracts_acts_are_those_of_its_stored_record(slad: RunningProcess) -> None:
    world, records = World(slad), ingest.contract_records.contract

    async def stored() -> str:
        text = await world.until(select(records.c.record).where(records.c.id == "followed"))
        return hashlib.sha256(text.record.encode()).hexdigest()

    await world.signed("followed", effective_from="2090-01-01T00:00:00Z")
    first = await stored()
    await world.post("/v1/contracts/followed/versions/1/withdraw", SAID, ANY)
    acts = [row for row in await world.rows() if row.object == "followed"]
    assert [(row.before, row.after) for row in acts] == [("", first), (first, await stored())]
    assert [(row.contract, orjson.loads(row.details)) for row in acts] == [
        ("followed", {"revision": 1, "number": 1, "effective_from": "2090-01-01T00:00:00.000000+00:00"}),
        ("followed", {"revision": 2, "number": 1}),
    ]


@pytest.mark.long
async def test_what_changes_nothing_and_what_is_refused_is_no_act(slad: RunningProcess) -> None:
    world = World(slad)
    row = await world.paged("1")
    await world.until(select(AUDIT["timer"].rows.c.seq))
    assert (await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", JSON)).status == 200
    assert (await world.signed("known")).status == 201
    assert (await book_window(world))[0].status == 201
    assert (await state_profile(world))[0].status == 200
    assert (await world.used("once")).status == 201
    assert (await delete_registration(world))[0].status == 204
    link = (await world.links()).unsubscribe("deleted", world.now())
    before = await world.rows()
    calls = [
        await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", JSON),  # acknowledged already
        await world.post("/v1/alerts/no-such/ack", b"{}", JSON),
        await world.post(f"/v1/alerts/{row.alert}/pass", b'{"to": "nobody"}', JSON),
        await world.post(f"/v1/alerts/{row.alert}/snooze", b'{"until": "2001-01-01T00:00:00Z"}', JSON),
        await world.post(f"/v1/deliveries/{row.id}/retry"),  # has not failed
        await world.post("/v1/endpoints/nobody/enable"),
        await world.post("/v1/parked/none/replay"),
        await world.post("/v1/quarantine/timer/99/replay"),
        await world.post(f"/v1/alerts/{row.alert}/ack", b"{}", {"authorization": "Bearer nobody"}),
        await world.post("/ack/forged.token"),
        await world.post("/v1/deadlines", b'{"contract": "anybody", "priority": "P2"}', JSON),
        await world.signed("known"),  # the id is taken
        await world.signed("only-looked-at", "?dry_run=true"),
        await world.put("/v1/contracts/anybody", {"reason": WHY, "contract": _section("anybody")}, ANY),  # of a file
        await world.post("/v1/contracts/known/versions/1/withdraw", b"{}", ANY),  # without a reason
        await world.post("/v1/contracts/known/versions/1/withdraw", SAID, ANY),  # in force
        (await state_profile(world))[0],  # as stated before
        await world.used("once"),  # written already
        await knock(world.slad.app, "DELETE", "/v1/registrations/deleted", b"", JSON),  # ended already
        await world.post(link),
    ]
    assert [answer.status for answer in calls] == [
        200, 404, 422, 422, 409, 404, 404, 404, 401, 403, 200, 409, 200, 409, 422, 409, 200, 200, 204, 200,
    ]  # fmt: skip
    assert await world.rows() == before


async def test_the_catalogue_in_force_is_on_record_with_no_incident_at_all(slad: RunningProcess) -> None:
    row = await World(slad).until(select(AUDIT["timer"].rows))
    assert (row.act, row.actor, row.object) == (
        "catalogue.activated", "service:timer", slad.context.catalogue.current.version,
    )  # fmt: skip
    async with slad.context.store.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(AUDIT["timer"].rows))).scalar_one() == 1
