"""docs/connect/mapped.md, done by the word: its map and its body, then the real payloads of Front."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.shared_data import SHARED, needs_shared
from tests.unit.cli.invoke import slad

PAGE = (Path(__file__).parents[3] / "docs/connect/mapped.md").read_text()
REAL = {
    "inbound_message": "customer_replied",
    "outbound_reply": "responded",
    "conversation_assigned": "assigned",
    "conversation_assigned_reply": "assigned",
    "conversation_reopened": "reopened",
    "conversation_tagged": "observed",
    "conversation_untagged": "observed",
    "comment": "ignored",
    "mention_all": "ignored",
}


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def front(tmp_path: Path) -> Path:
    (tmp_path / "front.yaml").write_text(block("yaml"))
    return tmp_path / "front.yaml"


def test_the_output_that_the_page_shows_is_what_comes(front: Path) -> None:
    said = slad("map", "try", "front", "--catalogue", front, stdin=block("json"))
    assert said.status == 0, said.err
    shown = [line for line in block("text").splitlines()[1:] if "…" not in line]
    assert [line for line in shown if line not in said.out.splitlines()] == []


@needs_shared
@pytest.mark.parametrize(("name", "meaning"), REAL.items())
def test_every_real_payload_of_front_is_understood(front: Path, name: str, meaning: str) -> None:
    body = (SHARED / f"data/webhooks/front/{name}.json").read_bytes()
    (found,) = slad("map", "try", "front", "--catalogue", front, "--format", "json", stdin=body).json["events"]
    assert meaning in (found["outcome"], *(event["kind"] for event in found.get("events", ())))
