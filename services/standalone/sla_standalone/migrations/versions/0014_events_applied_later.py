"""Events that wait until their incident is folded again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timer_deferred",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", column.INSTANT, nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timer_deferred_incident", "timer_deferred", ["incident", "received_at", "id"])
    op.add_column("timer_incident", sa.Column("deferred", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    # What waits goes to the events; the next event of its incident folds it. Held timers may fire again.
    columns = "id, incident, type, occurred_at, received_at, data"
    op.execute(f"INSERT INTO timer_event ({columns}) SELECT {columns} FROM timer_deferred")  # noqa: S608 - constant
    op.execute("UPDATE timer_incident SET events = events + deferred WHERE deferred > 0")
    op.execute(
        "UPDATE timer_timer SET ripe_at = NULL WHERE clock_id IN (SELECT timer_clock.id FROM timer_clock "
        "JOIN timer_incident ON timer_incident.id = timer_clock.incident WHERE timer_incident.deferred > 0)"
    )
    op.drop_column("timer_incident", "deferred")
    op.drop_index("ix_timer_deferred_incident", "timer_deferred")
    op.drop_table("timer_deferred")
