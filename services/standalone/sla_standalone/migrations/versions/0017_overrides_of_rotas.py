"""Overrides of rotas that are made over the API"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_rota_override",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rota", sa.Text(), nullable=False),
        sa.Column("starts_at", column.INSTANT, nullable=False),
        sa.Column("ends_at", column.INSTANT, nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("instead_of", sa.String(length=120), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", column.INSTANT, nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_notifier_rota_override_changed", "notifier_rota_override", ["changed"])


def downgrade() -> None:
    op.drop_table("notifier_rota_override")
