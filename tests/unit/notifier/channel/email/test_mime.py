"""Mail that nobody can inject into, whatever a ticket's title holds."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from sla_catalogue.mailbox import BadMailbox, ascii_mailbox, is_mailbox
from sla_notifier.channel.email.mailserver import MailSecurity, mail_server
from sla_notifier.channel.email.mime import clean, compose, sender_of
from sla_notifier.channel.port import OutgoingMessage
from sla_platform.errors import BadSettings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OUTGOING = OutgoingMessage(
    id="dlv_0123",
    address="anna@acme.example",
    subject="Breached: first response",
    text="The promise was broken.\n",
    html="<p>The promise was broken.</p>",
    payload={},
    thread="0f3c",
    attempt=1,
    possibly_duplicate=False,
    created_at=NOW,
    at=NOW,
)

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)]
INJECTIONS = [
    "x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com", "x\r\n\r\n<script>",
    "x\u2028Bcc: evil@example.com", "x\x85Bcc: evil@example.com", "x\x0bBcc: evil@example.com",
    "x\x0cBcc: evil@example.com", "=?utf-8?q?x=0D=0ABcc:_evil@example.com?=", "\r\n.\r\nMAIL FROM:<evil@example.com>",
    "=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUuY29t?=", "=?utf-8?q?a?= =?utf-8?q?=0D=0ABcc:_evil@example.com?=",
    "=\x00?utf-8?q?x=0D=0ABcc:_evil@example.com?=", "==??utf-8?q?x=0D=0ABcc:_evil@example.com?=",
    "Bcc: evil@example.com", "x\x00y", "𝕏" * 500, "a" * 5_000, "\ud800", "\u202egnp.exe",
]  # fmt: skip


def parsed(outgoing: OutgoingMessage) -> EmailMessage:
    message = message_from_bytes(compose(outgoing, ("slad", "slad@house.example")).as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("control", CONTROLS)
def test_no_control_character_reaches_a_header(control: str) -> None:
    raw = compose(replace(OUTGOING, subject=f"a{control}b"), ("slad", "slad@house.example")).as_bytes()
    assert b"\r\nSubject: a b\r\n" in raw


@pytest.mark.parametrize("subject", INJECTIONS)
def test_a_subject_stays_a_subject(subject: str) -> None:
    message = parsed(replace(OUTGOING, subject=subject))
    assert message["Bcc"] is None
    assert sorted(message.keys()) == sorted(
        [
            "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
            "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
        ]
    )  # fmt: skip
    assert len(message["Subject"]) <= 200
    assert message["To"] == "anna@acme.example"


def test_a_message_has_both_parts_and_a_thread() -> None:
    message = parsed(OUTGOING)
    assert message["Message-ID"] == "<dlv_0123@house.example>"
    assert message["In-Reply-To"] == message["References"] == "<thread.0f3c@house.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_delivery_gives_the_same_headers_on_every_attempt() -> None:
    first, second = parsed(OUTGOING), parsed(replace(OUTGOING, attempt=2, possibly_duplicate=True, at=NOW))
    assert second["X-Slad-Possibly-Duplicate"] == "true"
    for name in ("Message-ID", "Date", "Subject", "References"):
        assert first[name] == second[name]


@pytest.mark.parametrize("address", ["a@b", "a.b+c@example.org", "x_1-2@sub.example.co.uk", "o'neil@example.org"])
def test_a_plain_mailbox_is_one(address: str) -> None:
    assert is_mailbox(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b", "a@", "a@b,c@d", "a@b;c@d", "a@b c@d", "A <a@b>", "<a@b>", '"a b"@c', "a@b\r\nRCPT TO:<c@d>",
        "a@b\n", "a@@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@.b", "a@b.", "ü@b", "a@bü", "a(x)@b",
        "a@[127.0.0.1]", "a\x00@b", f"{'a' * 65}@b", f"a@{'b' * 64}", f"a@{'b.' * 130}c", "-x@b\t", "a@b>",
        "a@b SIZE=1", "a@-b", "a@b-", "a@c.-b.d",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_mailbox_is_refused(address: str) -> None:
    assert not is_mailbox(address)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@müller.example", "ada@xn--mller-kva.example"),
        ("ada@ПРИМЕР.example", "ada@xn--e1afmkfd.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ada@xn--mller-kva.example", "ada@xn--mller-kva.example"),
        ("ada@xn--53h.example", "ada@xn--53h.example"),
    ],
)
def test_a_domain_in_other_letters_is_written_in_ascii(written: str, sent: str) -> None:
    assert ascii_mailbox(written) == sent


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("jörg@example.com", "only ASCII before the @"),
        ("ada@", "not exactly one plain mailbox"),
        ("ada@a..example", "not exactly one plain mailbox"),
        ("ada@ü..example", "cannot be written in ASCII"),
        ("ada@xn--999999999.example", "'xn--999999999' stands for no letters"),
        ("ada@mail.xn--a.example", "'xn--a' stands for no letters"),
        ("ada@xn--.example", "'xn--' stands for no letters"),
        (f"ada@{'b' * 64}.example", "has 64 characters, and a part of a domain has at most 63"),
        (f"ada@{'ü' * 60}.example", "cannot be written in ASCII"),
        ("ada@example.org, bob@example.org", "not exactly one plain mailbox"),
    ],
)
def test_an_address_that_would_be_refused_says_why(written: str, why: str) -> None:
    with pytest.raises(BadMailbox, match=why):
        ascii_mailbox(written)


# -- fields as RFC 5322 and RFC 2047 want them, read by a parser of our own

_WORD = re.compile(r"=\?([A-Za-z0-9-]+)\?([bB])\?([A-Za-z0-9+/=]*)\?=")
ALPHABETS = {
    "en": 'The quick brown fox, jumps; over "lazy" dogs (now) and/or never: 100% = ?',
    "pl": "Zażółć gęślą jaźń, ŁÓDŹ — źdźbło; umowa wygasła",
    "it": "Perché la città è così? L'università, però: caffè",
    "ru": "Система не работает, ошибка при входе в кабинет №5",
    "zh": "系統無法登入，請儘速處理！客戶：台北 辦公室",
    "odd": "😀👩‍👩‍👧 e\u0301 \u200f‏ﷺ",
}


def field(raw: bytes, name: bytes) -> list[str]:
    """The lines of a header field; each within the bounds of the two standards."""
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert head.isascii()
    match = re.search(rb"^" + name + rb": ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.MULTILINE)
    assert match is not None
    lines = (name + b": " + match[1]).decode("ascii").split("\r\n")
    assert all(len(line) <= 76 for line in lines if "=?" in line), lines
    assert all(len(line) <= 998 and line.strip() for line in lines), lines
    return lines


def read_back(lines: list[str]) -> str:
    """As a mail reader shows an unstructured field: unfolded, encoded words decoded, blanks between two words gone."""
    text = "".join(lines).split(": ", 1)[1]  # unfolding takes the line breaks alone; the leading blank stays
    shown, end, after_word = "", 0, False
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        shown += "" if after_word and not between.strip() else between
        assert len(match[0]) <= 75
        shown += base64.b64decode(match[3], validate=True).decode("utf-8")  # whole characters in every word
        end, after_word = match.end(), True
    return shown + text[end:]


def subjects(count: int) -> Iterator[str]:
    rng = random.Random(20261127)
    for _ in range(count):
        letters = [*rng.choice(list(ALPHABETS.values())), " "]
        words = ["".join(rng.choices(letters, k=rng.randint(1, 30))) for _ in range(rng.randint(1, 14))]
        yield " ".join(words)


@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_subject_is_read_back_as_it_was_meant(count: int) -> None:
    for subject in subjects(count):
        raw = compose(replace(OUTGOING, subject=subject), ("slad", "slad@house.example")).as_bytes()
        assert read_back(field(raw, b"Subject")) == clean(subject)
        assert message_from_bytes(raw, policy=policy.default)["Subject"] == clean(subject)


@pytest.mark.parametrize("length", [12, 32, 63])
def test_ids_are_never_encoded_whatever_the_domain(length: int) -> None:
    domain = f"{'d' * length}.example"
    outgoing = replace(OUTGOING, id="dlv_" + "0" * 40, thread="f" * 40)
    raw = compose(outgoing, ("slad", f"slad@{domain}")).as_bytes()
    assert field(raw, b"Message-ID") == [f"Message-ID: <{outgoing.id}@{domain}>"]
    for name in (b"In-Reply-To", b"References"):
        assert field(raw, name) == [f"{name.decode()}: <thread.{outgoing.thread}@{domain}>"]


@pytest.mark.parametrize("name", ["slad", "slad of ACME, Inc.", 'the "desk"', "Zażółć gęślą jaźń " * 6, "客服中心", ""])
def test_a_senders_name_is_shown_as_it_is(name: str) -> None:
    raw = compose(OUTGOING, (clean(name), "slad@house.example")).as_bytes()
    shown = read_back(field(raw, b"From"))
    (address,) = message_from_bytes(raw, policy=policy.default)["From"].addresses
    assert address.addr_spec == "slad@house.example"
    if name.isascii():
        assert address.display_name == name
    else:  # the library's own reader puts blanks between the encoded words of a name
        assert shown == f"{clean(name)} <slad@house.example>"


def test_clean_keeps_other_languages() -> None:
    assert clean("Awaria — система 系統 ☎") == "Awaria — система 系統 ☎"


def test_a_sender_needs_one_mailbox() -> None:
    assert sender_of("slad <slad@example.org>") == ("slad", "slad@example.org")
    assert sender_of('"slad, Inc." <slad@example.org>') == ("slad, Inc.", "slad@example.org")
    assert sender_of("Dyżur <slad@müller.example>") == ("Dyżur", "slad@xn--mller-kva.example")
    for written in ("", "slad", "a@b, c@d, e", "slad <slad@example.org>\r\nBcc: x@y"):
        with pytest.raises(BadSettings):
            sender_of(written)


def test_mail_is_encrypted_unless_the_server_is_this_machine_or_a_neighbour() -> None:
    assert mail_server("smtp://u:p%40ss@mail.example").security is MailSecurity.STARTTLS
    assert mail_server("smtp://u:p%40ss@mail.example").password == "p@ss"
    assert mail_server("smtps://mail.example").port == 465
    for near in ("smtp+plain://127.0.0.1:8025", "smtp+plain://localhost", "smtp+plain://mailpit:1025"):
        assert mail_server(near).security is MailSecurity.PLAIN
    for bad in (
        "smtp+plain://mail.example", "smtp+plain://10.0.0.1", "smtp+plain://u:p@localhost", "http://mail.example",
        "smtp://", "mail.example:25", "smtp://mail.example:x", "smtp://mail.example?verify=no",
    ):  # fmt: skip
        with pytest.raises(BadSettings) as error:
            mail_server(bad)
        assert "p@" not in str(error.value)


def test_a_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(mail_server("smtp://u:hunter2@mail.example"))
