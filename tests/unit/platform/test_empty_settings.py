"""A variable that is set to nothing, or to spaces, is as one that is not set, whichever setting it is."""

from __future__ import annotations

import pytest

from sla_platform.settings import Settings


@pytest.mark.parametrize("blank", ["", " ", "\t "])
@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_blank_variable_is_the_default(name: str, blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"SLAD_{name.upper()}", raising=False)
    without = Settings()
    monkeypatch.setenv(f"SLAD_{name.upper()}", blank)
    empty = Settings()
    assert getattr(empty, name) == getattr(without, name)
    assert name not in empty.model_fields_set
