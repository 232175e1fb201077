"""`settings.smtp`: what would let no mail leave is an error of the catalogue, not of the first page."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, errors, loaded, problems

from sla_catalogue import load_text

GOOD = {"host": "mail.example.com", "sender": "slad@example.com"}


def text(**smtp: str) -> str:
    written = ", ".join(f"{key}: '{value}'" for key, value in (GOOD | smtp).items())
    return f"{SOUND}settings: {{smtp: {{{written}}}}}\n"


@pytest.mark.parametrize(
    ("smtp", "said"),
    [
        ({"sender": "jörg@example.com"}, "only ASCII before the @"),
        ({"sender": "slad"}, "not exactly one plain mailbox"),
        ({"sender": "slad <slad@example.com"}, "is no sender"),
        ({"sender": "a@b.example, c@d.example"}, "is no sender"),
        ({"host": "mail example"}, "no name of a server"),
        ({"host": "smtp://mail.example.com"}, "no name of a server"),
        ({"host": "mail.example.com:587"}, "no name of a server"),
        ({"host": "☕.example"}, "cannot be written in ASCII"),
        ({"host": "mail.xn--999999999.example"}, "'xn--999999999' stands for no letters"),
        ({"host": f"{'m' * 64}.example"}, "has 64 characters"),
        ({"sender": "slad@xn--zzzzzzzzzzzz.example"}, "'xn--zzzzzzzzzzzz' stands for no letters"),
        ({"sender": "slad <slad@XN--abc-.example>"}, "'XN--abc-' stands for no letters"),
        ({"security": "none"}, "mail to mail.example.com must be encrypted"),
        ({"host": "127.0.0.1", "security": "none", "username": "u", "password": "p"}, "never travels unencrypted"),
        ({"password": "p"}, "a password without a user name"),
    ],
)
def test_settings_by_which_no_mail_would_leave_are_refused(tmp_path: Path, smtp: dict[str, str], said: str) -> None:
    (problem,) = [each for each in problems(tmp_path, text(**smtp)) if each.code == "smtp"]
    assert said in problem.message


@pytest.mark.parametrize(
    ("smtp", "host", "sender"),
    [
        ({}, "mail.example.com", "slad@example.com"),
        ({"host": "post.müller.example"}, "post.xn--mller-kva.example", "slad@example.com"),
        ({"host": "mailpit", "security": "none"}, "mailpit", "slad@example.com"),
        ({"host": "::1", "security": "none"}, "::1", "slad@example.com"),
        ({"sender": '"slad, Inc." <slad@müller.example>'}, "mail.example.com", '"slad, Inc." <slad@müller.example>'),
    ],
)
def test_what_works_is_taken(tmp_path: Path, smtp: dict[str, str], host: str, sender: str) -> None:
    assert errors(tmp_path, text(**smtp)) == []
    settings = loaded(tmp_path, text(**smtp)).settings
    assert settings.smtp is not None
    assert (settings.smtp.host, settings.smtp.sender) == (host, sender)


def test_a_stored_catalogue_that_an_older_release_took_is_read_all_the_same(tmp_path: Path) -> None:
    stored = loaded(tmp_path, text()).text
    old = load_text(stored.replace("slad@example.com", "a@b.example, c@d.example"))
    assert old.settings.smtp is not None
    assert old.settings.smtp.sender == "a@b.example, c@d.example"
