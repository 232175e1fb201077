"""`slad openslo`: objectives for other tools, and the words about what they cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.unit.catalogue.made import SOUND, changed, written
from tests.unit.cli.invoke import slad

OBJECTIVES = """\
    escalation: none
    objectives:
      - {id: in-time, percent: 90%, title: In time}
      - {id: year, percent: 80%, period: contract_year}
"""


@pytest.fixture
def promising(tmp_path: Path) -> Path:
    return written(tmp_path, changed("    escalation: none\n", OBJECTIVES))


def test_a_service_and_an_slo_for_each_objective(promising: Path) -> None:
    said = slad("openslo", "acme", "--catalogue", promising)
    assert said.status == 0, said.err
    documents = list(yaml.safe_load_all(said.out))
    assert [one["kind"] for one in documents][:2] == ["Service", "SLO"]
    assert {one["apiVersion"] for one in documents} == {"openslo/v1"}
    assert slad("openslo", "--catalogue", promising, "--format", "json").json == documents


def test_without_objectives_it_says_so(tmp_path: Path) -> None:
    said = slad("openslo", "acme", "--catalogue", written(tmp_path, SOUND))
    assert (said.status, said.out) == (0, "")
    assert "no contract here has an objective" in said.err


def test_of_an_unknown_contract_there_is_nothing_to_print(promising: Path) -> None:
    assert slad("openslo", "nosuch", "--catalogue", promising).status == 2
