"""Conversations with mailboxes, and the secret of links, which is made once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_conversation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("storm", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("digest", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("next_at", column.INSTANT, nullable=True),
        sa.Column("paid_until", column.INSTANT, nullable=True),
        sa.Column("last_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_conversation_last", "notifier_conversation", ["last_at"])
    op.create_table(
        "notifier_secret",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("made_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("notifier_secret")
    op.drop_index("ix_notifier_conversation_last", "notifier_conversation")
    op.drop_table("notifier_conversation")
