"""What is not signed decides nothing: a signed body means the same whatever stands around it, and means it once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.ingest.test_retention import YEAR, house
from tests.integration.ingest.world import (
    ADMIN,
    World,
    delivery,
    issue,
    opened,
    serving,
    signed,
    standard_headers,
)
from tests.integration.ingest.world import world as running
from tests.shared_data import SHARED
from tests.unit.ingest.test_any_document import EVENTS, GITHUB, JIRA

from sla_catalogue.secret import Secret
from sla_catalogue.source import Authentication, AuthenticationKind, Dialect, SignedContent, Source, SourceId
from sla_ingest import tables
from sla_ingest.auth import check, signature

SECRET = "a secret of these tests"
STANDARD = "whsec_" + base64.b64encode(b"slad tests sign with this secret").decode()
PAYLOADS = SHARED / "data" / "webhooks"


def comment(action: str = "deleted") -> dict[str, Any]:
    said = {"id": 1, "user": {"login": "reporter", "type": "User"}, "created_at": "2026-11-20T11:59:30Z"}
    return delivery(action, comment=said)


# -- stories ----------------------------------------------------------------------------------------------


async def test_a_deleted_comment_replayed_as_an_issue_cancels_nothing(world: World) -> None:
    await world.github(delivery("opened"), id_="d-1")
    first = await world.github(comment(), event="issue_comment", id_="d-2")
    assert first.json()["reason"]["code"] == "comment_changed"
    for number, event in enumerate(("issues", "ISSUES", "push", "", "issue_comment")):
        again = await world.github(comment(), event=event, id_=f"other-{number}")
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["slad-duplicate"] == "true"
    assert await world.logged() == [("incident.opened", "github-acme:77")]
    assert await world.count(tables.inbox) == 2


async def test_a_lying_header_before_the_true_one_has_no_effect_and_costs_none(world: World) -> None:
    await world.github(delivery("opened"), id_="d-1")
    for event in ("issues", "push"):
        parked = await world.github(comment("created"), event=event, id_="d-2")
        assert (parked.json()["outcome"], parked.json()["reason"]["code"]) == ("parked", "contradicted")
    true = await world.github(comment("created"), event="issue_comment", id_="d-2")
    assert [one["kind"] for one in true.json()["events"]] == ["customer_replied"]
    assert "slad-duplicate" not in true.headers
    assert [row.reason for row in await world.rows(tables.inbox) if row.outcome == "parked"] == ["contradicted"]
    after = await world.github(comment("created"), event="issues", id_="d-3")
    assert after.content == true.content


async def test_a_contradicted_body_is_what_it_says_once_somebody_has_looked_at_it(small: World) -> None:
    parked = (await small.github(delivery("opened"), event="issue_comment")).json()
    answer = await small.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert [one["kind"] for one in answer.json()["events"]] == ["opened"]
    true = await small.github(delivery("opened"))
    assert true.headers["slad-duplicate"] == "true"
    assert await small.logged() == [("incident.opened", "github-acme:77")]


async def test_a_body_is_known_under_every_delivery_id(world: World) -> None:
    async with serving(world.store) as other:
        answers = await asyncio.gather(
            *(one.github(delivery("opened"), id_=f"d-{n}") for n in range(8) for one in (world, other))
        )
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sum("slad-duplicate" not in answer.headers for answer in answers) == 1
    assert await world.logged() == [("incident.opened", "github-acme:77")]
    assert await world.count(tables.inbox) == 1


async def test_a_body_that_was_kept_under_its_senders_id_is_known_when_it_comes_signed(world: World) -> None:
    """As an earlier release kept it, or a source before its deliveries were signed."""
    now = world.catalogue[-1]
    github = now.sources[SourceId("github-acme")]
    by_word = replace(
        github,
        authentication=Authentication(
            kind=AuthenticationKind.TOKEN, header="X-Token", secrets=(Secret("test", SECRET),)
        ),
    )
    world.catalogue.append(replace(now, sources=MappingProxyType({**now.sources, SourceId("github-acme"): by_word})))
    first = await world.github(delivery("opened"), id_="d-1", **{"x-token": SECRET})
    assert first.json()["events"][0]["id"] == "github-acme/d-1/0"
    world.catalogue.append(now)
    for id_ in ("d-1", "d-2"):
        again = await world.github(delivery("opened"), id_=id_)
        assert (again.content, again.headers["slad-duplicate"]) == (first.content, "true")
    assert await world.logged() == [("incident.opened", "github-acme:77")]


async def test_words_in_a_ticket_are_no_form(small: World) -> None:
    """Whoever may write a comment could forge what the media type makes of it."""
    forged = delivery("deleted")
    said = comment("created")
    said["comment"]["body"] = "x&" + urlencode({"payload": orjson.dumps(forged).decode()}) + "&y="
    await small.github(delivery("opened"), id_="d-1")
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await small.github(said, event="issues", id_="d-2", **form)
    assert answer.json()["outcome"] == "parked"
    answer = await small.github(said, event="issue_comment", id_="d-3", **form)
    assert [one["kind"] for one in answer.json()["events"]] == ["customer_replied"]
    assert [kind for kind, _ in await small.logged()] == ["incident.opened", "incident.customer_replied"]


async def test_a_form_stays_a_form_and_has_one_field(small: World) -> None:
    body = urlencode({"payload": orjson.dumps(delivery("opened")).decode()}).encode()
    answer = await small.github(body)  # with the media type of JSON
    assert [one["kind"] for one in answer.json()["events"]] == ["opened"]
    for more in (body + b"&payload=%7B%7D", body + b"&other=1", b"payload=&" + body):
        assert (await small.github(more)).status_code == 400


async def test_attributes_that_nobody_signed_are_refused(small: World) -> None:
    """CloudEvents' binary mode has them in headers."""
    sources = {"events-signed": _source(Dialect.CLOUDEVENTS, SignedContent.BODY)}
    sources["events-stamped"] = _source(Dialect.CLOUDEVENTS, SignedContent.TIMESTAMP_DOT_BODY)
    _extend(small, sources)
    forged = {"ce-specversion": "1.0", "ce-id": "9", "ce-source": "x", "ce-type": "cancelled", "ce-subject": "INC1"}
    for name in (*sources, "events-standard"):
        body = orjson.dumps(opened())
        secret = STANDARD if name == "events-standard" else SECRET
        if name == "events-standard":
            secret = "whsec_c2xhZCB0ZXN0cyBzaWduIHdpdGggdGhpcyBzZWNyZXQ="
        proof = _proof(small, name, body, secret)
        json = {"content-type": "application/json"}
        refused = await small.client.post(f"/v1/webhooks/{name}", content=body, headers=proof | forged | json)
        assert refused.status_code == 415
        assert "signature covers the body alone" in refused.json()["detail"]
        structured = {"content-type": "application/cloudevents+json"}
        first = await small.client.post(f"/v1/webhooks/{name}", content=body, headers=proof | forged | structured)
        assert first.json()["events"][0]["kind"] == "opened"
        # a structured event stays one when it is called a batch
        batch = {"content-type": "application/cloudevents-batch+json"}
        again = await small.client.post(f"/v1/webhooks/{name}", content=body, headers=proof | batch)
        assert (again.content, again.headers["slad-duplicate"]) == (first.content, "true")
    assert [kind for kind, _ in await small.logged()] == ["incident.opened"] * 3


async def test_what_lies_in_the_headers_of_a_signed_delivery_is_not_part_of_its_identity(small: World) -> None:
    """Else whoever has one signed body could park as many rows as he has headers."""
    _extend(small, {"events-signed": _source(Dialect.CLOUDEVENTS, SignedContent.BODY)})
    body = orjson.dumps(opened())
    headers = {"content-type": "application/cloudevents+json"} | _proof(small, "events-signed", body)
    for number in range(4):
        more = {f"ce-extra{number}": "x", "slad-contract": "acme"}
        answer = await small.client.post("/v1/webhooks/events-signed", content=body, headers=headers | more)
        assert answer.status_code == 202
        assert "remarks" not in answer.json()
    assert await small.count(tables.inbox) == 1


async def test_a_body_that_comes_once_more_after_it_was_forgotten_is_the_same_event(world: World) -> None:
    first = await world.github(delivery("opened"), id_="d-1")
    await house(world, YEAR)
    assert await world.count(tables.inbox) == 0
    again = await world.github(delivery("opened"), id_="d-2")
    assert [one["id"] for one in again.json()["events"]] == [one["id"] for one in first.json()["events"]]
    assert await world.count(tables.event) == 1


# -- deletions --------------------------------------------------------------------------------------------


async def test_a_deletion_is_no_later_than_it_must_be_and_takes_no_breach_back(world: World) -> None:
    sev1 = {"labels": [{"name": "sev1"}]}
    await world.github(delivery("opened", issue=sev1), id_="d-1")  # at 11:59, first response due 12:14
    world.time.at += timedelta(minutes=5)
    early = await world.github(delivery("deleted", issue=sev1), id_="d-2")
    assert [one["occurred_at"] for one in early.json()["events"]] == ["2026-11-20T11:59:00+00:00"]

    await world.github(delivery("opened", issue=sev1 | {"id": 78}), id_="d-3")
    world.time.at += timedelta(hours=2)
    late = await world.github(delivery("deleted", issue=sev1 | {"id": 78}), id_="d-4")
    # right behind the breach, which nobody can delete away, and not at the receipt two hours later
    assert [(one["occurred_at"], one["quality"]) for one in late.json()["events"]] == [
        ("2026-11-20T12:14:00.000001+00:00", "object_updated")
    ]


async def test_a_deletion_is_history_when_something_has_happened_since(world: World) -> None:
    sev1 = {"labels": [{"name": "sev1"}]}
    await world.github(delivery("opened", issue=sev1), id_="d-1")
    await world.github(delivery("reopened", issue=sev1 | {"updated_at": "2026-11-20T12:00:00Z"}), id_="d-2")
    world.time.at += timedelta(hours=2)
    answer = await world.github(delivery("deleted", issue=sev1), id_="d-3")
    assert [one["occurred_at"] for one in answer.json()["events"]] == ["2026-11-20T11:59:00+00:00"]


# -- everything around a body, over all dialects and signatures -------------------------------------------


def _source(dialect: Dialect, covered: SignedContent) -> Source:
    standard = covered is SignedContent.ID_TIMESTAMP_BODY
    how = Authentication(
        kind=AuthenticationKind.HMAC,
        header="webhook-signature" if standard else "X-Signature",
        encoding="base64" if standard else "hex",
        prefix="v1," if standard else "",
        signed=covered,
        timestamp_header="" if covered is SignedContent.BODY else "webhook-timestamp",
        secrets=(Secret("test", STANDARD if standard else SECRET),),
    )
    return Source(id=SourceId("replaced"), dialect=dialect, authentication=how)


def _extend(world: World, sources: Mapping[str, Source]) -> None:
    now = world.catalogue[-1]
    more = {SourceId(name): replace(source, id=SourceId(name)) for name, source in sources.items()}
    world.catalogue.append(replace(now, sources=MappingProxyType({**now.sources, **more})))


def _proof(world: World, name: str, body: bytes, secret: str = "") -> dict[str, str]:
    how = world.catalogue[-1].sources[SourceId(name)].authentication
    seconds = str(int(world.time.at.timestamp()))
    match how.signed:
        case SignedContent.BODY:
            return {"x-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
        case SignedContent.TIMESTAMP_DOT_BODY:
            mac = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
            return {"x-signature": mac.hexdigest(), "webhook-timestamp": seconds}
        case _:
            return standard_headers(body, "msg_1", world.time.at, secret or STANDARD)


DIALECTS = (Dialect.GITHUB, Dialect.JIRA, Dialect.CLOUDEVENTS)
COVERED = (SignedContent.BODY, SignedContent.TIMESTAMP_DOT_BODY, SignedContent.ID_TIMESTAMP_BODY)
SOURCES = {
    f"{dialect.value}-{n}": _source(dialect, covered) for dialect in DIALECTS for n, covered in enumerate(COVERED)
}


def _real(*folders: str) -> list[Any]:
    return [
        orjson.loads(file.read_bytes()) for folder in folders for file in sorted((PAYLOADS / folder).glob("*.json"))
    ]


DOCUMENTS: dict[Dialect, list[Any]] = {
    Dialect.GITHUB: GITHUB + _real("github", "github-dotnet", "github-issue_comment"),
    Dialect.JIRA: [one for one in JIRA if isinstance(one, dict)] + _real("jira", "jira-zulip"),
    Dialect.CLOUDEVENTS: [*EVENTS, EVENTS[:3]],
}


def _fresh(dialect: Dialect, document: Any, number: int) -> bytes:
    """The document as a delivery of its own."""
    match dialect:
        case Dialect.GITHUB:
            told = {**document, "number": number}
            if isinstance(told.get("issue"), dict):
                told["issue"] = {**told["issue"], "id": number}
            return orjson.dumps(told)
        case Dialect.JIRA:
            told = {**document, "timestamp": 1_763_000_000_000 + number}
            if isinstance(told.get("issue"), dict):
                told["issue"] = {**told["issue"], "id": str(number)}
            return orjson.dumps(told)
        case _:
            if isinstance(document, list):
                return orjson.dumps([{**one, "id": f"{number}-{n}"} for n, one in enumerate(document)])
            return orjson.dumps({**document, "id": str(number), "subject": f"INC{number}"})


def _sent(dialect: Dialect, body: bytes) -> dict[str, str]:
    """The unsigned headers as the sender writes them."""
    document = orjson.loads(body)
    match dialect:
        case Dialect.GITHUB:
            shape = "issue_comment" if "comment" in document else "issues" if "issue" in document else "push"
            return {"content-type": "application/json", "x-github-event": shape, "x-github-delivery": "true"}
        case Dialect.JIRA:
            return {"content-type": "application/json", "x-atlassian-webhook-identifier": "true"}
        case _:
            kind = "cloudevents-batch" if isinstance(document, list) else "cloudevents"
            return {"content-type": f"application/{kind}+json"}


WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
UNSIGNED: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(
            [
                "application/json", "application/x-www-form-urlencoded", "application/cloudevents+json", "text/xml",
                "application/cloudevents-batch+json", "application/json; charset=utf-7", "", "*/*",
            ]
        ),
        "x-github-event": st.sampled_from(["issues", "issue_comment", "ping", "push", "ISSUES", "sub_issues"]) | WORD,
        "x-github-delivery": WORD,
        "x-atlassian-webhook-identifier": WORD,
        "x-atlassian-webhook-retry": st.just("1"),
        "ce-specversion": st.just("1.0"),
        "ce-type": st.sampled_from(["cancelled", "resolved", "io.slad.incident.opened.v1"]),
        "ce-id": WORD,
        "ce-source": WORD,
        "ce-subject": WORD,
        "ce-time": st.just("2026-11-20T01:00:00Z"),
        "slad-contract": st.just("acme"),
        "x-http-method-override": st.sampled_from(["DELETE", "PUT"]),
        "date": st.just("Thu, 01 Jan 2026 00:00:00 GMT"),
        "x-forwarded-for": WORD,
    },
)  # fmt: skip
QUERY = st.sampled_from(["", "?event=issues", "?payload=%7B%7D", "?source=jira-acme&delivery=1", "?type=cancelled#x"])


def test_whatever_is_not_signed_changes_nothing(tmp_path: Path) -> None:
    """Sent with anything around it, before or after: the body has the effect that it has by itself, or none."""
    with asyncio.Runner() as runner:
        contexts = [running(f"sqlite:///{tmp_path}/{name}.db", rate_per_minute=10**9) for name in ("left", "beset")]
        left, beset = (runner.run(context.__aenter__()) for context in contexts)
        _extend(left, SOURCES)
        _extend(beset, SOURCES)
        number = 0

        @settings(suppress_health_check=list(HealthCheck), max_examples=settings.default.max_examples // 2)
        @given(
            data=st.data(),
            name=st.sampled_from(sorted(SOURCES)),
            around=st.lists(st.tuples(UNSIGNED, QUERY), min_size=1, max_size=2),
        )
        def attacked(data: st.DataObject, name: str, around: list[tuple[dict[str, str], str]]) -> None:
            nonlocal number
            number += 1
            dialect = SOURCES[name].dialect
            document = data.draw(st.sampled_from(DOCUMENTS[dialect]))
            runner.run(_beset(left, beset, name, _fresh(dialect, document, number), around))

        try:
            attacked()
            assert runner.run(_effects(left)) == runner.run(_effects(beset))
        finally:
            for context in contexts:
                runner.run(context.__aexit__(None, None, None))


async def _beset(left: World, beset: World, name: str, body: bytes, around: list[tuple[dict[str, str], str]]) -> None:
    proof, sent = _proof(left, name, body), _sent(SOURCES[name].dialect, body)
    true = await left.client.post(f"/v1/webhooks/{name}", content=body, headers=sent | proof)

    async def attack() -> None:
        for headers, query in around:
            odd = name.replace("-", "%2D")
            answer = await beset.client.post(f"/v1/webhooks/{odd}{query}", content=body, headers=sent | headers | proof)
            assert answer.status_code < 500
            if answer.status_code == 202 and answer.json().get("outcome") != "parked":
                assert _told(answer.json()) == _told(true.json())

    await attack()
    here = await beset.client.post(f"/v1/webhooks/{name}", content=body, headers=sent | proof)
    assert (here.status_code, _told(here.json())) == (true.status_code, _told(true.json()))
    await attack()


def _told(answer: dict[str, Any]) -> Any:
    """Of a batch how many were known before differs."""
    return answer.get("deliveries", answer)


async def _effects(world: World) -> tuple[list[tuple[Any, ...]], int]:
    events = sorted((row.incident, row.id, row.type, row.time, row.data) for row in await world.rows(tables.event))
    return events, len(await world.logged())


# -- what a replay costs others ---------------------------------------------------------------------------


async def test_replays_use_up_no_budget_but_their_own(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/ingest.db", rate_per_minute=5) as tight:
        await tight.github(delivery("opened"))
        codes = [(await tight.github(delivery("opened"), id_=f"d-{n}")).status_code for n in range(7)]
        assert codes == [202] * 5 + [429] * 2
        others = [delivery("reopened", issue={"updated_at": f"2026-11-20T12:0{n}:00Z"}) for n in range(5)]
        assert [(await tight.github(other)).status_code for other in others] == [202] * 4 + [429]


# -- what a refusal costs ---------------------------------------------------------------------------------


async def test_a_refused_delivery_costs_the_same_work_whether_its_source_exists(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[tuple[str, int]] = []
    real = signature.mac

    def counting(key: bytes, before: bytes, body: bytes, after: bytes, algorithm: str) -> bytes:
        worked.append((algorithm, len(body)))
        return real(key, before, body, after, algorithm)

    monkeypatch.setattr(signature, "mac", counting)
    monkeypatch.setattr(check, "mac", counting)
    body = orjson.dumps(delivery("opened"))
    wrong = {"x-hub-signature-256": signed(body, "guess"), "x-hub-signature": signed(body, "guess")}
    costs = []
    for name in (*small.catalogue[-1].sources, "nobody"):
        for headers in ({}, wrong, {"authorization": "Bearer guess", "x-desk-token": "guess"}):
            worked.clear()
            answer = await small.client.post(f"/v1/webhooks/{name}", content=body, headers=headers)
            assert answer.status_code == 401
            costs.append(sorted(worked))
    assert costs == [[("sha256", len(body))] * 2] * len(costs)


async def test_deliveries_of_one_issue_that_differ_are_all_taken(small: World) -> None:
    """One delivery id for all of them is the sender's mistake, not a reason to lose one."""
    for hour in (12, 13, 14):
        at = f"2026-11-20T{hour}:00:00Z"
        await small.github(delivery("reopened", issue=issue(updated_at=at)), id_="always the same")
    assert [kind for kind, _ in await small.logged()] == ["incident.reopened"] * 3
