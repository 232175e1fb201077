"""Proofs: what is believed, what is not, and what a hostile header can do (nothing)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.secret import Secret
from sla_catalogue.source import Authentication, AuthenticationKind, SignedContent
from sla_ingest.auth import Doubt, doubt

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODY = b'{"action":"opened"}'
KEY = base64.b64encode(b"slad tests sign with this secret").decode()


def proven(kind: AuthenticationKind, *words: str, **values: Any) -> Authentication:
    return Authentication(kind=kind, secrets=tuple(Secret("test", word) for word in words), **values)


GITHUB = proven(
    AuthenticationKind.HMAC, "old", "new", header="X-Hub-Signature-256", prefix="sha256=", algorithm="sha256"
)
STANDARD = proven(
    AuthenticationKind.HMAC,
    f"whsec_{KEY}",
    header="webhook-signature",
    encoding="base64",
    prefix="v1,",
    signed=SignedContent.ID_TIMESTAMP_BODY,
    timestamp_header="webhook-timestamp",
)


def mac(secret: str, algorithm: str = "sha256", body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def asked(how: Authentication, **headers: str) -> Doubt | None:
    return doubt(how, BODY, {name.replace("_", "-"): value for name, value in headers.items()}, NOW)


# -- signatures over the body -----------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["old", "new"])
def test_each_active_secret_is_good(secret: str) -> None:
    assert asked(GITHUB, x_hub_signature_256=f"sha256={mac(secret)}") is None


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", Doubt.NO_PROOF),
        ("sha256=", Doubt.BAD_FORM),
        (mac("old"), Doubt.BAD_FORM),  # without its prefix
        (f"sha1={mac('old')}", Doubt.BAD_FORM),
        (f"sha256={mac('other')}", Doubt.WRONG),
        (f"sha256={mac('old')[:-2]}", Doubt.WRONG),
        (f"sha256={mac('old')}0", Doubt.BAD_FORM),  # half a byte
        (f"sha256={mac('old')}00", Doubt.WRONG),
        (f"sha256={mac('old')[:10]} {mac('old')[10:]}", Doubt.BAD_FORM),  # fromhex alone would pass over the space
        (f"sha256={mac('old')[:-2]}ｆｆ", Doubt.BAD_FORM),
        ("sha256=" + "0" * 2_000, Doubt.NO_PROOF),
        (",".join([f"sha256={mac('other')}"] * 8), Doubt.WRONG),
        (",".join([f"sha256={mac('old')}"] * 9), Doubt.BAD_FORM),
    ],
)
def test_everything_else_is_doubted(header: str, why: Doubt) -> None:
    assert asked(GITHUB, x_hub_signature_256=header) is why


def test_one_changed_byte_of_the_body_is_enough() -> None:
    headers = {"x-hub-signature-256": f"sha256={mac('old')}"}
    assert doubt(GITHUB, BODY, headers, NOW) is None
    assert doubt(GITHUB, BODY + b" ", headers, NOW) is Doubt.WRONG


def test_upper_case_hexadecimal_is_the_same_signature() -> None:
    assert asked(GITHUB, x_hub_signature_256=f"sha256={mac('old').upper()}") is None


def test_sha1_and_base64_are_spoken_where_the_catalogue_says_so() -> None:
    zammad = proven(AuthenticationKind.HMAC, "s", header="X-Hub-Signature", prefix="sha1=", algorithm="sha1")
    assert asked(zammad, x_hub_signature=f"sha1={mac('s', 'sha1')}") is None
    raw = hmac.new(b"s", BODY, "sha256").digest()
    plain = proven(AuthenticationKind.HMAC, "s", header="X-Sign", encoding="base64")
    assert asked(plain, x_sign=base64.b64encode(raw).decode()) is None
    assert asked(plain, x_sign=base64.b64encode(raw).decode().rstrip("=")) is Doubt.BAD_FORM


@pytest.mark.parametrize(
    ("signed", "joined"),
    [
        (SignedContent.TIMESTAMP_BODY, "{}"),
        (SignedContent.TIMESTAMP_DOT_BODY, "{}."),
        (SignedContent.TIMESTAMP_COLON_BODY, "{}:"),
    ],
)
def test_a_timestamp_is_part_of_what_is_signed_and_must_be_fresh(signed: SignedContent, joined: str) -> None:
    how = proven(AuthenticationKind.HMAC, "s", header="X-Sign", signed=signed, timestamp_header="X-Time")

    def at(when: datetime, stated: datetime | None = None) -> Doubt | None:
        said = (stated or when).isoformat()
        body = joined.format(when.isoformat()).encode() + BODY
        return asked(how, x_sign=mac("s", body=body), x_time=said)

    assert at(NOW) is None
    assert at(NOW - timedelta(seconds=300)) is None
    assert at(NOW - timedelta(seconds=301)) is Doubt.STALE
    assert at(NOW + timedelta(seconds=301)) is Doubt.STALE
    assert at(NOW - timedelta(hours=1), stated=NOW) is Doubt.WRONG
    assert asked(how, x_sign=mac("s")) is Doubt.NO_PROOF
    assert asked(how, x_sign=mac("s"), x_time="soon") is Doubt.BAD_FORM


def test_without_a_secret_at_hand_nothing_is_believed() -> None:
    rebuilt = Authentication(kind=AuthenticationKind.HMAC, header="X-Sign", secrets=(Secret("env X"),))
    assert asked(rebuilt, x_sign=mac("")) is Doubt.UNPREPARED


def test_an_open_source_believes_everybody() -> None:
    assert asked(Authentication(kind=AuthenticationKind.NONE)) is None


# -- words ------------------------------------------------------------------------------------------------


def test_tokens_bearers_and_passwords() -> None:
    token = proven(AuthenticationKind.TOKEN, "word", header="X-Gitlab-Token")
    assert asked(token, x_gitlab_token="word") is None
    assert asked(token, x_gitlab_token="words") is Doubt.WRONG
    bearer = proven(AuthenticationKind.BEARER, "word", header="Authorization")
    assert asked(bearer, authorization="bearer word") is None
    assert asked(bearer, authorization="word") is Doubt.BAD_FORM
    basic = proven(AuthenticationKind.BASIC, "pass:wörd", header="Authorization", username="me")
    good = base64.b64encode("me:pass:wörd".encode()).decode()
    assert asked(basic, authorization=f"Basic {good}") is None
    assert asked(basic, authorization=f"Basic {good}!") is Doubt.BAD_FORM
    other = base64.b64encode("you:pass:wörd".encode()).decode()
    assert asked(basic, authorization=f"Basic {other}") is Doubt.WRONG


# -- Standard Webhooks ------------------------------------------------------------------------------------


def standard(body: bytes = BODY, id_: str = "msg_1", at: datetime = NOW) -> dict[str, str]:
    signature = standardwebhooks.Webhook(KEY).sign(id_, at, body.decode())
    return {"webhook-id": id_, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def test_what_the_reference_library_signs_is_believed() -> None:
    assert doubt(STANDARD, BODY, standard(), NOW) is None


def test_any_of_several_signatures_suffices() -> None:
    headers = standard()
    wrong = "v1," + base64.b64encode(bytes(32)).decode()
    headers["webhook-signature"] = f"{wrong} v1a,AAAA {headers['webhook-signature']}"
    assert doubt(STANDARD, BODY, headers, NOW) is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"webhook-signature": "nonsense"}, Doubt.BAD_FORM),
        ({"webhook-signature": "v1,***"}, Doubt.BAD_FORM),
        ({"webhook-signature": "v1,é"}, Doubt.BAD_FORM),
        ({"webhook-signature": "v1," + "A" * 5_000}, Doubt.NO_PROOF),
        ({"webhook-timestamp": "1763640000.5"}, Doubt.BAD_FORM),
        ({"webhook-timestamp": "2026-11-20T12:00:00Z"}, Doubt.BAD_FORM),
        ({"webhook-timestamp": "-1"}, Doubt.BAD_FORM),
        ({"webhook-timestamp": "9" * 400}, Doubt.BAD_FORM),
        ({"webhook-timestamp": ""}, Doubt.BAD_FORM),
        ({"webhook-id": "msg.1"}, Doubt.BAD_FORM),
        ({"webhook-id": ""}, Doubt.BAD_FORM),
        ({"webhook-id": "other"}, Doubt.WRONG),
    ],
)
def test_a_standard_webhook_is_checked_strictly(changed: dict[str, str], why: Doubt) -> None:
    """Where the reference library raises four kinds of errors, or accepts characters outside the alphabet."""
    assert doubt(STANDARD, BODY, standard() | changed, NOW) is why


def test_characters_outside_the_alphabet_are_not_passed_over() -> None:
    headers = standard()
    value = headers["webhook-signature"]
    headers["webhook-signature"] = value[:10] + "!" + value[10:]
    assert doubt(STANDARD, BODY, headers, NOW) is Doubt.BAD_FORM


# -- hostile ----------------------------------------------------------------------------------------------


@given(
    header=st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: "v1," + base64.b64encode(raw).decode()),
    time=st.text(max_size=40) | st.just(str(int(NOW.timestamp()))),
    id_=st.text(max_size=40) | st.just("msg_1"),
)
def test_no_header_is_believed_and_none_breaks_the_check(header: str, time: str, id_: str) -> None:
    headers = {"webhook-signature": header, "webhook-timestamp": time, "webhook-id": id_}
    assert isinstance(doubt(STANDARD, BODY, headers, NOW), Doubt)
    for kind in (AuthenticationKind.TOKEN, AuthenticationKind.BEARER, AuthenticationKind.BASIC):
        how = proven(kind, hashlib.sha256(b"x").hexdigest(), header="webhook-signature")
        assert isinstance(doubt(how, BODY, headers, NOW), Doubt)
