"""How far the notifier's copy of due instants has been read, which has a reader of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_deadline_cursor",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )
    # Until now the notifier's consumer of facts has kept it, so the new reader goes on where that one is.
    op.execute(
        "INSERT INTO notifier_deadline_cursor (log, cursor)"
        " SELECT log, cursor FROM notifier_cursor WHERE log = 'timer_log'"
    )


def downgrade() -> None:
    op.drop_table("notifier_deadline_cursor")
