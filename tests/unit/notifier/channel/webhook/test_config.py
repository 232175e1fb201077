"""The url of a webhook channel, as `slad check` judges it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, errors, problems


def text(url: str) -> str:
    return f"{SOUND}channels: {{hook: {{kind: webhook, url: '{url}'}}}}\n"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://xn--999999999.example/hook", "'xn--999999999' stands for no letters"),
        (f"https://{'h' * 64}.example/hook", "has 64 characters"),
        ("https://☕.example/hook", "cannot be written in ASCII"),
        ("https://[::1/hook", "cannot be read"),
        ("ftp://hooks.example", "not http or https with a host"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused(tmp_path: Path, url: str, said: str) -> None:
    (problem,) = [each for each in problems(tmp_path, text(url)) if each.code == "channel"]
    assert said in problem.message


@pytest.mark.parametrize("url", ["https://xn--mller-kva.example/hook", "https://[2001:db8::1]/hook"])
def test_a_url_that_can_be_reached_is_taken(tmp_path: Path, url: str) -> None:
    assert errors(tmp_path, text(url)) == []
