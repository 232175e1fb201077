"""What was told of contracts themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_contract_told",
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("contract", "key"),
    )


def downgrade() -> None:
    op.drop_table("notifier_contract_told")
