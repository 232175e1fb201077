"""Critical-fix notices in: checked, once per id, on the log before the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from tests.integration.ingest.world import ADMIN, FORMOSA, PUBLISHER, SENDER, World

from sla_domain.notice_terms import Cause, NoticeTerms, Registration
from sla_ingest import tables
from sla_platform.envelope import Topic
from sla_platform.store import log as logs
from sla_platform.wire import NoticeData, decode_notice

JSON = {"content-type": "application/json"}


def written(**values: Any) -> dict[str, Any]:
    return {
        "id": "SEC-1",
        "title": "Data loss on restart",
        "text": "Install 2.4.1.",
        "products": [{"product": "shop", "versions": ">=2.0,<2.4.1"}],
    } | values


async def published(world: World) -> list[NoticeData]:
    async with world.store.reading() as connection:
        page = await logs.read(connection, tables.log, [Topic.NOTICES], logs.Cursor(), 10)
    return [decode_notice(envelope) for envelope in page.envelopes]


async def post(world: World, notice: Any, key: dict[str, str] = PUBLISHER) -> Any:
    body = notice if isinstance(notice, bytes) else orjson.dumps(notice)
    return await world.client.post("/v1/notices", content=body, headers={**JSON, **key})


async def test_a_notice_is_on_the_log_with_publisher_and_time(world: World) -> None:
    answer = await post(world, written())
    assert answer.status_code == 202
    assert answer.json()["id"] == "SEC-1"
    (notice,) = await published(world)
    assert (notice.published_by, notice.published_at) == ("publisher", world.time.at)
    assert notice.products[0].versions == ">=2.0,<2.4.1"


async def test_the_same_notice_again_has_no_effect_another_under_its_id_is_a_mistake(world: World) -> None:
    first = await post(world, written())
    again = await post(world, dict(reversed(written().items())))
    assert (again.status_code, again.content, again.headers["slad-duplicate"]) == (202, first.content, "true")
    other = await post(world, written(title="Something else"))
    assert other.status_code == 409
    assert len(await world.logged()) == 1


async def test_many_at_once_under_one_id_have_one_effect(world: World) -> None:
    answers = await asyncio.gather(*(post(world, written()) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await world.logged()) == 1


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no product": ({"products": []}, "/products"),
    "a field no product has": ({"products": [{"product": "a", "colour": "red"}]}, "/products/0/colour"),
    "no title": ({"title": ""}, "/title"),
    "a range that is none": (
        {"products": [{"product": "a"}, {"product": "b", "versions": ">=2,,<3"}]},
        "/products/1/versions",
    ),
    "a severity nobody knows": ({"severity": "apocalyptic"}, "/severity"),
    "a misspelt field": ({"titel": "x"}, "/titel"),
    "a time without an offset": ({"published_at": "2026-11-20T12:00:00"}, "/published_at"),
    "a long text": ({"text": "x" * 20_001}, "/text"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_a_notice_that_does_not_fit_is_told_where(small: World, what: str) -> None:
    changed, pointer = WRONG[what]
    answer = await post(small, written(**changed))
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert await small.logged() == []


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 422), (b"", 400), (b"[" * 5_000, 400)])
async def test_what_is_no_notice_at_all_is_refused(small: World, body: bytes, status: int) -> None:
    assert (await post(small, body)).status_code == status


async def test_only_a_publisher_for_all_contracts_may_publish(small: World) -> None:
    assert (await post(small, written(), {})).status_code == 401
    assert (await post(small, written(), SENDER)).status_code == 403
    assert (await post(small, written(), FORMOSA)).status_code == 403
    assert (await post(small, written(), ADMIN)).status_code == 202
    wrong = await small.client.post("/v1/notices", content=b"<x/>", headers={"content-type": "text/xml", **PUBLISHER})
    assert wrong.status_code == 415


READABLE = {
    ">=2.0 <2.4.1": (2, 2), "2.1 || 2.3": (2, 2), "2.3.x": (2, 2), "2.4.x": (1, 0), ">=2.4": (1, 0), "": (2, 2),
}  # fmt: skip


@pytest.mark.parametrize("versions", READABLE)
async def test_the_answer_says_how_many_it_reaches(small: World, versions: str) -> None:
    """One contract runs 2.3 and has two people who hear of fixes, another an unknown version and nobody."""
    answer = await post(small, written(products=[{"product": " SHOP ", "versions": versions}]))
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["contracts"], told["people"]) == READABLE[versions]
    assert ("reaches nobody" in told.get("remark", "")) is (told["people"] == 0)


async def test_a_notice_that_reaches_nobody_is_loud(small: World) -> None:
    answer = await post(small, written(products=[{"product": "till", "versions": ">=2"}]))
    assert answer.json()["remark"].startswith("This notice reaches nobody: no contract in force runs")
    assert small.registry.get_sample_value("slad_ingest_notices_total", {"reaches": "nobody"}) == 1
    await post(small, written(id="SEC-2"))
    assert small.registry.get_sample_value("slad_ingest_notices_total", {"reaches": "somebody"}) == 1


@pytest.mark.parametrize("versions", ["^2.0", "~> 2.0", "2.0 - 2.4", "[2.0,2.4)", "2.0 2.1", "latest", ">=2.0 and <3"])
async def test_a_range_that_nobody_can_read_is_refused_with_the_grammar(small: World, versions: str) -> None:
    answer = await post(small, written(products=[{"product": "shop", "versions": versions}]))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/products/0/versions"
    assert "joined by ||" in error["detail"]


async def test_a_product_that_no_contract_names_is_refused_with_the_nearest(small: World) -> None:
    answer = await post(small, written(products=[{"product": "shpo"}]))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], "Shop" in error["detail"]) == ("/products/0/product", True)
    assert await small.logged() == []
    mixed = await post(small, written(products=[{"product": "shop"}, {"product": "shpo"}]))
    assert (mixed.status_code, mixed.json()["unknown_products"]) == (202, ["shpo"])
    assert "nobody hears of them: 'shpo' (known: Shop, till)" in mixed.json()["remark"]


async def test_a_slip_in_the_product_of_a_revision_is_refused_before_anybody_hears_of_it(
    small: World,
) -> None:
    both = [{"product": "shop"}, {"product": "till"}, {"product": "kiosk"}]
    assert (await post(small, written(products=both))).status_code == 202
    for products, place in (
        ([{"product": "shpo"}], "/products/0/product"),
        ([{"product": "shpo"}, {"product": "till"}, {"product": "kiosk"}], "/products/0/product"),
        ([{"product": "shop"}, {"product": "tilll"}], "/products/1/product"),
    ):
        answer = await post(small, written(revision=2, products=products))
        assert answer.status_code == 422, products
        (error,) = answer.json()["errors"]
        assert (error["pointer"], "concerns them no longer" in error["detail"]) == (place, True)
    assert len(await published(small)) == 1
    more = await post(small, written(revision=2, products=[*both, {"product": "turnstile"}]))
    assert (more.status_code, more.json()["unknown_products"]) == (202, ["kiosk", "turnstile"]), "nobody is left out"
    fewer = written(revision=3, products=[{"product": "kiosk"}])
    assert (await post(small, fewer)).status_code == 202, "named before: no slip"
    assert (await post(small, fewer)).headers["slad-duplicate"] == "true"
    last = await post(small, written(revision=4, withdrawn=True, reason="a slip", products=[{"product": "shpo"}]))
    assert last.status_code == 202, "a withdrawal is for whoever was told"


async def test_a_higher_revision_changes_a_notice_and_a_late_one_is_refused(small: World) -> None:
    assert (await post(small, written())).json()["revision"] == 1
    second = await post(small, written(revision=2, severity="high", reason="less grave than feared"))
    assert (second.status_code, second.json()["revision"]) == (202, 2)
    fourth = written(revision=4, severity="low")
    assert (await post(small, fourth)).status_code == 202
    late = await post(small, written(revision=3))
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "notice-outdated")
    for known in (written(), fourth):
        assert (await post(small, known)).headers["slad-duplicate"] == "true"
    other = await post(small, written(revision=4, title="Something else"))
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (409, "notice-exists")
    told = await published(small)
    assert [(one.revision, one.severity) for one in told] == [(1, "critical"), (2, "high"), (4, "low")]


async def test_a_withdrawal_needs_no_more_than_its_reason(small: World) -> None:
    await post(small, written(cause="data_loss"))
    withdrawal = {"id": "SEC-1", "revision": 2, "withdrawn": True}
    silent = await post(small, withdrawal)
    assert [error["pointer"] for error in silent.json()["errors"]] == ["/reason"]
    first = await post(small, written(id="SEC-2", withdrawn=True, reason="a slip"))
    assert [error["pointer"] for error in first.json()["errors"]] == ["/revision"]
    answer = await post(small, withdrawal | {"reason": "It was no fault of ours."})
    assert (answer.status_code, answer.json()["outcome"]) == (202, "withdrawn")
    (_, told) = await published(small)
    assert (told.withdrawn, told.reason, told.title) == (True, "It was no fault of ours.", "Data loss on restart")
    assert (told.cause, told.products[0].product) == ("data_loss", "shop")


async def test_two_writers_of_one_revision_have_one_effect(world: World) -> None:
    await post(world, written())
    answers = await asyncio.gather(*(post(world, written(revision=2, title=f"By {one}")) for one in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert len(await world.logged()) == 2


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"cause": "fire"}, "/cause"), ({"revision": 0}, "/revision"), ({"revision": "two"}, "/revision")],
)
async def test_revision_and_cause_are_checked(small: World, changes: dict[str, Any], pointer: str) -> None:
    answer = await post(small, written(**changes))
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


async def test_contracts_whose_people_must_register_are_counted_apart(small: World) -> None:
    """clause I5: who has registered is the notifier's to know, so that nothing says that nobody hears of it."""
    book = small.catalogue[-1].rulebook
    for contract in book.contracts.values():
        object.__setattr__(book.plans[contract.plan], "notices", NoticeTerms(registration=Registration.OPT_IN))
        for person in contract.people.values():
            object.__setattr__(person, "notices", False)
    answer = (await post(small, written())).json()
    assert (answer["contracts"], answer["people"], answer["registration"]) == (2, 0, 2)
    assert "remark" not in answer


async def test_contracts_whose_plan_does_not_entitle_are_counted_apart(small: World) -> None:
    """clause H15."""
    book = small.catalogue[-1].rulebook
    for id_ in {contract.plan for contract in book.contracts.values()}:
        object.__setattr__(book.plans[id_], "notices", NoticeTerms(causes=frozenset({Cause.SECURITY})))
    answer = await post(small, written(cause="outage"))
    assert (answer.json()["contracts"], answer.json()["people"], answer.json()["not_entitled"]) == (0, 0, 2)
    assert "check its severity and its cause" in answer.json()["remark"]
    assert (await post(small, written(id="SEC-2", cause="security"))).json()["contracts"] == 2
