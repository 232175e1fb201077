"""Schemes of signatures: what senders publish as examples is believed, and nothing that differs from it is."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.assembly.authentication import _HEADERS, _authentication
from sla_catalogue.assembly.scheme import SCHEMES
from sla_catalogue.authentication import Authentication, AuthenticationKind, SignedContent, TimestampFormat
from sla_catalogue.document.authentication import AuthenticationDocument
from sla_catalogue.secret import Secret
from sla_ingest.auth import AuthFailure, RequestFacts, digest_budget, verify
from sla_ingest.body import headers_of, repeated_headers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = RequestFacts(method="POST", path="/v1/webhooks/crm?team=1", origin="https://slad.example")


def scheme(name: str, *secrets: str, **changes: Any) -> Authentication:
    values = {"header": _HEADERS.get(SCHEMES[name]["kind"], []), **SCHEMES[name]}
    found = _authentication(AuthenticationKind(SCHEMES[name]["kind"]), values, AuthenticationDocument())
    return replace(found, secrets=tuple(Secret("test", one) for one in secrets), **changes)


@dataclass(frozen=True)
class Vector:
    """A delivery that a sender publishes as an example of its signatures."""

    scheme: str
    secret: str
    body: bytes
    headers: dict[str, str]
    at: datetime = NOW


SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a1"
    b"4d10d2c447fce8b6703c"
)
# docs.github.com "Validating webhook deliveries"; api.slack.com "Verifying requests from Slack";
# docs.svix.com "How to verify webhooks manually".
VECTORS = [
    Vector(
        "github", "It's a Secret to Everybody", b"Hello, World!",
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    ),
    Vector(
        "slack", "8f742231b10e8888abcd99yyyzzz85a5", SLACK_BODY,
        {"x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
         "x-slack-request-timestamp": "1531420618"},
        datetime.fromtimestamp(1531420618, UTC),
    ),
    Vector(
        "standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}',
        {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
         "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"},
        datetime.fromtimestamp(1614265330, UTC),
    ),
]  # fmt: skip


def asked(how: Authentication, body: bytes, headers: dict[str, str], now: datetime = NOW) -> AuthFailure | None:
    return verify(how, body, headers, now, digest_budget([how]), request=HERE)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.scheme)
def test_what_a_sender_publishes_is_believed(vector: Vector) -> None:
    how = scheme(vector.scheme, vector.secret)
    assert asked(how, vector.body, vector.headers, vector.at) is None
    assert asked(how, vector.body + b" ", vector.headers, vector.at) is AuthFailure.WRONG
    other = scheme(vector.scheme, "another-source")
    assert asked(other, vector.body, vector.headers, vector.at) is AuthFailure.WRONG
    rotated = scheme(vector.scheme, "newer", vector.secret)
    assert asked(rotated, vector.body, vector.headers, vector.at) is None


def test_parts_may_stand_behind_the_body() -> None:
    """An older example of Zendesk signs in this order; its text, and its senders, have the timestamp first."""
    how = scheme(
        "zendesk", "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=", signed=SignedContent.of("body", "timestamp")
    )
    body, at = b'{"say": "hello"}', datetime(2021, 7, 25, 10, tzinfo=UTC)
    headers = {
        "x-zendesk-webhook-signature": "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=",
        "x-zendesk-webhook-signature-timestamp": "2021-07-25T10:00:00Z",
    }
    assert asked(how, body, headers, at) is None
    assert asked(replace(how, signed=SignedContent.TIMESTAMP_BODY), body, headers, at) is AuthFailure.WRONG


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.scheme)
def test_a_replay_beyond_the_tolerance_is_stale(vector: Vector) -> None:
    how = scheme(vector.scheme, vector.secret)
    late = vector.at + how.tolerance + timedelta(seconds=1)
    expected = AuthFailure.STALE if how.stamped else None
    assert asked(how, vector.body, vector.headers, late) is expected


# -- every scheme, signed as its sender's documents say ------------------------------------------------------------


def _mac(key: str, content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key.encode(), content, algorithm).digest()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


SECONDS, MILLIS = str(int(NOW.timestamp())), str(int(NOW.timestamp() * 1000))
BODY = orjson.dumps({"id": 1, "webhookTimestamp": int(MILLIS)})
SIGNED: dict[str, Callable[[str], dict[str, str]]] = {
    "chatwoot": lambda key: {
        "x-chatwoot-timestamp": SECONDS,
        "x-chatwoot-signature": "sha256=" + _mac(key, f"{SECONDS}.".encode() + BODY).hex(),
    },
    "github": lambda key: {"x-hub-signature-256": "sha256=" + _mac(key, BODY).hex()},
    "gitlab": lambda key: {"x-gitlab-token": key},
    "glpi": lambda key: {
        "x-glpi-timestamp": SECONDS, "x-glpi-signature": _mac(key, BODY + SECONDS.encode()).hex()
    },
    "grafana": lambda key: {"x-grafana-alerting-signature": _mac(key, BODY).hex()},
    "hubspot": lambda key: {
        "x-hubspot-request-timestamp": MILLIS,
        "x-hubspot-signature-v3": _b64(
            _mac(key, b"POSThttps://slad.example/v1/webhooks/crm?team=1" + BODY + MILLIS.encode())
        ),
    },
    "intercom": lambda key: {"x-hub-signature": "sha1=" + _mac(key, BODY, "sha1").hex()},
    "jira": lambda key: {"x-hub-signature": "sha256=" + _mac(key, BODY).hex()},
    "linear": lambda key: {"linear-signature": _mac(key, BODY).hex()},
    "pagerduty": lambda key: {"x-pagerduty-signature": f"v1={'0' * 64},v1={_mac(key, BODY).hex()}"},
    "redmine": lambda key: {"x-redmine-signature-256": "sha256=" + _mac(key, BODY).hex()},
    "slack": lambda key: {
        "x-slack-request-timestamp": SECONDS,
        "x-slack-signature": "v0=" + _mac(key, f"v0:{SECONDS}:".encode() + BODY).hex(),
    },
    "standard-webhooks": lambda key: {
        "webhook-id": "m-1", "webhook-timestamp": SECONDS,
        "webhook-signature": f"v1a,AAAA v1,{_b64(_mac(key, f'm-1.{SECONDS}.'.encode() + BODY))}",
    },
    "stripe": lambda key: {
        "stripe-signature": f"t={SECONDS},v1={'0' * 64},v1={_mac(key, f'{SECONDS}.'.encode() + BODY).hex()},v0=abc"
    },
    "zammad": lambda key: {"x-hub-signature": "sha1=" + _mac(key, BODY, "sha1").hex()},
    "zendesk": lambda key: {
        "x-zendesk-webhook-signature-timestamp": "2026-11-20T12:00:00Z",
        "x-zendesk-webhook-signature": _b64(_mac(key, b"2026-11-20T12:00:00Z" + BODY)),
    },
}  # fmt: skip
KEY = "not base64!"


def test_every_scheme_is_tried() -> None:
    assert SIGNED.keys() == SCHEMES.keys()


@pytest.mark.parametrize("name", SCHEMES)
def test_each_scheme_believes_its_sender_and_rotates(name: str) -> None:
    headers = SIGNED[name](KEY)
    assert asked(scheme(name, KEY), BODY, headers) is None
    assert asked(scheme(name, "newer", KEY), BODY, headers) is None
    assert asked(scheme(name, "newer"), BODY, headers) is AuthFailure.WRONG


@pytest.mark.parametrize("name", [name for name in SCHEMES if SCHEMES[name]["kind"] == "hmac"])
@given(data=st.data())
def test_one_changed_character_of_a_proof_is_never_believed(name: str, data: st.DataObject) -> None:
    headers = SIGNED[name](KEY)
    how = scheme(name, KEY)
    covered = {*how.proof_headers, how.timestamp_header.lower(), "webhook-id"} & headers.keys()
    header = data.draw(st.sampled_from(sorted(covered)))
    place = data.draw(st.integers(0, len(headers[header]) - 1))
    character = data.draw(st.characters(max_codepoint=255))
    changed = headers[header][:place] + character + headers[header][place + 1 :]
    unread = name in ("stripe", "pagerduty", "standard-webhooks") and header in how.proof_headers
    found = asked(how, BODY, headers | {header: changed})
    if changed != headers[header] and not unread:
        assert isinstance(found, AuthFailure)
    body = data.draw(st.integers(0, len(BODY) - 1))
    assert asked(how, BODY[:body] + BODY[body + 1 :], headers) is AuthFailure.WRONG


@pytest.mark.parametrize("name", SCHEMES)
@given(value=st.text(max_size=300))
def test_no_header_breaks_a_scheme(name: str, value: str) -> None:
    how = scheme(name, KEY)
    for header in SIGNED[name](KEY):
        assert isinstance(asked(how, BODY, SIGNED[name](KEY) | {header: value + "\x00"}), AuthFailure)


@pytest.mark.parametrize("name", [name for name in SCHEMES if scheme(name).stamped])
def test_a_stamped_scheme_bounds_replays_by_its_own_tolerance(name: str) -> None:
    how = scheme(name, KEY)
    for edge in (how.tolerance, -how.tolerance):
        assert asked(how, BODY, SIGNED[name](KEY), NOW + edge) is None
        beyond = timedelta(seconds=1) if edge > timedelta() else -timedelta(seconds=1)
        assert asked(how, BODY, SIGNED[name](KEY), NOW + edge + beyond) is AuthFailure.STALE


def test_a_signature_for_another_address_or_method_is_no_signature() -> None:
    how = scheme("hubspot", KEY)
    for other in (
        replace(HERE, path="/v1/webhooks/crm"),
        replace(HERE, method="PUT"),
        replace(HERE, origin="https://x"),
    ):
        assert verify(how, BODY, SIGNED["hubspot"](KEY), NOW, request=other) is AuthFailure.WRONG


# -- parts, places and formats -----------------------------------------------------------------------------------


def signing(content: SignedContent, **values: Any) -> Authentication:
    made: dict[str, Any] = {"kind": AuthenticationKind.HMAC, "header": "X-Sign", "secrets": (Secret("test", KEY),)}
    return Authentication(**made | {"signed": content} | values)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_every_algorithm_and_encoding(algorithm: str, encoding: str) -> None:
    how = signing(SignedContent.BODY, algorithm=algorithm, encoding=encoding)
    raw = _mac(KEY, BODY, algorithm)
    assert asked(how, BODY, {"x-sign": raw.hex() if encoding == "hex" else _b64(raw)}) is None
    assert asked(how, BODY, {"x-sign": _b64(raw) if encoding == "hex" else raw.hex()}) is not None


def test_any_of_several_headers_may_carry_the_signature() -> None:
    how = signing(SignedContent.BODY, other_headers=("X-Sign-Old",))
    right, wrong = _mac(KEY, BODY).hex(), "00" * 32
    assert asked(how, BODY, {"x-sign-old": right}) is None
    assert asked(how, BODY, {"x-sign": wrong, "x-sign-old": right}) is None
    assert asked(how, BODY, {"x-sign": wrong}) is AuthFailure.WRONG
    assert asked(how, BODY, {}) is AuthFailure.NO_PROOF


def test_headers_paths_and_texts_are_parts() -> None:
    how = signing(SignedContent.of("text:body", "header:X-Tenant", "|", "path", "|", "body", "|end"))
    content = b"bodyacme|/v1/webhooks/crm?team=1|" + BODY + b"|end"
    headers = {"x-sign": _mac(KEY, content).hex(), "x-tenant": "acme"}
    assert asked(how, BODY, headers) is None
    assert asked(how, BODY, headers | {"x-tenant": "beta"}) is AuthFailure.WRONG
    assert asked(how, BODY, {"x-sign": headers["x-sign"]}) is AuthFailure.NO_PROOF
    assert asked(how, BODY, headers | {"x-tenant": "€"}) is AuthFailure.BAD_FORM
    assert how.covers_header("x-tenant")
    assert not how.covers_header("x-other")


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("seconds", SECONDS, MILLIS),
        ("milliseconds", MILLIS, SECONDS),
        ("microseconds", MILLIS + "000", MILLIS),
        ("nanoseconds", MILLIS + "000000", MILLIS),
        ("rfc3339", "2026-11-20T13:00:00+01:00", SECONDS),
    ],
)
def test_a_timestamp_is_read_in_its_format_alone(form: str, good: str, bad: str) -> None:
    how = signing(
        SignedContent.TIMESTAMP_BODY, timestamp_header="X-Time", timestamp_format=TimestampFormat(form),
        tolerance=timedelta(seconds=1),
    )  # fmt: skip
    for written, fine in ((good, True), (bad, False)):
        headers = {"x-sign": _mac(KEY, written.encode() + BODY).hex(), "x-time": written}
        assert (asked(how, BODY, headers) is None) is fine
    any_ = replace(how, timestamp_format=TimestampFormat.ANY)
    assert asked(any_, BODY, {"x-sign": _mac(KEY, good.encode() + BODY).hex(), "x-time": good}) is None


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"nonsense", b'{"webhookTimestamp": true}', b'{"webhookTimestamp": {}}']
)
def test_a_body_without_its_timestamp_is_refused_though_it_is_signed(body: bytes) -> None:
    assert asked(scheme("linear", KEY), body, {"linear-signature": _mac(KEY, body).hex()}) is AuthFailure.BAD_FORM


def test_an_unproven_body_is_not_read_for_its_timestamp() -> None:
    assert asked(scheme("linear", KEY), b"[" * 100_000, {"linear-signature": "00" * 32}) is AuthFailure.WRONG


def test_two_timestamps_in_one_header_are_none() -> None:
    headers = SIGNED["stripe"](KEY)
    doubled = {"stripe-signature": f"t=1,{headers['stripe-signature']}"}
    assert asked(scheme("stripe", KEY), BODY, doubled) is AuthFailure.BAD_FORM


# -- where a request comes from ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("", False),
        ("x", False),
    ],
)
def test_addresses_are_a_further_condition(address: str, fine: bool) -> None:
    how = replace(scheme("github", KEY), addresses=("192.0.2.0/24", "2001:db8::/32"))
    found = verify(how, BODY, SIGNED["github"](KEY), NOW, request=RequestFacts(address=address))
    assert found is (None if fine else AuthFailure.ADDRESS)
    assert verify(how, BODY, {}, NOW, request=RequestFacts(address="192.0.2.7")) is AuthFailure.NO_PROOF


def test_a_certificate_is_believed_from_its_proxy_alone() -> None:
    how = Authentication(
        kind=AuthenticationKind.MTLS, header="X-Client-Cert", prefix="Hash=", proxies=("10.1.0.5",),
        subjects=frozenset({"ab12", "cd34"}),
    )  # fmt: skip
    proxy = RequestFacts(address="203.0.113.1", peer="10.1.0.5")
    headers = {"x-client-cert": "Hash=cd34"}
    assert verify(how, BODY, headers, NOW, request=proxy) is None
    assert verify(how, BODY, headers, NOW, request=replace(proxy, peer="10.1.0.6")) is AuthFailure.PROXY
    assert verify(how, BODY, headers, NOW) is AuthFailure.PROXY
    assert verify(how, BODY, {}, NOW, request=proxy) is AuthFailure.NO_PROOF
    assert verify(how, BODY, {"x-client-cert": "cd34"}, NOW, request=proxy) is AuthFailure.BAD_FORM
    assert verify(how, BODY, {"x-client-cert": "Hash=ab"}, NOW, request=proxy) is AuthFailure.WRONG
    assert how.covers_header("anything")


def test_a_certificate_named_twice_is_nobodys() -> None:
    """A proxy added its header to that of a sender, who so completes the name of somebody else."""
    how = Authentication(
        kind=AuthenticationKind.MTLS, header="X-Client-Cert", proxies=("10.1.0.5",),
        subjects=frozenset({"CN=pager, O=Acme"}),
    )  # fmt: skip
    joined = {"x-client-cert": "CN=pager, O=Acme"}
    once = RequestFacts(peer="10.1.0.5")
    assert verify(how, BODY, joined, NOW, request=once) is None
    twice = replace(once, repeated=frozenset({"x-client-cert"}))
    assert verify(how, BODY, joined, NOW, request=twice) is AuthFailure.BAD_FORM


def test_headers_that_came_more_than_once_are_known() -> None:
    raw = [(b"x-client-cert", b"CN=pager"), (b"x-other", b"1"), (b"X-Client-Cert", b"O=Acme")]
    request = Request({"type": "http", "headers": raw})
    assert headers_of(request)["x-client-cert"] == "CN=pager, O=Acme"
    assert repeated_headers(request) == {"x-client-cert"}
