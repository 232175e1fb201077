"""Turns by contract, patience of endpoints"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_waiting",
        sa.Column("seq", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("flow", sa.String(length=120), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_notifier_waiting_clock", "notifier_waiting", ["clock"])
    op.create_index(
        "ix_notifier_waiting_flow",
        "notifier_waiting",
        ["flow", "seq"],
        postgresql_where=sa.text("error = ''"),
        sqlite_where=sa.text("error = ''"),
    )
    op.add_column("notifier_endpoint", sa.Column("rest_until", column.INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("notifier_endpoint", "rest_until")
    op.drop_table("notifier_waiting")
