"""The table of dialects: complete, and the only place where intake learns how a dialect is taken in."""

from __future__ import annotations

import inspect

import pytest

from sla_catalogue.source import Dialect
from sla_ingest import intake
from sla_ingest.dialect import DIALECTS


def test_every_dialect_that_a_catalogue_may_name_is_spoken() -> None:
    assert set(DIALECTS) == set(Dialect)


@pytest.mark.parametrize("dialect", Dialect)
def test_intake_knows_no_dialect_by_name(dialect: Dialect) -> None:
    assert f"Dialect.{dialect.name}" not in inspect.getsource(intake)
    assert f"dialect.{dialect.value}" not in inspect.getsource(intake)
