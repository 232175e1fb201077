"""An objective that is at risk, cannot be met any more or has recovered is told to its roles, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.notifier.stage import NINE, Stage
from tests.real.smtp import SmtpServer

from sla_domain.objective import ObjectiveNews
from sla_platform.envelope import Envelope
from sla_platform.wire import ObjectiveFact, encode_objective_fact


def news(kind: ObjectiveNews = ObjectiveNews.AT_RISK, number: int = 1, **more: Any) -> Envelope:
    """How the objective of the contract acme stands in March, as the board would say it."""
    told = {
        "kind": kind,
        "contract": "acme",
        "objective": "within-sla",
        "percent": "90",
        "of": "requests",
        "period": "2026-03",
        "start": NINE - timedelta(days=1),
        "end": NINE + timedelta(days=29),
        "zone": "Europe/Warsaw",
        "at": NINE,
        "number": number,
        "met": 18,
        "missed": 2,
        "share": "90",
        "misses_allowed": 2,
        "tell": ("manager",),
    }
    return encode_objective_fact(ObjectiveFact.model_validate(told | more))


def told(server: SmtpServer) -> list[tuple[str, str]]:
    return [(mail.recipients[0].partition("@")[0], str(mail.parsed["Subject"])) for mail in server.accepted.all()]


async def test_the_roles_of_the_objective_hear_of_it_once(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(news(), news())
    await stage.another().hear(news())
    await stage.send()
    assert told(smtp_server) == [("maria", "Objective at risk: Acme S.A., within-sla, 2026-03 (90 % of 90 %)")]
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "In 2026-03 90 % were so far: 2 of 20 were missed, and the period allows 0 more." in text
    assert "https://slad.example/attainment?contract=acme&period=2026-03" in text
    assert "nobody is asked to acknowledge it" in text
    (row,) = await stage.rows()
    assert (row.kind, row.contract, row.alert, row.incident) == ("objective", "acme", "", "")
    await stage.pass_time(days=1)
    assert await stage.send() == 0, "it is a notice: nothing is repeated, nothing escalates"


async def test_each_change_is_news_of_its_own(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(news())
    exhausted = {"missed": 3, "share": "85.71", "misses_left": -1}
    await stage.hear(news(ObjectiveNews.EXHAUSTED, 2, **exhausted), news(ObjectiveNews.RECOVERED, 3, misses_left=4))
    await stage.send()
    subjects = [subject.partition(":")[0] for _, subject in told(smtp_server)]
    assert sorted(subjects) == ["Objective at risk", "Objective cannot be met", "Objective recovered"]


async def test_an_objective_that_names_nobody_tells_nobody(stage: Stage) -> None:
    await stage.hear(news(tell=()))
    assert await stage.rows() == []


async def test_a_role_that_nobody_holds_goes_to_those_who_are_told_where_nobody_is(stage: Stage) -> None:
    await stage.hear(news(contract="hollow"))
    assert [row.person for row in await stage.rows()] == ["ops"]


async def test_a_herd_that_waits_is_told_too(stage: Stage, smtp_server: SmtpServer) -> None:
    """More at once than are worked on at once: they wait in the queue of their contract."""
    await stage.hear(*(news(number=number, objective=f"o{number}") for number in range(1, 31)))
    assert len(await stage.rows(kind="objective")) == 30
    await stage.pass_time(minutes=5)
    while await stage.send():
        await stage.pass_time(minutes=5)
    assert any("objectives" in subject for _, subject in told(smtp_server)), "a flood is one mail"


async def test_what_the_world_hears_of_the_delivery_has_a_key(stage: Stage) -> None:
    await stage.hear(news())
    rows = await stage.table("notifier_log")
    assert {(row.key, row.subject) for row in rows} == {("acme", "acme")}
