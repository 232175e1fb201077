"""One quarantine in every service; what the timer has set aside is brought along"""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OLD = """
    SELECT q.clock_id, q.kind, q.generation, q.fire_at, q.partition, q.error, q.at, c.incident
    FROM timer_quarantine q LEFT JOIN timer_clock c ON c.id = q.clock_id
"""


def upgrade() -> None:
    for service in ("ingest", "notifier", "board"):
        _create(service)
    rows = op.get_bind().execute(sa.text(_OLD)).mappings().all()
    op.drop_table("timer_quarantine")
    table = _create("timer", sa.Column("clock_id", column.CLOCK_KEY, nullable=True))
    op.create_index("ix_timer_quarantine_clock", "timer_quarantine", ["clock_id"])
    op.bulk_insert(table, [_carried(row) for row in rows])


def downgrade() -> None:
    """Drop the new tables with all quarantined events, and make the old, empty table `timer_quarantine`.

    The timer's check of itself later finds the clocks whose timers were lost with them.
    """
    for service in ("board", "notifier", "ingest", "timer"):
        op.drop_table(f"{service}_quarantine")
    op.create_table(
        "timer_quarantine",
        sa.Column("clock_id", column.CLOCK_KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fire_at", column.INSTANT, nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", "kind"),
    )


def _create(service: str, *own: sa.Column[Any]) -> sa.Table:
    name = f"{service}_quarantine"
    table = op.create_table(
        name,
        sa.Column("id", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("position", sa.String(length=300), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("event", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", column.INSTANT, nullable=False),
        sa.Column("last_at", column.INSTANT, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        *own,
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"uq_{name}_digest", name, ["digest"], unique=True)
    op.create_index(f"ix_{name}_state", name, ["state", "id"])
    op.create_index(f"ix_{name}_key", name, ["key"])
    return table


def _carried(row: sa.RowMapping) -> dict[str, Any]:
    clock, incident = str(row["clock_id"]), row["incident"] or ""
    told = {name: row[name] for name in ("kind", "generation", "partition", "fire_at")}
    return {
        "digest": f"tick/{clock}/{row['kind']}",
        "part": "tick",
        "position": f"timer_timer/{clock}/{row['kind']}",
        "partition": row["partition"],
        "topic": "",
        "key": incident,
        "event": f"{clock}/{row['generation']}/{row['kind']}",
        "type": "timer",
        "headers": "{}",
        "data": orjson.dumps({"clock_id": clock, "incident": incident} | told),
        "error": row["error"],
        "count": 1,
        "first_at": row["at"],
        "last_at": row["at"],
        "state": "quarantined",
        "clock_id": row["clock_id"],
    }
