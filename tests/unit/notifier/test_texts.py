"""Messages in words: complete in English and escaped in HTML; for the other languages see `test_languages`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_domain.plan import Allowed, CoverageTime, Unspecified, WallTime, WorkingDayTime
from sla_domain.tell import OF_CONTRACTS, Happening
from sla_notifier.acknowledge.page import AckPage, AckPageKind, render_page
from sla_notifier.delivery.state import MessageKind
from sla_notifier.text.content import (
    Action,
    Content,
    FactReason,
    FixedTerm,
    Item,
    PromiseTerms,
    ShortInstant,
    Value,
)
from sla_notifier.text.render import Texts
from sla_notifier.text.words import instant_in_words, one_line, paragraphs, web_link

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
PROMISE = PromiseTerms("first response", CoverageTime(timedelta(minutes=15)))
VALUES: dict[str, Value] = {
    "customer": "Acme", "contract": "Acme S.A.", "incident": "github:7 Shop is down", "metric": "first response",
    "priority": "P1", "priority_titled": "P1 (Critical)", "product": "shop", "promise": PROMISE,
    "due": NOW, "broken": NOW, "ended": NOW,
    "left": timedelta(minutes=5), "late": timedelta(hours=2, minutes=5), "noticeable": True, "level": 2, "round": 1,
    "outcome": "missed", "title": "Data loss", "severity": FixedTerm("severity", "critical"),
    "products": "shop <4.3", "published": NOW,
    "count": 12, "again": False, "outside": False, "opens": "", "left_two": False, "late_two": False,
    "left_wall": timedelta(minutes=5), "late_wall": timedelta(hours=2, minutes=5), "left_by_wall": False,
    "late_by_wall": False, "because": FactReason("late events leave no such clock"),
    "due_short": ShortInstant(NOW, NOW),
    "since_short": ShortInstant(NOW, NOW),
    "staff": False, "customers": "Acme S.A.", "contracts": "Acme S.A.", "several": False, "registered": False,
    "changed": False, "expires": NOW,
    "exhausted": True, "recovered": False, "percent": "90", "of": "requests", "period": "2026-11", "share": "87.5",
    "counted": "16", "missed": "2", "over": 1, "report": "Acme S.A. 2026-11", "met": "14", "revision": "1",
    "digest": "ab", "happening": "opened", "happened": FixedTerm("happened", "opened"), "old": "P1", "new": "P3",
    "lapsed_by": "", "lapsed_at": "", "passed_by": "", "passed_to": "",
    "news": "window_booked", "what": "github:7 Shop is down", "starts": NOW, "window_ends": NOW, "on_duty": "Acme",
    "balance": "2 credits", "amount": "1 credit", "expires_at": NOW,
}  # fmt: skip


COUNTS = {
    "incidents": 9,
    "broken": 7,
    "due_soon": 1,
    "unpromised": 1,
    "ended": 2,
    "withdrawn": 1,
    "fixes": 1,
    "objectives": 1,
    "reports": 1,
    "happenings": 1,
    "contract_news": 1,
    "asked": 8,
}


def content(kind: MessageKind, **more: object) -> Content:
    if kind is MessageKind.DIGEST:
        more = COUNTS | {"customers": "Acme"} | more
    return Content(
        kind=kind,
        zone="Europe/Warsaw",
        values=VALUES | more,  # type: ignore[arg-type]  # a test's own values
        rows=("customer", "incident", "promise", "due"),
        actions=(Action("acknowledge", "https://slad.example/ack/x", main=True), Action("open_ticket", "")),
        items=(Item("Breached: first response", "https://slad.example/ack/y"),) if kind is MessageKind.DIGEST else (),
        why="level 2, lead",
    )


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (MessageKind.PAGE, "Breached since Mar 2, 10:15 CET"),
        (MessageKind.INFO, "For your information, breached since Mar 2, 10:15 CET"),
        (MessageKind.WARNING, "Due at Mar 2, 10:15 CET"),
        (MessageKind.RESOLVED, "Closed"),
    ],
)
def test_a_line_of_a_digest_says_an_instant_for_it_is_read_later(kind: MessageKind, line: str) -> None:
    line += ": first response for Acme (P1, github:7 Shop is down)"
    brief = Texts().brief(content(kind), "en")
    assert (brief.subject, brief.payload["data"]["subject"]) == (line, line)  # type: ignore[index]  # a JSON object
    last_year = ShortInstant(NOW, NOW + timedelta(days=365))
    later = Texts().brief(content(kind, due_short=last_year, since_short=last_year), "en")
    assert later.subject == line.replace("Mar 2, ", "Mar 2, 2026, ")


@pytest.mark.parametrize("kind", list(MessageKind))
@pytest.mark.parametrize("outcome", ["met", "missed", "cancelled", "retargeted", "withdrawn"])
def test_every_kind_can_be_said(kind: MessageKind, outcome: str) -> None:
    message = Texts().message(content(kind, outcome=outcome), "en")
    assert 10 < len(message.subject) <= 200
    assert "level 2, lead" in message.text
    assert "{{" not in message.text + message.html
    assert message.payload["type"] == f"slad.{kind.value}"


def test_a_page_says_what_to_whom_when_how_late_and_what_to_do() -> None:
    text = Texts().message(content(MessageKind.PAGE), "en").text
    assert "The promise “first response” to Acme was breached at Mon, Mar 2, 2026, 10:15 CET (09:15 UTC)" in text
    assert "2 h 5 min ago. Not acknowledged so far: this is level 2 of the escalation. This is reminder 1." in text
    assert "Acknowledge:\nhttps://slad.example/ack/x" in text
    assert "\nCustomer: Acme\nIncident: github:7 Shop is down\n" in text, "one fact a line"
    assert "Acknowledging stops the escalation." in text
    assert "Open the ticket" not in text, "an action without a link is left out"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (MessageKind.PAGE, "People were paged for it before; it was closed meanwhile and is breached again."),
        (MessageKind.INFO, "It was closed and is breached again."),
    ],
)
def test_an_old_breach_that_counts_again_is_no_news(kind: MessageKind, said: str) -> None:
    first, later = (Texts().message(content(kind, again=again), "en") for again in (False, True))
    assert said in later.text
    assert "breached again" in later.subject.lower()
    assert "breached again" not in (first.subject + first.text).lower()


HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'-alert(1)-'", "</title><svg onload=alert(1)>",
    "{{ 7*7 }}", "{% for x in range(10**9) %}{% endfor %}", "{{ ''.__class__.__mro__ }}", "${7*7}", "<!--", "]]>",
    "&lt;script&gt;", "<a href=javascript:alert(1)>x</a>", "\u202e<b>", "\x00<b>",
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", [MessageKind.PAGE, MessageKind.CRITICAL_FIX, MessageKind.DIGEST])
def test_foreign_words_are_neither_markup_nor_template(kind: MessageKind, hostile: str) -> None:
    said = content(
        kind, customer=hostile, incident=hostile, title=hostile, severity=hostile, contract=hostile, customers=hostile
    )
    html = Texts().message(said, "en").html
    for tag in ("<script", "<img", "<svg", "<b>", "<a href=javascript", "<!--"):
        assert tag not in html.replace("<!DOCTYPE", "")
    assert "49" not in html.replace(NOW.isoformat(), "") or "7*7" in html


@pytest.mark.parametrize("shown", list(AckPageKind))
def test_every_answer_has_a_page_without_script(shown: AckPageKind) -> None:
    html = render_page(
        Texts(), AckPage(shown=shown, what="<x>", who="<y>", at=NOW, link="https://slad.example/incidents/1")
    )
    asking = (
        AckPageKind.ASK,
        AckPageKind.ASK_ALL,
        AckPageKind.REGISTER_ASK,
        AckPageKind.END_ASK,
        AckPageKind.QUESTION_ASK,
        AckPageKind.OPT_OUT_ASK,
        AckPageKind.OPT_IN_ASK,
    )
    assert ("<form" in html) is (shown in asking)
    assert "<script" not in html
    assert "<x>" not in html
    assert "<y>" not in html


def test_instants_name_the_day_in_utc_only_when_it_is_another() -> None:
    night = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert instant_in_words(night, "Europe/Warsaw", "en") == "Tue, Mar 3, 2026, 00:30 CET (Mon, Mar 2, 23:30 UTC)"
    assert instant_in_words(night, "UTC", "en") == "Mon, Mar 2, 2026, 23:30 UTC"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "//x",
        "ftp://x/",
        "https://x/ y",
        'https://x/"',
        "http://[x",
    ],
)
def test_only_plain_web_links_are_shown(link: str) -> None:
    assert web_link(link) == ""


def test_foreign_text_loses_its_controls() -> None:
    assert one_line("a\r\nb\u2028c\x00d") == "a b c d"
    assert paragraphs("a\r\nb\x07\tc") == "a\nb\tc"
    assert len(one_line("x" * 1_000)) == 300


def test_a_digest_of_critical_fixes_speaks_of_no_tickets() -> None:
    counts = dict.fromkeys(COUNTS, 0) | {"fixes": 2, "asked": 2}
    text = Texts().message(content(MessageKind.DIGEST, **counts), "en").text
    assert text.startswith("2 critical fixes for Acme. They came at once")


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (CoverageTime(timedelta(hours=4)), "4 h"),
        (WallTime(timedelta(minutes=90)), "1 h 30 min by the wall clock"),
        (WorkingDayTime(1), "1 working day"),
        (WorkingDayTime(2), "2 working days"),
        (Unspecified(), "unspecified"),
        ("as an older release wrote it", "as an older release wrote it"),
    ],
)
def test_a_target_is_worded_by_the_language(allowed: Allowed | str, said: str) -> None:
    text = Texts().message(content(MessageKind.PAGE, promise=PromiseTerms("First response", allowed)), "en").text
    assert f"\nPromise: First response, {said}\n" in text


@pytest.mark.parametrize("kind", [MessageKind.PAGE, MessageKind.CRITICAL_FIX, MessageKind.DIGEST])
def test_the_button_to_acknowledge_comes_before_everything_that_can_wait(kind: MessageKind) -> None:
    message = Texts().message(content(kind), "en")
    for said in (message.text, message.html):
        assert said.index("https://slad.example/ack/x") < said.index("Customer")


@pytest.mark.parametrize("news", sorted(each.value for each in OF_CONTRACTS - {Happening.OBJECTIVE_AT_RISK}))
@pytest.mark.parametrize("tag", ["en", "pl", "it", "ru", "zh-TW"])
def test_every_news_of_a_contract_has_words_of_its_own(news: str, tag: str) -> None:
    message = Texts().message(content(MessageKind.CONTRACT, news=news), tag)
    others = [
        Texts().message(content(MessageKind.CONTRACT, news=each.value), tag).text
        for each in OF_CONTRACTS - {Happening.OBJECTIVE_AT_RISK}
        if each.value != news
    ]
    assert message.text not in others
    assert "github:7 Shop is down" in message.subject
