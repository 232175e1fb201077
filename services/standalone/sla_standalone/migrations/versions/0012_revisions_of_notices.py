"""Revisions of notices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("ingest_notice", sa.Column("content", sa.Text(), server_default=_EMPTY, nullable=False))
    op.create_table(
        "ingest_notice_revision",
        sa.Column("notice", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "revision"),
    )


def downgrade() -> None:
    op.drop_table("ingest_notice_revision")
    op.drop_column("ingest_notice", "content")
