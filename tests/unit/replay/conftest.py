"""The small plan as a catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.replay.made import PLAN

from sla_catalogue import Catalogue, load_catalogue


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Catalogue]:
    """A catalogue from its text."""

    def loaded(text: str) -> Catalogue:
        path = tmp_path / f"{abs(hash(text))}.yaml"
        path.write_text(text)
        return load_catalogue(path)

    return loaded


@pytest.fixture
def plain(load: Callable[[str], Catalogue]) -> Catalogue:
    return load(PLAN)
