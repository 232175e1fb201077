"""Signed bodies are known again under whatever id they come: an index of their digests"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ingest_inbox_digest", "ingest_inbox", ["digest"])


def downgrade() -> None:
    op.drop_index("ix_ingest_inbox_digest", table_name="ingest_inbox")
