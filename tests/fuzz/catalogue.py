"""The catalogue of the world that is fuzzed: that of tests/e2e, and a source of each further dialect."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from sla_catalogue import Catalogue, load_catalogue

SOURCES = Path(__file__).with_name("sources.yaml")


def with_sources(folder: Path, environment: Mapping[str, str]) -> Catalogue:
    """Add the sources to the folder of a world's catalogue; return that catalogue, with its secrets."""
    shutil.copy(SOURCES, folder / "fuzz.yaml")
    return load_catalogue(folder, environment=environment)
