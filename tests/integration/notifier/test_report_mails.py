"""A report that was frozen is mailed to the roles of its schedule, the customer's people among them, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.notifier.stage import NINE, Stage
from tests.real.smtp import SmtpServer

from sla_domain.report_schedule import ReportKind
from sla_platform.envelope import Envelope
from sla_platform.wire import ReportFact, encode_report_fact

PAGES = [
    {
        "language": "en",
        "heading": "Service report: Acme S.A., March 2026",
        "html": "<!doctype html><p>In time: 18 of 20</p>",
    },
    {
        "language": "pl",
        "heading": "Raport z jakości usług: Acme S.A., marzec 2026",
        "html": "<!doctype html><p>W terminie: 18</p>",
    },
]


def ready(**more: Any) -> Envelope:
    """The report of March for the contract acme, as the board would publish it."""
    told = {
        "contract": "acme", "schedule": "monthly", "report": ReportKind.SERVICE_REPORT, "period": "2026-03",
        "start": NINE - timedelta(days=31), "end": NINE, "zone": "Europe/Warsaw", "at": NINE, "revision": 1,
        "digest": "ab" * 32, "met": 18, "missed": 2, "tell": ("manager",), "pages": PAGES,
    }  # fmt: skip
    return encode_report_fact(ReportFact.model_validate(told | more))


def told(server: SmtpServer) -> list[tuple[str, str]]:
    return sorted((mail.recipients[0].partition("@")[0], str(mail.parsed["Subject"])) for mail in server.accepted.all())


async def test_the_roles_of_the_schedule_get_the_report_itself_once(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(ready(), ready())
    await stage.another().hear(ready())
    await stage.send()
    assert told(smtp_server) == [("maria", "Service report: Acme S.A., March 2026")]
    mail = smtp_server.accepted.all()[0].parsed
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<p>In time: 18 of 20</p>" in html.get_content()
    assert "18 of 20 requests were in time" in text.get_content()
    assert "https://slad.example/reports/acme?period=2026-03&kind=service_report&revision=1" in text.get_content()
    (row,) = await stage.rows()
    assert (row.kind, row.contract, row.alert) == ("report", "acme", ""), "a notice, never a page"
    await stage.pass_time(days=1)
    assert await stage.send() == 0


async def test_the_customers_contact_gets_it_in_their_own_language_and_is_not_paged(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await stage.hear(ready(tell=("contact", "manager")))
    await stage.send()
    assert told(smtp_server) == [
        ("jan", "Raport z jakości usług: Acme S.A., marzec 2026"),
        ("maria", "Service report: Acme S.A., March 2026"),
    ]


async def test_the_customers_contact_alone(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(ready(tell=("contact",)))
    await stage.send()
    assert [who for who, _ in told(smtp_server)] == ["jan"]


async def test_a_report_that_goes_to_nobody_is_told_to_those_who_hear_what_has_no_other_ears(stage: Stage) -> None:
    await stage.hear(ready(contract="hollow"))
    assert [row.person for row in await stage.rows()] == ["ops"]
