"""Who may look: keys as bearer token or Basic password, scopes, expiry, one contract, an open loopback."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import Request

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_domain.contract import ContractId
from sla_platform.apikey.copy import KeyCopy
from sla_platform.apikey.key import MadeKey, key_hash, key_text
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


def made(number: int, secret: str, **more: Any) -> MadeKey:
    return MadeKey(
        number=number, name="wall", sha256=key_hash(key_text(number, secret)), scopes=frozenset({"read"}),
        contract="acme", expires=None, made_at=Noon().now(), made_by="operator:root", **more,
    )  # fmt: skip


def present(copy: KeyCopy, text: str) -> KeyAccess:
    request = Request({"type": "http", "headers": [(b"authorization", f"Bearer {text}".encode("latin-1"))]})
    return KeyGate(lambda: KEYS, Noon(), made=copy.find)(request, READ)


def copy_of(*keys: MadeKey) -> KeyCopy:
    copy = KeyCopy(None)  # type: ignore[arg-type]  # nothing is read here
    copy._keys = {key.number: key for key in keys}
    return copy


def test_a_made_key_opens_what_it_says_and_nothing_near_it_does() -> None:
    one, two = "a" * 43, "b" * 43
    copy = copy_of(made(1, one), made(2, two))
    access = present(copy, key_text(1, one))
    assert (access.key, access.contract, access.scopes) == ("wall#1", "acme", {"read"})
    assert present(copy, "reader").key == "key of reader", "those of the catalogue go on"
    said = set()
    for text in (
        key_text(2, one), key_text(3, one), key_text(1, one[:-1]), key_text(1, one) + "a", f"slad_01_{one}",
        f"slad_1_{one}=", f"SLAD_1_{one}", f"slad_1_{'é' * 43}", f"slad_{'9' * 40}_{one}", one, "slad_1_", "nobody",
    ):  # fmt: skip
        with pytest.raises(Problem) as refused:
            present(copy, text)
        said.add((refused.value.status, str(refused.value)))
    assert len(said) == 1


def test_a_made_key_that_was_revoked_or_has_expired_is_none() -> None:
    secret = "a" * 43
    good = made(1, secret)
    assert present(copy_of(replace(good, expires=date(2026, 11, 17))), key_text(1, secret)).key == "wall#1"
    for bad in (replace(good, expires=date(2026, 11, 16)), replace(good, revoked_at=Noon().now())):
        with pytest.raises(Problem, match="not known or has expired"):
            present(copy_of(bad), key_text(1, secret))
