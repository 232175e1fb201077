"""Links between incidents of several systems: which link was read last of a name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0041"
branch_labels = None
depends_on = None

_TABLES = ("timer_alias", "board_alias")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "version")
