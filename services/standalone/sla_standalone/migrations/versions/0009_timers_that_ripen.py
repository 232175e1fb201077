"""Timers of instants that had passed when their events were applied"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timer_timer", sa.Column("ripe_at", column.INSTANT))


def downgrade() -> None:
    op.drop_column("timer_timer", "ripe_at")
