"""What told marks mean: the due instants of warnings and breaches told so far, beside their keys

The instants are taken from the timer's log; where it no longer has a fact, the applier finds out when it next folds the
incident. Older releases pass these words over.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BATCH = 5_000
_TYPES = ("io.slad.clock.warned.v1", "io.slad.clock.breached.v1")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_log = sa.table(
    "timer_log", sa.column("position", column.BIG_ID), sa.column("id", sa.String), sa.column("type", sa.String),
    sa.column("time", column.INSTANT),
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    clock = "CAST(:clock AS uuid)" if column.on_postgres() else ":clock"
    statement = sa.text(f"UPDATE timer_clock SET told = told || :words WHERE id = {clock}")  # noqa: S608 - two constants
    position = -1
    while rows := _facts_after(connection, position):
        position = rows[-1].position
        words: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            told_of, _, key = row.id.partition("/")
            words[told_of].append(f" @{key}={_micros(row.time)}/")
        connection.execute(statement, [{"clock": told_of, "words": "".join(each)} for told_of, each in words.items()])


def downgrade() -> None:
    """Do nothing: the words that `upgrade` added stay, since older releases ignore them."""


def _facts_after(connection: sa.Connection, position: int) -> list[Any]:
    c = _log.c
    query = sa.select(c.position, c.id, c.time).where(c.position > position, c.type.in_(_TYPES))
    return list(connection.execute(query.order_by(c.position).limit(_BATCH)).all())


def _micros(at: Any) -> int:
    """SQLite keeps instants as microseconds."""
    return (at - _EPOCH) // timedelta(microseconds=1) if isinstance(at, datetime) else int(at)
