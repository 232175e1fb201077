"""Marks of runs that were interrupted, beside the positions of readers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0051"
branch_labels = None
depends_on = None

READERS = (
    "board", "board_contract", "ingest", "notifier", "notifier_contract", "notifier_deadline", "timer", "timer_contract"
)  # fmt: skip


def upgrade() -> None:
    for reader in READERS:
        op.add_column(f"{reader}_cursor", sa.Column("starts", sa.Integer(), nullable=True))
        op.add_column(f"{reader}_cursor", sa.Column("held", sa.BigInteger(), nullable=True))
        op.add_column(
            f"{reader}_cursor", sa.Column("deaths", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )


def downgrade() -> None:
    for reader in READERS:
        for column in ("deaths", "held", "starts"):
            op.drop_column(f"{reader}_cursor", column)
