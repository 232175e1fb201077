"""Messages that wait for the end of quiet hours"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0048"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifier_held",
        sa.Column("delivery", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        sa.Column("happening", sa.String(length=24), nullable=False, server_default=sa.text("''")),
        sa.Column("until", column.INSTANT, nullable=False),
        sa.Column("needs", sa.Float(), nullable=True),
        sa.Column("look_at", column.INSTANT, nullable=False),
        sa.Column("ended", sa.String(length=40), nullable=False, server_default=sa.text("''")),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("delivery"),
    )
    op.create_index("ix_notifier_held_look", "notifier_held", ["look_at"])
    op.create_index("ix_notifier_held_incident", "notifier_held", ["incident"])
    op.add_column("notifier_delivery", sa.Column("held_since", column.INSTANT, nullable=True))
    op.add_column("notifier_delivery", sa.Column("held_until", column.INSTANT, nullable=True))
    op.add_column("board_delivery", sa.Column("held_until", column.INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("board_delivery", "held_until")
    op.drop_column("notifier_delivery", "held_until")
    op.drop_column("notifier_delivery", "held_since")
    op.drop_index("ix_notifier_held_incident", "notifier_held")
    op.drop_index("ix_notifier_held_look", "notifier_held")
    op.drop_table("notifier_held")
