"""A proof that slad writes in a sender's place is one that slad takes: every scheme, every kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from tests.unit.ingest.test_schemes import HERE, NOW, scheme

from sla_catalogue.assembly.scheme import SCHEMES
from sla_catalogue.authentication import Authentication, AuthenticationKind, SignedContent, TimestampFormat
from sla_catalogue.secret import Secret
from sla_ingest.auth import AuthFailure, CannotSign, proof_of, verify, with_timestamp

SECRET = "whsec_c2xhZCB0ZXN0cyBzaWduIHdpdGggdGhpcyBzZWNyZXQ="


def accepted(how: Authentication, secret: str = SECRET, later: timedelta = timedelta(0)) -> AuthFailure | None:
    body = orjson.dumps(with_timestamp({"slad_test": "word"}, how, NOW))
    headers = proof_of(how, secret, body, NOW, HERE, "word")
    return verify(how, body, {name.lower(): value for name, value in headers.items()}, NOW + later, request=HERE)


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_can_be_written(name: str) -> None:
    how = scheme(name, SECRET)
    assert accepted(how) is None
    assert accepted(how, "another secret") is AuthFailure.WRONG
    if how.stamped:
        assert accepted(how, later=timedelta(days=3)) is AuthFailure.STALE


@pytest.mark.parametrize("form", TimestampFormat)
def test_every_way_to_write_a_timestamp(form: TimestampFormat) -> None:
    assert accepted(scheme("slack", SECRET, timestamp_format=form)) is None
    assert accepted(scheme("linear", SECRET, timestamp_format=form, timestamp_field="sent.at")) is None


def test_headers_that_are_signed_are_sent() -> None:
    assert accepted(scheme("github", SECRET, signed=SignedContent.of("method", "header:x-topic", "body"))) is None


@pytest.mark.parametrize(
    "how",
    [
        Authentication(kind=AuthenticationKind.TOKEN, header="X-Token", prefix="Token "),
        Authentication(kind=AuthenticationKind.BASIC, header="Authorization", username="slad"),
        Authentication(kind=AuthenticationKind.BEARER, header="Authorization"),
        Authentication(kind=AuthenticationKind.BEARER),
        Authentication(kind=AuthenticationKind.NONE),
    ],
)
def test_words_and_passwords(how: Authentication) -> None:
    assert accepted(replace(how, secrets=(Secret("test", SECRET),))) is None


@pytest.mark.parametrize("kind", [AuthenticationKind.JWT, AuthenticationKind.MTLS])
def test_what_somebody_else_must_write_is_said(kind: AuthenticationKind) -> None:
    with pytest.raises(CannotSign, match="only"):
        proof_of(Authentication(kind=kind), SECRET, b"{}", NOW, HERE, "word")


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(CannotSign, match="empty"):
        proof_of(scheme("github", ""), "", b"{}", NOW, HERE, "word")


def test_a_timestamp_leaves_the_rest_of_the_body() -> None:
    how = scheme("linear", SECRET, timestamp_field="sent.at")
    assert with_timestamp({"a": 1, "sent": {"by": "x"}}, how, NOW) == {
        "a": 1, "sent": {"by": "x", "at": int(NOW.timestamp() * 1000)},
    }  # fmt: skip
