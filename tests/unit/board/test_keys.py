"""Who may look: keys as bearer token or Basic password, scopes, expiry, one contract, an open loopback."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, date, datetime

import pytest
from fastapi import Request

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_platform.http.keys import READ, KeyAccess, KeyGate, presented_key
from sla_platform.http.problem import Problem


class Noon:
    authoritative = True

    def now(self) -> datetime:
        return datetime(2026, 11, 16, 12, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


def key(text: str, *scopes: KeyScope, contract: str | None = None, expires: date | None = None) -> ApiKey:
    return ApiKey(
        id=KeyId(f"key of {text}"),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        scopes=frozenset(scopes),
        contract=ContractId(contract) if contract else None,
        expires=expires,
    )


KEYS = (
    key("reader", KeyScope.READ),
    key("acme-reader", KeyScope.READ, contract="acme"),
    key("writer", KeyScope.INGEST),
    key("admin", KeyScope.ADMIN),
    key("old", KeyScope.READ, expires=date(2026, 11, 16)),
    key("fresh", KeyScope.READ, expires=date(2026, 11, 17)),
)


def ask(header: str | None, *, open_scopes: frozenset[str] = frozenset()) -> KeyAccess:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    request = Request({"type": "http", "headers": headers})
    return KeyGate(lambda: KEYS, Noon(), open_scopes=open_scopes)(request, READ)


def basic(password: str, user: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "header",
    ["Basic é", "Basic ÿÿ==", "Bearer é", "é", "Basic //8=", "Basic " + "A" * 5_000, "Basic", "", "\xa0"],
)
def test_no_header_however_odd_breaks_the_check(header: str) -> None:
    with pytest.raises(Problem) as refused:
        ask(header)
    assert refused.value.status == 401


@pytest.mark.parametrize("header", ["Bearer reader", "bearer  reader ", basic("reader"), basic("reader", "anna")])
def test_a_key_is_a_bearer_token_or_a_basic_password(header: str) -> None:
    assert ask(header).key == "key of reader"


def test_a_key_of_one_contract_says_so() -> None:
    assert ask("Bearer acme-reader").contract == "acme"
    assert ask("Bearer reader").contract is None


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Bearer nobody", "Bearer old", "Basic", "Basic !!!", "Basic cmVhZGVy",
        basic(""), basic("nobody"), "Basic " + base64.b64encode(b":\xff\xfe").decode(), "Digest reader",
        "Bearer " + "x" * 5000, "Bearer r\u00e9ader",
    ],
)  # fmt: skip
def test_anything_else_is_asked_for_a_key_in_the_same_words(header: str | None) -> None:
    with pytest.raises(Problem) as refused:
        ask(header)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic")
    assert "reader" not in str(refused.value)


def test_a_key_counts_until_the_day_it_expires() -> None:
    assert ask("Bearer fresh").key == "key of fresh"


def test_a_key_without_the_scope_is_known_and_refused() -> None:
    with pytest.raises(Problem) as refused:
        ask("Bearer writer")
    assert refused.value.status == 403
    assert ask("Bearer admin").allows(READ)


def test_an_open_board_needs_no_key_and_a_wrong_one_is_still_wrong() -> None:
    opened = frozenset({READ})
    assert ask(None, open_scopes=opened).contract is None
    assert ask("Bearer acme-reader", open_scopes=opened).contract == "acme"
    with pytest.raises(Problem):
        ask("Bearer nobody", open_scopes=opened)


def test_a_password_may_hold_colons() -> None:
    assert presented_key(basic("a:b:c", "user")) == "a:b:c"
