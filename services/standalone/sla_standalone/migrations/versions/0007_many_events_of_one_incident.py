"""Counts of an incident's events, and events that do not count"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timer_surplus",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", column.INSTANT, nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timer_surplus_incident", "timer_surplus", ["incident"])
    op.drop_index("ix_timer_event_incident", "timer_event")
    op.create_index("ix_timer_event_incident", "timer_event", ["incident", "occurred_at", "id"])
    for name in ("events", "surplus"):
        op.add_column("timer_incident", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute(
        "UPDATE timer_incident SET events = "
        "(SELECT count(*) FROM timer_event WHERE timer_event.incident = timer_incident.id)"
    )


def downgrade() -> None:
    for name in ("surplus", "events"):
        op.drop_column("timer_incident", name)
    op.drop_index("ix_timer_event_incident", "timer_event")
    op.create_index("ix_timer_event_incident", "timer_event", ["incident"])
    op.drop_table("timer_surplus")
