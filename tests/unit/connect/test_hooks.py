"""Webhooks made by API, on fakes that answer as the vendors do: with errors, rate limits and what is there already."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from tests.real.hook_apis import PAGERDUTY_SECRET, TOKENS, HookApis, hook_apis

from sla_catalogue import Dialect
from sla_catalogue.system import SecretMaker, system_of
from sla_standalone.cli.connect.hook import HOOKS, HookRefused, MadeHook

URL = "http://127.0.0.1:9/v1/webhooks/desk"
TARGETS = {Dialect.GITHUB: "acme/shop", Dialect.GITLAB: "acme/shop", Dialect.LINEAR: "", Dialect.PAGERDUTY: ""}
ALL = pytest.mark.parametrize("dialect", HOOKS)


@pytest.fixture
def apis() -> Iterator[HookApis]:
    with hook_apis() as running:
        yield running


def made(
    apis: HookApis, dialect: Dialect, target: str | None = None, token: str = "", waits: list[float] | None = None
) -> MadeHook:
    with httpx2.Client(trust_env=False, timeout=5) as client:
        return HOOKS[dialect].make(
            client, apis.url, token or TOKENS[dialect.value], TARGETS[dialect] if target is None else target, URL,
            "our secret", (waits if waits is not None else []).append,
        )  # fmt: skip


def test_a_system_with_a_token_has_an_api_and_the_other_way_round() -> None:
    assert {dialect for dialect in Dialect if system_of(dialect.value).token} == set(HOOKS)
    theirs = {dialect for dialect in HOOKS if HOOKS[dialect].theirs}
    assert all(system_of(dialect.value).secret is SecretMaker.THEIRS for dialect in theirs)


@ALL
def test_a_webhook_is_made_once(apis: HookApis, dialect: Dialect) -> None:
    hook = made(apis, dialect)
    secret = PAGERDUTY_SECRET if dialect is Dialect.PAGERDUTY else "our secret"
    assert apis.hooks == [{"id": hook.id, "url": URL, "secret": secret}]
    assert hook.secret == (secret if HOOKS[dialect].theirs else "")
    with pytest.raises(HookRefused, match="already"):
        made(apis, dialect)
    assert len(apis.hooks) == 1


@pytest.mark.parametrize("dialect", [Dialect.GITLAB, Dialect.PAGERDUTY])
def test_a_system_that_sends_no_ping_by_itself_is_asked_for_one(apis: HookApis, dialect: Dialect) -> None:
    with httpx2.Client(trust_env=False, timeout=5) as client:
        hook = HOOKS[dialect].make(
            client, apis.url, TOKENS[dialect.value], TARGETS[dialect], URL, "our secret", lambda _: None
        )
        assert hook.ping is not None
        hook.ping()
    assert apis.pinged == [(URL, 0)]


@pytest.mark.parametrize(
    ("dialect", "target"), [(Dialect.GITHUB, "acme"), (Dialect.GITLAB, "group:acme"), (Dialect.LINEAR, "t-1")]
)
def test_a_webhook_is_made_for_a_whole_organization_or_a_team(apis: HookApis, dialect: Dialect, target: str) -> None:
    made(apis, dialect, target)
    assert len(apis.hooks) == 1


@ALL
def test_a_token_that_is_not_valid_is_said_with_what_to_do(apis: HookApis, dialect: Dialect) -> None:
    with pytest.raises(HookRefused, match=r"401 .*; the (token|key) is not valid"):
        made(apis, dialect, token="bad")
    assert apis.hooks == []


@pytest.mark.parametrize(
    ("dialect", "target", "said"),
    [
        (Dialect.GITHUB, "acme/none", "404 Not Found; there is no such repository"),
        (Dialect.GITLAB, "acme/none", "404 404 Project Not Found; there is no such project"),
        (Dialect.LINEAR, "nobody", "Could not find that team"),
    ],
)
def test_what_is_not_there_is_said(apis: HookApis, dialect: Dialect, target: str, said: str) -> None:
    with pytest.raises(HookRefused, match=said):
        made(apis, dialect, target)


@ALL
@pytest.mark.parametrize(
    "trouble",
    [
        (429, {"message": "slow down"}, {"Retry-After": "7"}),
        (403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "7"}),
        (503, None, {"Retry-After": "7"}),
    ],
)
def test_a_rate_limit_is_waited_for(apis: HookApis, dialect: Dialect, trouble: tuple) -> None:
    apis.trouble = [trouble, trouble]
    waits: list[float] = []
    made(apis, dialect, waits=waits)
    assert waits == [7.0, 7.0]
    assert len(apis.hooks) == 1


@ALL
def test_a_long_rate_limit_ends_the_attempt(apis: HookApis, dialect: Dialect) -> None:
    apis.trouble = [
        (403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "retry-after": "1800"})
    ]
    waits: list[float] = []
    with pytest.raises(HookRefused, match="try again in 1800 seconds"):
        made(apis, dialect, waits=waits)
    assert waits == []
    apis.trouble = [(500, None)] + [(429, None, {"Retry-After": "1"})] * 3
    with pytest.raises(HookRefused, match="500"):
        made(apis, dialect, waits=waits)
    with pytest.raises(HookRefused, match="429"):
        made(apis, dialect, waits=waits)
    assert waits == [1.0, 1.0]


@ALL
def test_a_server_that_is_away_is_said(apis: HookApis, dialect: Dialect) -> None:
    with httpx2.Client(trust_env=False) as client, pytest.raises(HookRefused, match="does not answer: ConnectError"):
        HOOKS[dialect].make(client, "http://127.0.0.1:9", "x", "a/b", URL, "s", lambda _: None)
