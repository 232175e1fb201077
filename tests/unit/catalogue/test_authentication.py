"""`authentication` of a source: schemes by name, and what is refused because it would prove nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey
from tests.unit.catalogue.made import SOUND, loaded, problems

from sla_catalogue import SourceId
from sla_catalogue.assembly.scheme import SCHEMES
from sla_catalogue.authentication import Authentication, AuthenticationKind, Challenge, SignedContent

HMAC = "kind: hmac, header: X-Sign, secret: x"
JWT = "kind: jwt, issuer: https://i.example, audience: slad"
MTLS = "kind: mtls, header: X-Cert, subjects: [cn], proxies: [10.0.0.5]"


def authentication(folder: Path, written: str) -> Authentication:
    text = SOUND + f"sources:\n  s: {{dialect: jira, authentication: {{{written}}}}}\n"
    return loaded(folder, text).sources[SourceId("s")].authentication


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_passes_the_check(tmp_path: Path, name: str) -> None:
    how = authentication(tmp_path, f"scheme: {name}, secret: a-secret-of-this-source")
    assert how.kind == SCHEMES[name]["kind"]
    assert how.header == SCHEMES[name]["header"][0]


def test_a_scheme_can_be_refined(tmp_path: Path) -> None:
    how = authentication(tmp_path, "scheme: glpi, secret: x, tolerance: 3d, challenge: none")
    assert (how.tolerance, how.challenge) == (timedelta(days=3), Challenge.NONE)
    assert how.signed == SignedContent.of("body", "timestamp")
    assert authentication(tmp_path, "scheme: glpi, kind: basic, username: u, secret: x").challenge is Challenge.NONE


def test_words_of_before_and_lists_say_the_same(tmp_path: Path) -> None:
    words = authentication(tmp_path, f"{HMAC}, signed: timestamp.body, timestamp_header: X-Time")
    parts = authentication(tmp_path, f"{HMAC}, signed: [timestamp, '.', body], timestamp_header: X-Time")
    assert words == parts
    assert parts.covers_header("x-time")


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("scheme: slak, secret: x", "unknown-scheme", "slack"),
        (f"{HMAC}, signed: [timestmp, body]", "signed", "timestamp"),
        (f"{HMAC}, signed: [salt, body]", "signed", "text:salt"),
        (f"{HMAC}, signed: [method, uri]", "unsigned-body", "kind: token"),
        (f"{HMAC}, signed: [body, body]", "unsigned-body", "exactly once"),
        (f"{HMAC}, signed: ['header:X-Sign', body]", "signed", "carries it"),
        (f"{HMAC}, timestamp_header: X-Time", "unsigned-timestamp", "fresh"),
        (f"{HMAC}, signed: [timestamp, body]", "no-header", "timestamp_header"),
        (f"{HMAC}, signed: [timestamp, body], timestamp_field: at", "signed", "signed: body"),
        (f"{HMAC}, signed: [timestamp, body], timestamp_header: X, timestamp_field: at", "two-timestamps", "name one"),
        (f"{HMAC}, timestamp_field: 'a b'", "timestamp-field", "dotted"),
        (f"{HMAC}, signed: timestamp.body, timestamp_key: t, prefix: ''", "timestamp-key", "prefix"),
        (f"{HMAC}, tolerance: 5m", "unread-key", "tolerance"),
        (f"{HMAC}, timestamp_format: seconds", "unread-key", "timestamp_format"),
        (f"{HMAC}, id_header: X-Id", "unread-key", "id_header"),
        (f"{HMAC}, signed: timestamp.body, timestamp_header: X-T, tolerance: 8d", "tolerance", "7 days"),
        (f"{HMAC}, signed: timestamp.body, timestamp_header: 'X T'", "header", "no name of a header"),
        ("scheme: standard-webhooks, secret: x, timestamp_format: milliseconds", "timestamp-format", "seconds"),
        ("kind: token, header: [X-A, X-B], secret: x", "header", "several"),
        ("kind: bearer, secret: x, challenge: glpi", "challenge", "HMAC"),
        ("kind: bearer, secret: x, addresses: [10.0.0.1/8]", "bad-network", "10.0.0.1/8"),
        ("kind: mtls, header: X-Cert, subjects: [cn]", "no-proxy", "anybody could write"),
        ("kind: mtls, header: X-Cert, proxies: [10.0.0.5]", "no-subject", "subjects"),
        (f"{MTLS}, secret: x", "unread-key", "secret"),
        (f"{JWT}", "jwt-keys", "0 are given"),
        (f"{JWT}, secret: a-long-enough-secret, jwks_url: https://i.example/k", "jwt-keys", "2 are given"),
        (f"{JWT}, secret: a-long-enough-secret, algorithms: [RS256]", "algorithms", "RS256"),
        (f"{JWT}, jwks_url: https://i.example/k, algorithms: [HS256]", "algorithms", "HS256"),
        (f"{JWT}, jwks_url: https://i.example/k, algorithms: []", "algorithms", "no algorithm"),
        (f"{JWT}, jwks_url: http://i.example/k", "jwks-url", "https"),
        (f"{JWT}, jwks_url: https://me:word@i.example/k", "jwks-url", "login"),
        (f"{JWT}, secret: short", "short-secret", "too short"),
        (f"{JWT}, jwks: '{{}}'", "jwks", "no list"),
        ("kind: jwt, audience: slad, jwks_url: https://i.example/k", "no-issuer", "somebody else"),
        ("kind: jwt, issuer: https://i.example, jwks_url: https://i.example/k", "no-audience", "somebody else"),
        ("kind: none, challenge: slack, addresses: [192.0.2.7]", "open-source", "192.0.2.7"),
    ],
)  # fmt: skip
def test_what_proves_nothing_is_said_with_a_remedy(tmp_path: Path, written: str, code: str, says: str) -> None:
    found = problems(tmp_path, SOUND + f"sources:\n  s: {{dialect: jira, authentication: {{{written}}}}}\n")
    assert [one.code for one in found] == [code]
    assert says in f"{found[0].message} {found[0].hint}"
    assert found[0].hint
    assert found[0].line > 1


def test_keys_of_an_issuer_are_read_from_a_file(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, {"kid": "one"})
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}, indent=2))
    how = authentication(tmp_path, f"{JWT}, jwks_file: keys.json")
    assert (how.kind, how.jwt_algorithms) == (AuthenticationKind.JWT, ("RS256",))
    assert how.jwks is not None
    assert json.loads(how.jwks.reveal())["keys"][0]["kid"] == "one"


def test_a_secret_that_signs_tokens_is_shared_with_no_other_source(tmp_path: Path) -> None:
    secret = "a-secret-that-two-sources-have"
    text = f"sources:\n  a: {{dialect: jira, authentication: {{{JWT}, secret: {secret}}}}}\n"
    text += f"  b: {{dialect: jira, authentication: {{secret: {secret}}}}}\n"
    assert [one.code for one in problems(tmp_path, SOUND + text)] == ["shared-secret"]
