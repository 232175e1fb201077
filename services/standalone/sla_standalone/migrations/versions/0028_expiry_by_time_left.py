"""Acknowledgements that expire at a share of the time left"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    left = sa.Column("expires_left", sa.Float(), nullable=False, server_default=sa.text("0"))
    op.add_column("notifier_alert", left)


def downgrade() -> None:
    op.drop_column("notifier_alert", "expires_left")
