"""No text has an empty name, whatever is gone by the time it is written: metric, customer, contract, plan."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_board.shown import word
from sla_catalogue import Catalogue, builtin_catalogue
from sla_domain.fact import FactKind
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.link import Links
from sla_notifier.link_secret import LinkSecret
from sla_notifier.notification.content import content_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Phrase
from sla_notifier.text.render import Texts
from sla_platform.wire import ClockFact, NoticeData
from sla_platform.wire.notice import AffectedProduct

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
READER = Recipient(
    "ada", "en", "email:ada@x.example", (), (Phrase("level", {"level": "1"}), Phrase("role", {"role": "lead"}))
)
EMPTY = ["", " ", "\u200b", "\u00a0", "\x00", "\n"]
GONE = st.sampled_from([*EMPTY, "gone", "acme"])
ABOUT_NO_CLOCK = (
    MessageKind.CRITICAL_FIX, MessageKind.ADVISORY, MessageKind.NOTICE_ENDED, MessageKind.CONFIRMATION,
    MessageKind.DIGEST, MessageKind.OBJECTIVE, MessageKind.REPORT, MessageKind.CONTRACT,
)  # fmt: skip
OUTCOMES = ["met", "missed", "cancelled", "withdrawn", "retargeted", "taken_back"]
# Quotes around nothing, words around nothing, a separator before nothing.
HOLES = re.compile(r"“\s*”|\(\s*[,)]|,\s*[,)]|\bfor\s+(?:\(|was\b)|\bto\s+(?:was\b|counts|,)|: +for\b|^\s*:|  ")


@pytest.fixture(scope="module")
def around() -> PipelineContext:
    catalogue: Catalogue = builtin_catalogue()
    links = Links("https://slad.example", LinkSecret(b"secret"))
    return PipelineContext(catalogue=catalogue, texts=Texts(), links=links, now=NOW)


@given(
    kind=st.sampled_from([kind for kind in MessageKind if kind not in ABOUT_NO_CLOCK]),
    outcome=st.sampled_from(OUTCOMES),
    metric=GONE, customer=GONE, contract=GONE, plan=GONE, priority=GONE, title=GONE, why=GONE,
)  # fmt: skip
def test_no_text_about_a_clock_has_a_hole(
    around: PipelineContext, kind: MessageKind, outcome: str, metric: str, customer: str, contract: str, plan: str,
    priority: str, title: str, why: str,
) -> None:  # fmt: skip
    fact = ClockFact(
        kind=FactKind.CLOCK_CANCELLED, incident="desk:1", at=NOW, clock=UUID(int=1), metric=metric, customer=customer,
        contract=contract, plan=plan, priority=priority, title=title, due_at=NOW - HOUR, details={"why": why},
    )  # fmt: skip
    occasion = NotificationRequest(
        id="o", kind=kind, at=NOW, contract=contract, content=fact, audience=(), alert="a", outcome=outcome,
        due_at=NOW - HOUR,
    )  # fmt: skip
    message = around.texts.message(content_of(around, occasion, READER), "en")
    lead = str(message.payload["data"]["text"])  # type: ignore[index]
    assert HOLES.search(message.subject) is None, message.subject
    assert HOLES.search(lead) is None, lead


@pytest.mark.parametrize("title", [" ", "\u200b"])
def test_a_notice_without_a_title_that_can_be_seen_is_called_by_its_id(around: PipelineContext, title: str) -> None:
    notice = NoticeData(
        id="SEC-1", title=title, text="x", products=(AffectedProduct(product="shop"),), published_at=NOW
    )
    occasion = NotificationRequest(
        id="o", kind=MessageKind.CRITICAL_FIX, at=NOW, contract="gone", content=notice, audience=(), alert="a"
    )
    message = around.texts.message(content_of(around, occasion, READER), "en")
    assert "SEC-1" in message.subject
    assert "contract gone:" in message.text, "not by the name of the contract that stands in"


def test_an_id_turns_no_text_of_a_mail_round(around: PipelineContext) -> None:
    turned = "desk:1\u202etxt.exe"
    fact = ClockFact(
        kind=FactKind.CLOCK_BREACHED, incident=turned, at=NOW, clock=UUID(int=1), metric="first_response",
        customer="Acme", contract="acme", due_at=NOW - HOUR,
    )  # fmt: skip
    notice = NoticeData(
        id="SEC\u20661", title=" ", text="x", products=(AffectedProduct(product="shop"),), published_at=NOW
    )
    for kind, content in ((MessageKind.PAGE, fact), (MessageKind.CRITICAL_FIX, notice)):
        occasion = NotificationRequest(
            id="o", kind=kind, at=NOW, contract="acme", content=content, audience=(), alert="a", due_at=NOW - HOUR
        )
        message = around.texts.message(content_of(around, occasion, READER), "en")
        for part in (message.subject, message.text, message.html):
            assert "txt.exe" in part or "SEC" in part
            assert {"\u202e", "\u2066"} & set(part) == set()


@pytest.mark.parametrize("name", EMPTY[:2])
def test_the_board_calls_a_metric_something(name: str) -> None:
    assert word.metric_title(name) == "Promise"


def test_what_is_no_longer_promised_is_said_so(around: PipelineContext) -> None:
    fact = ClockFact(
        kind=FactKind.CLOCK_CANCELLED, incident="desk:1", at=NOW, clock=UUID(int=1), metric="first_response",
        customer="Acme", contract="gone", details={"withdrawn": "yes", "why": "the target is no longer promised"},
    )  # fmt: skip
    occasion = NotificationRequest(
        id="o", kind=MessageKind.RESOLVED, at=NOW, contract="gone", content=fact, audience=(), alert="a",
        due_at=NOW - HOUR, outcome="withdrawn",
    )  # fmt: skip
    message = around.texts.message(content_of(around, occasion, READER), "en")
    assert message.subject.startswith("No longer promised: first response for Acme")
    assert "the target is no longer promised; the breach stays on record" in message.text
    assert "late" not in message.text
    ended = around.texts.message(content_of(around, replace(occasion, outcome="cancelled"), READER), "en")
    assert "no longer applies: the target is no longer promised." in ended.text
