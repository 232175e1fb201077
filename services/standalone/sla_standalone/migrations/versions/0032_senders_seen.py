"""What is seen of a sender is read from an index"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ingest_inbox_sender", "ingest_inbox", ["source", "received_at", "outcome"])


def downgrade() -> None:
    op.drop_index("ix_ingest_inbox_sender", table_name="ingest_inbox")
