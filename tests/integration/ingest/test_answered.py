"""What a customer answers to a question becomes an event of the customer's, once (clause E9)."""

from __future__ import annotations

import pytest
from tests.integration.ingest.test_agreements import event
from tests.integration.ingest.world import NOON, World

from sla_ingest.answered import AnswerHandler
from sla_ingest.tables import event as events
from sla_ingest.tables import inbox
from sla_platform.bus import Batch
from sla_platform.envelope import Envelope
from sla_platform.wire import DeliveryFact, encode_delivery_fact


def said(what: str, id_: str = "question/1") -> Envelope:
    fact = DeliveryFact(what=what, incident="desk:INC-1", contract="strict", recipient="jan", at=NOON, by="Jan",
                        priority="P3")  # fmt: skip
    return encode_delivery_fact(fact, id_)


async def kinds(world: World) -> list[tuple[str, str]]:
    async with world.store.reading() as connection:
        rows = (await connection.execute(events.select().order_by(events.c.time, events.c.id))).all()
    return [(row.incident, row.type.removeprefix("io.slad.incident.").removesuffix(".v1")) for row in rows]


@pytest.mark.parametrize(
    ("what", "kind"), [("question.agreed", "downgrade_agreed"), ("question.declined", "downgrade_declined")]
)
async def test_an_answer_is_an_event_once(world: World, what: str, kind: str) -> None:
    answer = await world.event(event("o", "opened", -10, priority="P1", customer="Strict", description="broken"))
    assert answer.status_code == 202, answer.text
    handler = AnswerHandler(world.ingest.commit, world.time)
    for _ in range(2):
        await handler.handle(
            Batch(0, (said(what), said("delivery.sent", "other"), said("question.expired", "x")), None)
        )
    assert await kinds(world) == [("desk:INC-1", "opened"), ("desk:INC-1", kind)]


async def test_an_answer_counts_for_the_contract_that_was_asked_and_for_no_other(world: World) -> None:
    """The link is in the mailbox of the customer whose ticket it was; whose it is now decides for itself."""
    for sent in (
        event("o", "opened", -10, priority="P1", customer="Strict", description="broken"),
        event("m", "described", -5, customer="Acme"),
    ):
        assert (await world.event(sent)).status_code == 202
    await AnswerHandler(world.ingest.commit, world.time).handle(Batch(0, (said("question.agreed"),), None))
    assert [kind for _, kind in await kinds(world)] == ["opened", "described"]
    async with world.store.reading() as connection:
        (kept,) = (await connection.execute(inbox.select().where(inbox.c.source == "slad"))).all()
    assert (kept.outcome, kept.reason) == ("parked", "other_contract")
