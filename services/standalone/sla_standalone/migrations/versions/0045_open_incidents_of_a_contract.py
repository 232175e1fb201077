"""The incidents of a contract that have not ended are found by the index of ends"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0048"
branch_labels = None
depends_on = None

_NAME, _COLUMNS = "ix_board_listed_ended", ["contract", "ended_at"]


def upgrade() -> None:
    op.drop_index(_NAME, table_name="board_listed")
    op.create_index(_NAME, "board_listed", _COLUMNS)


def downgrade() -> None:
    known = sa.text("ended_at IS NOT NULL")
    op.drop_index(_NAME, table_name="board_listed")
    op.create_index(_NAME, "board_listed", _COLUMNS, postgresql_where=known, sqlite_where=known)
