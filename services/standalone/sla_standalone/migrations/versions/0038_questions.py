"""Questions to the customer's people, and how far ingest has read their answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0038"
down_revision = "0028"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")


def upgrade() -> None:
    op.create_table(
        "notifier_question",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("occasion", sa.String(length=260), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", column.INSTANT, nullable=False),
        sa.Column("expires_at", column.INSTANT, nullable=False),
        sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", column.INSTANT),
        sa.Column("ended_at", column.INSTANT),
        sa.Column("answered_by", sa.String(length=120), server_default=_EMPTY, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_question_next", "notifier_question", ["next_at"])
    op.create_index("ix_notifier_question_incident", "notifier_question", ["incident"])
    op.create_table(
        "ingest_cursor",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )


def downgrade() -> None:
    op.drop_table("ingest_cursor")
    op.drop_table("notifier_question")
