"""Contacts of customers who want no messages, and for which side a message is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_opt_out",
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("out", sa.Boolean(), nullable=False),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("contract", "person"),
    )
    side = sa.Column("side", sa.String(length=10), nullable=False, server_default=sa.text("''"))
    op.add_column("notifier_delivery", side)


def downgrade() -> None:
    op.drop_column("notifier_delivery", "side")
    op.drop_table("notifier_opt_out")
