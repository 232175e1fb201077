"""Frozen reports, their schedules, and what reports read of all alerts and events of a period"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
_VOICE = sa.text("type IN ('io.slad.incident.escalated.v1', 'io.slad.incident.rated.v1')")


def upgrade() -> None:
    op.create_table(
        "board_report",
        sa.Column("number", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=12), nullable=False),
        sa.Column("until", column.INSTANT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("frozen_at", column.INSTANT, nullable=False),
        sa.Column("frozen_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_board_report_one", "board_report", ["contract", "kind", "period", "revision"], unique=True)
    op.create_index("ix_board_report_until", "board_report", ["contract", "until"])
    op.create_table(
        "board_report_schedule",
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("schedule", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=12), nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("contract", "schedule"),
    )
    op.create_index("ix_board_report_schedule_due", "board_report_schedule", ["due_at"])
    op.create_index("ix_board_event_voice", "board_event", ["at"], sqlite_where=_VOICE, postgresql_where=_VOICE)
    op.create_index("ix_board_alert_contract", "board_alert", ["contract", "at"])


def downgrade() -> None:
    op.drop_index("ix_board_alert_contract", "board_alert")
    op.drop_index("ix_board_event_voice", "board_event")
    op.drop_table("board_report_schedule")
    op.drop_table("board_report")
