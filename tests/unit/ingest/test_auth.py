"""Proofs: what is believed, what is not, and what a hostile header can do (nothing)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.secret import Secret
from sla_catalogue.source import Authentication, AuthenticationKind, SignedContent
from sla_ingest import auth
from sla_ingest.auth import AuthFailure, digest_budget, signature

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


def doubt(how: Authentication, body: bytes, headers: Mapping[str, str], now: datetime) -> AuthFailure | None:
    return auth.verify(how, body, headers, now, digest_budget([how]))


def mac(secret: str, algorithm: str = "sha256", body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def asked(how: Authentication, **headers: str) -> AuthFailure | None:
    return doubt(how, BODY, {name.replace("_", "-"): value for name, value in headers.items()}, NOW)


# -- signatures over the body -----------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["old", "new"])
def test_each_active_secret_is_good(secret: str) -> None:
    assert asked(GITHUB, x_hub_signature_256=f"sha256={mac(secret)}") is None


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", AuthFailure.NO_PROOF),
        ("sha256=", AuthFailure.BAD_FORM),
        (mac("old"), AuthFailure.BAD_FORM),  # without its prefix
        (f"sha1={mac('old')}", AuthFailure.BAD_FORM),
        (f"sha256={mac('other')}", AuthFailure.WRONG),
        (f"sha256={mac('old')[:-2]}", AuthFailure.WRONG),
        (f"sha256={mac('old')}0", AuthFailure.BAD_FORM),  # half a byte
        (f"sha256={mac('old')}00", AuthFailure.WRONG),
        (
            f"sha256={mac('old')[:10]} {mac('old')[10:]}",
            AuthFailure.BAD_FORM,
        ),  # fromhex alone would pass over the space
        (f"sha256={mac('old')[:-2]}ｆｆ", AuthFailure.BAD_FORM),
        ("sha256=" + "0" * 2_000, AuthFailure.NO_PROOF),
        (",".join([f"sha256={mac('other')}"] * 8), AuthFailure.WRONG),
        (",".join([f"sha256={mac('old')}"] * 9), AuthFailure.BAD_FORM),
    ],
)
def test_everything_else_is_doubted(header: str, why: AuthFailure) -> None:
    assert asked(GITHUB, x_hub_signature_256=header) is why


def test_one_changed_byte_of_the_body_is_enough() -> None:
    headers = {"x-hub-signature-256": f"sha256={mac('old')}"}
    assert doubt(GITHUB, BODY, headers, NOW) is None
    assert doubt(GITHUB, BODY + b" ", headers, NOW) is AuthFailure.WRONG


@pytest.mark.parametrize("secret", ["old", "new"])
def test_a_signature_has_one_way_to_be_written(secret: str) -> None:
    """In lower case, as every sender's documents show it."""
    right = mac(secret)
    letter = next(place for place, digit in enumerate(right) if digit.isalpha())
    for written in (right.upper(), right[:letter] + right[letter].upper() + right[letter + 1 :]):
        assert asked(GITHUB, x_hub_signature_256=f"sha256={written}") is AuthFailure.BAD_FORM
    for prefix in ("SHA256=", "Sha256=", "sha256:", "sha512=", " sha256 ="):
        assert asked(GITHUB, x_hub_signature_256=prefix + right) is AuthFailure.BAD_FORM


def test_sha1_and_base64_are_spoken_where_the_catalogue_says_so() -> None:
    zammad = proven(AuthenticationKind.HMAC, "s", header="X-Hub-Signature", prefix="sha1=", algorithm="sha1")
    assert asked(zammad, x_hub_signature=f"sha1={mac('s', 'sha1')}") is None
    raw = hmac.new(b"s", BODY, "sha256").digest()
    plain = proven(AuthenticationKind.HMAC, "s", header="X-Sign", encoding="base64")
    assert asked(plain, x_sign=base64.b64encode(raw).decode()) is None
    assert asked(plain, x_sign=base64.b64encode(raw).decode().rstrip("=")) is AuthFailure.BAD_FORM


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

    def at(when: datetime, stated: datetime | None = None) -> AuthFailure | None:
        said = (stated or when).isoformat()
        body = joined.format(when.isoformat()).encode() + BODY
        return asked(how, x_sign=mac("s", body=body), x_time=said)

    assert at(NOW) is None
    assert at(NOW - timedelta(seconds=300)) is None
    assert at(NOW - timedelta(seconds=301)) is AuthFailure.STALE
    assert at(NOW + timedelta(seconds=301)) is AuthFailure.STALE
    assert at(NOW - timedelta(hours=1), stated=NOW) is AuthFailure.WRONG
    assert asked(how, x_sign=mac("s")) is AuthFailure.NO_PROOF
    assert asked(how, x_sign=mac("s"), x_time="soon") is AuthFailure.BAD_FORM


def test_without_a_secret_at_hand_nothing_is_believed() -> None:
    rebuilt = Authentication(kind=AuthenticationKind.HMAC, header="X-Sign", secrets=(Secret("env X"),))
    assert asked(rebuilt, x_sign=mac("")) is AuthFailure.UNPREPARED


def test_an_open_source_believes_everybody() -> None:
    assert asked(Authentication(kind=AuthenticationKind.NONE)) is None


# -- words ------------------------------------------------------------------------------------------------


def test_tokens_bearers_and_passwords() -> None:
    token = proven(AuthenticationKind.TOKEN, "word", header="X-Gitlab-Token")
    assert asked(token, x_gitlab_token="word") is None
    assert asked(token, x_gitlab_token="words") is AuthFailure.WRONG
    bearer = proven(AuthenticationKind.BEARER, "word", header="Authorization")
    assert asked(bearer, authorization="bearer word") is None
    assert asked(bearer, authorization="word") is AuthFailure.BAD_FORM
    basic = proven(AuthenticationKind.BASIC, "pass:wörd", header="Authorization", username="me")
    good = base64.b64encode("me:pass:wörd".encode()).decode()
    assert asked(basic, authorization=f"Basic {good}") is None
    assert asked(basic, authorization=f"Basic {good}!") is AuthFailure.BAD_FORM
    assert asked(basic, authorization=f"Basic {good[:-1]}") is AuthFailure.BAD_FORM
    assert asked(basic, authorization=f"Basic {good}, Basic {good}") is AuthFailure.BAD_FORM
    assert asked(bearer, authorization="Bearer word, Bearer word") is AuthFailure.WRONG
    prefixed = proven(AuthenticationKind.TOKEN, "word", header="X-Token", prefix="Token ")
    assert asked(prefixed, x_token="Token word") is None
    assert asked(prefixed, x_token="word") is AuthFailure.BAD_FORM
    assert asked(prefixed, x_token="Token  word") is AuthFailure.WRONG
    other = base64.b64encode("you:pass:wörd".encode()).decode()
    assert asked(basic, authorization=f"Basic {other}") is AuthFailure.WRONG


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
        ({"webhook-signature": "nonsense"}, AuthFailure.BAD_FORM),
        ({"webhook-signature": "v1,***"}, AuthFailure.BAD_FORM),
        ({"webhook-signature": "v1,é"}, AuthFailure.BAD_FORM),
        ({"webhook-signature": "v1," + "A" * 5_000}, AuthFailure.NO_PROOF),
        ({"webhook-timestamp": "1763640000.5"}, AuthFailure.BAD_FORM),
        ({"webhook-timestamp": "2026-11-20T12:00:00Z"}, AuthFailure.BAD_FORM),
        ({"webhook-timestamp": "-1"}, AuthFailure.BAD_FORM),
        ({"webhook-timestamp": "9" * 400}, AuthFailure.BAD_FORM),
        ({"webhook-timestamp": ""}, AuthFailure.NO_PROOF),
        ({"webhook-id": "msg.1"}, AuthFailure.BAD_FORM),
        ({"webhook-id": ""}, AuthFailure.BAD_FORM),
        ({"webhook-id": "other"}, AuthFailure.WRONG),
    ],
)
def test_a_standard_webhook_is_checked_strictly(changed: dict[str, str], why: AuthFailure) -> None:
    """Where the reference library raises four kinds of errors, or accepts characters outside the alphabet."""
    assert doubt(STANDARD, BODY, standard() | changed, NOW) is why


def test_characters_outside_the_alphabet_are_not_passed_over() -> None:
    headers = standard()
    value = headers["webhook-signature"]
    headers["webhook-signature"] = value[:10] + "!" + value[10:]
    assert doubt(STANDARD, BODY, headers, NOW) is AuthFailure.BAD_FORM


# -- what a refusal costs ---------------------------------------------------------------------------------


@pytest.fixture
def digests(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many digests were taken over the body, by algorithm."""
    counted: Counter[str] = Counter()
    real = hmac.new

    class Counting:
        def __init__(self, key: bytes, start: bytes, algorithm: str) -> None:
            self._mac, self._algorithm = real(key, start, algorithm), algorithm

        def update(self, data: bytes) -> None:
            assert data is BODY
            counted[self._algorithm] += 1
            self._mac.update(data)

        def digest(self) -> bytes:
            return self._mac.digest()

    monkeypatch.setattr(signature, "hmac", SimpleNamespace(new=Counting, compare_digest=hmac.compare_digest))
    return counted


def test_whoever_is_not_believed_costs_the_same_work(digests: Counter[str]) -> None:
    """Whether the source exists, has a secret, how it is proven, and how far the proof came."""
    zammad = proven(AuthenticationKind.HMAC, "s", header="X-Hub-Signature", prefix="sha1=", algorithm="sha1")
    sources = {
        "github": GITHUB,
        "standard": STANDARD,
        "zammad": zammad,
        "token": proven(AuthenticationKind.TOKEN, "word", header="X-Token"),
        "bearer": proven(AuthenticationKind.BEARER, "word", header="Authorization"),
        "basic": proven(AuthenticationKind.BASIC, "word", header="Authorization", username="me"),
        "rebuilt": Authentication(kind=AuthenticationKind.HMAC, header="X-Sign", secrets=(Secret("env X"),)),
        "nobody": None,
    }
    work = digest_budget(how for how in sources.values() if how is not None)
    assert work == {"sha256": 2, "sha1": 1}
    stamp = str(int(NOW.timestamp()))
    wrong = base64.b64encode(bytes(32)).decode()
    proofs: list[dict[str, str]] = [
        {},
        dict.fromkeys(("x-hub-signature-256", "webhook-signature", "authorization", "x-token"), "x" * 2000),
        dict.fromkeys(("x-hub-signature-256", "webhook-signature", "authorization", "x-token"), "nonsense"),
        {"x-hub-signature-256": f"sha256={mac('other')}", "x-hub-signature": f"sha1={mac('other', 'sha1')}"},
        {"webhook-id": "1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{wrong}"},
        {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": f"v1,{wrong}"},
        {"authorization": "Bearer wrong", "x-token": "wrong"},
        {"authorization": "Basic " + base64.b64encode(b"me:wrong").decode()},
    ]
    for name, how in sources.items():
        for headers in proofs:
            digests.clear()
            assert auth.verify(how, BODY, headers, NOW, work) is not None
            assert digests == work, (name, headers)


def test_an_empty_key_believes_nobody() -> None:
    blank = proven(AuthenticationKind.HMAC, "whsec_", header="webhook-signature", encoding="base64", prefix="v1,",
                   signed=SignedContent.ID_TIMESTAMP_BODY, timestamp_header="webhook-timestamp")  # fmt: skip
    stamp = str(int(NOW.timestamp()))
    forged = hmac.new(b"", f"m.{stamp}.".encode() + BODY, "sha256").digest()
    signature = "v1," + base64.b64encode(forged).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert doubt(blank, BODY, headers, NOW) is AuthFailure.UNPREPARED


# -- hostile ----------------------------------------------------------------------------------------------


@given(
    header=st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: "v1," + base64.b64encode(raw).decode()),
    time=st.text(max_size=40) | st.just(str(int(NOW.timestamp()))),
    id_=st.text(max_size=40) | st.just("msg_1"),
)
def test_no_header_is_believed_and_none_breaks_the_check(header: str, time: str, id_: str) -> None:
    headers = {"webhook-signature": header, "webhook-timestamp": time, "webhook-id": id_}
    assert isinstance(doubt(STANDARD, BODY, headers, NOW), AuthFailure)
    for signed in (SignedContent.TIMESTAMP_BODY, SignedContent.TIMESTAMP_DOT_BODY, SignedContent.TIMESTAMP_COLON_BODY):
        how = proven(AuthenticationKind.HMAC, "s", header="webhook-signature", signed=signed,
                     timestamp_header="webhook-timestamp")  # fmt: skip
        assert isinstance(doubt(how, BODY, headers, NOW), AuthFailure)
    for kind in (AuthenticationKind.TOKEN, AuthenticationKind.BEARER, AuthenticationKind.BASIC):
        how = proven(kind, hashlib.sha256(b"x").hexdigest(), header="webhook-signature")
        assert isinstance(doubt(how, BODY, headers, NOW), AuthFailure)
