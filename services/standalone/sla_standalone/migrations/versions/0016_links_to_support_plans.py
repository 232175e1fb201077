"""Links by which customers read the support plan of a contract"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board_plan_link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", column.INSTANT, nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("expires_at", column.INSTANT, nullable=False),
        sa.Column("revoked_at", column.INSTANT, nullable=True),
        sa.Column("revoked_by", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_board_plan_link_sha256", "board_plan_link", ["sha256"], unique=True)
    op.create_index("ix_board_plan_link_contract", "board_plan_link", ["contract", "made_at"])
    op.create_index("ix_board_plan_link_expires", "board_plan_link", ["expires_at"])


def downgrade() -> None:
    op.drop_table("board_plan_link")
