"""A message of every kind, and every page behind a link, as somebody of each language may get them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.unit.notifier.customer_story import facts, told_of

from sla_domain.allowance import AllowanceUnit
from sla_domain.explain.ledger import amount_text
from sla_domain.metrics import BUILT_IN, FIRST_RESPONSE
from sla_domain.plan import CoverageTime
from sla_domain.tell import Happening
from sla_notifier.acknowledge.page import AckPage, AckPageKind, ListedAlert, render_page
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.contract_content import ROWS as CONTRACT_ROWS
from sla_notifier.notification.happening_content import ROWS
from sla_notifier.text.content import (
    Action,
    ChangedText,
    Content,
    CountedAndWall,
    FactReason,
    FixedTerm,
    Item,
    Phrase,
    PromiseLines,
    PromiseTerms,
    ShortInstant,
    Value,
)
from sla_notifier.text.number import decimal_in_words
from sla_notifier.text.render import FOLDER, Texts
from sla_notifier.text.words import one_line

NOW = datetime(2026, 11, 17, 13, 20, tzinfo=UTC)
DUE = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
_LINK = "https://slad.example/ack/eyJhbGVydCI6ImEifQ.7dW1"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose message it is: language, zone, and the words of their customer and ticket."""

    language: str
    zone: str
    customer: str
    incident: str
    role: str
    name: str


READERS = (
    Reader("en", "Europe/London", "Acme Ltd", "jira:OPS-7 Shop is down", "Duty manager", "Anna Byron"),
    Reader("pl", "Europe/Warsaw", "Kowalski i Synowie", "jira:OPS-7 Sklep nie działa", "Kierownik dyżuru", "Ewa Lis"),
    Reader("it", "Europe/Rome", "Officine Rossi S.p.A.", "jira:OPS-7 Negozio fermo", "Responsabile", "Sara Conti"),
    Reader("ru", "Europe/Moscow", "ООО «Ромашка»", "jira:OPS-7 Сайт не работает", "Дежурный инженер", "Анна Петрова"),
    Reader("zh-TW", "Asia/Taipei", "台灣電子股份有限公司", "jira:OPS-7 購物網站無法使用", "值班經理", "陳怡君"),
)  # fmt: skip
STRESS = {
    "rtl": "المتجر متوقف عن العمل منذ الصباح والعملاء لا يستطيعون الدفع " * 8,
    "emoji": "🔥💥👩‍💻🇹🇼 " * 100,
    "chinese": "購物網站自今日上午起無法使用並影響所有付款流程請儘速處理" * 20,
    "word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 7,
}
_OUTCOME = {MessageKind.RESOLVED: "missed", MessageKind.NOTICE_ENDED: "withdrawn"}


def contents(reader: Reader, texts: Texts, title: str = "") -> Iterator[tuple[str, Content]]:
    """A content of every kind; `title`: of the ticket or notice, instead of the reader's."""
    for kind in MessageKind:
        yield kind.value, content(kind, reader, texts, title)
    cancelled = "no target for priority P4"
    for name, kind, more in (
        ("resolved-cancelled", MessageKind.RESOLVED, {"outcome": "cancelled", "because": FactReason(cancelled)}),
        ("resolved-retargeted", MessageKind.RESOLVED, {"outcome": "retargeted"}),
        ("resolved-withdrawn", MessageKind.RESOLVED, {"outcome": "withdrawn"}),
        ("taken-back-elsewhere", MessageKind.TAKEN_BACK, {"outcome": "elsewhere"}),
        ("fix-staff-changed", MessageKind.CRITICAL_FIX, {"staff": True, "changed": True, "several": True}),
        ("notice-again", MessageKind.INFO, {"again": True}),
        ("page-passed", MessageKind.PAGE, {"passed_to": reader.name, "passed_by": reader.role}),
        ("page-expired", MessageKind.PAGE, {"lapsed_by": reader.name}),
        *(
            (
                f"happening-{each.value}",
                MessageKind.HAPPENING,
                {"happening": each.value, "happened": FixedTerm("happened", each.value)},
            )
            for each in Happening
            if f"happened_{each.value}" in texts.words("en")  # the others are told by messages of their own
        ),
    ):
        changed: Mapping[str, Value] = more  # type: ignore[assignment]  # a table of several kinds of values
        yield name, content(kind, reader, texts, title, **changed)


def content(kind: MessageKind, reader: Reader, texts: Texts, title: str = "", **more: Value) -> Content:
    """One content with every row, note, action and item that its kind may have."""
    titles = BUILT_IN[FIRST_RESPONSE].titles
    metric = titles.get(reader.language, titles["en"])
    incident = one_line(f"jira:OPS-7 {title}", 160) if title else reader.incident
    values: dict[str, Value] = {
        "customer": reader.customer, "contract": reader.customer, "incident": incident, "metric": metric,
        "priority": "P1", "priority_titled": "P1", "product": "Operations Bridge",
        "promise": PromiseTerms(metric, CoverageTime(timedelta(hours=1))), "due": DUE, "broken": DUE, "since": DUE,
        "due_short": ShortInstant(DUE, NOW), "since_short": ShortInstant(DUE, NOW), "ended": NOW, "again": False,
        "level": 2, "round": 1, "passed_to": "",
        "passed_by": "", "lapsed_by": "", "lapsed_at": DUE, "outcome": _OUTCOME.get(kind, ""),
        "because": FactReason(_REASON),
        "outside": True, "opens": NOW + timedelta(hours=16), "noticeable": True,
        "left": timedelta(minutes=30), "left_wall": timedelta(days=1, hours=14), "left_two": True,
        "left_by_wall": False, "late_by_wall": False,
        "late": timedelta(hours=9, minutes=30), "late_wall": timedelta(days=1), "late_two": True,
        "left_both": CountedAndWall(timedelta(minutes=30), timedelta(days=1, hours=14), by_wall=False),
        "late_both": CountedAndWall(timedelta(hours=9, minutes=30), timedelta(days=1), by_wall=False),
        "title": one_line(title, 200) or "CVE-2026-1234", "severity": FixedTerm("severity", "critical"), "staff": False,
        "registered": False, "changed": False, "several": False, "customers": reader.customer,
        "contracts": reader.customer, "published": DUE, "reason": one_line(title, 500),
        "now_title": "", "now_severity": ChangedText(FixedTerm("severity", "critical"), FixedTerm("severity", "high")),
        "now_cause": FixedTerm("cause", "data_loss"), "now_products": "Operations Bridge <4.3, Storage Pool 2.0–2.4",
        "products": "Operations Bridge, Storage Pool", "expires": NOW + timedelta(days=3),
    }  # fmt: skip
    if kind is MessageKind.DIGEST:
        values |= {"broken": 22, "fixes": 3, "due_soon": 5, "unpromised": 1, "withdrawn": 2, "ended": 1}
        values |= {"incidents": 21, "asked": 24, "count": 34, "objectives": 1, "reports": 2, "happenings": 4}
        values |= {"contract_news": 3}
    if kind in (MessageKind.OBJECTIVE, MessageKind.REPORT):
        values |= _figures(reader)
    if kind is MessageKind.HAPPENING:
        values |= _happened(metric, title)
    if kind is MessageKind.CONTRACT:
        values |= _of_contract(reader, title)
    notice = kind in (MessageKind.CRITICAL_FIX, MessageKind.ADVISORY, MessageKind.NOTICE_ENDED)
    return Content(
        kind=kind,
        zone=reader.zone,
        values=values | more,
        rows=_rows(kind, notice=notice),
        notes=("provisional",) if kind is MessageKind.PAGE else ("text_changed",) if notice else (),
        body=title if notice else "",
        actions=_actions(kind, notice=notice),
        items=tuple(_items(reader, texts, title)) if kind is MessageKind.DIGEST else (),
        more=9 if kind is MessageKind.DIGEST else 0,
        more_url=_LINK,
        why=texts.phrases_in_words(_why(kind, reader), reader.language),
        why_label="why_confirm" if kind is MessageKind.CONFIRMATION else "why",
    )


def customer_mails(reader: Reader, title: str = "") -> Iterator[tuple[str, str]]:
    """Every mail that a customer's contact of the reader's language may get, as (name, HTML)."""
    about = {"title": title or reader.incident.partition(" ")[2], "ticket": "OPS-7"}
    for name, said in facts(**about):
        for each in told_of(said):
            to = each.recipient
            if each.message is not None and to is not None and (to.person[:2], to.language) == ("c-", reader.language):
                yield name, each.message.html


def _figures(reader: Reader) -> dict[str, Value]:
    share = decimal_in_words("87.50", reader.language)
    return {
        "exhausted": True, "recovered": False, "percent": "90", "of": "requests", "period": "2026-11", "share": share,
        "counted": "16", "met": "14", "missed": "2", "over": 1, "misses": "2 / 1", "attained": f"{share} % (14 / 16)",
        "promised": "90 %", "ends": DUE, "report": f"{reader.customer}, 2026-11", "revision": "1",
        "digest": "5f2a" * 16,
    }  # fmt: skip


def _of_contract(reader: Reader, title: str) -> dict[str, Value]:
    credits = amount_text(Decimal("12.5"), AllowanceUnit.CREDITS, reader.language)
    return {
        "news": Happening.ALLOWANCE_EXPIRING.value, "what": one_line(title, 200) or "Flexible Credits", "window": "",
        "starts": DUE, "window_ends": DUE + timedelta(days=2), "for_priorities": "P1, P2", "on_duty": reader.name,
        "surcharge": "50 %", "allowance": one_line(title, 200) or "Flexible Credits", "amount": credits,
        "balance": credits, "expires_at": DUE + timedelta(days=30),
    }  # fmt: skip


def _happened(metric: str, title: str) -> dict[str, Value]:
    return {
        "happening": Happening.OPENED.value, "happened": FixedTerm("happened", Happening.OPENED.value),
        "promises": PromiseLines(((metric, DUE), (metric, DUE + timedelta(days=1))), NOW), "score": "2",
        "by": FixedTerm("actor", "customer"), "escalated_to": one_line(title) or "TAM", "old": "P1", "new": "P3",
        "reason": one_line(title, 500) or _REASON,
    }  # fmt: skip


_REASON = (
    "the product is out of the contract's scope: the base plan's targets apply; "
    "plan infor gives no number for workaround at priority P4: contract acme must supply it"
)


def _rows(kind: MessageKind, *, notice: bool) -> tuple[str, ...]:
    if notice:
        return ("now_severity", "now_cause", "now_products", "customers", "published", "reason")
    if kind in (MessageKind.DIGEST, MessageKind.CONFIRMATION):
        return ()
    if kind is MessageKind.OBJECTIVE:
        return ("title", "period", "promised", "attained", "misses", "ends")
    if kind is MessageKind.HAPPENING:
        return ROWS
    if kind is MessageKind.CONTRACT:
        return CONTRACT_ROWS
    if kind is MessageKind.REPORT:
        return ("period", "met", "missed", "revision", "digest")
    dates = {MessageKind.WARNING: ("due", "left_both"), MessageKind.RESOLVED: ("due", "ended")}
    return ("customer", "incident", "promise", "priority_titled", "product", *dates.get(kind, ("since", "late_both")))


def _actions(kind: MessageKind, *, notice: bool) -> tuple[Action, ...]:
    if kind is MessageKind.CONFIRMATION:
        return (Action("confirm", _LINK, main=True),)
    if kind is MessageKind.DIGEST:
        return (Action("acknowledge_all", _LINK, main=True), Action("open_board", _LINK), Action("unsubscribe", _LINK))
    if kind in (MessageKind.OBJECTIVE, MessageKind.REPORT):
        return (Action("open_attainment" if kind is MessageKind.OBJECTIVE else "open_report", _LINK, main=True),)
    if kind is MessageKind.CONTRACT:
        return (Action("open_contract", _LINK, main=True),)
    if kind is MessageKind.HAPPENING:
        return (Action("open_incident", _LINK, main=True), Action("open_ticket", _LINK))
    asks = kind in (MessageKind.PAGE, MessageKind.CRITICAL_FIX)
    main = Action("acknowledge", _LINK if asks else "", main=True)
    if notice:
        return (main, Action("open_link", _LINK), Action("unsubscribe", _LINK))
    return (main, Action("open_incident", _LINK), Action("open_ticket", _LINK))


def _items(reader: Reader, texts: Texts, title: str) -> Iterator[Item]:
    labels = texts.words(reader.language)
    for kind in (MessageKind.PAGE, MessageKind.WARNING, MessageKind.UNPROMISED, MessageKind.TAKEN_BACK):
        yield Item(texts.brief(content(kind, reader, texts, title), reader.language).subject, _LINK)
    closed = texts.brief(content(MessageKind.RESOLVED, reader, texts, title), reader.language).subject
    yield Item(f"{closed} – {labels['was_warning']}{labels['comma']}{labels['was_page']}", _LINK)


def _why(kind: MessageKind, reader: Reader) -> tuple[Phrase, ...]:
    if kind is MessageKind.DIGEST:
        return (Phrase("flood"),)
    role = Phrase("role", {"role": reader.role})
    return (Phrase("level", {"level": "2"}), role, Phrase("on_call"), Phrase("nobody_reached"))


def pages(reader: Reader, texts: Texts, title: str = "") -> Iterator[tuple[str, str]]:
    """Every page behind a link, as HTML; `title`: of the ticket, instead of the reader's."""
    what = texts.brief(content(MessageKind.PAGE, reader, texts, title), reader.language).subject
    states = ("open", "acknowledged", "closed", "again", "told")
    alerts = tuple(ListedAlert(what, each, reader.name, _LINK) for each in states)
    products = tuple(ListedAlert(each, "confirmed", "", _LINK) for each in ("", "Operations Bridge"))
    for shown in AckPageKind:
        listed = {"ask_all": alerts, "thanks_all": alerts, "register_ask": products, "end_ask": products}
        page = AckPage(
            shown=shown, language=reader.language, what=what, who=reader.name, at=NOW, zone=reader.zone,
            link="https://slad.example/", listed=listed.get(shown.value, ()), count=22,
        )  # fmt: skip
        yield shown.value, render_page(texts, page)


_ACCENTED = str.maketrans("aceilnosuyzACEILNOSUYZ", "áçéíłñöśüýžÁÇÉÍŁÑÖŚÜÝŽ")


def pseudo_texts(folder: Path) -> Texts:
    """English with accents, half as long again: what no translator would notice to be too long."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    for file in (folder / "en").iterdir():
        text = file.read_text("utf-8")
        if file.suffix == ".toml":
            text = re.sub(r'(?<= = ")(.*)(?="$)', lambda found: _longer(found[1], r"\{\w*\}"), text, flags=re.M)
        else:
            text = _longer(text, r"\{[{%].*?[%}]\}")
        file.write_text(text, "utf-8")
    return Texts(folder)


def _longer(text: str, kept: str) -> str:
    parts = re.split(f"({kept})", text)
    return "".join(
        part if number % 2 else re.sub(r"\w{4,}", lambda word: _half_more(word[0]), part)
        for number, part in enumerate(parts)
    )


def _half_more(word: str) -> str:
    return word.translate(_ACCENTED) + "ø" * (len(word) // 2)
