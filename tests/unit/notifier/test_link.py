"""Acknowledgement links say who may answer for what, and until when; nobody else can make one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla_notifier.link import VALID_FOR, BadLink, Claim, Links
from sla_notifier.link_secret import LinkSecret

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINKS = Links("https://slad.example", LinkSecret(b"secret"))


def token() -> str:
    return LINKS.acknowledge("alert-1", "anna", NOW).removeprefix("https://slad.example/ack/")


def test_a_link_says_what_it_was_made_for() -> None:
    assert LINKS.read(token(), NOW) == Claim("alert-1", "anna", NOW + VALID_FOR)


def test_it_ends() -> None:
    assert isinstance(LINKS.read(token(), NOW + VALID_FOR - timedelta(seconds=1)), Claim)
    assert LINKS.read(token(), NOW + VALID_FOR) is BadLink.EXPIRED


def test_another_secret_makes_another_link() -> None:
    assert Links("https://slad.example", LinkSecret(b"other")).read(token(), NOW) is BadLink.FOREIGN


def test_no_changed_character_is_accepted() -> None:
    written = token()
    for place, old in enumerate(written):
        for new in "A_-.=+/ é":
            if new != old:
                changed = written[:place] + new + written[place + 1 :]
                assert isinstance(LINKS.read(changed, NOW), BadLink), (place, new)


def test_another_spelling_of_the_same_bytes_is_not_accepted() -> None:
    said, _, mac = token().partition(".")
    assert base64.urlsafe_b64decode(mac + "=") == base64.urlsafe_b64decode(mac[:-1] + chr(ord(mac[-1]) + 1) + "=")
    assert LINKS.read(f"{said}.{mac[:-1]}{chr(ord(mac[-1]) + 1)}", NOW) is BadLink.MALFORMED
    assert LINKS.read(f"{said}.{mac}=", NOW) is BadLink.MALFORMED


@given(st.text(max_size=200))
def test_nothing_made_up_is_accepted(made_up: str) -> None:
    assert LINKS.read(made_up, NOW) in (BadLink.MALFORMED, BadLink.INCOMPLETE)


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_any_alert_and_person_survive(alert: str, person: str) -> None:
    made = LINKS.acknowledge(alert, person, NOW).rpartition("/")[2]
    assert LINKS.read(made, NOW) == Claim(alert, person, NOW + VALID_FOR)


def test_an_incident_of_any_name_is_one_path_segment() -> None:
    assert LINKS.incident("jira:A/B?c#d e") == "https://slad.example/incidents/jira:A%2FB%3Fc%23d%20e"


def test_what_is_wrong_with_a_link_is_said_as_far_as_it_is_known() -> None:
    whole = token()
    said, _, mac = whole.partition(".")
    for cut in (said, f"{said}.", f"{said}.{mac[:20]}", whole[:-1]):
        assert LINKS.read(cut, NOW) is BadLink.INCOMPLETE, cut
    for changed in (f"{said}.{'A' * 43}", Links("https://elsewhere.example", LinkSecret(b"x")).token(CLAIM)):
        assert LINKS.read(changed, NOW) is BadLink.FOREIGN, changed
    for nonsense in ("hello world", "ü.ü", "a.b.c", f"{said}.{mac}=", f"{said[:-3]}.{mac}", "a" * 3_000):
        assert LINKS.read(nonsense, NOW) is BadLink.MALFORMED, nonsense


def test_a_link_for_several_is_no_link_for_one() -> None:
    several = LINKS.acknowledge_digest("dlv_1", "anna", NOW).rpartition("/")[2]
    read = LINKS.read(several, NOW)
    assert isinstance(read, Claim)
    assert (read.digest, read.person) == ("dlv_1", "anna")
    assert CLAIM.digest == ""


def test_the_secret_is_in_no_repr() -> None:
    assert "hush" not in repr(Links("https://slad.example", LinkSecret(b"hush")))


CLAIM = Claim("alert-1", "anna", NOW + VALID_FOR)
