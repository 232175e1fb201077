"""Acknowledgements that expire"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0026"
down_revision = "0032"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")


def upgrade() -> None:
    for added in (
        sa.Column("expires_at", column.INSTANT),
        sa.Column("expires_latest", column.INSTANT),
        sa.Column("latest_reason", sa.String(length=12), nullable=False, server_default=_EMPTY),
        sa.Column("expiries", sa.Integer(), nullable=False, server_default=sa.text("0")),
    ):
        op.add_column("notifier_alert", added)


def downgrade() -> None:
    for name in ("expiries", "latest_reason", "expires_latest", "expires_at"):
        op.drop_column("notifier_alert", name)
