"""What is told of a contract as a whole, in every format, and to whom, with tickets that moved between contracts."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from tests.integration.standalone.tenants import Tenants
from tests.integration.standalone.test_what_keys_see import moved_ticket, settled

from sla_board.paper.printer import PdfPrinter
from sla_board.report_api.shape import ReportFormat
from sla_domain.fact import FactKind
from sla_notifier.question.question import Question, QuestionState
from sla_notifier.question.store import keep_new
from sla_notifier.tables import opt_out
from sla_platform.wire import ClockFact

pytestmark = pytest.mark.timeout(300)


@pytest.mark.long
async def test_a_contracts_reports_and_pages_tell_what_was_its_own_then(
    world: Tenants, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, reports in every format, frozen ones and their differences tell of a contract what was its own then."""

    async def as_it_is(_: PdfPrinter, html: str) -> bytes:
        return html.encode()  # the words of a PDF are those of the page that is printed

    monkeypatch.setattr(PdfPrinter, "pdf", as_it_is)
    a, b = ("acme", "Acme"), ("beta", "Beta")
    tickets = [await moved_ticket(world, "given", a, b), await moved_ticket(world, "twice", b, a, b)]
    await settled(world, tickets)
    first = world.began.replace(day=1, hour=12, minute=0, second=0)
    ended = first - timedelta(days=15)
    since = (ended - world.began).total_seconds() / 60
    past = [
        await moved_ticket(world, "past", a, b, since=since),
        await moved_ticket(world, "pastback", b, a, b, since=since + 60),
    ]
    await settled(world, past)
    for contract in ("acme", "beta"):
        stated = {"products": [{"product": f"product-of-{contract}", "versions": ["1"]}]}
        profile = await world.ask("all", "PUT", f"/v1/contracts/{contract}/profile", json=stated)
        assert profile.status_code == 200, profile.text
        said = {"period": f"{ended:%Y-%m}", "reason": "sent to the customer"}
        made = await world.ask("all", "POST", f"/v1/reports/{contract}/freeze", json=said)
        assert made.status_code == 201, made.text
    moved = await moved_ticket(world, "pastlate", b, a, since=since + 120)
    await settled(world, [moved])
    every = [*tickets, *past, moved]
    months = (f"{world.began:%Y-%m}", f"{ended:%Y-%m}")
    found: set[str] = set()
    for contract in ("acme", "beta"):
        paths = [
            *(f"/v1/reports/{contract}?period={month}&format={form}{live}"
              for month in months for form in ReportFormat for live in ("", "&live=true")),
            *(f"/reports/{contract}?period={month}" for month in months),
            f"/v1/reports/{contract}/frozen", f"/v1/reports/{contract}/diff?period={months[1]}",
            *(f"/v1/breakdowns?contract={contract}&period={month}" for month in months),
            f"/contracts/{contract}", f"/v1/board/contracts/{contract}", f"/v1/contracts/{contract}",
            f"/v1/contracts/{contract}/changes", f"/contracts/{contract}/plan.pdf", f"/v1/contracts/{contract}/ledgers",
        ]  # fmt: skip
        others = {word for ticket in every for its, words in ticket.words.items() for word in words if its != contract}
        others -= {word for ticket in every for word in ticket.words.get(contract, ())}
        for path in paths:
            for key in (contract, "all", *(("acme-admin",) if contract == "acme" else ())):
                with subtests.test("words of a contract", path=path, key=key):
                    answer = await world.ask(key, "GET", path)
                    assert answer.status_code == 200, answer.text
                    told = _text_in(answer.content)
                    assert {word for word in others if word in told} == set()
                    found |= {word for ticket in every for word in ticket.words.get(contract, ()) if word in told}
    assert {"past-0-title", "pastlate-1-title"} & found, "reports do tell titles"


def _text_in(body: bytes) -> str:
    """The text of an answer; of a workbook that of its parts."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


@pytest.mark.long
async def test_questions_and_opt_outs_are_told_of_the_keys_own_contract_alone(
    world: Tenants, subtests: pytest.Subtests
) -> None:
    """Of each contract a question and a person who wants no messages."""
    now = world.running.context.time_source.now()
    async with world.running.context.store.transaction() as connection:
        for contract in ("acme", "beta"):
            fact = ClockFact(kind=FactKind.DOWNGRADE_PROPOSED, incident=f"desk:q-{contract}", at=now, contract=contract)
            asked = Question(
                id=f"asked-of-{contract}", occasion=contract, incident=fact.incident, contract=contract,
                content=fact.model_dump_json(), people=(f"person-of-{contract}",), state=QuestionState.OPEN,
                asked_at=now, expires_at=now + timedelta(days=7), next_at=now + timedelta(days=1),
            )  # fmt: skip
            await keep_new(connection, [asked])
            row = {"contract": contract, "person": f"out-of-{contract}", "out": True, "changed_at": now}
            await connection.execute(opt_out.insert(), [row])
    for path, words in (("/v1/questions", ("asked-of", "person-of", "desk:q")), ("/v1/opt-outs", ("out-of",))):
        for key, seen in (
            ("acme", {"acme"}), ("acme-admin", {"acme"}), ("beta", {"beta"}), ("house", set()),
            ("reader", {"acme", "beta"}), ("all", {"acme", "beta"}),
        ):  # fmt: skip
            for query in ("", "?contract=beta", "?incident=desk:q-beta", "?state=open", "?limit=1"):
                with subtests.test("asked and opted out", path=path, key=key, query=query):
                    text = (await world.ask(key, "GET", path + query)).text
                    told = {name for name in ("acme", "beta") if any(f"{word}-{name}" in text for word in words)}
                    assert told <= seen
                    assert query or told == seen
