"""Mail that nobody can inject into, whatever a ticket's title holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from sla_notifier.channel.envelope import clean, compose, is_mailbox, sender_of
from sla_notifier.channel.mailserver import MailSecurity, mail_server
from sla_notifier.channel.port import Outgoing
from sla_platform.errors import BadSettings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OUTGOING = Outgoing(
    id="dlv_0123",
    address="anna@acme.example",
    subject="BROKEN: first response",
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


def parsed(outgoing: Outgoing) -> EmailMessage:
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
        "a@b SIZE=1",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_mailbox_is_refused(address: str) -> None:
    assert not is_mailbox(address)


def test_clean_keeps_other_languages() -> None:
    assert clean("Awaria — система 系統 ☎") == "Awaria — система 系統 ☎"


def test_a_sender_needs_one_mailbox() -> None:
    assert sender_of("slad <slad@example.org>") == ("slad", "slad@example.org")
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
