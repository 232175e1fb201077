"""Finding incidents by a text: by the name of a ticket, else by any part of what is searched."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.condition import TextCondition, belongs, dated
from sla_board.history.count import read_counts
from sla_board.history.filter import IncidentFilter
from sla_board.projection.text import containing
from sla_board.text_index import NAME, SHORTEST
from sla_platform.store.alias import incident_named
from sla_platform.store.dialect import is_postgres

FREQUENT = 2_000
"""The most rows with a text that are looked up one by one."""
FEW = 20_000
"""Of so many rows, at most, each is looked at; among more the index of texts finds those with a text."""
_listed = tables.listed.c


async def text_condition(connection: AsyncConnection, shown: IncidentFilter) -> TextCondition | None:
    """Return the SQL condition of a filter on its search text. None without a text.

    If the text is the name of a ticket or the id of an incident, only that ticket matches. Otherwise an incident
    matches if its id, names, title, customer or contract contains the text. Case is ignored.
    """
    typed = shown.text.strip()
    if not typed:
        return None
    named = await incident_named(connection, tables.alias, typed)
    exactly = or_(_listed.folded == typed.casefold(), _listed.incident.in_(sorted({typed, named})))
    query = select(_listed.incident).where(exactly, *belongs(_any_priority(shown), _listed)).limit(1)
    if (await connection.execute(query)).first() is not None:
        return TextCondition(exactly, frequent=False)
    within = _listed.search.like(containing(typed), escape="\\")
    among = await read_counts(connection, replace(shown, text="", states=(), verdicts=()), None)
    if among.total <= FEW:
        return TextCondition(within, frequent=False)
    candidates = select(_listed.incident).where(within, *await _indexed(connection, typed))
    if not shown.metric:
        candidates = candidates.where(*belongs(shown, _listed), *dated(shown, _listed))
    found = (await connection.execute(candidates.limit(FREQUENT + 1))).scalars().all()
    if len(found) > FREQUENT:
        return TextCondition(within, frequent=True)
    return TextCondition(and_(within, _listed.incident.in_(sorted({*found}))), frequent=False)


async def _indexed(connection: AsyncConnection, typed: str) -> list[ColumnElement[bool]]:
    """What has the planner of SQLite use the index of texts; PostgreSQL's does so by itself."""
    folded = typed.casefold()
    if is_postgres(connection) or len(folded) < SHORTEST:
        return []
    there = text("SELECT 1 FROM sqlite_master WHERE name = :name").bindparams(name=NAME)
    if (await connection.execute(there)).first() is None:
        return []
    phrase = '"' + folded.replace('"', '""') + '"'
    matching = text(f"board_listed.position IN (SELECT rowid FROM {NAME} WHERE {NAME} MATCH :phrase)")  # noqa: S608
    return [matching.bindparams(phrase=phrase)]  # type: ignore[list-item]  # a text stands for a condition


def _any_priority(shown: IncidentFilter) -> IncidentFilter:
    """Whether a name is a ticket's does not depend on what else is chosen; whose tickets may be seen stays."""
    return IncidentFilter(contracts=shown.contracts, only_contract=shown.only_contract)
