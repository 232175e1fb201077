"""requirements.lock installs what pyproject.toml asks for, on any machine, and nothing unverified."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]


def _pinned() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;]+)", LOCK, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


@pytest.mark.parametrize("line", ASKED)
def test_a_dependency_is_pinned_to_a_version_it_allows(line: str) -> None:
    asked = Requirement(line)
    pins = _pinned().get(canonicalize_name(asked.name), [])

    assert pins, f"{asked.name} is not in requirements.lock: run `make lock`"
    assert all(asked.specifier.contains(pin) for pin in pins), f"{pins} does not satisfy {line}: run `make lock`"


def test_every_pin_has_a_hash_and_no_host_is_named() -> None:
    pins = LOCK.replace("\\\n", " ").splitlines()

    assert len(pins) >= len(ASKED)
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in LOCK
    assert "--index" not in LOCK
