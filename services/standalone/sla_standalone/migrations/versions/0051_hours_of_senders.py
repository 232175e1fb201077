"""The deliveries of each hour, counted once for each source, and an index of what waits for somebody by source

The service counts what the inbox has at its first look after the upgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0051"
down_revision = "0046"
branch_labels = None
depends_on = None

_OUTCOMES = ("accepted", "ignored", "parked", "refused", "replayed")
_WAITING = "outcome IN ('parked', 'refused')"


def upgrade() -> None:
    op.create_table(
        "ingest_heard",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("hour", column.INSTANT, nullable=False),
        *(sa.Column(outcome, sa.Integer(), nullable=False) for outcome in _OUTCOMES),
        sa.Column("first_at", column.INSTANT, nullable=False),
        sa.Column("last_at", column.INSTANT, nullable=False),
        sa.Column("longest_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source", "hour"),
    )
    op.create_index(
        "ix_ingest_inbox_waiting_sender",
        "ingest_inbox",
        ["source", "outcome"],
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )


def downgrade() -> None:
    op.drop_index("ix_ingest_inbox_waiting_sender", "ingest_inbox")
    op.drop_table("ingest_heard")
