"""The small page behind an acknowledgement link: plain HTML, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.explain.language import words_for
from sla_domain.explain.text import rounded_text
from sla_notifier.acknowledge.link_order import minutes_of
from sla_notifier.text.render import Texts
from sla_notifier.text.words import instant_in_words

STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff;overflow-wrap:anywhere}"
    "main{max-width:34rem;margin:12vh auto;padding:0 1.5rem}h1{font-size:1.4rem}"
    "button{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:6px;background:#1f6feb;color:#fff;cursor:pointer}"
    "form{margin:1rem 0}select{font:inherit;padding:.5rem;max-width:100%}"
    ".more button{padding:.5rem 1rem;background:#57606a;margin:.3rem 0}"
    "ul{padding:0;list-style:none}li{padding:.5rem 0;border-top:1px solid #8884}small{opacity:.75}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#79c0ff}}"
)
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # The URL is the credential: its path is no referrer. With `no-referrer` a form would send `Origin: null`.
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class AckPageKind(StrEnum):
    """The kinds of web pages to which a link in a message leads.

    The value is the key under which the text file `answer.toml` has the page's sentence. A digest is a mail that
    collects several messages.
    """

    ASK = "ask"
    """Link to one alert: the page has a button to acknowledge."""
    THANKS = "thanks"
    """Link to one alert: the alert was just acknowledged."""
    ALREADY = "already"
    """Link to one alert: the alert was acknowledged before."""
    CLOSED = "closed"
    """Link to one alert: the alert is closed."""
    PASSED = "passed"
    """Link to one alert: it was just passed to somebody."""
    SNOOZED = "snoozed"
    """Link to one alert: it was just snoozed."""
    CONFIRM_SNOOZE = "confirm_snooze"
    """Link to one alert: another promise is due before the end of the snooze. The page has a button to confirm."""
    NOT_DONE = "not_done"
    """Link to one alert: it could not be passed to this person."""
    ASK_ALL = "ask_all"
    """Link of a digest: the page has a button to acknowledge."""
    THANKS_ALL = "thanks_all"
    """Link of a digest: its alerts were just acknowledged."""
    NOTHING_LEFT = "nothing_left"
    """Link of a digest: no alert is open."""
    BAD = "bad"
    """The token of the link is refused."""
    INCOMPLETE = "incomplete"
    """The token of the link lacks its end."""
    FOREIGN = "foreign"
    """The token was signed by another installation."""
    EXPIRED = "expired"
    """The token has expired."""
    UNKNOWN = "unknown"
    """The alert or digest no longer exists."""
    REGISTER_ASK = "register_ask"
    """Link to confirm registrations for notices: the page has a button to confirm."""
    REGISTERED = "registered"
    """The registrations were just confirmed."""
    REGISTERED_BEFORE = "registered_before"
    """The registrations were confirmed earlier."""
    REGISTRATION_GONE = "registration_gone"
    """No registration was found."""
    END_ASK = "end_ask"
    """Link to end registrations for notices: the page has a button to end them."""
    ENDED = "ended"
    """The registrations were just ended."""
    ENDED_BEFORE = "ended_before"
    """The registrations were ended earlier."""
    LINK_BAD = "link_bad"
    """The token of the registration's link is refused."""
    LINK_EXPIRED = "link_expired"
    """The token of the registration's link has expired."""
    QUESTION_ASK = "question_ask"
    """Link of a question: the page has a button for each answer."""
    QUESTION_AGREED = "question_agreed"
    """Link of a question: the answer yes was just recorded."""
    QUESTION_DECLINED = "question_declined"
    """Link of a question: the answer no was just recorded."""
    QUESTION_WAS_AGREED = "question_was_agreed"
    """Link of a question: somebody answered yes before."""
    QUESTION_WAS_DECLINED = "question_was_declined"
    """Link of a question: somebody answered no before."""
    QUESTION_GONE = "question_gone"
    """Link of a question: the proposal no longer stands."""
    QUESTION_EXPIRED = "question_expired"
    """Link of a question: nobody answered in time."""
    QUESTION_NOT_YOURS = "question_not_yours"
    """Link of a question: the person does not belong to the customer any more."""
    OPT_OUT_ASK = "opt_out_ask"
    """Link of a contact: the page has a button to receive no more messages."""
    OPTED_OUT = "opted_out"
    """Link of a contact: no more messages are sent from now on."""
    OPTED_OUT_BEFORE = "opted_out_before"
    """Link of a contact: no messages are sent since an earlier time."""
    OPT_IN_ASK = "opt_in_ask"
    """Link of a contact: the page has a button to receive messages again."""
    OPTED_IN = "opted_in"
    """Link of a contact: messages are sent."""

    @property
    def status(self) -> int:
        """Return the HTTP status of the page.

        - 403: the link is forged or damaged, or the person does not belong to the customer any more.
        - 404: the alert, digest or registration is unknown.
        - 410: the link or the question has expired.
        - 200: everything else.
        """
        match self:
            case AckPageKind.BAD | AckPageKind.INCOMPLETE | AckPageKind.FOREIGN | AckPageKind.LINK_BAD:
                return 403
            case AckPageKind.QUESTION_NOT_YOURS:
                return 403
            case AckPageKind.EXPIRED | AckPageKind.LINK_EXPIRED | AckPageKind.QUESTION_EXPIRED:
                return 410
            case AckPageKind.UNKNOWN | AckPageKind.REGISTRATION_GONE:
                return 404
            case _:
                return 200


_OF_REGISTRATIONS = frozenset(
    {
        AckPageKind.REGISTER_ASK, AckPageKind.REGISTERED, AckPageKind.REGISTERED_BEFORE, AckPageKind.REGISTRATION_GONE,
        AckPageKind.END_ASK, AckPageKind.ENDED, AckPageKind.ENDED_BEFORE, AckPageKind.LINK_BAD,
        AckPageKind.LINK_EXPIRED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """A line in the list on a linked page: an alert of a digest, or a product of a registration."""

    what: str
    """The alert's subject, or the product. "" means every product."""
    stands: str
    """The state. An alert is `open`, `acknowledged`, `closed`, `again` (opened again since) or `told` (nothing to
    acknowledge). A registration is `pending`, `confirmed` or `ended`."""
    who: str = ""
    """Who acknowledged. "" means nobody."""
    url: str = ""
    """The link to acknowledge or end this line alone. "" means no link. For `told`, the link to the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AckChoices:
    """The actions that the page of an alert offers besides acknowledging: take over, pass on, snooze."""

    take: bool = False
    """Whether the reader can acknowledge the alert although somebody else has."""
    people: tuple[tuple[str, str], ...] = ()
    """The people to whom the reader can pass the alert, as pairs (id, name)."""
    spans: tuple[timedelta, ...] = ()
    """The spans for which the reader can snooze the alert (acknowledge it for a limited time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AckPage:
    """The content of the web page that a link in a message leads to."""

    shown: AckPageKind
    """Which page."""
    language: str = ""
    """The tag of the reader's language. "" if it is not known whose link it is."""
    what: str = ""
    """The alert's subject."""
    who: str = ""
    """Who acknowledged the alert before. If nobody has, the person for whom the link is."""
    at: datetime | None = None
    """When the alert was acknowledged or closed. If None, the page shows no instant."""
    zone: str = "UTC"
    """The time zone of `at` and `expires_at`."""
    expires_at: datetime | None = None
    """When the acknowledgement expires, or the first of several. None means never."""
    until: datetime | None = None
    """The end of the snooze, if the page asks to confirm it."""
    choices: AckChoices | None = None
    """What the page lets the reader do besides acknowledging. None means nothing."""
    idle: bool = False
    """Whether it expires later if somebody works on the ticket."""
    link: str = ""
    """The URL of the incident's page or of the board."""
    listed: tuple[ListedAlert, ...] = ()
    """The alerts of a digest, or the products of registrations."""
    count: int = 0
    """How many alerts the button acknowledges, or has just acknowledged."""
    old: str = ""
    """Of a question: the priority that applies, in words."""
    new: str = ""
    """Of a question: the lower priority that is proposed, in words."""


def render_page(texts: Texts, answer: AckPage, accepted: str = "") -> str:
    """Return the HTML of the page that a link in a message leads to.

    The page is in the available language nearest to `answer.language`. If `answer.language` is "", the page is in the
    language that the browser prefers, or else in English.

    Args:
        texts: The texts of all languages.
        answer: The content of the page.
        accepted: The `Accept-Language` header of the browser.
    """
    language = texts.language(answer.language) if answer.language else texts.accepted(accepted)
    words = texts.words(language, "answer")
    when = "" if answer.at is None else instant_in_words(answer.at, answer.zone, language)
    until = "" if answer.until is None else instant_in_words(answer.until, answer.zone, language)
    return texts.page(
        "answer.html.j2",
        {
            "language": language,
            "title": words[_title(answer.shown)],
            "style": STYLE,
            "said": words[answer.shown.value].format(
                what=answer.what,
                who=answer.who,
                at=when,
                count=answer.count,
                until=until,
                old=answer.old,
                new=answer.new,
            ),
            "choices": None if answer.choices is None else _choices(answer, answer.choices, words, language),
            "answers": [
                {"value": value, "label": words[f"question_{value}"].format(old=answer.old, new=answer.new)}
                for value in (("yes", "no") if answer.shown is AckPageKind.QUESTION_ASK else ())
            ],
            "expires": _expiry(answer, words, language),
            "button": {
                AckPageKind.ASK: words["button"],
                AckPageKind.ASK_ALL: words["button_all"].format(count=answer.count),
                AckPageKind.REGISTER_ASK: words["button_register"],
                AckPageKind.END_ASK: words["button_end"],
                AckPageKind.OPT_OUT_ASK: words["button_opt_out"],
                AckPageKind.OPT_IN_ASK: words["button_opt_in"],
            }.get(answer.shown, ""),
            "listed": [
                {
                    "what": each.what or words["every_product"],
                    "stands": words[f"stands_{each.stands}"].format(who=each.who),
                    "url": each.url,
                    "label": words["look" if each.stands == "told" else "alone"],
                }
                for each in answer.listed
            ],
            "link": answer.link,
            "link_label": words["button_opt_in"]
            if "/contacts/" in answer.link
            else _label(texts, language, answer.link),
        },
    )


def _choices(answer: AckPage, choices: AckChoices, words: Mapping[str, str], language: str) -> dict[str, object]:
    spans = [(minutes_of(span), rounded_text(span, words_for(language))) for span in choices.spans]
    return {
        "take": words["take"] if choices.take else "",
        "people": choices.people,
        "pass": words["pass"],
        "pass_to": words["pass_to"],
        "spans": spans,
        "snooze": words["snooze_anyway" if answer.shown is AckPageKind.CONFIRM_SNOOZE else "snooze"],
        "snooze_for": words["snooze_for"],
        "confirm": answer.shown is AckPageKind.CONFIRM_SNOOZE,
    }


def _expiry(answer: AckPage, words: Mapping[str, str], language: str) -> str:
    if answer.expires_at is None:
        return ""
    several = answer.shown is AckPageKind.THANKS_ALL and answer.count > 1
    at = instant_in_words(answer.expires_at, answer.zone, language)
    return words["expires_first" if several else "expires_idle" if answer.idle else "expires"].format(at=at)


def _title(shown: AckPageKind) -> str:
    if shown.value.startswith("question_"):
        return "question"
    if shown.value.startswith("opt"):
        return "contact"
    return "notices" if shown in _OF_REGISTRATIONS else "title"


def _label(texts: Texts, language: str, link: str) -> str:
    return texts.words(language)["open_incident" if "/incidents/" in link else "open_board"]
