"""`slad connect` beside a running service: from an empty place in the catalogue to the first delivery."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.hook_apis import TOKENS, hook_apis
from tests.unit.cli.invoke import Said, slad

ADMIN = "demo-admin-key"
pytestmark = pytest.mark.timeout(120)


def connect(service: str, catalogue: Path, *arguments: str) -> Said:
    return slad("connect", *arguments, "--catalogue", catalogue, "--public-url", service, "--url", service)


def test_a_repository_is_connected_by_the_api_and_its_ping_is_seen(
    service: str, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKENS["github"])
    with hook_apis() as apis:
        said = connect(
            service, catalogue, "github", "--source", "shop", "--repo", "acme/shop", "--api", apis.url, "--yes",
            "--test", "--wait", "20", "--key", ADMIN,
        )  # fmt: skip
    assert said.status == 0, said.out + said.err
    assert apis.pinged == [(f"{service}/v1/webhooks/shop", 202)], "slad had read the source before GitHub sent its ping"
    assert "+  shop:" in said.out
    assert "The webhook 1 is made: GitHub sends to" in said.out
    assert "an opening by it would be accepted: opened shop:77 (customer acme, title Down)" in said.out
    assert f"{service}/v1/webhooks/shop takes deliveries of shop: the proof of origin is good" in said.out
    assert "ignored: a test delivery: the connection works" in said.out
    assert (catalogue / "secrets" / "shop").read_text().strip() == apis.hooks[0]["secret"]
    again = connect(service, catalogue, "github", "--source", "shop", "--test")
    assert again.status == 0
    assert "nothing is written" in again.err
    sources = {
        one["source"]: one for one in slad("sources", "--url", service, "--key", ADMIN, "--json").json["sources"]
    }
    assert sources["shop"]["last_day"] == {"ignored": 1}, "what slad sent itself is no delivery of the source"


def test_waiting_ends_and_says_so(service: str, catalogue: Path) -> None:
    said = connect(service, catalogue, "redmine", "--source", "mine", "--yes", "--wait", "0.1", "--key", ADMIN)
    assert said.status == 1
    assert "nothing came" in said.err
