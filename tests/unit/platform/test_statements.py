"""Statements that differ by database are built once for a table, and run many times."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite

from sla_platform.store.dialect import upsert

TABLE = Table("one", MetaData(), Column("id", Integer, primary_key=True), Column("word", String), Column("at", Integer))
OTHER = Table("other", MetaData(), Column("id", Integer, primary_key=True), Column("word", String))
DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def connected(name: str) -> Any:
    return SimpleNamespace(dialect=SimpleNamespace(name=name))


@pytest.mark.parametrize("name", DIALECTS)
def test_an_upsert_is_built_once_for_a_table(name: str) -> None:
    """To build one takes longer than to run it, and holds up the loop for everybody."""
    assert upsert(connected(name), TABLE) is upsert(connected(name), TABLE)


@pytest.mark.parametrize("name", DIALECTS)
def test_tables_and_what_they_keep_have_statements_of_their_own(name: str) -> None:
    def written(statement: Any) -> str:
        return " ".join(str(statement.compile(dialect=DIALECTS[name])).split())

    assert written(upsert(connected(name), TABLE)).endswith("SET word = excluded.word, at = excluded.at")
    keeping = upsert(connected(name), TABLE, keep=frozenset({"at"}))
    assert written(keeping).endswith("SET word = excluded.word")
    assert written(upsert(connected(name), OTHER)).startswith("INSERT INTO other")


def test_a_statement_of_one_database_is_not_given_to_the_other() -> None:
    assert isinstance(upsert(connected("sqlite"), TABLE), sqlite.Insert)
    assert isinstance(upsert(connected("postgresql"), TABLE), postgresql.Insert)
