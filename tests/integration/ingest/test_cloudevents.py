"""CloudEvents 1.0 by HTTP: structured, binary, batched; keys of one contract; signed CloudEvents sources."""

from __future__ import annotations

import base64
import dataclasses
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.integration.ingest.world import FORMOSA, NOON, READER, SENDER, World, opened, standard_headers

from sla_catalogue import SourceId
from sla_domain.fold import fold
from sla_ingest import inbox as inbox_module
from sla_ingest import intake as intake_module
from sla_ingest import tables
from sla_platform.errors import StoreBusy
from sla_platform.wire import stored_event

SECRET = "whsec_c2xhZCB0ZXN0cyBzaWduIHdpdGggdGhpcyBzZWNyZXQ="


async def binary(world: World, body: bytes = b"{}", **attributes: str) -> Any:
    named = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "servicenow",
        "ce-type": "incident.opened",
        "ce-subject": "INC1",
        "content-type": "application/json",
    } | {name.replace("_", "-"): value for name, value in attributes.items()}
    return await world.client.post("/v1/events", content=body, headers={**named, **SENDER})


async def test_a_structured_event_in_any_of_its_three_names(small: World) -> None:
    for number, name in enumerate(("io.slad.incident.opened.v1", "incident.opened", "opened", "created")):
        answer = await small.event(opened(str(number), f"INC{number}", type=name))
        assert answer.json()["events"][0]["kind"] == "opened", name


@pytest.mark.parametrize(
    "name", ["io.slad.incident.opened.v2", "io.slad.clock.breached.v1", "com.example.opened", "Opened"]
)
async def test_another_type_is_parked(small: World, name: str) -> None:
    answer = await small.event(opened(type=name))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "parked")


async def test_a_binary_event_has_its_attributes_in_percent_encoded_headers(small: World) -> None:
    answer = await binary(
        small, b'{"customer":"Acme"}', ce_subject="INC%2F1%20%C5%BB", ce_time="2026-11-20T12:00:00%2B00:00"
    )
    assert answer.json()["events"][0]["incident"] == "servicenow:INC/1 Ż"
    assert answer.json()["events"][0]["quality"] == "exact"


async def test_the_same_binary_body_under_one_id_with_other_attributes_is_another_delivery(small: World) -> None:
    await binary(small)
    again = await binary(small, ce_subject="INC2")
    assert [remark["code"] for remark in again.json()["remarks"]] == ["id_reused"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce-subject", "%FF%FE"),
        ("ce-datacontenttype", "application/json"),
        ("ce-specversion", "0.3"),
        ("ce-id", ""),
        ("ce-time", "yesterday"),
        ("ce-time", "2026-11-20T12:00:00"),
        ("ce-under_score", "x"),
    ],
)
async def test_a_binary_event_with_a_wrong_attribute_is_malformed(small: World, header: str, value: str) -> None:
    assert (await binary(small, **{header: value})).status_code == 400


WRONG = {
    "no id": {"id": None},
    "an empty id": {"id": ""},
    "an id that is a number": {"id": 7},
    "no source": {"source": None},
    "no type": {"type": None},
    "another version": {"specversion": "0.3"},
    "a time without an offset": {"time": "2026-11-20T12:00:00"},
    "a time that is none": {"time": "soon"},
    "a time that is a number": {"time": 1_795_000_000},
    "an upper-case extension": {"aString": "x"},
    "an underscore in an extension": {"a_b": "x"},
    "an integer beyond 32 bits": {"long": 4_247_483_647},
    "a fraction as an extension": {"share": 1.5},
    "an object as an extension": {"thing": {}},
    "both kinds of data": {"data_base64": "e30="},
    "base64 that is none": {"data": None, "data_base64": "e30"},
    "an empty content type": {"datacontenttype": ""},
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_structured_event_that_is_no_cloud_event_is_malformed(small: World, what: str) -> None:
    event = opened() | WRONG[what]
    if what == "base64 that is none":
        event.pop("data")
    answer = await small.event(event)
    assert answer.status_code == 400, answer.text
    assert (await small.rows(tables.inbox))[0].outcome == "refused"


async def test_null_attributes_are_absent_ones(small: World) -> None:
    event = opened(time=None, dataschema=None, extension=None)
    answer = await small.event(event)
    assert answer.json()["events"][0]["quality"] == "receipt"


async def test_data_in_base64_is_read(small: World) -> None:
    event = opened()
    event["data_base64"] = base64.b64encode(orjson.dumps(event.pop("data"))).decode()
    assert (await small.event(event)).json()["promise"]["contract"] == "acme"


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "no subject": ({"subject": None}, "/subject"),
    "data that is no object": ({"data": [1]}, "/data"),
    "data that is not JSON": ({"datacontenttype": "application/xml", "data": "<a/>"}, "/datacontenttype"),
    "waiting on nobody": ({"type": "waiting", "data": {}}, "/data/waiting_on"),
    "waiting on a stranger": ({"type": "waiting", "data": {"waiting_on": "godot"}}, "/data/waiting_on"),
    "a priority change to none": ({"type": "priority_changed", "data": {}}, "/data/priority"),
    "agreed without a date": (
        {"type": "target_agreed", "data": {"agreed": {"metric": "m", "agreed_by": "x"}}},
        "/data/agreed/due_at",
    ),
    "agreed by nobody": ({"type": "target_agreed", "data": {"agreed": {"metric": "m"}}}, "/data/agreed/agreed_by"),
    "merged into nothing": ({"type": "merged", "data": {"merged_into": {}}}, "/data/merged_into"),
    "a score in words": ({"type": "rated", "data": {"score": "good"}}, "/data/score"),
    "a negative version": ({"data": {"version": -1}}, "/data/version"),
    "an unknown actor": ({"data": {"actor": "robot"}}, "/data/actor"),
    "attributes in a list": ({"data": {"attributes": []}}, "/data/attributes"),
    "metrics in a text": ({"type": "exempted", "data": {"metrics": "all"}}, "/data/metrics"),
    "a very long subject": ({"subject": "x" * 201}, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", UNFIT)
async def test_data_that_does_not_fit_is_refused_with_its_pointer(small: World, what: str) -> None:
    changed, pointer = UNFIT[what]
    answer = await small.event(opened() | changed if "data" in changed else opened(**changed))
    assert answer.status_code == 422, answer.text
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert await small.logged() == []


async def test_what_the_data_does_not_name_stays_absent(small: World) -> None:
    await small.event(opened(type="updated") | {"data": {"group": "second line", "priority": None, "n": 3}})
    (row,) = await small.rows(tables.event)
    assert orjson.loads(row.data)["attributes"] == {"group": "second line", "n": "3"}


async def test_every_field_of_an_event_arrives(small: World) -> None:
    agreed = {
        "metric": "resolution",
        "due_at": "2026-12-01T10:00:00+01:00",
        "agreed_by": "Ann",
        "moved_by_pauses": True,
    }
    data = {"agreed": agreed, "actor": "staff", "actor_name": "Bob", "reason": "as spoken", "version": 7}
    await small.event(opened(type="target_agreed") | {"data": data})
    stored = orjson.loads((await small.rows(tables.event))[0].data)
    assert stored["agreed"]["due_at"] == "2026-12-01T09:00:00Z"
    assert (stored["actor"], stored["actor_name"], stored["reason"], stored["version"]) == (
        "staff",
        "Bob",
        "as spoken",
        7,
    )


async def test_a_batch_is_stored_whole_and_answered_one_by_one(world: World) -> None:
    unknown = opened("3", "INC3", type="mock.test")
    events = [opened("1", "INC1"), opened("2", "INC2"), unknown, {"specversion": "1.0"}, 7, opened("1", "INC1")]
    answer = await world.batch(events)
    assert answer.status_code == 202
    told = answer.json()
    assert told["outcomes"] == {"accepted": 2, "ignored": 0, "parked": 3, "duplicate": 1}
    assert [one["outcome"] for one in told["deliveries"]] == [
        "accepted", "accepted", "parked", "parked", "parked", "accepted",
    ]  # fmt: skip
    assert told["deliveries"][0]["promise"]["contract"] == "acme"
    assert [one.get("reason", {}).get("code") for one in told["deliveries"][2:5]] == [
        "unknown_type",
        "malformed",
        "malformed",
    ]
    assert await world.logged() == [("incident.opened", "servicenow:INC1"), ("incident.opened", "servicenow:INC2")]
    again = await world.batch(events)
    assert again.json()["outcomes"] == {"accepted": 0, "ignored": 0, "parked": 0, "duplicate": 6}
    assert again.json()["deliveries"] == told["deliveries"]


async def test_an_empty_batch_is_fine_and_a_batch_that_is_none_is_not(small: World) -> None:
    assert (await small.batch([])).json() == {
        "outcomes": {"accepted": 0, "ignored": 0, "parked": 0, "duplicate": 0},
        "deliveries": [],
    }
    assert (await small.batch({"not": "a list"})).status_code == 400
    assert (await small.batch(b"[{},")).status_code == 400


async def test_the_log_keeps_the_order_of_a_batch(world: World) -> None:
    events = [opened(str(n), f"INC{n % 7}", type="updated") for n in range(60)]
    await world.batch(events)
    assert [incident for _, incident in await world.logged()] == [f"servicenow:INC{n % 7}" for n in range(60)]


SAME_SECOND: dict[str, tuple[list[tuple[str, dict[str, Any]]], tuple[str, str]]] = {
    "lowered twice": (
        [("priority_changed", {"priority": "P2"}), ("priority_changed", {"priority": "P3"})], ("P3", "open"),
    ),
    "lowered and raised": (
        [("priority_changed", {"priority": "P3"}), ("priority_changed", {"priority": "P2"})], ("P2", "open"),
    ),
    "resumed and waiting again": ([("resumed", {}), ("waiting", {"waiting_on": "customer"})], ("P1", "waiting")),
    "waiting and resumed": ([("waiting", {"waiting_on": "customer"}), ("resumed", {})], ("P1", "open")),
    "resolved, reopened, resolved": ([("resolved", {}), ("reopened", {}), ("resolved", {})], ("P1", "resolved")),
    "resolved and reopened": ([("resolved", {}), ("reopened", {})], ("P1", "open")),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_SECOND)
async def test_events_of_one_instant_count_in_the_order_of_their_batch(small: World, name: str) -> None:
    said, expected = SAME_SECOND[name]
    events = [opened("o")] + [
        opened(f"{9 - number}", type=f"io.slad.incident.{kind}.v1", time="2026-11-20T12:00:05Z") | {"data": data}
        for number, (kind, data) in enumerate(said)
    ]
    small.time.at = NOON + timedelta(minutes=1)
    await small.batch(events)
    stored = [stored_event(id=row.id, type=row.type, incident=row.incident, occurred_at=row.time, data=row.data)
              for row in await small.rows(tables.event)]  # fmt: skip
    incident = fold(stored, small.catalogue[-1].rulebook)
    assert (incident.priority, incident.phase.value) == expected
    assert max(event.received_at for event in stored) == small.time.at


async def test_all_that_a_request_says_of_an_incident_is_committed_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads meanwhile finds no opening without the end that came with it."""
    commits: list[list[str]] = []
    real = inbox_module.store_receipts

    async def noted(connection, receipts, names):  # type: ignore[no-untyped-def]
        commits.append([one.event.incident for receipt in receipts for one in receipt.entry.events])
        return await real(connection, receipts, names)

    monkeypatch.setattr(inbox_module, "store_receipts", noted)
    monkeypatch.setattr(intake_module, "CHUNK", 10)
    events = [opened(str(n), f"INC{n % 17}", type="updated") for n in range(60)]
    answer = await world.batch(events)
    assert [one["events"][0]["incident"] for one in answer.json()["deliveries"]] == [
        f"servicenow:INC{n % 17}" for n in range(60)
    ]
    seen: dict[str, int] = {}
    for number, commit in enumerate(commits):
        for incident in set(commit):
            assert seen.setdefault(incident, number) == number
    assert sum(map(len, commits)) == 60
    monkeypatch.setattr(intake_module, "CHUNK", 1)  # one incident alone may say more than fits
    assert (await world.batch([opened(f"x{n}", "ONE", type="updated") for n in range(5)])).status_code == 202
    assert commits[-1] == ["servicenow:ONE"] * 5


@pytest.mark.parametrize(("value", "status"), [(True, 202), (False, 202), ("yes", 422), (1, 422)])
async def test_an_event_may_say_that_it_is_history(small: World, value: object, status: int) -> None:
    answer = await small.event(opened(data={"history": value}))
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "/data/history"


async def test_the_handshake_of_a_sender_is_answered(small: World) -> None:
    answer = await small.client.options("/v1/events", headers={"webhook-request-origin": "sender.example"})
    assert answer.status_code == 204
    assert answer.headers["webhook-allowed-origin"] == "sender.example"
    assert answer.headers["webhook-allowed-rate"] == "12000"
    assert answer.headers["allow"] == "POST, OPTIONS"
    bad = await small.client.options("/v1/events", headers={"webhook-request-origin": "a b"})
    assert bad.status_code == 400


# -- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "status"), [({}, 401), ({"authorization": "Bearer no"}, 401), (READER, 403)])
async def test_events_need_a_key_that_may_send(small: World, key: dict[str, str], status: int) -> None:
    answer = await small.event(opened(), key)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("proof", "source"),
    [
        ("Bearer a bearer word", "servicenow"),
        ("Basic " + base64.b64encode(b"sender:pass word").decode(), "events-basic"),
    ],
)
async def test_a_sources_own_secret_is_a_proof_too_and_its_events_are_that_sources(
    small: World, proof: str, source: str
) -> None:
    answer = await small.event(opened() | {"source": "whatever it says"}, {"authorization": proof})
    assert answer.status_code == 202
    assert answer.json()["events"][0]["incident"] == f"{source}:INC1"


@pytest.mark.parametrize("proof", ["Bearer desk token", "Bearer a bearer", "Basic c2VuZGVyOg==", "Bearer "])
async def test_no_other_secret_is(small: World, proof: str) -> None:
    """Neither one of a source that speaks otherwise, nor a part of one, nor an empty one."""
    assert (await small.event(opened(), {"authorization": proof})).status_code == 401


async def test_a_secret_of_two_sources_names_neither(small: World) -> None:
    known = small.catalogue[-1]
    twin = dataclasses.replace(known.sources[SourceId("servicenow")], id=SourceId("twin"))
    small.catalogue.append(dataclasses.replace(known, sources={**known.sources, twin.id: twin}))
    assert (await small.event(opened(), {"authorization": "Bearer a bearer word"})).status_code == 401


async def test_an_expired_key_is_none(small: World) -> None:
    assert (await small.event(opened(), {"authorization": "Bearer the-expired-key-0001"})).status_code == 401


async def test_a_key_of_one_contract_writes_under_its_own_name_and_for_its_customer_alone(small: World) -> None:
    unnamed = opened()
    del unnamed["data"]["customer"]
    answer = await small.event(unnamed, FORMOSA)
    assert answer.json()["events"][0]["incident"] == "key-formosa-only:INC1"
    assert answer.json()["promise"]["contract"] == "formosa"
    foreign = await small.event(opened("2"), FORMOSA)
    assert foreign.status_code == 403
    # neither by a header of ours that it makes up
    forged = await small.client.post(
        "/v1/events",
        content=orjson.dumps(opened("3")),
        headers={"content-type": "application/cloudevents+json", "slad-contract": "acme", **FORMOSA},
    )
    assert forged.status_code == 403
    mixed = await small.batch([opened("4"), opened("5", data={"customer": "Formosa"})], FORMOSA)
    assert mixed.json()["outcomes"]["accepted"] == 1
    assert mixed.json()["outcomes"]["parked"] == 1


async def test_a_key_of_one_contract_starts_no_clock_under_the_default_contract(small: World) -> None:
    """Neither by an incident whose opening it leaves out, nor by a customer without a name."""
    changed = {"type": "io.slad.incident.priority_changed.v1"}
    urgent = {"attributes": {"priority": "P1"}}
    unopened = await small.event(opened("1", "INC7") | changed | {"data": urgent}, FORMOSA)
    assert unopened.json()["promise"]["contract"] == "formosa"
    earlier = opened("2", "INC7") | changed | {"data": urgent, "time": "2026-01-01T00:00:00Z"}
    assert (await small.event(earlier, FORMOSA)).json()["promise"]["contract"] == "formosa"
    await small.event(opened("3", "INC8") | {"data": {"customer": "Formosa"}}, FORMOSA)
    blanks = [{"customer": " "}, {"attributes": {"customer": "", "priority": "P1"}}, {"customer": None}]
    for number, blank in enumerate(blanks):
        answer = await small.event(opened(f"4{number}", "INC8") | changed | {"data": urgent | blank}, FORMOSA)
        assert answer.json()["promise"]["contract"] == "formosa"
    told = [event.data for event in await small.rows(tables.event) if event.incident == "key-formosa-only:INC7"]
    assert all('"customer":"Formosa"' in data for data in told)


# -- signed sources of CloudEvents ------------------------------------------------------------------------


async def test_a_source_may_sign_by_standard_webhooks(small: World) -> None:
    body = orjson.dumps(opened())
    headers = standard_headers(body, "msg_1", small.time.at, SECRET) | {"content-type": "application/cloudevents+json"}
    answer = await small.client.post("/v1/webhooks/events-standard", content=body, headers=headers)
    assert answer.json()["events"][0]["incident"] == "events-standard:INC1"
    late = standard_headers(body, "msg_1", small.time.at.replace(hour=10), SECRET)
    refused = await small.client.post(
        "/v1/webhooks/events-standard", content=body, headers=late | {"content-type": "application/cloudevents+json"}
    )
    assert refused.status_code == 401


async def test_a_source_may_use_basic_or_bearer(small: World) -> None:
    kind = {"content-type": "application/cloudevents+json"}
    basic = {"authorization": "Basic " + base64.b64encode(b"sender:pass word").decode()}
    answer = await small.client.post("/v1/webhooks/events-basic", content=orjson.dumps(opened()), headers=kind | basic)
    assert answer.status_code == 202
    bearer = {"authorization": "Bearer a bearer word"}
    answer = await small.client.post("/v1/webhooks/servicenow", content=orjson.dumps(opened()), headers=kind | bearer)
    assert answer.status_code == 202
    wrong = {"authorization": "Bearer a bearer"}
    answer = await small.client.post("/v1/webhooks/servicenow", content=orjson.dumps(opened()), headers=kind | wrong)
    assert answer.status_code == 401


async def test_a_large_batch_lets_others_through_and_survives_a_failure_in_its_middle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [opened(str(number), f"INC{number}", type="updated") for number in range(1_100)]
    real, calls = inbox_module.store_receipts, 0

    async def fails_once(connection, receipts, names):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreBusy("away for a moment")
        return await real(connection, receipts, names)

    monkeypatch.setattr(inbox_module, "store_receipts", fails_once)
    assert (await world.batch(events)).status_code == 503
    again = await world.batch(events)
    assert again.status_code == 202
    outcomes = again.json()["outcomes"]
    assert outcomes["accepted"] + outcomes["duplicate"] == 1_100
    logged = [incident for _, incident in await world.logged()]
    assert len(logged) == len(set(logged)) == 1_100
