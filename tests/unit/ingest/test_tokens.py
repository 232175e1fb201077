"""JSON Web Tokens: of the issuer, for us, in time, signed by a pinned algorithm; and where their keys are from."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from sla_catalogue.authentication import Authentication, AuthenticationKind
from sla_catalogue.key_set import BadKeySet, read_key_set
from sla_catalogue.secret import Secret
from sla_ingest.auth import AuthFailure, verify
from sla_ingest.issuer import LEAST_SECONDS, IssuerKeys, KeysUnavailable, fetch_keys

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "a shared secret of thirty-two bytes or more"
URL = "https://login.example/keys"
RSA = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "three"})


def key_set(*keys: Key) -> str:
    return orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]}).decode()


def trusting(**values: Any) -> Authentication:
    made: dict[str, Any] = {
        "kind": AuthenticationKind.JWT, "header": "Authorization", "issuers": frozenset({"https://login.example"}),
        "audiences": frozenset({"slad"}), "jwt_algorithms": ("RS256",), "tolerance": timedelta(seconds=60),
        "jwks": Secret("test", key_set(RSA, CURVE, EDWARDS)),
    }  # fmt: skip
    return Authentication(**made | values)


CLAIMS = {
    "iss": "https://login.example", "aud": ["slad", "other"], "azp": "desk",
    "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 600,
}  # fmt: skip


def token(key: Key = RSA, algorithm: str = "RS256", head: dict[str, Any] | None = None, **claims: Any) -> str:
    said = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid, **(head or {})}, said, key, algorithms=[algorithm])


def asked(how: Authentication, written: str, **more: Any) -> AuthFailure | None:
    return verify(how, b"{}", {"authorization": f"Bearer {written}"}, NOW, **more)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "PS512"), (CURVE, "ES256"), (EDWARDS, "Ed25519")],
    ids=["RS256", "PS512", "ES256", "Ed25519"],
)
def test_each_pinned_algorithm_is_believed_by_its_key(key: Key, algorithm: str) -> None:
    how = trusting(jwt_algorithms=(algorithm,))
    assert asked(how, token(key, algorithm)) is None
    assert asked(trusting(jwt_algorithms=("RS384",)), token(key, algorithm)) is AuthFailure.BAD_FORM
    assert how.covers_header("x-github-event")  # who has the token can write any header


def test_shared_secrets_rotate() -> None:
    how = trusting(jwks=None, jwt_algorithms=("HS256",), secrets=(Secret("test", "x" * 40), Secret("test", SECRET)))
    signed = jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(SECRET))
    assert asked(how, signed) is None
    assert asked(replace(how, secrets=how.secrets[:1]), signed) is AuthFailure.WRONG
    assert asked(replace(how, secrets=(Secret("env X"),)), signed) is AuthFailure.UNPREPARED


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, AuthFailure.CLAIMS),
        ({"iss": None}, AuthFailure.CLAIMS),
        ({"aud": "other"}, AuthFailure.CLAIMS),
        ({"aud": []}, AuthFailure.CLAIMS),
        ({"azp": "somebody"}, AuthFailure.CLAIMS),
        ({"exp": int(NOW.timestamp()) - 60}, AuthFailure.STALE),
        ({"exp": int(NOW.timestamp()) - 59}, None),
        ({"exp": None}, AuthFailure.BAD_FORM),
        ({"exp": "tomorrow"}, AuthFailure.BAD_FORM),
        ({"nbf": int(NOW.timestamp()) + 61}, AuthFailure.STALE),
        ({"iat": int(NOW.timestamp()) + 61}, AuthFailure.STALE),
        ({"nbf": int(NOW.timestamp()) + 60}, None),
        ({"aud": "slad"}, None),
    ],
)
def test_what_a_token_claims(claims: dict[str, Any], why: AuthFailure | None) -> None:
    assert asked(trusting(claims={"azp": "desk"}), token(**claims)) is why


def test_a_token_says_nothing_of_its_own_key() -> None:
    evil = {"jwk": OTHER.as_dict(private=False), "jku": "https://evil.example/keys"}
    assert asked(trusting(), token(OTHER, head=evil)) is AuthFailure.WRONG
    assert asked(trusting(), token(OTHER)) is AuthFailure.WRONG
    assert asked(trusting(), token(RSA, head={"kid": "four"})) is AuthFailure.UNKNOWN_KEY


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def test_no_token_is_believed_unsigned_or_by_a_public_key_for_a_secret() -> None:
    body = _encoded(CLAIMS)
    assert asked(trusting(), f"{_encoded({'alg': 'none'})}.{body}.") is AuthFailure.BAD_FORM
    assert asked(trusting(), f"{_encoded({'alg': 'none'})}.{body}.AAAA") is AuthFailure.BAD_FORM
    signed = f"{_encoded({'alg': 'HS256', 'kid': 'one'})}.{body}"
    mac = hmac.new(RSA.as_pem(private=False), signed.encode(), "sha256").digest()
    confused = f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert asked(trusting(), confused) is AuthFailure.BAD_FORM
    assert asked(trusting(jwt_algorithms=("RS256", "HS256")), confused) is AuthFailure.UNKNOWN_KEY
    assert asked(trusting(), "A" * 9_000) is AuthFailure.NO_PROOF
    assert verify(trusting(), b"{}", {"authorization": token()}, NOW) is AuthFailure.BAD_FORM


@given(place=st.integers(0, 10_000), character=st.characters(max_codepoint=255))
def test_one_changed_character_of_a_token_is_never_believed(place: int, character: str) -> None:
    good = token()
    place %= len(good)
    changed = good[:place] + character + good[place + 1 :]
    if changed != good and place != len(good) - 1:  # the last character has two bits that nothing reads
        assert isinstance(asked(trusting(), changed), AuthFailure)


@given(st.text(max_size=300))
def test_no_text_breaks_the_check_of_a_token(text: str) -> None:
    assert isinstance(asked(trusting(), text), AuthFailure)


# -- keys of issuers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("{}", "no list"),
        ('{"keys": [1]}', "no list"),
        ('{"keys": []}', "no public key"),
        ('{"keys": [{"kty": "RSA", "kid": "k", "n": "!", "e": "AQAB"}]}', "'k' cannot be read"),
        (orjson.dumps({"keys": [RSA.as_dict(private=True)]}).decode(), "private"),
        (orjson.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]}).decode(), "private or secret"),
        (orjson.dumps({"keys": [CURVE.as_dict(private=False)] * 33}).decode(), "more than 32"),
    ],
    ids=range(9),
)
def test_what_is_no_set_of_public_keys(text: str, why: str) -> None:
    with pytest.raises(BadKeySet, match=why):
        read_key_set(text)


class Issuer:
    """An issuer that publishes keys, and a clock."""

    def __init__(self, *keys: Key) -> None:
        self.published: str | None = key_set(*keys)
        self.asked = 0
        self.time = 0.0

    async def fetch(self, url: str) -> str:
        assert url == URL
        self.asked += 1
        await asyncio.sleep(0)
        if self.published is None:
            raise KeysUnavailable("away")
        return self.published

    def keys(self, addresses: Sequence[str] = (URL,)) -> IssuerKeys:
        return IssuerKeys(lambda: addresses, self.fetch, lambda: self.time)


async def test_keys_are_fetched_once_for_many_and_again_when_one_is_new() -> None:
    issuer = Issuer(CURVE)
    keys, how = issuer.keys(), trusting(jwks=None, jwks_url=URL)
    assert asked(how, token(), issuers=keys.known) is AuthFailure.NO_KEYS
    assert all(await asyncio.gather(*(keys.refresh(URL) for _ in range(5))))
    assert issuer.asked == 1
    assert asked(how, token(), issuers=keys.known) is AuthFailure.UNKNOWN_KEY
    issuer.published = key_set(RSA)
    assert not await keys.refresh(URL)  # whatever tokens say, an issuer is not asked more often
    issuer.time = LEAST_SECONDS
    assert await keys.refresh(URL)
    assert asked(how, token(), issuers=keys.known) is None
    assert issuer.asked == 2


async def test_keys_stay_in_use_while_their_issuer_is_away() -> None:
    issuer = Issuer(RSA)
    keys = issuer.keys()
    await keys.refresh(URL)
    for published in (None, "nonsense"):
        issuer.published, issuer.time = published, issuer.time + LEAST_SECONDS
        assert not await keys.refresh(URL)
        assert asked(trusting(jwks=None, jwks_url=URL), token(), issuers=keys.known) is None


async def test_an_address_that_is_not_there_is_no_error_of_ours() -> None:
    with pytest.raises(KeysUnavailable, match="does not answer"):
        await fetch_keys("http://127.0.0.1:9/keys")
