"""The phase of an incident as the timer tells it, and the hours in which a clock counts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board_phase",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.add_column("board_clock", sa.Column("hours", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("board_clock", sa.Column("left_seconds", sa.Float(), nullable=True))
    op.add_column("timer_clock", sa.Column("weight", sa.Float(), nullable=True))
    zero, to_send = sa.text("0"), sa.text("state IN ('queued', 'sending', 'retrying') AND carried_by = ''")
    op.add_column("notifier_alert", sa.Column("weight", sa.Float(), server_default=zero, nullable=False))
    op.add_column("notifier_delivery", sa.Column("turn", sa.Float(), server_default=zero, nullable=False))
    op.create_index(
        "ix_notifier_delivery_turn",
        "notifier_delivery",
        ["endpoint", "turn", "next_at"],
        postgresql_where=to_send,
        sqlite_where=to_send,
    )


def downgrade() -> None:
    op.drop_index("ix_notifier_delivery_turn", "notifier_delivery")
    op.drop_column("notifier_delivery", "turn")
    op.drop_column("notifier_alert", "weight")
    op.drop_column("timer_clock", "weight")
    op.drop_column("board_clock", "left_seconds")
    op.drop_column("board_clock", "hours")
    op.drop_table("board_phase")
