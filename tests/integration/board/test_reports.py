"""Reports of the vendors' contracts: made, read in the customer's language, frozen, corrected; every figure a link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from tests.integration.board.bench import HandTime
from tests.integration.board.vendors import NOW, VENDORS, VendorBoard, vendor_board

from sla_board import tables
from sla_board.report.words import WORDS
from sla_catalogue.api_key import ApiKey, KeyId, KeyScope, digest_of_key
from sla_domain.contract import ContractId
from sla_domain.report_schedule import ReportKind
from sla_platform.http.keys import KeyGate

EXPRESS = "express-24x7"
WHY = {"reason": "sent to the customer"}


@pytest.fixture
async def board(store_url: str) -> AsyncIterator[VendorBoard]:
    async with vendor_board(store_url) as made:
        yield made


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[VendorBoard]:
    async with vendor_board(f"sqlite:///{tmp_path}/board.db") as made:
        yield made


async def read(board: VendorBoard, contract: str = EXPRESS, **query: Any) -> httpx2.Response:
    return await board.client.get(f"/v1/reports/{contract}", params={"period": "2026-11"} | query)


async def freeze(board: VendorBoard, contract: str = EXPRESS, **body: Any) -> httpx2.Response:
    return await board.client.post(f"/v1/reports/{contract}/freeze", json={"period": "2026-11"} | WHY | body)


def cells(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for chapter in report["chapters"]:
        for section in chapter["sections"]:
            for part in section["parts"]:
                yield from part.get("items", [])
                yield from (cell for row in part.get("rows", []) for cell in row)


def section(report: dict[str, Any], id_: str) -> dict[str, Any]:
    found = [one for chapter in report["chapters"] for one in chapter["sections"] if one["id"] == id_]
    return found[0] if found else {"parts": []}


def rows(report: dict[str, Any], table: str) -> list[list[Any]]:
    for chapter in report["chapters"]:
        for one in chapter["sections"]:
            for part in one["parts"]:
                if part.get("id") == table:
                    return [[cell["value"] for cell in row] for row in part["rows"]]
    return []


@pytest.mark.parametrize("contract", VENDORS)
async def test_each_vendors_customer_gets_its_month_and_quarter_in_its_own_language(
    small: VendorBoard, contract: str
) -> None:
    language = VENDORS[contract][0]
    await small.quarter(contract, 40)
    for period, kind in (("2026-11", ReportKind.SERVICE_REPORT), ("2026-Q4", ReportKind.REVIEW)):
        made = (await read(small, contract, period=period)).json()
        assert made["kind"] == kind.value
        assert not [one["id"] for chapter in made["chapters"] for one in chapter["sections"] if one["missing"]]
        page = await read(small, contract, period=period, language=language, format="html")
        assert page.status_code == 200
        words = WORDS[language].said
        assert f'<html lang="{language}">' in page.text
        assert str(words[f"kind.{kind.value}"]) in page.text
        for id_ in ("summary", "breaches", "incidents"):
            assert f">{words[f'section.{id_}']}<" in page.text
        assert "column." not in page.text, "a heading without words"
        assert "'sha256-" in page.headers["content-security-policy"]
        named = await small.client.get(f"/reports/{contract}", params={"period": period, "language": language})
        assert named.status_code == 200


async def test_every_figure_leads_to_the_list_that_has_as_many_and_every_incident_to_its_page(
    board: VendorBoard,
) -> None:
    await board.quarter(EXPRESS, 40)
    made = (await read(board, period="2026-Q4")).json()
    pages = set()
    for cell in cells(made):
        if "page" not in cell:
            continue
        pages.add(cell["page"].partition("#")[0])
        if cell["kind"] == "count" and "verdict=" in cell["page"]:
            found = await board.client.get(cell["api"])
            assert found.status_code == 200, (cell, found.text)
            assert found.json()["total"] == cell["value"], (cell, found.json()["total"])
    assert len(pages) > 40
    for page in sorted(pages):
        assert (await board.client.get(page)).status_code == 200, page


async def test_the_figures_are_those_of_the_tickets(small: VendorBoard) -> None:
    await small.quarter(EXPRESS, 40)
    made = (await read(small)).json()
    objective = rows(made, "objectives")[0]
    met, missed = objective[5], objective[6]
    summary = {cell["id"]: cell["value"] for cell in cells({"chapters": [{"sections": [section(made, "summary")]}]})}
    assert (summary["figure.met"], summary["figure.missed"]) == (met, missed)
    assert len(made["verdicts"]) == met + missed
    assert len({row[0] for row in rows(made, "breaches")}) == missed
    assert rows(made, "trend")[-1][2:4] == [met, missed]
    people = {row[7] for row in rows(made, "incidents")}
    assert people <= {"Jan Kowalski", "Maria Bianchi", "Chen Mei", "Ivan Petrov"}


async def test_how_late_a_promise_was_kept_is_counted_in_its_hours(small: VendorBoard) -> None:
    await small.quarter("hpe-flexcare-tw", 60)
    broken = rows((await read(small, "hpe-flexcare-tw", period="2026-Q4")).json(), "breaches")
    late = [(counted, wall) for _, _, _, _, _, done, counted, wall, *_ in broken if done]
    assert all(counted <= wall for counted, wall in late)
    assert any(counted < wall for counted, wall in late)


async def test_a_frozen_report_stays_as_it_is_and_the_next_one_corrects_it(board: VendorBoard) -> None:
    await board.quarter(EXPRESS, 40)
    first = await freeze(board)
    assert first.status_code == 201, first.text
    stored = {form: (await read(board, format=form, language="ru")).content for form in ("html", "csv", "xlsx", "json")}
    november = (await read(board)).json()
    incident = next(name for name, verdict in november["verdicts"].items() if verdict == "met")
    board.time.pass_(timedelta(days=2))
    await late(board, incident)
    for form, content in stored.items():
        assert (await read(board, format=form, language="ru")).content == content, form
    again = await freeze(board)
    assert (again.status_code, again.json()) == (200, first.json())
    diff = (await board.client.get(f"/v1/reports/{EXPRESS}/diff", params={"period": "2026-11"})).json()
    assert (diff["same"], diff["digest"]) == (False, first.json()["digest"])
    assert [(one["incident"], one["was"], one["is"]) for one in diff["incidents"]] == [(incident, "met", "missed")]
    assert {"requests in time", "Met"} <= {one["figure"] for one in diff["figures"]}
    december = (await read(board, period="2026-12")).json()
    corrected = section(december, "corrections")
    assert corrected["parts"][0]["args"]["period"]["value"] == "2026-11"
    assert incident in [row[0] for row in rows(december, "changed_1")]
    live = (await read(board, live="true")).json()
    assert live["frozen"] is None
    assert live["verdicts"][incident] == "missed"
    second = await freeze(board, revise=True)
    assert (second.status_code, second.json()["revision"]) == (201, 2)
    assert second.json()["digest"] != first.json()["digest"]
    listed = (await board.client.get(f"/v1/reports/{EXPRESS}/frozen")).json()["reports"]
    assert [one["revision"] for one in listed] == [2, 1]
    assert (await read(board, revision=1, format="csv", language="ru")).content == stored["csv"]
    same = (await board.client.get(f"/v1/reports/{EXPRESS}/diff", params={"period": "2026-11"})).json()
    assert same["same"] is True


async def late(board: VendorBoard, incident: str) -> None:
    """What becomes known later: a clock of the incident was missed after all."""
    clock = tables.clock.c
    async with board.store.transaction() as connection:
        await connection.execute(
            update(tables.clock)
            .where(clock.incident == incident, clock.metric == "resolution")
            .values(verdict="missed")
        )
        request = tables.request.c
        await connection.execute(
            update(tables.request).where(request.incident == incident).values(verdict="missed", metric="resolution")
        )


async def test_a_period_that_lasts_is_provisional_and_is_not_frozen(small: VendorBoard) -> None:
    await small.quarter(EXPRESS, 10)
    made = (await read(small, period="2027-01")).json()
    assert made["provisional"] is True
    notes = [part["key"] for part in section(made, "summary")["parts"] if part["part"] == "note"]
    assert notes == ["note.provisional", "note.nothing_due"]
    refused = await freeze(small, period="2027-01")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "period-open")
    page = await read(small, period="2027-01", format="html")
    assert "No promises fell due in this period." in page.text
    assert "Provisional" in page.text
    now = {"chapters": [{"sections": [section(made, "summary"), section(made, "attainment")]}]}
    assert not any(cell["kind"] == "share" for cell in cells(now)), "neither 0 % nor 100 %"


async def test_a_breach_without_a_required_reason_is_named_and_nothing_is_frozen(
    small: VendorBoard,
) -> None:
    await small.quarter(EXPRESS, 40)
    rulebook = small.catalogue.rulebook
    plan = rulebook.contracts[ContractId(EXPRESS)].plan
    strict = replace(
        rulebook.plans[plan], breach_reasons=replace(rulebook.plans[plan].breach_reasons, required_before_freeze=True)
    )
    changed = replace(rulebook, plans=MappingProxyType({**rulebook.plans, plan: strict}))
    small.catalogue = replace(small.catalogue, rulebook=changed)
    refused = await freeze(small)
    assert refused.status_code == 409, refused.text
    missed = len(rows((await read(small)).json(), "breaches"))
    assert refused.json()["detail"].startswith(f"{missed} breaches of 2026-11 lack a reason")
    assert len(refused.json()["errors"]) == missed
    assert (await small.client.get(f"/v1/reports/{EXPRESS}/frozen")).json() == {"reports": []}


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"period": "November"}, 422, "is no period: write a month as 2026-11"),
        ({"period": "2026-13"}, 422, "is no month"),
        ({"zone": "Mars/Base"}, 422, "is no time zone"),
        ({"language": "tlh"}, 422, ""),
        ({"format": "doc"}, 422, ""),
        ({"revision": "4"}, 404, "is frozen"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_what_to_write(
    small: VendorBoard, query: dict[str, str], status: int, said: str
) -> None:
    answer = await read(small, **query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


async def test_an_unknown_contract_and_one_without_clocks(small: VendorBoard) -> None:
    assert (await read(small, "nobody")).status_code == 404
    made = (await read(small, "bpmonline-basic")).json()
    assert made["verdicts"] == {}
    assert "note.nothing_due" in [part.get("key") for part in section(made, "summary")["parts"]]
    assert not any(cell["kind"] == "share" for cell in cells(made)), "neither 0 % nor 100 %"


async def test_stored_data_that_somebody_changed_are_not_shown(small: VendorBoard) -> None:
    await small.quarter(EXPRESS, 10)
    assert (await freeze(small)).status_code == 201
    async with small.store.transaction() as connection:
        await connection.execute(update(tables.report).values(data='{"format": "slad.report/1"}'))
    answer = await read(small)
    assert (answer.status_code, answer.json()["title"]) == (500, "The stored report was changed")


OPS, READER, OTHER, OWN_ADMIN = (f"key-of-{name}-0000000001" for name in ("ops", "readers", "others", "owners"))


def key(id_: str, presented: str, scope: KeyScope, contract: str = "") -> ApiKey:
    only = ContractId(contract) if contract else None
    return ApiKey(id=KeyId(id_), sha256=digest_of_key(presented), scopes=frozenset({scope}), contract=only)


async def test_a_key_of_one_contract_reads_that_contract_alone(tmp_path: Path) -> None:
    time = HandTime(NOW)
    keys = (
        key("ops", OPS, KeyScope.ADMIN),
        key("mine", READER, KeyScope.READ, EXPRESS),
        key("owner", OWN_ADMIN, KeyScope.ADMIN, EXPRESS),
        key("other", OTHER, KeyScope.READ, "bpmonline-basic"),
    )
    gate = KeyGate(lambda: keys, time)
    async with vendor_board(f"sqlite:///{tmp_path}/board.db", gate) as board:
        await board.quarter(EXPRESS, 6)
        paths = [
            f"/v1/reports/{EXPRESS}?period=2026-11",
            f"/reports/{EXPRESS}?period=2026-11",
            f"/v1/reports/{EXPRESS}/frozen",
        ]

        async def asked(path: str, key: str) -> int:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return (await board.client.get(path, headers=headers)).status_code

        for path in paths:
            assert [await asked(path, key) for key in (OPS, READER, OTHER, "")] == [200, 200, 404, 401], path
        body = {"period": "2026-11"} | WHY
        statuses = [
            (
                await board.client.post(
                    f"/v1/reports/{EXPRESS}/freeze", json=body, headers={"Authorization": f"Bearer {key}"}
                )
            ).status_code
            for key in (READER, OTHER, OPS)
        ]
        assert statuses == [403, 403, 201]
        diff = f"/v1/reports/{EXPRESS}/diff?period=2026-11"
        assert [await asked(diff, key) for key in (READER, OTHER)] == [200, 404]
