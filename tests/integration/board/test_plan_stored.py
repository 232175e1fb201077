"""A support plan over HTTP says what the board has stored: balances, and the reports that are really next."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx2
from fastapi import FastAPI
from tests.integration.board.bench import HandTime
from tests.unit.board.test_plan_balances import CATALOGUE, NOW, STORED

from sla_board import tables
from sla_board.contract_api import AttainmentDeps, PlanDeps, contract_routes
from sla_board.link.store import PlanLinks
from sla_board.page.render import Pages
from sla_board.paper.printer import PdfPrinter
from sla_board.schedule.stored import enter
from sla_catalogue import load_catalogue
from sla_platform.contracts.copies import write_records
from sla_platform.http import problem
from sla_platform.http.keys import KeyGate
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.wire.contract import record_data

READER = "key-of-the-readers-0001"
KEY = {"Authorization": f"Bearer {READER}"}
# In the place of WeasyPrint: the page itself.
ECHO = (sys.executable, "-c", "import sys; sys.stdout.write('%PDF-' + sys.stdin.read())")


async def test_page_paper_and_json_say_what_is_stored(store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(CATALOGUE + f"keys: {{desk: {{key: {READER}, scopes: [read]}}}}\n", encoding="utf-8")
    book = load_catalogue(file, environment={})
    store, time = Store(store_url), HandTime(NOW)
    app = FastAPI()
    problem.install(app)
    gate = KeyGate(lambda: book.keys.values(), time)
    printer = PdfPrinter(ECHO, library="sys")
    deps = PlanDeps(lambda: book, gate, Pages(), time, store, PlanLinks(store, time), printer, "https://sla.example")
    app.include_router(contract_routes(deps, AttainmentDeps(store, lambda: book.rulebook, gate, deps.pages, time)))
    try:
        await create_all(store, [tables.metadata])
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://sla.example")
        before = (await client.get("/contracts/acme?lang=pl", headers=KEY)).text
        assert "12 kredytów" not in before
        assert "2 grudnia 2026" in before, "nothing is stored yet: the report of the present month is the first"
        assert STORED.record is not None
        async with store.transaction() as connection:
            await write_records(connection, tables.contract_records, [record_data(STORED.record)])
            await enter(connection, list(STORED.reports.values()))
        for path in ("/contracts/acme", "/contracts/acme/plan.pdf", "/v1/board/contracts/acme"):
            answer = await client.get(f"{path}?lang=pl", headers=KEY)
            assert answer.status_code == 200, answer.text
            assert all(one in answer.text for one in ("10 kredytów", "12 kredytów", "15 grudnia 2026", "Salda")), path
            assert "3 listopada 2026" in answer.text, "October's report waits"
    finally:
        await store.close()
