"""Deadlines of running clocks beside alerts, and alerts that are passed on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column(
        "notifier_alert", sa.Column("passed_to", sa.String(length=120), nullable=False, server_default=_EMPTY)
    )
    op.add_column(
        "notifier_alert", sa.Column("passed_by", sa.String(length=200), nullable=False, server_default=_EMPTY)
    )
    rounds = sa.Column("extra_rounds", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("notifier_alert", rounds)
    op.execute("UPDATE notifier_alert SET extra_rounds = expiries")
    op.create_table(
        "notifier_deadline",
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("plan", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clock"),
    )
    op.create_index("ix_notifier_deadline_incident", "notifier_deadline", ["incident"])
    # What runs already: the facts of it were read before there was this table.
    op.execute(
        "INSERT INTO notifier_deadline (clock, incident, contract, plan, metric, hours, due_at) "
        "SELECT CAST(id AS VARCHAR(64)), incident, contract, plan, metric, hours, due_at FROM board_clock "
        "WHERE state = 'running' AND due_at IS NOT NULL AND breached_at IS NULL"
    )


def downgrade() -> None:
    op.drop_table("notifier_deadline")
    op.drop_column("notifier_alert", "extra_rounds")
    op.drop_column("notifier_alert", "passed_by")
    op.drop_column("notifier_alert", "passed_to")
